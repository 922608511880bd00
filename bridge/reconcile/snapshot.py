"""First contact: record a table that was there before the bridge (seed), or tell all of it (backfill)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Lock

from bridge.core.events.claim_check import fit
from bridge.core.healing import time_text
from bridge.errors import LedgerUnavailable, MalformedRecord, RecordError, TooMuchToEmit, ViewTooNarrow
from bridge.ports.claim_check import ClaimCheck
from bridge.ports.clock import Clock
from bridge.ports.ledger import Ledger, Row
from bridge.ports.table import TableSource
from bridge.reconcile.comparer import Comparer
from bridge.reconcile.confirm import Confirmed, Verdict
from bridge.reconcile.counts import Counts
from bridge.reconcile.emit import Emitter
from bridge.reconcile.options import Options
from bridge.reconcile.pace import Pace
from bridge.reconcile.reemission import restate, settled_row
from bridge.reconcile.segment import SegmentCheckpoint
from bridge.reconcile.suspects import Suspect, batches


@dataclass(slots=True)
class Allowance:
    """How many events all segments of a backfill may send together; ``most`` None: any number."""

    table: str
    most: int | None
    used: int = 0
    _lock: Lock = field(default_factory=Lock)

    def take(self, events: int) -> None:
        """Raises ``TooMuchToEmit`` before more than allowed are sent."""
        with self._lock:
            if self.most is not None and self.used + events > self.most:
                raise TooMuchToEmit(
                    f"table {self.table}: {self.used} events were sent, {events} more would be over "
                    f"max_emit {self.most}",
                    hint="what was sent is settled and is not sent again: `reconcile resume --max-emit N` "
                    "goes on with a higher limit",
                )
            self.used += events


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Page by page, as a reconciliation scans; nothing is a suspect here."""

    comparer: Comparer
    source: TableSource
    ledger: Ledger
    emitter: Emitter
    claim_check: ClaimCheck | None
    pace: Pace
    clock: Clock
    options: Options
    run: str
    confirm_lease: Callable[[], None]
    allowance: Allowance

    def seed_page(self, segment: int, at: SegmentCheckpoint) -> list[Suspect]:
        """Rows for items that have none; nothing is sent. Items that the ledger knows stay as it knows them,
        but with ``options.refresh`` those whose rows are of another recipe are taken as told as they are.
        Raises ``LedgerUnavailable`` where rows could not be written: the page comes again."""
        read_at = datetime.fromtimestamp(self.clock.now(), UTC)
        page = self.source.page(segment, self.options.segments, at.start)
        self._account(at, page.units, len(page.items))
        rows: dict[str, Row] = {}
        stales: list[tuple[Row, Row]] = []
        tokens = [self.comparer.token(self.comparer.key_of(item)) for item in page.items]
        known = self.ledger.read(tokens) if tokens else {}
        at.counts.looked_up(len(tokens))
        for token, item in zip(tokens, page.items, strict=True):
            row = known.get(token)
            stale = row is not None and row.live and not self.comparer.table.knows(row.fingerprint_version)
            if row is not None and not (stale and self.options.refresh):
                at.counts.add("matching" if not stale else "other_fingerprint_version")
                continue
            try:
                image = self.comparer.redacted(item)
                key = self.comparer.key_of(item)
                as_of = time_text(read_at)
                new = settled_row(self.comparer, key, image, row, as_of=as_of, by="snapshot")
                if row is None:
                    rows[token] = new
                else:
                    stales.append((replace(new, gap=row.gap, gap_names=row.gap_names), row))
            except MalformedRecord as error:
                at.counts.add("undecodable")
                at.counts.block(error.reason, self.comparer.name(token), error.message)
        self.confirm_lease()
        unwritten = self.ledger.settle(list(rows.values())) if rows else set()
        if unwritten:
            raise LedgerUnavailable(
                f"{len(unwritten)} rows could not be written just now",
                hint="resume: what is written stays written",
            )
        for new, row in stales:
            # The stream goes on meanwhile: what it settles is newer than what was read here.
            at.counts.add("refreshed" if self.ledger.settle_if(new, row) else "overtaken")
        at.counts.add("settled", len(rows))
        at.start, at.done = page.next, page.next is None
        return []

    def backfill_page(self, segment: int, at: SegmentCheckpoint) -> list[Suspect]:
        """Every item as an event; those that the sinks did not take are counted as unsent. Raises
        ``TooMuchToEmit`` before a page of which not all may be sent."""
        read_at = datetime.fromtimestamp(self.clock.now(), UTC)
        page = self.source.page(segment, self.options.segments, at.start)
        self._account(at, page.units, len(page.items))
        groups: list[list[Confirmed]] = []
        for items in batches(page.items):
            keys = [self.comparer.key_of(item) for item in items]
            tokens = [self.comparer.token(key) for key in keys]
            rows = self.ledger.read(tokens)
            at.counts.looked_up(len(tokens))
            ready: list[Confirmed] = []
            for item, key, token in zip(items, keys, tokens, strict=True):
                row = rows.get(token)
                if not self.comparer.accepts("insert", key, item, row):
                    at.counts.add("filtered")
                    continue
                suspect = Suspect(key, None, read_at.timestamp())
                try:
                    restated = restate(
                        self.comparer,
                        key,
                        item,
                        row,
                        read_at=read_at,
                        run=self.run,
                        snapshot=True,
                    )
                    every = restated.events(self.comparer)
                    chosen = tuple(event for event in every if self.options.selects(event.type))
                    locate = None if self.claim_check is None else self.claim_check.locate
                    events, claims = fit(chosen, self.emitter.sinks, locate)
                except (RecordError, ViewTooNarrow) as error:
                    self._block(error, token, at.counts)
                    continue
                settles = len(chosen) == len(every)
                verdict: Verdict = "missed" if chosen else "without_event"
                ready.append(Confirmed(suspect, verdict, restated, events, claims, settles))
            groups.append(ready)
        self.allowance.take(sum(len(one.events) for group in groups for one in group))
        for group in groups:
            self.confirm_lease()
            self._emit(group, at.counts)
        at.start, at.done = page.next, page.next is None
        return []

    def _emit(self, ready: Sequence[Confirmed], counts: Counts) -> None:
        for one in ready:
            for event_type in {event.type for event in one.events}:
                counts.types[f"{event_type} snapshot"] += 1
        self.emitter.emit(ready, counts)

    def _block(self, error: RecordError | ViewTooNarrow, token: str, counts: Counts) -> None:
        event_type = error.event_type if isinstance(error, RecordError) else ""
        counts.block(error.reason, self.comparer.name(token), error.message, event_type)

    def _account(self, at: SegmentCheckpoint, units: float, items: int) -> None:
        self.pace.spend(units)
        at.counts.read(units)
        at.counts.add("scanned", items)
