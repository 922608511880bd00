"""A subscriber that keeps a copy of the table: for each subject the event that the kit calls newest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bridge.consumer import supersedes
from tests.simulation.configuration import CHANGED, PLAN
from tests.simulation.kinds import kind_of, visible
from tests.simulation.world import Image

Event = Mapping[str, Any]
Supersedes = Callable[[Event, Event | None], bool]


class Subscriber:
    """``copy``: the items by subject, as far as events showed them. ``supersedes`` is the kit's rule."""

    def __init__(self, supersedes: Supersedes = supersedes, event_type: str = f"{CHANGED}.v1") -> None:
        self._supersedes = supersedes
        self._type = event_type
        self._held: dict[str, Event] = {}

    def takes(self, event: Event) -> bool:
        """Whether it is about this event's type."""
        return bool(event["type"] == self._type)

    def apply(self, event: Event) -> None:
        subject = event["subject"]
        if self.takes(event) and self._supersedes(event, self._held.get(subject)):
            self._held[subject] = event

    def apply_all(self, events: Iterable[Event]) -> None:
        for event in events:
            self.apply(event)

    def held(self, subject: str) -> Event | None:
        return self._held.get(subject)

    def item(self, subject: str) -> Image | None:
        held = self.held(subject)
        return None if held is None else visible(held["data"].get("after"), kind_of(subject))

    @property
    def subjects(self) -> set[str]:
        return set(self._held)


class PlanSubscriber(Subscriber):
    """Knows of an item what its first event said, and from then on only its plan's own type."""

    def takes(self, event: Event) -> bool:
        return event["type"] == f"{PLAN}.v1" or (
            super().takes(event) and event["data"]["operation"] in ("insert", "remove")
        )
