"""The EventBridge event pattern language, compiled once and matched many times.

A pattern is an object of the event's shape whose leaves are lists of matchers::

    {"plan": ["pro", {"prefix": "ent"}], "address": {"city": [{"exists": true}]}}

Fields of an object must all match, the matchers of a leaf are alternatives, ``$or`` offers alternatives
between fields. A list in the event matches when one of its elements does; fields of objects inside a list
must match within the same element. Source: EventBridge user guide, "Event patterns".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bridge.core.pattern_matchers import Match, Refused, compile_matcher

Place = tuple[str | int, ...]


class PatternError(ValueError):
    """A pattern that EventBridge would refuse. ``path`` leads to the place inside the pattern."""

    def __init__(self, path: Place, message: str) -> None:
        super().__init__(message)
        self.path = path
        self.message = message


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One field that keeps an event from matching. Never holds the event's value."""

    path: str
    expected: str
    problem: str  # "absent" or "no match"


@dataclass(frozen=True, slots=True)
class _Leaf:
    """``present``: whether some value, whatever it is, is enough; ``absent``: whether none is."""

    matchers: tuple[Match, ...]
    present: bool
    absent: bool
    text: str

    def matches(self, value: Any) -> bool:
        if isinstance(value, dict | list | tuple):
            values = list(_leaf_values(value))
            if not values:
                return self.absent
            return self.present or any(match(each) for each in values for match in self.matchers)
        return self.present or any(match(value) for match in self.matchers)


@dataclass(frozen=True, slots=True)
class _Node:
    fields: tuple[tuple[str, _Leaf | _Node], ...]
    choices: tuple[tuple[_Node, ...], ...] = ()

    def matches(self, event: Mapping[str, Any]) -> bool:
        for name, below in self.fields:
            if isinstance(below, _Leaf):
                if not (below.matches(event[name]) if name in event else below.absent):
                    return False
            elif not below.matches_inside(event.get(name)):
                return False
        return all(any(choice.matches(event) for choice in choices) for choices in self.choices)

    def matches_inside(self, value: Any) -> bool:
        """``value`` may be an object, a list of them, or nothing of the kind: then no field is there."""
        if isinstance(value, dict):
            return self.matches(value)
        if isinstance(value, list | tuple) and value:
            return any(self.matches_inside(each) for each in value)
        return self.matches({})

    def mismatches(self, event: Mapping[str, Any], path: str) -> Iterator[Mismatch]:
        for name, below in self.fields:
            here = f"{path}.{name}" if path else name
            if isinstance(below, _Leaf):
                if name not in event:
                    if not below.absent:
                        yield Mismatch(here, below.text, "absent")
                elif not below.matches(event[name]):
                    yield Mismatch(here, below.text, "no match")
                continue
            value = event.get(name)
            if not below.matches_inside(value):
                yield from below.mismatches(value if isinstance(value, dict) else {}, here)
        for choices in self.choices:
            if not any(choice.matches(event) for choice in choices):
                for choice in choices:
                    yield from choice.mismatches(event, path)

    def paths(self, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        for name, below in self.fields:
            if isinstance(below, _Leaf):
                yield (*path, name)
            else:
                yield from below.paths((*path, name))
        for choices in self.choices:
            for choice in choices:
                yield from choice.paths(path)


def _leaf_values(value: Any) -> Iterator[Any]:
    """The scalars of a (nested) list; an object is no value."""
    if isinstance(value, list | tuple):
        for each in value:
            yield from _leaf_values(each)
    elif not isinstance(value, dict):
        yield value


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern. ``paths`` are the fields that it looks at."""

    _root: _Node
    paths: frozenset[tuple[str, ...]] = field(default=frozenset())

    def matches(self, event: Mapping[str, Any]) -> bool:
        return self._root.matches(event)

    def explain(self, event: Mapping[str, Any]) -> list[Mismatch]:
        """The fields that do not match; empty when the event matches."""
        return [] if self.matches(event) else list(self._root.mismatches(event, ""))


def compile_pattern(pattern: Mapping[str, Any]) -> Pattern:
    """Raises the first :class:`PatternError`."""
    problems: list[PatternError] = []
    root = _node(pattern, (), problems)
    if problems:
        raise problems[0]
    return Pattern(root, frozenset(root.paths(())))


def check_pattern(pattern: Any) -> list[PatternError]:
    """Everything that is wrong with a pattern."""
    problems: list[PatternError] = []
    _node(pattern, (), problems)
    return problems


def compile_filters(patterns: Sequence[Mapping[str, Any]]) -> Callable[[Mapping[str, Any]], bool]:
    """Filter criteria of an event source mapping: a record passes when one of the patterns matches it."""
    compiled = [compile_pattern(pattern) for pattern in patterns]
    if len(compiled) == 1:
        return compiled[0].matches
    return lambda record: any(pattern.matches(record) for pattern in compiled)


def _node(pattern: Any, place: Place, problems: list[PatternError]) -> _Node:
    if not isinstance(pattern, Mapping):
        problems.append(PatternError(place, "a pattern is an object of fields"))
        return _Node(())
    if not pattern:
        problems.append(PatternError(place, "an empty object matches nothing: name a field or leave it out"))
    fields: list[tuple[str, _Leaf | _Node]] = []
    choices: list[tuple[_Node, ...]] = []
    for name, below in pattern.items():
        here = (*place, name)
        if name == "$or":
            choices.append(_choices(below, here, problems))
        elif isinstance(below, Mapping):
            fields.append((name, _node(below, here, problems)))
        elif isinstance(below, list | tuple):
            fields.append((name, _leaf(below, here, problems)))
        else:
            problems.append(PatternError(here, "a field is matched by a list of values, such as ['pro']"))
    return _Node(tuple(fields), tuple(choices))


def _choices(below: Any, place: Place, problems: list[PatternError]) -> tuple[_Node, ...]:
    if not isinstance(below, list | tuple) or len(below) < 2:
        problems.append(PatternError(place, "$or takes a list of at least two objects"))
        return ()
    return tuple(_node(each, (*place, index), problems) for index, each in enumerate(below))


def _leaf(matchers: Sequence[Any], place: Place, problems: list[PatternError]) -> _Leaf:
    if not matchers:
        problems.append(PatternError(place, "an empty list matches nothing: name a value or leave it out"))
    compiled: list[Match] = []
    present = absent = False
    for index, matcher in enumerate(matchers):
        try:
            if isinstance(matcher, Mapping) and list(matcher) == ["exists"]:
                if not isinstance(matcher["exists"], bool):
                    raise Refused("exists takes true or false")
                present, absent = present or matcher["exists"], absent or not matcher["exists"]
            else:
                compiled.append(compile_matcher(matcher))
        except Refused as error:
            problems.append(PatternError((*place, index), str(error)))
    return _Leaf(tuple(compiled), present, absent, json.dumps(list(matchers), default=str)[:200])
