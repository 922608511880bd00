"""The walk for one batch: record → decode → translate → publish → quarantine → settle.

``Relay.handle`` is the whole story. Every record ends in exactly one of four ways: published, settled
without an event, quarantined, or handed back to the stream.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bridge import __version__
from bridge.core.change import StreamRef
from bridge.core.event import Trace
from bridge.core.events.claim_check import fit
from bridge.core.events.translate import Table
from bridge.core.keys import key_hash, key_token
from bridge.core.records.dialect import STREAM, Dialect
from bridge.errors import BridgeError, MalformedRecord, QuarantineUnavailable, RecordError
from bridge.ports.claim_check import ClaimCheck
from bridge.ports.clock import Clock, Deadline
from bridge.ports.fetcher import Fetcher
from bridge.ports.ledger import Ledger
from bridge.ports.quarantine import Quarantine, Quarantined, Record
from bridge.ports.sink import Sink
from bridge.ports.telemetry import Telemetry, Tracer
from bridge.relay.batch import Item, Outcome, fetch_current, return_what_follows, store_claims
from bridge.relay.breaker import Breaker
from bridge.relay.gaps import heal
from bridge.relay.reports import count_batch, report_batch
from bridge.relay.settling import Heal, Settling
from bridge.relay.silence import NoTracer


@dataclass(frozen=True, slots=True)
class Relay:
    """Walks batches of one or more tables to their sinks. ``tables`` is keyed by physical table name."""

    tables: Mapping[str, Table]
    sinks: Mapping[str, Sink]
    ledger: Ledger
    quarantine: Quarantine
    telemetry: Telemetry
    clock: Clock
    breaker: Breaker
    claim_check: ClaimCheck | None = None
    fetcher: Fetcher | None = None  # None: tables are not read, as in a dry run
    heal: Heal = "report"
    hash_key: bytes = b""
    tracer: Tracer = field(default_factory=NoTracer)
    unknown_tables: set[str] = field(default_factory=set)

    def handle(
        self,
        records: Sequence[Record],
        deadline: Deadline,
        *,
        dialect: Dialect = STREAM,
        stream: StreamRef | None = None,
        trace: Trace | None = None,
        redriven: bool = False,
    ) -> Outcome:
        """Walk one batch, in stream order.

        ``dialect`` is how their stream writes records; ``stream`` names it for those that do not name it
        themselves. ``redriven``: they come again on purpose; only what the ledger knows to be settled is not
        published, everything else is marked.

        Raises :class:`bridge.errors.BatchError` or ``LedgerUnavailable`` when the batch must fail as a whole;
        then nothing has been settled: what was published or quarantined by then is so again.
        """
        with self.tracer.batch(trace) as trace:
            began_s = self.clock.now()
            try:
                settling = Settling(self.ledger, self.tables, self.heal, redriven, deadline)
                items = [Item(record, dialect) for record in records]
                self._walk(items, deadline, stream, trace, settling)
                return self._account(items, began_s)
            except Exception:
                self.telemetry.count("BatchesFailed")
                raise

    def _walk(
        self,
        items: list[Item],
        deadline: Deadline,
        stream: StreamRef | None,
        trace: Trace | None,
        settling: Settling,
    ) -> None:
        span = self.tracer.span
        with span("decode", records=len(items)):
            for item in items:
                self._decode(item, stream)
            settling.open(items)
        if self.fetcher is not None:
            with span("fetch"):
                fetch_current(items, self.tables, self.fetcher, deadline)
        with span("translate"):
            for item in items:
                self._translate(item, trace)
            self._judge(items)
        if self.claim_check is not None:
            with span("claim check", claims=sum(len(item.claims) for item in items)):
                store_claims(items, self.claim_check, deadline)
        self._publish(items, deadline)
        self._judge(items)
        return_what_follows(items, scoped=self.ledger.scoped)
        with span("quarantine", records=sum(item.to_quarantine is not None for item in items)):
            self._quarantine(items)
        with span("settle"):
            settling.close(items)

    # --- record → events -----------------------------------------------------------------------

    def _decode(self, item: Item, stream: StreamRef | None) -> None:
        try:
            item.change, item.body = item.dialect.decode(item.record, stream)
            item.key = key_token(item.change.table, item.change.key)
        except MalformedRecord as error:
            item.error = error

    def _translate(self, item: Item, trace: Trace | None) -> None:
        if item.end is not None or item.change is None:
            return
        table = self.tables.get(item.change.table)
        if table is None:
            item.end_as("without_event", "unknown_table")
            self._report_unknown(item.change.table)
            return
        locate = self.claim_check.locate if self.claim_check is not None else None
        try:
            healing = heal(item, table, trace, self.sinks, locate)
            translation = table.translate(item.body, item.change, item.key, trace)
            item.events, item.claims = fit((*healing, *translation.events), self.sinks, locate)
        except RecordError as error:
            item.error = error
            return
        if translation.without is not None and not healing:
            item.end_as("without_event", translation.without)

    # --- the records or the deploy? --------------------------------------------------------------

    def _judge(self, items: Sequence[Item]) -> None:
        judged = [item for item in items if item.why != "duplicate"]
        self.breaker.judge(len(judged), [i.error for i in judged if isinstance(i.error, RecordError)])

    # --- events → sinks --------------------------------------------------------------------------

    def _publish(self, items: Sequence[Item], deadline: Deadline) -> None:
        scoped = self.ledger.scoped
        for name, sink in self.sinks.items():
            # What failed at one sink comes again anyway: at the next one it would only be a repeat.
            return_what_follows(items, scoped=scoped)
            work = [
                (item, event)
                for item in items
                if item.end is None and item.error is None
                for event in item.events
                if name in event.sinks
            ]
            if work:
                with self.tracer.span(f"publish {name}", events=len(work)) as span:
                    events = [event for _, event in work]
                    results = sink.publish(events, deadline, halt_on_failure=not scoped)
                    span.annotate(accepted=sum(result.status == "accepted" for result in results))
                for (item, _), result in zip(work, results, strict=True):
                    item.note(result)
        for item in items:
            if item.end is None and item.error is None:
                item.end_as("published", "accepted")

    # --- what can never succeed ------------------------------------------------------------------

    def _quarantine(self, items: Sequence[Item]) -> None:
        for item in items:
            error = item.to_quarantine
            if error is None:
                continue
            try:
                self.quarantine.put(self._entry(item, error))
            except QuarantineUnavailable as unavailable:
                item.return_for_retry(unavailable)
                return_what_follows(items, scoped=self.ledger.scoped)
            else:
                item.end_as("quarantined", error.reason)
                self.telemetry.log("warning", "record quarantined", **self._where(item), **_what(error))

    def _entry(self, item: Item, error: RecordError) -> Quarantined:
        change = item.change
        return Quarantined(
            record=item.record,
            record_id=_record_id(item.record),
            table=change.table if change else "",
            reason=error.reason,
            stage=error.stage,
            message=error.message,
            hint=error.hint,
            time=datetime.fromtimestamp(self.clock.now(), UTC).isoformat(timespec="seconds"),
            version=__version__,
            event_type=error.event_type,
            sequence=change.position.sequence if change else "",
        )

    # --- progress --------------------------------------------------------------------------------

    def _account(self, items: Sequence[Item], began_s: float) -> Outcome:
        outcome = Outcome.of(items)
        self.breaker.remember(outcome.received - outcome.quarantined, outcome.quarantined)
        for item in items:
            if item.end == "returned" and item.error is not None:
                self.telemetry.log(
                    "warning", "record returned for retry", **self._where(item), **_what(item.error)
                )
        count_batch(items, outcome, self.telemetry, self.tables.keys(), began_s)
        report_batch(items, outcome, self.telemetry, self.hash_key)
        return outcome

    # --- telling -----------------------------------------------------------------------------------

    def _report_unknown(self, table: str) -> None:
        if table not in self.unknown_tables:
            self.unknown_tables.add(table)
            self.telemetry.log(
                "warning",
                "table is not in the configuration; its changes are settled without an event",
                table=table,
                hint="add it under tables: in bridge.yaml, or remove its event source mapping",
            )

    def _where(self, item: Item) -> dict[str, object]:
        """Where a record is found; never an image, never a key in the clear."""
        change = item.change
        if change is None:
            return {"record_id": _record_id(item.record)}
        return {
            "record_id": change.record_id,
            "table": change.table,
            "key_hash": key_hash(item.key, self.hash_key),
            "sequence": change.position.sequence,
        }


def _record_id(record: Record) -> str:
    record_id = record.get("eventID") if isinstance(record, Mapping) else None
    return record_id[:128] if isinstance(record_id, str) else ""


def _what(error: BridgeError) -> dict[str, object]:
    what: dict[str, object] = {
        "reason": error.reason,
        "stage": error.stage,
        "permanent": error.permanent,
        "error": error.message,
        "hint": error.hint,
    }
    event_type = error.event_type if isinstance(error, RecordError) else ""
    what |= {name: value for name, value in (("code", error.code), ("event_type", event_type)) if value}
    return what
