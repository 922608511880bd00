"""The texts that occur again and again at a place: the few values of an enumeration, or examples to show.

Memory is bounded for any input: the values of a place with many values are dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from bridge.schemas.authoring.infer import ANY, Path

ENUM_VALUES_MAX: Final = 8
ENUM_SEEN_MIN: Final = 50
ENUM_EACH_MIN: Final = 3
"""An enumeration needs at least ``ENUM_SEEN_MIN`` texts of at most ``ENUM_VALUES_MAX`` values, each of which
occurs at least ``ENUM_EACH_MIN`` times."""

EXAMPLES: Final = 3
PLACES_MAX: Final = 2_000
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_. -]{0,39}")


@dataclass(slots=True)
class _Place:
    counts: dict[str, int] = field(default_factory=dict)
    seen: int = 0
    many: bool = False
    examples: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class SeenValues:
    """``withheld`` decides for a path and a value whether it must not be shown. A place that ever had such a
    value shows none."""

    withheld: Callable[[Path, Any], bool]
    _places: dict[Path, _Place] = field(default_factory=dict)
    _closed: set[Path] = field(default_factory=set)

    def add(self, value: Any, path: Path = ()) -> None:
        if isinstance(value, dict):
            for name, member in value.items():
                self.add(member, (*path, name))
        elif isinstance(value, list):
            for element in value:
                self.add(element, (*path, ANY))
        elif path not in self._closed:
            self._scalar(value, path)

    def _scalar(self, value: Any, path: Path) -> None:
        if self.withheld(path, value):
            self._closed.add(path)
            self._places.pop(path, None)
            return
        place = self._places.get(path)
        if place is None:
            if len(self._places) >= PLACES_MAX:
                return
            place = self._places[path] = _Place()
        if len(place.examples) < EXAMPLES and value not in place.examples:
            place.examples.append(value)
        if not isinstance(value, str) or place.many:
            return
        place.seen += 1
        if not _WORD.fullmatch(value) or (value not in place.counts and len(place.counts) >= ENUM_VALUES_MAX):
            place.many, place.counts = True, {}
            return
        place.counts[value] = place.counts.get(value, 0) + 1

    def enum_at(self, path: Path) -> list[str] | None:
        """The values of an enumeration, in order; None for a place without one."""
        place = self._places.get(path)
        if place is None or place.many or place.seen < ENUM_SEEN_MIN or len(place.counts) < 2:
            return None
        return sorted(place.counts) if min(place.counts.values()) >= ENUM_EACH_MIN else None

    def examples_at(self, path: Path) -> list[Any]:
        place = self._places.get(path)
        return [] if place is None else list(place.examples)
