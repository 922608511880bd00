"""Hypothesis strategies for what DynamoDB can hold: typed values and items, as the API has them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

Draw = Callable[..., Any]

# DynamoDB stores UTF-8, so no lone surrogates.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NAMES = st.text(st.sampled_from("abxyz/~*.0 é"), min_size=1, max_size=4)


@st.composite
def number_text(draw: st.DrawFn) -> str:
    """A number as DynamoDB may write it: up to 38 digits, exponents within range, sometimes odd forms."""
    digits = draw(st.one_of(st.integers(0, 99), st.integers(0, 10**15), st.integers(0, 10**38 - 1)).map(str))
    sign = draw(st.sampled_from(["", "", "-"]))
    form = draw(st.sampled_from(["integer", "point", "zeros", "exponent"]))
    if form == "point":
        at = draw(st.integers(0, len(digits)))
        return f"{sign}{digits[:at] or '0'}.{digits[at:] or '0'}"
    if form == "zeros":
        return f"{sign}{digits}.{'0' * draw(st.integers(1, 45))}"
    if form == "exponent":
        low, high = -130, 125 - len(digits) + 1
        return f"{sign}{digits}E{draw(st.integers(low, high)):+d}"
    return sign + digits


BINARY = st.binary(max_size=6).map(lambda b: b64encode(b).decode())

SCALARS = st.one_of(
    TEXT.map(lambda s: {"S": s}),
    number_text().map(lambda n: {"N": n}),
    st.booleans().map(lambda b: {"BOOL": b}),
    st.just({"NULL": True}),
    BINARY.map(lambda b: {"B": b}),
)

SETS = st.one_of(
    st.lists(TEXT, min_size=1, max_size=4, unique=True).map(lambda v: {"SS": v}),
    st.lists(number_text(), min_size=1, max_size=4, unique_by=Decimal).map(lambda v: {"NS": v}),
    st.lists(BINARY, min_size=1, max_size=4, unique=True).map(lambda v: {"BS": v}),
)

VALUES: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.one_of(SCALARS, SETS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda v: {"L": v}),
        st.dictionaries(NAMES, inner, max_size=4).map(lambda v: {"M": v}),
    ),
    max_leaves=8,
)

ITEMS = st.dictionaries(NAMES, VALUES, max_size=5)


@st.composite
def two_images(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two images that share much, as the two images of one change do."""
    before = draw(ITEMS)
    after = {name: value for name, value in before.items() if draw(st.integers(0, 3))}
    for name in list(after):
        if draw(st.integers(0, 2)) == 0:
            after[name] = draw(st.one_of(VALUES, st.just(altered(draw, after[name]))))
    after.update(draw(st.dictionaries(NAMES, VALUES, max_size=2)))
    return before, after


def altered(draw: Draw, value: dict[str, Any]) -> dict[str, Any]:
    """The same container with one thing changed inside."""
    ((tag, content),) = value.items()
    if tag == "L" and content:
        at = draw(st.integers(0, len(content) - 1))
        return {"L": [*content[:at], draw(VALUES), *content[at + 1 :], *draw(st.lists(VALUES, max_size=2))]}
    if tag == "M" and content:
        return {"M": {**content, draw(st.sampled_from(sorted(content))): draw(VALUES)}}
    return dict(draw(VALUES))


def shuffled(draw: Draw, value: Any) -> Any:
    """An equal typed value in another order: the order of maps and sets has no meaning."""
    if isinstance(value, dict) and len(value) == 1:
        ((tag, content),) = value.items()
        if tag in ("SS", "NS", "BS"):
            return {tag: draw(st.permutations(content))}
        if tag == "L":
            return {"L": [shuffled(draw, each) for each in content]}
        if tag == "M":
            return {"M": shuffled_item(draw, content)}
    return value


def shuffled_item(draw: Draw, item: dict[str, Any]) -> dict[str, Any]:
    names = draw(st.permutations(sorted(item)))
    return {name: shuffled(draw, item[name]) for name in names}
