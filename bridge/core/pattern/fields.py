"""One field of a pattern: where it is in an event, and whether the value there matches.

AWS reads pattern and event as flat lists of dotted names: ``{"a": {"b": …}}`` and ``{"a.b": …}`` are one
field, and a list only adds alternatives to the name of its field. Fields that are inside objects of the same
list must match in the same element of it. Source: aws/event-ruler, README "JSON Array Matching" and
"Compiled rules and JSON keys with dots"; its ACFinder for the order in which absence is decided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
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
        if isinstance(value, dict | list):
            values = scalars(value)
            return any(map(self.accepts, values)) if values else self.absent
        return self.accepts(value)


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


def scalars(value: Any) -> list[Any]:
    """The scalars of a field: a list has those of its elements, an object has none."""
    if isinstance(value, dict):
        return []
    if not isinstance(value, list):
        return [value]
    found = []
    waiting = list(value)
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
    have chosen.
    """
    found = [(field.leaf, list(occurrences(event, field.steps))) for field in fields]
    return _match_from(found, 0, {})


def _match_from(found: list[tuple[Leaf, list[tuple[Any, Elements]]]], index: int, chosen: Elements) -> bool:
    if index == len(found):
        return True
    leaf, values = found[index]
    present = False
    for value, elements in values:
        if any(chosen.get(place, at) != at for place, at in elements.items()):
            continue
        present = True
        if leaf.accepts(value) and _match_from(found, index + 1, chosen | elements):
            return True
    return leaf.absent and not present and _match_from(found, index + 1, chosen)


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
