"""The count of promises: how many records came, and how each of them ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """``received`` counts a record each time it was walked or filtered; a record that was handed back and
    came again counts twice. ``events`` counts what was published for the published records."""

    received: int
    published: int
    without_event: int
    quarantined: int
    returned: int
    events: int

    @classmethod
    def of(cls, counts: Mapping[str, float]) -> Account:
        """From the metrics of relay and runner. What the mapping's filter drops never meets the relay: it
        was received and has no event."""
        filtered = int(counts.get("runner_filtered", 0))
        return cls(
            received=int(counts.get("RecordsReceived", 0)) + filtered,
            published=int(counts.get("RecordsPublished", 0)),
            without_event=int(counts.get("RecordsWithoutEvent", 0)) + filtered,
            quarantined=int(counts.get("RecordsQuarantined", 0)),
            returned=int(counts.get("RecordsReturned", 0)),
            events=int(counts.get("EventsPublished", 0)),
        )

    @property
    def settled(self) -> int:
        """Records that will not come again."""
        return self.received - self.returned

    @property
    def ended(self) -> int:
        return self.published + self.without_event + self.quarantined + self.returned

    @property
    def adds_up(self) -> bool:
        """Every record ended in exactly one of the four ways."""
        return self.received == self.ended
