"""How many records came, and how each of them ended: for one batch, and summed from the metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bridge.relay.batch import Item


@dataclass(frozen=True, slots=True)
class Account:
    """``received`` counts a record each time it was processed or filtered; a record that was returned for
    retry and came again counts twice. ``events`` counts the events of the published records."""

    received: int
    published: int
    without_event: int
    quarantined: int
    returned: int
    events: int

    @classmethod
    def of(cls, counts: Mapping[str, float]) -> Account:
        """From the metrics of relay and runner. The relay never receives what the mapping's filter drops:
        such a record counts as received and without event."""
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


@dataclass(frozen=True, slots=True)
class Outcome(Account):
    """How the records of one batch ended; ``received`` is the sum of the four counts.

    ``returned_numbers`` are the sequence numbers for ``batchItemFailures``, in the batch's order. ``reasons``
    gives, for each end, how many records came to it for which reason.
    """

    returned_numbers: tuple[str, ...] = ()
    reasons: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @classmethod
    def of_items(cls, items: Sequence[Item]) -> Outcome:
        reasons: dict[str, Counter[str]] = {}
        for item in items:
            if item.end is None:
                raise AssertionError("a record has no end: the pipeline is broken")
            reasons.setdefault(item.end, Counter())[item.why] += 1
        ends = {end: counts.total() for end, counts in reasons.items()}
        return cls(
            received=len(items),
            published=ends.get("published", 0),
            without_event=ends.get("without_event", 0),
            quarantined=ends.get("quarantined", 0),
            returned=ends.get("returned", 0),
            events=sum(len({e.id for e in item.events}) for item in items if item.end == "published"),
            returned_numbers=tuple(i.sequence_number for i in items if i.end == "returned"),
            reasons={end: dict(counts) for end, counts in reasons.items()},
        )

    def answer(self) -> dict[str, list[dict[str, str]]]:
        """Lambda's partial batch response (docs: "Reporting batch item failures", DynamoDB)."""
        return {"batchItemFailures": [{"itemIdentifier": number} for number in self.returned_numbers]}

    def as_dict(self) -> dict[str, Any]:
        """For logs and ``--output json``."""
        names = ("received", "published", "without_event", "quarantined", "returned", "events", "reasons")
        return {name: getattr(self, name) for name in names}
