"""First contact with an old table: record it (seed), or publish all of it as snapshots (backfill)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Lock

from bridge.core.change import TypedItem
from bridge.core.events.snapshot import lines_to_add, snapshot_type
from bridge.core.healing import time_text
from bridge.errors import (
    LedgerUnavailable,
    MalformedRecord,
    ReconcileStopped,
    RecordError,
    TooMuchToEmit,
    ViewTooNarrow,
)
from bridge.ports.ledger import Row
from bridge.reconcile.comparer import Comparer
from bridge.reconcile.confirm import Confirmed, Verdict, fitted
from bridge.reconcile.counts import Counts
from bridge.reconcile.emit import Emitter
from bridge.reconcile.options import Options
from bridge.reconcile.reader import Reader
from bridge.reconcile.reemission import reemission_of, settled_row
from bridge.reconcile.report import plural
from bridge.reconcile.segment import SegmentCheckpoint
from bridge.reconcile.state import Suspect, batches


@dataclass(slots=True)
class Allowance:
    """How many events all segments of a backfill may send together; ``most`` None: no limit."""

    table: str
    most: int | None
    used: int = 0
    _lock: Lock = field(default_factory=Lock)

    def take(self, events: int) -> None:
        """Raises ``TooMuchToEmit`` before more than ``most`` events are sent."""
        with self._lock:
            if self.most is not None and self.used + events > self.most:
                raise TooMuchToEmit(
                    f"table {self.table}: {self.used} events were sent, {events} more would exceed "
                    f"max_emit {self.most}",
                    hint="what was sent is settled and is not sent again: `reconcile resume --max-emit N` "
                    "continues with a higher limit",
                )
            self.used += events


def check_rules(comparer: Comparer, options: Options) -> None:
    """Raises ``ReconcileStopped`` if no rule of the table publishes snapshots, or none that is selected."""
    entities = comparer.table.entities
    if entities is not None:
        for name in options.entities or entities.by_name:
            check_rules(comparer.of(name), replace(options, entities=()))
        return
    table = comparer.table
    names = [
        version.envelope.type
        for rule in table.rules
        if "snapshot" in rule.route.operations
        for version in rule.versions
    ]
    if not names:
        types = sorted({rule.type for rule in table.rules})
        whose = f"entity {table.entity} of table {table.name}" if table.entity else f"table {table.name}"
        raise ReconcileStopped(
            f"{whose} has no rule with op: snapshot, and a backfill publishes through no other: a "
            "snapshot is no change, and must not look like one",
            hint=f"add these lines to the {'entity' if table.entity else 'table'}'s events in bridge.yaml"
            f"{', or select other entities with --entity' if table.entity else ''}, write the schema with "
            f"`stream-bridge schema new {snapshot_type(types)}`, and run it again\n{lines_to_add(types)}",
        )
    if not any(map(options.selects, names)):
        raise ReconcileStopped(
            f"table {table.name} publishes no snapshot of type {', '.join(options.only_types)}",
            hint=f"its snapshots are {', '.join(names)}",
        )


def _refreshed(new: Row, row: Row) -> Row:
    """``new`` in place of ``row``. It suppresses no more than ``row`` did: a refresh publishes nothing, so
    changes that are still on their way must be published."""
    only_seeded = row.settled_by == "snapshot" and not row.refreshed
    return replace(
        new,
        gap=row.gap,
        gap_names=row.gap_names,
        as_of=row.as_of if only_seeded else new.as_of,
        refreshed=not only_seeded,
    )


@dataclass(frozen=True, slots=True)
class Snapshots(Reader):
    """Works page by page, as the first pass does, but nothing is a suspect. Pages are read consistently: the
    rows suppress every change that is older than the read."""

    run: str
    emitter: Emitter
    confirm_lease: Callable[[], None]
    allowance: Allowance

    def seed_page(self, segment: int, at: SegmentCheckpoint) -> list[Suspect]:
        """Writes rows for items that have none; sends nothing. Rows that exist stay as they are. With
        ``options.refresh``, rows of another fingerprint version are written again, as if the item had been
        published as it is now. Raises ``LedgerUnavailable`` if rows could not be written: the page is read
        again."""
        comparer, ledger = self.parts.comparer, self.parts.ledger
        read_at = datetime.fromtimestamp(self.parts.clock.now(), UTC)
        items = self.page(segment, at, consistent=True)
        tokens = [comparer.token(comparer.key_of(item)) for item in items]
        known = self.rows(tokens, at.counts)
        rows: dict[str, Row] = {}
        stales: list[tuple[Row, Row]] = []
        for token, item in zip(tokens, items, strict=True):
            row = known.get(token)
            try:
                rules = self.rules_of(item)
            except MalformedRecord as error:
                at.counts.undecodable(error, comparer.name(token))
                continue
            if rules is None:
                at.counts.add("no_entity")
                continue
            stale = row is not None and row.live and not rules.table.knows(row.fingerprint_version)
            if row is not None and not (stale and self.options.refresh):
                at.counts.add("matching" if not stale else "not_comparable")
                continue
            try:
                key, image = comparer.key_of(item), rules.redacted(item)
                new = settled_row(rules, key, image, row, as_of=time_text(read_at), by="snapshot")
                if row is None:
                    rows[token] = new
                else:
                    stales.append((_refreshed(new, row), row))
            except MalformedRecord as error:
                at.counts.undecodable(error, comparer.name(token))
        self.confirm_lease()
        unwritten = ledger.settle(list(rows.values())) if rows else set()
        if unwritten:
            raise LedgerUnavailable(
                f"{plural(len(unwritten), 'ledger row')} could not be written now",
                hint="resume: what was written stays written",
            )
        for new, row in stales:
            # The stream continues meanwhile: what it settles is newer than what was read here.
            at.counts.add("refreshed" if ledger.settle_if(new, row) else "overtaken")
        at.counts.add("settled", len(rows))
        return []

    def backfill_page(self, segment: int, at: SegmentCheckpoint) -> list[Suspect]:
        """Sends every item as an event; those that the sinks did not take are counted as unsent. Raises
        ``TooMuchToEmit`` before a page of which not all may be sent."""
        comparer = self.parts.comparer
        read_at = datetime.fromtimestamp(self.parts.clock.now(), UTC)
        groups: list[list[Confirmed]] = []
        for items in batches(self.page(segment, at, consistent=True)):
            keys = [comparer.key_of(item) for item in items]
            rows = self.rows([comparer.token(key) for key in keys], at.counts)
            ready = [
                self._snapshot(key, item, rows.get(comparer.token(key)), read_at, at.counts)
                for key, item in zip(keys, items, strict=True)
            ]
            groups.append([one for one in ready if one is not None])
        self.allowance.take(sum(len(one.events) for group in groups for one in group))
        for group in groups:
            self.confirm_lease()
            self._emit(group, at.counts)
        return []

    def _snapshot(
        self, key: TypedItem, item: TypedItem, row: Row | None, read_at: datetime, counts: Counts
    ) -> Confirmed | None:
        comparer = self.parts.comparer
        if not comparer.accepts("snapshot", key, item, row):
            counts.add("filtered")
            return None
        try:
            if self.rules_of(item) is None:
                counts.add("no_entity")
                return None
            snapshot = reemission_of(comparer, key, item, row, read_at=read_at, run=self.run, snapshot=True)
            every = snapshot.events(comparer)
            chosen = tuple(event for event in every if self.options.selects(event.type))
            events, claims = fitted(self.parts, chosen)
        except (RecordError, ViewTooNarrow) as error:
            event_type = error.event_type if isinstance(error, RecordError) else ""
            counts.block(error.reason, comparer.name(comparer.token(key)), error.message, event_type)
            return None
        suspect = Suspect(key, None, read_at.timestamp())
        verdict: Verdict = "missed" if chosen else "without_event"
        return Confirmed(suspect, verdict, snapshot, events, claims, settles=len(chosen) == len(every))

    def _emit(self, ready: Sequence[Confirmed], counts: Counts) -> None:
        for one in ready:
            for event_type in {event.type for event in one.events}:
                counts.types[f"{event_type} snapshot"] += 1
        self.emitter.emit(ready, counts)
