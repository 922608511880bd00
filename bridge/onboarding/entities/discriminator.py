"""The attribute that says of which kind an item is: found by its name and by how its values are distributed.

Its values are few, on most items, and separate either the forms of the keys or the attributes of the items.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from bridge.onboarding.entities.observed import Glance, Observed
from bridge.onboarding.entities.segments import is_word

_SURE: Final = (
    "et", "edbe", "entity", "entitytype", "entityname", "typename", "itemtype", "recordtype", "objecttype",
    "doctype", "documenttype", "modelname", "entitykind", "itemkind",
)  # fmt: skip
"""Names without ``_`` and in lower case. ``__edb_e__`` is ElectroDB's, ``_et`` that of DynamoDB Toolbox,
``__typename`` that of GraphQL."""

_LIKELY: Final = ("type", "kind", "model", "class", "object", "record", "discriminator", "t")
_VALUES_MAX: Final = 100
_VALUE_CHARS: Final = 64
_SURE_SHARE: Final = 0.5
_LIKELY_SHARE: Final = 0.8
_OTHER_SHARE: Final = 0.98
_EXPLAINS: Final = 0.5
_EXPLAINS_ALL: Final = 0.98
_OTHER_ITEMS: Final = 20
_APART: Final = 0.7


class Discriminator(NamedTuple):
    """``counts``: how many items have which value, the most frequent first."""

    name: str
    counts: Mapping[str, int]
    found_by: str
    """``name`` or ``distribution``; ``option`` where a person named it."""


def find(observed: Observed, forms: Sequence[Hashable]) -> Discriminator | None:
    """``forms`` are the forms of the items' keys, in their order."""
    best: tuple[tuple[float, ...], Discriminator] | None = None
    for name in sorted(observed.tags):
        values = [item.text(name) for item in observed.items]
        counts = Counter(value for value in values if value is not None)
        if not _few(counts):
            continue
        rank = _rank(name, counts, values, forms, observed.items)
        if rank is None:
            continue
        found = Discriminator(name, dict(counts.most_common()), "distribution" if rank[0] == 0 else "name")
        if best is None or rank > best[0]:
            best = rank, found
    return None if best is None else best[1]


def named(observed: Observed, name: str) -> Discriminator | None:
    """The attribute that a person named; None if no item has it as text."""
    counts = Counter(value for item in observed.items if (value := item.text(name)) is not None)
    return Discriminator(name, dict(counts.most_common()), "option") if counts else None


def _few(counts: Counter[str]) -> bool:
    total = counts.total()
    return (
        total > 0
        and len(counts) <= min(_VALUES_MAX, max(5, total // 2))
        and all(len(value) <= _VALUE_CHARS for value in counts)
    )


def _rank(
    name: str,
    counts: Counter[str],
    values: Sequence[str | None],
    forms: Sequence[Hashable],
    items: Sequence[Glance],
) -> tuple[float, ...] | None:
    share = counts.total() / len(values)
    pairs = [(value, form) for value, form in zip(values, forms, strict=True) if value is not None]
    by_form, by_value = explained(pairs), explained((form, value) for value, form in pairs)
    short = re.sub(r"[^a-z0-9]", "", name.lower())
    if short in _SURE and share >= _SURE_SHARE:
        return 2, -_SURE.index(short), share
    separates = len(set(forms)) > 1 and min(by_form, by_value) >= _EXPLAINS
    if short in _LIKELY and share >= _LIKELY_SHARE and len(counts) > 1:
        if separates or _apart(name, items):
            return 1, -_LIKELY.index(short), share
        return None
    sure = len(set(forms)) > 1 and min(by_form, by_value) >= _EXPLAINS_ALL
    if share >= _OTHER_SHARE and len(counts) > 1 and len(values) >= _OTHER_ITEMS and sure:
        return (0, min(by_form, by_value), share) if all(map(is_word, counts)) else None
    return None


def explained(pairs: Iterable[tuple[Hashable, Hashable]]) -> float:
    """How much of the first's entropy the second explains, from 0 to 1; 1 where the first is constant."""
    both = Counter(pairs)
    first: Counter[Hashable] = Counter()
    second: Counter[Hashable] = Counter()
    for (one, other), count in both.items():
        first[one] += count
        second[other] += count
    whole = _entropy(first)
    return 1.0 if whole == 0 else 1 - (_entropy(both) - _entropy(second)) / whole


def _entropy(counts: Mapping[Any, int]) -> float:
    total = sum(counts.values())
    return -sum(count / total * math.log(count / total) for count in counts.values())


def _apart(name: str, items: Sequence[Glance]) -> bool:
    """Whether items with different values have different attributes."""
    names: dict[str, Counter[str]] = {}
    totals: Counter[str] = Counter()
    for item in items:
        value = item.text(name)
        if value is not None:
            names.setdefault(value, Counter()).update(item.attributes.keys() - {name})
            totals[value] += 1
    shares = {
        value: {each: count / totals[value] for each, count in its.items()} for value, its in names.items()
    }
    ordered = sorted(shares)
    alike = [
        _similarity(shares[one], shares[other])
        for index, one in enumerate(ordered)
        for other in ordered[index + 1 :]
    ]
    return bool(alike) and sum(alike) / len(alike) < _APART


def _similarity(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    names = one.keys() | other.keys()
    most = sum(max(one.get(name, 0), other.get(name, 0)) for name in names)
    return 1.0 if most == 0 else sum(min(one.get(name, 0), other.get(name, 0)) for name in names) / most
