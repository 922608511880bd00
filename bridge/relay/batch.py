"""The records of a batch in the pipeline: what is known of each, and the steps that concern several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from bridge import __version__
from bridge.core.change import Change
from bridge.core.entities.select import entity_shown
from bridge.core.event import Event
from bridge.core.events.claim_check import Claim
from bridge.core.events.translate import Table
from bridge.core.healing import suffix_at, time_text
from bridge.core.keys import key_token
from bridge.core.records.dialect import STREAM, Dialect
from bridge.core.redact import Redacted
from bridge.core.values import plain_item
from bridge.errors import (
    BatchError,
    BridgeError,
    ClaimCheckUnavailable,
    ClaimContended,
    FetchUnavailable,
    MalformedRecord,
    RecordError,
)
from bridge.ports.claim_check import ClaimCheck
from bridge.ports.clock import Deadline
from bridge.ports.fetcher import Fetcher
from bridge.ports.quarantine import Quarantined, Record
from bridge.ports.sink import EntryResult

End = Literal["published", "without_event", "quarantined", "returned"]


@dataclass(slots=True)
class Item:
    """One record. ``end`` is None until it is known; a record with an ``error`` and no end is yet to be
    quarantined."""

    record: Record
    dialect: Dialect = STREAM
    body: Record = field(default_factory=dict)  # DynamoDB's own record, once it is decoded
    change: Change | None = None
    key: str = ""
    lane: str = ""  # the unit of order: the key, or what the template of partitionkey makes it
    events: tuple[Event, ...] = ()
    claims: tuple[Claim, ...] = ()  # to be stored before the events are published
    end: End | None = None
    why: str = ""
    error: BridgeError | None = None
    gap: bool = False  # the change before this one was never settled
    lost: tuple[str, ...] | None = None  # the attributes that differ in a gap, where they are known
    missing: Change | None = None  # the step to publish first, where gaps are healed
    redacted: Redacted | None = None  # what the table's rules did, where it has rules
    sent: bool = False  # a sink was asked to take its events
    accepted: set[str] = field(default_factory=set)  # the types of its events that a sink has taken
    settled: bool = False  # the ledger has recorded how it ended

    def end_as(self, end: End, why: str) -> None:
        self.end, self.why = end, why

    def return_for_retry(self, error: BridgeError | None, why: str = "not_sent") -> None:
        self.end, self.error = "returned", error
        self.why = error.reason if error is not None else why

    def note(self, result: EntryResult, event: Event) -> None:
        """Record a sink's answer for one of the record's events; the worst answer counts: a failure that may
        pass, then a refusal for good, then an event that was not sent. A record with a refused event is
        quarantined whole, so its events that were not sent need no other try."""
        self.sent = True
        if result.status == "accepted":
            self.accepted.add(event.type)
        elif self.end == "returned" and self.error is not None:
            return
        elif result.status == "failed" and isinstance(result.error, RecordError):
            self.end = None
            self.error = copy(result.error)  # the entries of one call share it
            self.error.event_type = event.type
            self.error.entity = event.entity
        elif result.status == "failed" or self.error is None:
            self.return_for_retry(result.error)

    @property
    def to_quarantine(self) -> RecordError | None:
        return self.error if self.end is None and isinstance(self.error, RecordError) else None

    @property
    def entity(self) -> str:
        """Whose rules failed, else the entity that the item is of. "" in a table without entities."""
        if isinstance(self.error, RecordError) and self.error.entity:
            return self.error.entity
        return "" if self.change is None else entity_shown(self.change)

    @property
    def sequence_number(self) -> str:
        """The record's identifier in ``batchItemFailures``. Raises :class:`BatchError` where it has none."""
        number = self.dialect.identifier(self.record)
        if number is None:
            raise BatchError(
                "a record without a SequenceNumber cannot be returned alone, so the whole batch is returned",
                hint="the record could not be quarantined either: see the quarantine error above",
            )
        return number

    def quarantined(self, error: RecordError, time_s: float) -> Quarantined:
        """The quarantine's entry for this record, with the time in seconds since the epoch."""
        change = self.change
        out = f"; published before that: {', '.join(sorted(self.accepted))}" if self.accepted else ""
        return Quarantined(
            record=self.record,
            record_id=record_id_of(self.record),
            table=change.table if change else "",
            reason=error.reason,
            stage=error.stage,
            message=error.message + out,
            hint=error.hint,
            time=datetime.fromtimestamp(time_s, UTC).isoformat(timespec="seconds"),
            version=__version__,
            event_type=error.event_type,
            sequence=change.position.sequence if change else "",
            way=self.dialect.name,
            entity=error.entity or self.entity,
        )


