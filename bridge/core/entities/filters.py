"""A filter for event source mappings from key templates: it takes every record that an entity takes. Pure.

A mapping takes few patterns of few characters. Patterns are first joined where that takes no more records;
then the filter is made wider, until it fits.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

from bridge.core.entities.template import KeyTemplate

OPERATION: Final = "eventName"

_PREFIX: Final = True
_Matcher = tuple[str, bool]
"""A text; whether it is a prefix."""

_Fields = Mapping[str, frozenset[_Matcher]]
"""What a pattern wants, by key attribute and :data:`OPERATION`. A field that is not there may be anything."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The records of one entity. ``operations`` None: all of them."""

    key: KeyTemplate
    operations: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class DerivedFilter:
    """``patterns`` are none where every record must pass. ``widened``: they take more than they would without
    Lambda's limits."""

    patterns: tuple[Mapping[str, Any], ...] = ()
    widened: bool = False


def derive_filter(wanted: Iterable[Wanted], *, patterns_max: int, chars_max: int) -> DerivedFilter:
    fields = _joined([_fields_of(each) for each in wanted])
    exact = fields
    while len(fields) > patterns_max:
        one, other = min(combinations(fields, 2), key=lambda pair: len(_differing(*pair)))
        fields = _joined([*(each for each in fields if each not in (one, other)), _union(one, other)])
    while any(_chars(each) > chars_max for each in fields):
        fields = _joined([_shortened(each, chars_max) for each in fields])
    if not all(fields):
        return DerivedFilter(widened=all(exact))
    return DerivedFilter(tuple(map(_pattern, fields)), widened=fields != exact)


def pattern_text(pattern: Mapping[str, Any]) -> str:
    """As Lambda gets it."""
    return json.dumps(pattern, separators=(",", ":"), ensure_ascii=False)


def _fields_of(wanted: Wanted) -> _Fields:
    fields: dict[str, frozenset[_Matcher]] = {}
    for attribute, template in wanted.key.values.items():
        if template.is_literal:
            fields[attribute] = frozenset({(template.prefix, not _PREFIX)})
        elif template.prefix:
            fields[attribute] = frozenset({(template.prefix, _PREFIX)})
    if wanted.operations is not None:
        fields[OPERATION] = frozenset((each.upper(), not _PREFIX) for each in wanted.operations)
    return fields


def _joined(patterns: Sequence[_Fields]) -> list[_Fields]:
    """The same records in fewer patterns: two that differ in one field are one, whose field allows both."""
    found: list[_Fields] = []
    for pattern in patterns:
        while True:
            near = next((each for each in found if _is_exact(each, pattern)), None)
            if near is None:
                break
            found.remove(near)
            pattern = _union(near, pattern)
        found.append(pattern)
    return found


def _is_exact(one: _Fields, other: _Fields) -> bool:
    """Whether the union takes no record that neither takes."""
    return len(_differing(one, other)) <= 1 or _covers(one, other) or _covers(other, one)


def _covers(wide: _Fields, narrow: _Fields) -> bool:
    return all(name in narrow and _simple(wide[name] | narrow[name]) == wide[name] for name in wide)


def _differing(one: _Fields, other: _Fields) -> list[str]:
    return [name for name in dict.fromkeys((*one, *other)) if one.get(name) != other.get(name)]


def _union(one: _Fields, other: _Fields) -> _Fields:
    return {name: _simple(one[name] | other[name]) for name in one if name in other}


def _simple(matchers: frozenset[_Matcher]) -> frozenset[_Matcher]:
    """Without those that a prefix takes anyway."""
    prefixes = [text for text, kind in matchers if kind is _PREFIX]
    return frozenset(
        (text, kind)
        for text, kind in matchers
        if not any(text.startswith(prefix) and (text, kind) != (prefix, _PREFIX) for prefix in prefixes)
    )


def _shortened(fields: _Fields, chars_max: int) -> _Fields:
    """The pattern without its longest fields, until it fits."""
    while fields and _chars(fields) > chars_max:
        longest = max(fields, key=lambda name: sum(len(text) for text, _ in fields[name]))
        fields = {name: matchers for name, matchers in fields.items() if name != longest}
    return fields


def _chars(fields: _Fields) -> int:
    return len(pattern_text(_pattern(fields)))


def _pattern(fields: _Fields) -> dict[str, Any]:
    keys = {
        name: {"S": [{"prefix": text} if kind is _PREFIX else text for text, kind in sorted(matchers)]}
        for name, matchers in fields.items()
        if name != OPERATION
    }
    pattern: dict[str, Any] = {"dynamodb": {"Keys": keys}} if keys else {}
    if OPERATION in fields:
        pattern[OPERATION] = [text for text, _ in sorted(fields[OPERATION])]
    return pattern
