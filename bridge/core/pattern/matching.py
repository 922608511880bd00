"""The EventBridge event pattern language, compiled once and matched many times.

A pattern is an object of the event's shape whose leaves are lists of matchers::

    {"plan": ["pro", {"prefix": "ent"}], "address": {"city": [{"exists": true}]}}

All fields of an object must match. The matchers of a leaf are alternatives, and ``$or`` offers alternatives
between fields. A list in the event matches when one of its elements does; fields of objects inside a list
must match within the same element. The filters of a Lambda event source mapping use the same language over
the stream record. Source: EventBridge user guide, "Event patterns".

It is stricter than AWS in one point: a ``$or`` that is not the operator is refused, where AWS would read it
as a field of that name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bridge.core.pattern.fields import Field, Probe, match_together, occurrences
from bridge.core.pattern.syntax import Fields, PatternError, Place, parse_pattern

__all__ = [
    "Mismatch",
    "Pattern",
    "PatternError",
    "Place",
    "check_pattern",
    "compile_filters",
    "compile_pattern",
    "looks_beyond_keys",
]


# The members of a record that are the same in every record of one stream.
_CONSTANT = frozenset({"awsRegion", "eventSource", "eventSourceARN", "eventVersion"})


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One field because of which an event does not match. It never holds the event's value."""

    path: str
    expected: str
    problem: Literal["absent", "no match"]


class _Alternative:
    """Fields that must all match."""

    __slots__ = ("_probes", "_sorted", "fields")

    def __init__(self, fields: Fields) -> None:
        self.fields: tuple[Field, ...] = tuple(fields.values())
        self._probes: tuple[Probe, ...] = tuple(field.probe() for field in self.fields)
        self._sorted = tuple(fields[name] for name in sorted(fields))

    def matches(self, event: Mapping[str, Any]) -> bool:
        certain = True
        for probe in self._probes:
            answer = probe(event)
            if not answer:
                if answer is None:
                    certain = False
                else:
                    return False
        return certain or match_together(self._sorted, event)

    def mismatches(self, event: Mapping[str, Any]) -> list[Mismatch]:
        """The fields that fail by themselves; if there are no such fields, those that fail only together."""
        found = []
        for field in self.fields:
            if not match_together((field,), event):
                there = any(True for _ in occurrences(event, field.steps))
                found.append(Mismatch(field.name, field.leaf.text, "no match" if there else "absent"))
        if found:
            return found
        within = [
            field for field, probe in zip(self.fields, self._probes, strict=True) if probe(event) is None
        ]
        return [
            Mismatch(field.name, f"{field.leaf.text} in the same list element as the others", "no match")
            for field in within
        ]


class Pattern:
    """A compiled pattern. ``paths`` are the fields that it uses, their names split at dots.

    Events are parsed JSON: objects are dicts (the outermost may be any mapping), arrays are lists.
    """

    __slots__ = ("_alternatives", "matches", "paths")

    def __init__(self, alternatives: Sequence[Fields]) -> None:
        self._alternatives = tuple(map(_Alternative, alternatives))
        self.paths = frozenset(field.steps for each in self._alternatives for field in each.fields)
        self.matches: Callable[[Mapping[str, Any]], bool] = _any_of([a.matches for a in self._alternatives])

    def explain(self, event: Mapping[str, Any]) -> list[Mismatch]:
        """The fields that do not match; empty when the event matches.

        With ``$or``, the fields that fail in every alternative come first.
        """
        if self.matches(event):
            return []
        by_alternative = [each.mismatches(event) for each in self._alternatives]
        every = list(dict.fromkeys(mismatch for found in by_alternative for mismatch in found))
        return sorted(every, key=lambda mismatch: not all(mismatch in found for found in by_alternative))


def compile_pattern(pattern: Mapping[str, Any]) -> Pattern:
    """Raises the first :class:`PatternError`."""
    alternatives, problems = parse_pattern(pattern)
    if problems:
        raise problems[0]
    return Pattern(alternatives)


def check_pattern(pattern: Any) -> list[PatternError]:
    """All problems of a pattern."""
    return parse_pattern(pattern)[1]


def compile_filters(patterns: Sequence[Mapping[str, Any]]) -> Callable[[Mapping[str, Any]], bool]:
    """The filter criteria of an event source mapping: a record passes when one of the patterns matches it.

    Raises :class:`PatternError`; ``path`` is the place inside the wrong pattern.
    """
    return _any_of([compile_pattern(pattern).matches for pattern in patterns])


def _any_of(
    tests: Sequence[Callable[[Mapping[str, Any]], bool]],
) -> Callable[[Mapping[str, Any]], bool]:
    if len(tests) == 1:
        return tests[0]
    return lambda event: any(test(event) for test in tests)


def looks_beyond_keys(patterns: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a filter pattern uses more than the key, which an item keeps for life: only such a pattern can
    pass some changes of an item and drop others."""
    return any(_beyond(pattern, _CONSTANT, "dynamodb") for pattern in patterns)


def _beyond(pattern: Any, fine: frozenset[str], inside: str) -> bool:
    if not isinstance(pattern, Mapping):
        return False  # the compiler refuses it
    for name, value in pattern.items():
        if name == "$or" and isinstance(value, list):
            if any(_beyond(each, fine, inside) for each in value):
                return True
        elif inside and name == inside:
            if _beyond(value, frozenset({"Keys"}), ""):
                return True
        elif name not in fine:
            return True
    return False
