"""One field of a pattern: where it is in an event, and whether the value there matches.

AWS reads pattern and event as flat lists of dotted names: ``{"a": {"b": …}}`` and ``{"a.b": …}`` are one
field, and a list only adds alternatives to the name of its field. Fields that are inside objects of the same
list must match in the same element of it. Source: aws/event-ruler, README "JSON Array Matching" and
"Compiled rules and JSON keys with dots"; its ACFinder for the order in which absence is decided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, Final

from bridge.core.pattern.text import Match

Probe = Callable[[Mapping[str, Any]], bool | None]
"""Whether a field of this event matches. ``None``: the event has lists of objects or dotted names there, so
only :func:`match_together` can decide."""

ListPlace = tuple[str | int, ...]
Elements = dict[ListPlace, int]
"""Which element of which list a value is in."""

_ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class Leaf:
    """What a field accepts: one of the values that ``accepts`` takes, or, with ``absent``, no value at all.

    ``matchers`` are those of the pattern, for code that reasons about it; matching does not use them."""

    accepts: Match
    absent: bool
    text: str
    matchers: tuple[Any, ...] = field(default=(), compare=False, repr=False)

    def takes(self, value: Any) -> bool:
        """``value`` is the value of the field. Only scalars count; each scalar of a list counts by itself."""
        if isinstance(value, list):
            values = scalars(value)
            return any(map(self.accepts, values)) if values else self.absent
        return self.absent if isinstance(value, dict) else self.accepts(value)


@dataclass(frozen=True, slots=True)
class Field:
    """``steps`` is the field's name split at its dots."""

    steps: tuple[str, ...]
    leaf: Leaf

    @property
    def name(self) -> str:
        return ".".join(self.steps)

    def probe(self) -> Probe:
        """A fast test, compiled for this field."""
        leaf, takes, absent = self.leaf, self.leaf.takes, self.leaf.absent
        *parents, last = self.steps
        if not parents:

            def at_top(event: Mapping[str, Any]) -> bool:
                value = event.get(last, _ABSENT)
                return absent if value is _ABSENT else takes(value)

            return at_top

        # The names with dots that the same field may have, for each object on the path.
        dotted = [
            tuple(".".join(self.steps[at:end]) for end in range(at + 2, len(self.steps) + 1))
            for at in range(len(parents))
        ]
        way = tuple(zip(parents, dotted, strict=True))

        def below(event: Mapping[str, Any]) -> bool | None:
            here: Any = event
            for name, longer in way:
                for each in longer:
                    if each in here:
                        return None
                here = here.get(name)
                if not isinstance(here, dict):
                    return None if isinstance(here, list) else leaf.absent
            value = here.get(last, _ABSENT)
            return absent if value is _ABSENT else takes(value)

        return below


def scalars(values: list[Any]) -> list[Any]:
    """The scalars of a list and of the lists in it; an object has none."""
    found = []
    waiting = list(values)
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting.extend(each)
        elif not isinstance(each, dict):
            found.append(each)
    return found


def match_together(fields: Sequence[Field], event: Mapping[str, Any]) -> bool:
    """Whether all fields match at once, in the same element of every list that they share.

    ``fields`` are sorted by name: as in AWS, absence is decided among the elements that the fields before it
    have chosen. A list may have a hundred thousand elements, so no field looks at all of them once for each
    element that an earlier field has chosen.
    """
    found = [_Occurrences(field.leaf) for field in fields]
    for occurring, each in zip(found, fields, strict=True):
        for value, elements in occurrences(event, each.steps):
            occurring.add(value, elements)
    needed: list[Set[ListPlace]] = [frozenset()]  # by the fields from an index on
    for occurring in reversed(found):
        needed.append(needed[-1] | occurring.places)
    return _match_from(found, needed[::-1], 0, {}, {})


def _match_from(
    found: Sequence[_Occurrences],
    needed: Sequence[Set[ListPlace]],
    index: int,
    chosen: Elements,
    known: dict[tuple[int, frozenset[tuple[ListPlace, int]]], bool],
) -> bool:
    """``known``: the answers so far, by index and by the chosen elements that the fields from it on share."""
    if index == len(found):
        return True
    asked = (index, frozenset(each for each in chosen.items() if each[0] in needed[index]))
    if asked not in known:
        occurring, present = found[index], False
        answer = False
        for elements, accepted in occurring.root.within(chosen):
            present = True
            if accepted and _match_from(found, needed, index + 1, chosen | elements, known):
                answer = True
                break
        if not answer and occurring.leaf.absent and not present:
            answer = _match_from(found, needed, index + 1, chosen, known)
        known[asked] = answer
    return known[asked]


class _Node:
    """Occurrences in the same elements of the same lists; below it those in elements of further lists."""

    __slots__ = ("accepted", "below", "elements")

    def __init__(self) -> None:
        self.elements: Elements | None = None  # None: no value is directly here
        self.accepted = False
        self.below: dict[ListPlace, dict[int, _Node]] = {}

    def within(self, chosen: Elements) -> Iterator[tuple[Elements, bool]]:
        """The elements that hold a value, as far as they agree with ``chosen``; whether one is accepted."""
        if self.elements is not None:
            yield self.elements, self.accepted
        for place, nodes in self.below.items():
            at = chosen.get(place)
            if at is None:
                for node in nodes.values():
                    yield from node.within(chosen)
            elif at in nodes:
                yield from nodes[at].within(chosen)


class _Occurrences:
    """The values of one field."""

    __slots__ = ("leaf", "places", "root")

    def __init__(self, leaf: Leaf) -> None:
        self.leaf = leaf
        self.places: set[ListPlace] = set()
        self.root = _Node()

    def add(self, value: Any, elements: Elements) -> None:
        node = self.root
        for place, at in elements.items():  # from the outside in
            self.places.add(place)
            nodes = node.below.setdefault(place, {})
            node = nodes[at] if at in nodes else nodes.setdefault(at, _Node())
        node.elements = elements
        node.accepted = node.accepted or self.leaf.accepts(value)


def occurrences(
    value: Any, steps: tuple[str, ...], place: ListPlace = (), elements: Elements | None = None
) -> Iterator[tuple[Any, Elements]]:
    """Every scalar at ``steps``, with the list elements that it is in.

    A scalar directly in a list is not tied to an element, so two values of one list can match two fields.
    """
    elements = {} if elements is None else elements
    if isinstance(value, list):
        for at, each in enumerate(value):
            if isinstance(each, dict | list):
                yield from occurrences(each, steps, (*place, at), elements | {place: at})
            elif not steps:
                yield each, elements
    elif isinstance(value, Mapping):
        for end in range(1, len(steps) + 1):
            name = ".".join(steps[:end])
            if name in value:
                yield from occurrences(value[name], steps[end:], (*place, name), elements)
    elif not steps:
        yield value, elements
