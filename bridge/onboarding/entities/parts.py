"""Key templates of a group of items, with names for their parts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bridge.core.entities.template import ValueTemplate, compile_value
from bridge.onboarding.entities.grouping import Group
from bridge.onboarding.entities.labels import ENDS, Skeleton, joined, words_of
from bridge.onboarding.entities.observed import Glance
from bridge.onboarding.entities.segments import DELIMITERS, common_form, is_word, split
from bridge.onboarding.entities.words import singular, words

_GENERIC: Final = re.compile(r"(?i)_*(pk|sk|hash|range|partition|sort|key|hk|rk|p|s)_*(key|id)?_*[0-9]*")
_WHOLE: Final = frozenset(
    {"status", "state", "type", "email", "name", "date", "year", "month", "day", "hour", "week", "time", "at",
     "version", "region", "country", "category", "code", "slug", "sku", "city", "tag", "role", "number", "id",
     "path", "currency", "locale", "plan", "username", "timestamp", "key", "index", "shard", "sequence",
     "phone"}
)  # fmt: skip
"""Labels that name a value, and not a thing that has an id."""

_TIMES: Final = ("time", "date", "at", "timestamp", "day", "month", "year", "ts", "hour")
_SHARD: Final = re.compile("[0-9A-Fa-f]{1,3}")
_EQUAL_FROM: Final = 2
_SPLIT_FROM: Final = 5
_SPLIT_MAX: Final = 3
_FACET: Final = re.compile(r"([a-z][a-z0-9]*)_(?=.)", re.IGNORECASE)


@dataclass(slots=True)
class _Part:
    """A part that has no name yet: its key attribute, the label before it, and its values."""

    attribute: str
    label: str
    values: list[str]
    follows: bool
    """Whether another part stands between the label and this one."""
    last: bool
    """Whether it is the last part of its attribute."""
    name: str = ""


def templates(group: Group, key: Sequence[str], thing: str) -> dict[str, str]:
    """The template of each key attribute. ``thing`` is the name of the group's items."""
    layouts: dict[str, list[str | _Part]] = {}
    facets = any(words_of(skeleton)[:1] and words_of(skeleton)[0].startswith("$") for skeleton in group.form)
    for index, attribute in enumerate(key):
        texts = [item.key[index] for item in group.items]
        skeleton = refined(group.form[index], texts, facets=facets)
        layouts[attribute] = list(_pieces(attribute, skeleton, texts))
    taken: dict[str, list[str]] = {}
    for layout in layouts.values():
        earlier = dict(taken)
        for piece in layout:
            if isinstance(piece, _Part):
                piece.name = _chosen(piece, group.items, taken, earlier, thing)
                taken.setdefault(piece.name, piece.values)
    return {attribute: "".join(map(_written, layout)) for attribute, layout in layouts.items()}


def _written(piece: str | _Part) -> str:
    return escaped(piece) if isinstance(piece, str) else f"{{{piece.name}}}"


def escaped(literal: str) -> str:
    return literal.replace("{", "{{").replace("}", "}}")


def _compiled(skeleton: Skeleton) -> ValueTemplate:
    return compile_value(
        "".join(f"{{p{index}}}" if piece is None else escaped(piece) for index, piece in enumerate(skeleton))
    )


def _columns(skeleton: Skeleton, texts: Sequence[str]) -> dict[int, list[str]]:
    """For each index of a part, its values; items that do not have the form have an empty text."""
    template = _compiled(skeleton)
    parsed = [template.parse(text) or {} for text in texts]
    return {
        index: [parts.get(f"p{index}", "") for parts in parsed]
        for index, piece in enumerate(skeleton)
        if piece is None
    }


def _pieces(attribute: str, skeleton: Skeleton, texts: Sequence[str]) -> Iterator[str | _Part]:
    columns = _columns(skeleton, texts)
    label, follows = "", False
    for index, piece in enumerate(skeleton):
        if piece is not None:
            found = words_of((piece,))
            label, follows = (found[-1], False) if found else (label, bool(label) or follows)
            yield piece
        else:
            yield _Part(attribute, label, columns[index], follows, index == max(columns))


def refined(skeleton: Skeleton, texts: Sequence[str], *, facets: bool) -> Skeleton:
    """The skeleton with parts divided again: at another delimiter that every value has equally often, and,
    in keys of ElectroDB, after the name of the part (``taskid_1``)."""
    pieces: list[str | None] = []
    columns = _columns(skeleton, texts)
    for index, piece in enumerate(skeleton):
        if piece is not None:
            pieces.append(piece)
            continue
        values = [value for value in columns[index] if value]
        facet = _FACET.match(values[0]) if facets and values else None
        if facet is not None and all(value.startswith(facet[0]) and value != facet[0] for value in values):
            pieces += [facet[0], None]
        else:
            pieces += _divided(values)
    return joined(pieces)


