"""A batch on its walk: what is known of each record so far, and how all of them ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from bridge.core.change import Change
from bridge.core.event import Event
from bridge.core.events.claim_check import Claim
from bridge.core.events.translate import Table
from bridge.core.records.dialect import STREAM, Dialect
from bridge.core.values import plain_item
from bridge.errors import (
    BatchError,
    BridgeError,
    ClaimCheckUnavailable,
    FetchUnavailable,
    MalformedRecord,
    RecordError,
)
from bridge.ports.claim_check import ClaimCheck
from bridge.ports.clock import Deadline
from bridge.ports.fetcher import Fetcher
from bridge.ports.quarantine import Record
from bridge.ports.sink import EntryResult

End = Literal["published", "without_event", "quarantined", "returned"]


@dataclass(slots=True)
class Item:
    """One record. ``end`` stays None until it is known; ``error`` with no end waits for quarantine."""

    record: Record
    dialect: Dialect = STREAM
    body: Record = field(default_factory=dict)  # DynamoDB's own record, once it is decoded
    change: Change | None = None
    key: str = ""
    events: tuple[Event, ...] = ()
    claims: tuple[Claim, ...] = ()  # to be stored before the events are published
    end: End | None = None
    why: str = ""
    error: BridgeError | None = None
    gap: bool = False  # what came before the change was never settled
    lost: tuple[str, ...] | None = None  # of a gap: the attributes that differ, where that is known
    missing: Change | None = None  # the step to publish first, where gaps are healed

    def end_as(self, end: End, why: str) -> None:
        self.end, self.why = end, why

    def return_for_retry(self, error: BridgeError | None, why: str = "not_sent") -> None:
        self.end, self.error = "returned", error
        self.why = error.reason if error is not None else why

    def note(self, result: EntryResult) -> None:
        """Take over what a sink says of one of the record's events; the worst of them stays."""
        if result.status == "accepted" or self.end == "returned":
            return
        if result.status == "failed" and isinstance(result.error, RecordError):
            self.error = result.error
        else:
            self.return_for_retry(result.error)

    @property
    def to_quarantine(self) -> RecordError | None:
        return self.error if self.end is None and isinstance(self.error, RecordError) else None

    @property
    def sequence_number(self) -> str:
        """What ``batchItemFailures`` calls this record. Raises :class:`BatchError` where it has none."""
        number = self.dialect.identifier(self.record)
        if number is None:
            raise BatchError(
                "a record without a SequenceNumber cannot be handed back, so the whole batch is",
                hint="it could not be quarantined either: see the quarantine error above",
            )
        return number


def return_what_follows(items: Iterable[Item], *, scoped: bool) -> None:
    """Hold back what comes after a change that is handed back.

    ``scoped``: the later changes of that key. Otherwise everything: nothing would stop the second
    publication of what the stream is going to send again.
    """
    stopped: set[str] = set()
    stopped_all = False
    for item in items:
        waits = stopped_all or (item.key != "" and item.key in stopped)
        if item.end == "returned" and (item.error is not None or not waits):
            stopped.add(item.key)
            stopped_all = not scoped
        elif waits:
            item.return_for_retry(None, "held_back")


def store_claims(items: Iterable[Item], claim_check: ClaimCheck, deadline: Deadline) -> None:
    """Store what the events will refer to: no event is published before its data is there.

    After the first claim that could not be stored no other is tried in this batch: each would take the time
    that the client's own retries take. Raises :class:`BatchError` where the store is missing or closed to us.
    """
    down: ClaimCheckUnavailable | None = None
    for item in items:
        if not item.claims:
            continue
        if down is None and deadline.remaining_s() > 0:
            try:
                for claim in item.claims:
                    claim_check.store(claim)
                continue
            except ClaimCheckUnavailable as error:
                down = error
        item.return_for_retry(down)


def fetch_current(
    items: Iterable[Item], tables: Mapping[str, Table], fetcher: Fetcher, deadline: Deadline
) -> None:
    """Give the changes of tables that ask for it the item as it is now: one read for each key.

    Raises :class:`BatchError` where a table is missing or closed to us.
    """
    wanted: dict[str, dict[str, list[Item]]] = {}
    for item in items:
        change = item.change
        table = tables.get(change.table) if change is not None and item.end is None else None
        if change is None or table is None or not table.wants_current(item.body, change):
            continue
        try:
            plain_item(change.key, "Keys")  # DynamoDB would refuse the whole call for one illegal key
        except MalformedRecord as error:
            item.error = error
        else:
            wanted.setdefault(change.table, {}).setdefault(item.key, []).append(item)
    for name, by_key in wanted.items():
        keys = {key: same[0].change.key for key, same in by_key.items() if same[0].change is not None}
        found = fetcher.fetch(name, keys, deadline)
        for key, same in by_key.items():
            for item in same:
                if key not in found:
                    item.return_for_retry(
                        FetchUnavailable(f"table {name}: the current item could not be read in time")
                    )
                elif item.change is not None:
                    item.change = item.change._replace(current=found[key], fetched=True)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the records of a batch ended: ``received`` is the sum of the four counts.

    ``events`` counts the events of published records; ``returned_numbers`` are the sequence numbers
    for ``batchItemFailures``, in the batch's order; ``reasons`` tells for each end how many records came
    to it and why.
    """

    received: int
    published: int
    without_event: int
    quarantined: int
    returned: int
    events: int
    returned_numbers: tuple[str, ...] = ()
    reasons: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, items: Sequence[Item]) -> Outcome:
        reasons: dict[str, Counter[str]] = {}
        for item in items:
            if item.end is None:
                raise AssertionError("a record has no end: the walk is broken")
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
        return {
            "received": self.received,
            "published": self.published,
            "without_event": self.without_event,
            "quarantined": self.quarantined,
            "returned": self.returned,
            "events": self.events,
            "reasons": self.reasons,
        }
