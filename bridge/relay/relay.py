"""The pipeline for one batch: decode → ledger → translate → breaker → quarantine → publish → settle.

``Relay.handle`` and ``Relay._process`` are the main flow. Every record ends in exactly one of four ways:
published, settled without an event, quarantined, or returned for retry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bridge.core.change import StreamRef
from bridge.core.event import Trace
from bridge.core.events.claim_check import fit
from bridge.core.events.translate import Table
from bridge.core.records.dialect import STREAM, Dialect
from bridge.core.redact import Redacted
from bridge.errors import MalformedRecord, QuarantineUnavailable, RecordError
from bridge.ports.claim_check import ClaimCheck
from bridge.ports.clock import Clock, Deadline, time_limit
from bridge.ports.fetcher import Fetcher
from bridge.ports.ledger import Ledger
from bridge.ports.quarantine import Quarantine, Record
from bridge.ports.sink import Sink
from bridge.ports.telemetry import NoTracer, Telemetry, Tracer
from bridge.relay.accounts import Outcome
from bridge.relay.batch import Item, fetch_current, return_what_follows, rounds, store_claims, token_of
from bridge.relay.breaker import Breaker
from bridge.relay.gaps import heal
from bridge.relay.redactions import RedactionWatch
from bridge.relay.reports import count_batch, log_batch, log_failure
from bridge.relay.settling import Heal, Settling, settled_by
from bridge.relay.time_left import return_what_does_not_fit
from bridge.relay.verdicts import making, taking
from bridge.relay.watch import TargetWatch


@dataclass(frozen=True, slots=True)
class Relay:
    """Publishes batches of one or more tables to their sinks. ``tables`` is keyed by physical table name."""

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
    watch: TargetWatch | None = None  # None: the targets are not looked at again
    unknown_tables: set[str] = field(default_factory=set)
    redactions: RedactionWatch = field(default_factory=RedactionWatch)

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
        """Process one batch, in stream order.

        ``dialect`` is the format of the stream's records; ``stream`` names the stream for records that do
        not name it themselves. ``redriven``: the records come again on purpose. Only changes that the ledger
        knows to be settled are not published; all others are marked.

        Raises :class:`bridge.errors.BatchError` or ``LedgerUnavailable`` when the batch must fail as a whole.
        Nothing has been settled then, so what was published or quarantined before the error is published or
        quarantined again.
        """
        with time_limit(settled_by(deadline)), self.tracer.batch(trace) as trace:
            began_s = self.clock.now()
            try:
                settling = Settling(self.ledger, self.tables, self.heal, redriven, deadline)
                items = [Item(record, dialect) for record in records]
                if self.watch is not None:
                    self.watch.before_publishing()
                self._process(items, deadline, stream, trace, settling)
                outcome = Outcome.of_items(items)
                ended = [item for item in items if item.end != "returned"]
                for verdicts in (making(ended), taking(ended)):
                    self.breaker.remember(verdicts)
                count_batch(items, outcome, self.telemetry, self.tables.keys(), began_s)
                self.redactions.note(items, self.tables, self.telemetry)
                log_batch(items, outcome, self.telemetry, self.hash_key)
                return outcome
            except Exception:
                self.telemetry.count("BatchesFailed")
                if self.watch is not None:
                    self.watch.suspect()
                raise

    def _process(
        self,
        items: list[Item],
        deadline: Deadline,
        stream: StreamRef | None,
        trace: Trace | None,
        settling: Settling,
    ) -> None:
        span = self.tracer.span
        return_what_does_not_fit(items, deadline)
        with span("decode", records=len(items)):
            for item in items:
                if item.end is None:
                    self._decode(item, stream)
            settling.open(items)
        before = settling.rows
        if self.fetcher is not None:
            with span("fetch"):
                fetch_current(items, self.tables, self.fetcher, deadline)
        with span("translate"):
            for index, item in enumerate(items):
                if item.end is None and deadline.remaining_s() <= 0:  # it took longer than estimated
                    return_what_does_not_fit(items[index:], deadline)
                self._translate(item, trace)
        # Whether the records or the deployment are at fault.
        self.breaker.judge(making(items))
        if self.claim_check is not None:
            with span("claim check", claims=sum(len(item.claims) for item in items)):
                store_claims(items, self.claim_check, deadline)
        # What can never succeed is stored and settled before anything later of its key is published:
        # a repaired deployment would accept it and publish it late.
        self._quarantine(items)
        with span("announce"):
            settling.announce(items)
        done: list[Item] = []
        for part in rounds(items, scoped=self.ledger.scoped):
            settling.settle_before(part, done)
            self._publish(part, items, deadline)
            done += part
        self.breaker.judge(taking(items))
        self._quarantine(items)  # what a sink refused for good; its later changes are held back
        # Before settling: a bus that was deleted has accepted every event.
        seen = self.watch is None or self.watch.look_if_due()
        with span("settle"):
            settling.close(items)
        if self.watch is not None and not seen:
            self.watch.note(items, before)

    # --- the steps, in the order of _process -----------------------------------------------------

    def _decode(self, item: Item, stream: StreamRef | None) -> None:
        try:
            change, body = item.dialect.decode(item.record, stream)
            item.key = token_of(change)
            table = self.tables.get(change.table)
            item.lane = item.key
            if table is not None:
                change = table.placed(change)
                item.lane = table.lane(change, item.key)
        except MalformedRecord as error:
            item.error = error
        else:
            item.change, item.body = change, body

    def _translate(self, item: Item, trace: Trace | None) -> None:
        if item.end is not None or item.change is None:
            return
        table = self.tables.get(item.change.table)
        if table is None:
            item.end_as("without_event", "unknown_table")
            self._warn_of_unknown(item.change.table)
            return
        locate = self.claim_check.locate if self.claim_check is not None else None
        try:
            healing = heal(item, table, trace, self.sinks, locate)
            if table.rules_after(item.change).redact is not None:
                item.redacted = Redacted()
            translation = table.translate(item.body, item.change, item.lane, trace, redacted=item.redacted)
            item.events, item.claims = fit((*healing, *translation.events), self.sinks, locate)
        except RecordError as error:
            item.error = error
            return
        if translation.without is not None and not healing:
            item.end_as("without_event", translation.without)

    def _warn_of_unknown(self, table: str) -> None:
        if table not in self.unknown_tables:
            self.unknown_tables.add(table)
            self.telemetry.log(
                "warning",
                "table is not in the configuration; its changes are settled without an event",
                table=table,
                hint="add it under tables: in bridge.yaml, or remove its event source mapping",
            )

    def _publish(self, part: Sequence[Item], items: Sequence[Item], deadline: Deadline) -> None:
        """Publish ``part`` of the batch ``items``."""
        scoped = self.ledger.scoped
        for name, sink in self.sinks.items():
            # A record that failed at one sink comes again anyway: the next sink would get it twice.
            return_what_follows(items, scoped=scoped)
            work = [
                (item, event)
                for item in part
                if item.end is None and item.error is None
                for event in item.events
                if name in event.sinks
            ]
            if work:
                with self.tracer.span(f"publish {name}", events=len(work)) as span:
                    events = [event for _, event in work]
                    results = sink.publish(events, deadline, halt_on_failure=not scoped)
                    span.annotate(accepted=sum(result.status == "accepted" for result in results))
                for (item, event), result in zip(work, results, strict=True):
                    item.note(result, event)
        return_what_follows(items, scoped=scoped)
        for item in part:
            if item.end is None and item.error is None:
                item.end_as("published", "accepted")

    def _quarantine(self, items: Sequence[Item]) -> None:
        return_what_follows(items, scoped=self.ledger.scoped)
        refused = [item for item in items if item.to_quarantine is not None]
        if not refused:
            return
        with self.tracer.span("quarantine", records=len(refused)):
            self._store(refused, items)

    def _store(self, refused: Sequence[Item], items: Sequence[Item]) -> None:
        for item in refused:
            error = item.to_quarantine
            if error is None:
                continue
            try:
                self.quarantine.put(item.quarantined(error, self.clock.now()))
            except QuarantineUnavailable as unavailable:
                item.return_for_retry(unavailable)
                return_what_follows(items, scoped=self.ledger.scoped)
            else:
                item.end_as("quarantined", error.reason)
                log_failure("record quarantined", item, error, self.telemetry, self.hash_key)