def _divided(values: Sequence[str]) -> list[str | None]:
    different = set(values)
    if len(different) < _SPLIT_FROM:
        return [None]
    rows = [split(value) for value in different]
    delimiters = {tuple(segment.delimiter for segment in row) for row in rows}
    if (
        len(delimiters) != 1
        or not 1 < len(rows[0]) <= _SPLIT_MAX + 1
        or not all(s.text for r in rows for s in r)
    ):
        return [None]
    columns = [{row[index].text for row in rows} for index in range(len(rows[0]))]
    constant = [next(iter(column)) if len(column) == 1 else None for column in columns]
    labels = [text if text is not None and is_word(text) else None for text in constant]
    if rows[0][0].delimiter not in "#|":  # paths, times and addresses are values
        return [None]
    pieces: list[str | None] = []
    for label, segment in zip(labels, rows[0], strict=True):
        pieces += [label, segment.delimiter]
    return pieces


# --- names -----------------------------------------------------------------------------------------


def camel(text: str) -> str:
    """``ORDER_ITEM`` to ``orderItem``; empty for a text without letters."""
    found = words(text)
    while found and found[0].isdigit():
        found.pop(0)
    return "".join([*found[:1], *(word.capitalize() for word in found[1:])])


def _chosen(
    part: _Part,
    items: Sequence[Glance],
    taken: Mapping[str, list[str]],
    earlier: Mapping[str, list[str]],
    thing: str,
) -> str:
    """``taken`` are the names so far, with their values; ``earlier`` those of other attributes, which a part
    with the same values shares."""
    for name, values in earlier.items():
        if _mainly_label(part.label) and _equal(values, part.values):
            return name
    name = _name(part, items, thing, taken)
    if name in earlier and _equal(earlier[name], part.values):
        return name
    number = 2
    chosen = name
    while chosen in taken:
        first = f"other{name[:1].upper()}{name[1:]}"
        chosen = first if first not in taken and not part.follows else f"{name}{number}"
        number += first in taken or part.follows
    return chosen


def _mainly_label(label: str) -> bool:
    return label.strip(DELIMITERS).lower() in ENDS


def _equal(one: Sequence[str], other: Sequence[str]) -> bool:
    return len(one) >= _EQUAL_FROM and list(one) == list(other) and len(set(one)) > 1


def _name(part: _Part, items: Sequence[Glance], thing: str, taken: Mapping[str, list[str]]) -> str:
    label = singular_camel(part.label) if part.label and not _mainly_label(part.label) else ""
    like = _attributes_like(part.values, items)
    form = common_form([value for value in part.values if value])
    if label:
        close = [name for name in like if len(label) <= 2 or label.lower() in name.lower()]
        if close and not part.follows:
            return camel(close[0])
        if part.follows and like:
            return camel(like[0])
        return _labelled(label, form)
    if like:
        return camel(like[0])
    if not _GENERIC.fullmatch(part.attribute) and camel(part.attribute) and not part.follows:
        return camel(part.attribute)
    if form in ("time", "epoch"):
        return "time"
    if form in ("date", "email"):
        return form
    if not part.last:
        return "shard" if all(_SHARD.fullmatch(value) for value in part.values) else "scope"
    owner = camel(re.sub(r"_[0-9]+$", "", thing)) or "item"
    return f"{owner}Id" if f"{owner}Id" not in taken else f"{owner}Key"


def singular_camel(label: str) -> str:
    """``USERS`` and ``$users_1`` to ``user``; empty for a label without letters."""
    found = words(re.sub(r"_[0-9]+$", "", label.strip("$")))
    return camel("_".join([*found[:-1], singular(found[-1])])) if found else ""


def _labelled(label: str, form: str) -> str:
    last = words(label)[-1] if words(label) else label
    if last in _WHOLE or label.lower().endswith("id"):
        return label
    if form in ("time", "epoch"):
        return label if last in _TIMES else f"{label}Time"
    if form in ("date", "email"):
        return label if last in _TIMES else f"{label}{form.capitalize()}"
    return f"{label}Id"


def _attributes_like(values: Sequence[str], items: Sequence[Glance]) -> list[str]:
    """Attributes that hold the part in every item; those that look like a name of an id first."""
    if len(set(values)) < 2:
        return []
    names = [
        name
        for name in items[0].attributes
        if camel(name)
        and all(
            item.attributes.get(name, ("", ""))[1] == value for item, value in zip(items, values, strict=True)
        )
    ]
    return sorted(
        names,
        key=lambda name: (
            name.lower() in ("id", "value", "data"),
            not name.lower().endswith("id"),
            len(name),
            name,
        ),
    )