def record_id_of(record: Record) -> str:
    """``eventID`` of a record that may be malformed; "" where it has none."""
    record_id = record.get("eventID") if isinstance(record, Mapping) else None
    return record_id[:128] if isinstance(record_id, str) else ""


def token_of(change: Change) -> str:
    """The key token of a change. Raises :class:`MalformedRecord` for a key that DynamoDB cannot hold: reading
    its ledger row, or its item, would fail for the whole batch."""
    plain_item(change.key, "Keys")
    token = key_token(change.table, change.key)
    try:
        token.encode()
    except UnicodeEncodeError as error:
        raise MalformedRecord("Keys: a key is not valid Unicode") from error
    return token


def return_what_follows(items: Iterable[Item], *, scoped: bool) -> None:
    """Hold back the changes that come after a returned change, or after one that a sink refused for good and
    that is yet to be quarantined and settled.

    ``scoped``: only the later changes of its key, or of its larger unit of order. Otherwise all later
    changes: without a ledger nothing stops a second publication of what the stream sends again.
    """
    stopped: set[str] = set()
    stopped_all = False
    for item in items:
        waits = stopped_all or (item.lane != "" and item.lane in stopped)
        refused = item.to_quarantine is not None and item.sent and not waits
        if refused or (item.end == "returned" and (item.error is not None or not waits)):
            stopped.add(item.lane)
            stopped_all = not scoped
        elif waits and not item.settled:
            item.return_for_retry(None, "held_back")


def rounds(items: Sequence[Item], *, scoped: bool) -> Iterator[list[Item]]:
    """The batch in parts to be published one after the other: of each key a part holds the changes up to its
    next quarantined change, which is settled before the next part. Mostly there is one part. Without a ledger
    (not ``scoped``) nothing can be settled in between, so there is always one."""
    parts: list[list[Item]] = [[]]
    refused: Counter[str] = Counter()
    for item in items:
        number = refused[item.key] if scoped and item.key else 0
        if number == len(parts):
            parts.append([])
        parts[number].append(item)
        if item.end == "quarantined" and item.key:
            refused[item.key] += 1
    return iter(parts)


def store_claims(items: Iterable[Item], claim_check: ClaimCheck, deadline: Deadline) -> None:
    """Store the data that events refer to, before any of these events is published.

    After the first claim that could not be stored, no other claim of the batch is tried: each try would take
    as long as all the retries of the client. Raises :class:`BatchError` where the store is missing or denies
    access.
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
            except ClaimContended as error:
                item.return_for_retry(error)
                continue
            except ClaimCheckUnavailable as error:
                down = error
        item.return_for_retry(down)


def fetch_current(
    items: Iterable[Item], tables: Mapping[str, Table], fetcher: Fetcher, deadline: Deadline
) -> None:
    """Add the current item to the changes of tables that are configured so, with one read for each key.

    A record that is processed again, after a crash or a failure, is read again and may show a newer item. The
    time of the read is in the ids and the sequences of its events: what was read later sorts after the rest.

    Raises :class:`BatchError` where a table is missing or denies access.
    """
    wanted: dict[str, dict[str, list[Item]]] = {}
    for item in items:
        change = item.change
        table = tables.get(change.table) if change is not None and item.end is None else None
        if change is None or table is None or not table.wants_current(item.body, change):
            continue
        wanted.setdefault(change.table, {}).setdefault(item.key, []).append(item)
    for name, by_key in wanted.items():
        keys = {key: same[0].change.key for key, same in by_key.items() if same[0].change is not None}
        read_at = datetime.fromtimestamp(deadline.clock.now(), UTC)
        suffix = suffix_at(time_text(read_at))
        found = fetcher.fetch(name, keys, deadline)
        for key, same in by_key.items():
            for item in same:
                if key not in found:
                    item.return_for_retry(
                        FetchUnavailable(f"table {name}: the current item could not be read in time")
                    )
                elif item.change is not None:
                    item.change = item.change._replace(
                        current=found[key], fetched=True, suffix=suffix, id_suffix=suffix
                    )
