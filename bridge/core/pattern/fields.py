"""One field of a pattern: where it stands in an event, and whether what stands there is enough.

AWS reads pattern and event as flat lists of dotted names: ``{"a": {"b": …}}`` and ``{"a.b": …}`` are one
field, and lists only add alternatives to the name they stand at. Fields found inside objects of the same
list must be found in the same element of it. Source: aws/event-ruler, README "JSON Array Matching" and
"Compiled rules and JSON keys with dots"; its ACFinder for the order in which absence is decided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bridge.core.pattern.text import Match

Probe = Callable[[Mapping[str, Any]], bool | None]
"""Does a field of this event match? ``None``: lists of objects or dotted names stand in the way, so only
:func:`match_together` can tell."""

ListPlace = tuple[str | int, ...]
Elements = dict[ListPlace, int]
"""Which element of which list a value stands in."""

_ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class Leaf:
    """What a field takes: one of the values that ``accepts`` takes, or, with ``absent``, none at all.

    ``matchers`` are the pattern's own, for whoever reasons about it; matching does not look at them."""

    accepts: Match
    absent: bool
    text: str
    matchers: tuple[Any, ...] = field(default=(), compare=False, repr=False)

    def takes(self, value: Any) -> bool:
        """``value`` is whatever stands at the field. Only scalars count, those of a list each for itself."""
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
        """The quick answer, compiled for this field."""
        leaf, takes, absent = self.leaf, self.leaf.takes, self.leaf.absent
        *parents, last = self.steps
        if not parents:

            def at_top(event: Mapping[str, Any]) -> bool:
                value = event.get(last, _ABSENT)
                return absent if value is _ABSENT else takes(value)

            return at_top

        # The same field under a name with dots in it, seen from each object on the way.
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
    """The scalars that a field offers: a list offers those of its elements, an object none."""
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
    """Do all fields match at once, in the same element of every list that they share?

    ``fields`` come sorted by name: absence is decided, as AWS does, among the elements that the fields
    before it have chosen.
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
    """Every scalar that stands at ``steps``, with the list elements it stands in.

    A scalar directly in a list is not tied to an element, so two values of one list can serve two fields.
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
