"""What records would become, one at a time, without a table, a bus or a quarantine.

The pipeline is the relay's own; only its ports are replaced. Without a ledger no record depends on another,
so that processing them one by one gives the events of any batch, in the order of the records.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.core.change import Change, StreamRef
from bridge.core.event import Event
from bridge.core.events.rules import Explanation
from bridge.core.events.translate import Table
from bridge.core.records.kinesis import dialect_of
from bridge.edges.cloudwatch.telemetry import Silence
from bridge.edges.local.clock import SystemClock
from bridge.edges.local.ledgers import NoLedger
from bridge.errors import BatchError, MalformedRecord, RecordError
from bridge.ports.clock import Deadline
from bridge.ports.quarantine import Quarantined
from bridge.relay.breaker import Breaker
from bridge.wiring.bridge import Configuration, build_dry_relay, memory_sinks


@dataclass(frozen=True, slots=True)
class Preview:
    """How one record would end: its events in the order of the rules, or why it is quarantined.

    ``why`` is the relay's reason for the end. ``change`` is None for a record that cannot be decoded.
    ``refused`` is the error at which the relay would fail the whole batch: the record is returned for retry.
    """

    record_id: str
    change: Change | None
    end: str
    why: str
    events: tuple[Event, ...]
    quarantined: Quarantined | None = None
    refused: BatchError | None = None


class Previewer:
    """Previews records with one configuration. The breaker is off: it would hide what is wrong with them."""

    def __init__(self, configuration: Configuration) -> None:
        self._clock = SystemClock()
        self._tables = configuration.tables
        self._sinks = memory_sinks(configuration.settings)
        self._quarantine = _Last()
        self._relay = build_dry_relay(
            configuration,
            Silence(),
            self._clock,
            sinks=self._sinks,
            ledger=NoLedger(),
            quarantine=self._quarantine,
            breaker=Breaker(share=1.0),
        )
        self._ranks = {name: _ranks(table) for name, table in configuration.tables.items()}

    def preview(self, record: Any, stream: StreamRef | None = None) -> Preview:
        """``stream`` is used for a record that names none."""
        self._quarantine.entry = None
        record_id = record.get("eventID") if isinstance(record, Mapping) else None
        record_id = record_id if isinstance(record_id, str) else ""
        dialect = dialect_of(record)
        try:
            change = dialect.decode(record, stream).change
            record_id = change.record_id
        except MalformedRecord:
            change = None
        try:
            outcome = self._relay.handle(
                [record], Deadline(self._clock, math.inf), dialect=dialect, stream=stream
            )
        except BatchError as error:
            return Preview(record_id, change, "returned", error.reason, (), refused=error)
        ((end, whys),) = outcome.reasons.items()
        events = self._take_events(change)
        return Preview(record_id, change, end, next(iter(whys)), events, self._quarantine.entry)

    def explain(self, record: Any, change: Change) -> Explanation | None:
        """Which rules apply to a change; None if its table has none or this cannot be decided."""
        table = self._tables.get(change.table)
        try:
            body = dialect_of(record).decode(record, change.stream).body
            return None if table is None else table.explain(body, table.decided(table.placed(change), None))
        except (RecordError, BatchError):
            return None

    def _take_events(self, change: Change | None) -> tuple[Event, ...]:
        """The events that the sinks accepted, each once even if several sinks have it. If some sinks need the
        claim check and others take the data, the event with the data, which is the one to look at."""
        events = [event for sink in self._sinks.values() for event in sink.events]
        taken = {event.id: event for event in sorted(events, key=lambda event: -len(event.body))}
        for sink in self._sinks.values():
            sink.events.clear()
        ranks = self._ranks.get(change.table, {}) if change is not None else {}
        return tuple(sorted(taken.values(), key=lambda event: (event.sequence, ranks.get(event.type, 0))))


def _ranks(table: Table) -> dict[str, int]:
    """The types of a table, in the order of its rules."""
    types = [version.envelope.type for rule in table.every_rule for version in rule.versions]
    return {type_name: rank for rank, type_name in enumerate(dict.fromkeys(types))}


class _Last:
    """A quarantine that keeps only the last entry, to show it."""

    def __init__(self) -> None:
        self.entry: Quarantined | None = None

    def check(self) -> None:
        """Nothing is stored."""

    def put(self, entry: Quarantined) -> None:
        self.entry = entry
