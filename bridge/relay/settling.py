"""The ledger's part in one batch: reading it before anything is published, settling changes afterwards.

A change is settled when every sink has accepted its events or when it is known to have none. A quarantined
change moves the position, so that it is not processed again, but it does not change the state that
subscribers are known to have: the next reconciliation checks its item.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal

from bridge.core.change import Change
from bridge.core.events.rules import Without
from bridge.core.events.translate import Table
from bridge.core.keys import key_as_text
from bridge.errors import LedgerUnavailable, MalformedRecord
from bridge.limits import RECORD_TIME_ROUNDING_S
from bridge.ports.clock import Deadline
from bridge.ports.ledger import Announced, Ledger, Row, record_name
from bridge.relay.batch import Item
from bridge.relay.gaps import (
    has_gap,
    legible,
    lost_names,
    mark_gap,
    missing_before,
    published_fields,
    state_after,
    time_of,
)
from bridge.relay.generations import current_rows
from bridge.relay.rows import RowMaker

Heal = Literal["off", "report", "emit"]
"""What to do about a gap: nothing; mark and count it; publish the missing step first."""

_ROUNDING = timedelta(seconds=RECORD_TIME_ROUNDING_S)
_CONDITIONAL_TRIES = 5
SETTLE_LEAST_S = 1.0
"""How much longer than a batch's deadline its settling may take. Entry points reserve more than that."""


def settled_by(deadline: Deadline) -> Deadline:
    """When a batch that has until ``deadline`` to publish has also settled."""
    return replace(deadline, at_s=deadline.at_s + SETTLE_LEAST_S)


@dataclass(slots=True)
class Settling:
    """``redriven``: the records come again on purpose, so they are older than their rows."""

    ledger: Ledger
    tables: Mapping[str, Table]
    heal: Heal = "report"
    redriven: bool = False
    deadline: Deadline | None = None
    rows: Mapping[str, Row] = field(default_factory=dict)
    _announced: Sequence[str] = ()

    @property
    def row_maker(self) -> RowMaker:
        return RowMaker(self.tables, self.ledger.keep, self.redriven)

    def open(self, items: Sequence[Item]) -> None:
        """End records that are already settled, mark redriven changes, find gaps. Raises as ``Ledger.read``
        does."""
        keys = {item.key for item in items if item.change is not None}
        _end_repeats(items)
        self.rows = current_rows(self.ledger.read(keys, self.deadline), self.tables)
        if not self.rows and self.ledger.keep == "position" and not self.redriven:
            return
        earlier: dict[str, Change] = {}
        for item in items:
            change = item.change
            if change is None or item.end is not None:
                continue
            table = self.tables.get(change.table)
            row = legible(table, self.rows.get(item.key))
            previous = earlier.get(item.key)
            if table is not None and table.entities is not None:
                known = previous.entity if previous is not None else (row.entity or None) if row else None
                item.change = change = table.decided(change, known)
            without = None if row is None else self._settled_already(item, change, row, previous)
            if without is not None:
                item.end_as("without_event", without)
                if without in ("duplicate", "seeded"):
                    continue
            else:
                if self.redriven:
                    item.change = change = change._replace(marks={**change.marks, "redriven": True})
                if row is not None and previous is not None and previous.position < row.position:
                    previous = None  # redriven, and not the last published state
                newest = not self.redriven or row is None or change.position > row.position
                if newest and item.dialect.ordered and self.ledger.keep != "position":
                    self._compare(item, change, row, previous)
            earlier[item.key] = change

    def announce(self, items: Sequence[Item]) -> None:
        """Record what is about to be published, or return it for retry if the time is up before that. Raises
        as ``Ledger.announce`` does."""
        newest: dict[str, Announced] = {}
        for item in items:
            change = item.change
            if change is None or item.end is not None or item.error is not None or not item.events:
                continue
            known = newest.get(item.key)
            if known is None or known.position < change.position:
                newest[item.key] = Announced(item.key, change.position, change.table, key_as_text(change.key))
        if newest and (self.deadline is None or self.deadline.remaining_s() > 0):
            try:
                self._announced = self.ledger.announce(list(newest.values()), self.deadline)
            except LedgerUnavailable as error:
                if self.deadline is None or self.deadline.remaining_s() > 0:
                    raise
                for item in items:  # the time is up, which is no fault of the ledger
                    if item.key in newest and item.end is None and item.error is None:
                        item.return_for_retry(error)

    def settle_before(self, part: Sequence[Item], done: Iterable[Item]) -> None:
        """Settle, of the keys that ``part`` is about to publish, the changes that are done already. If the
        ledger does not take them, they and the part's changes are returned for retry."""
        keys = {item.key for item in part if item.end is None and item.error is None}
        self._settle(item for item in done if item.key in keys)

    def close(self, items: Sequence[Item]) -> None:
        """Settle every change that is done. Changes whose rows the ledger did not take are returned for
        retry."""
        self._settle(items)
        if self._announced and all(item.end != "returned" for item in items if item.events):
            self.ledger.retract(self._announced, self._settle_until())

    def _settle(self, items: Iterable[Item]) -> None:
        """Record the newest of ``items`` for each key."""
        by_key: dict[str, list[Item]] = {}
        for item in items:
            unsettled = item.end not in (None, "returned") and item.why != "duplicate" and not item.settled
            if item.change is not None and unsettled:
                by_key.setdefault(item.key, []).append(item)
        if not by_key:
            return
        rows = self.row_maker
        if self.redriven:
            unwritten = {key for key, own in by_key.items() if not self._settle_one(key, own)}
        else:
            new = {key: rows.row_after(key, own, self.rows.get(key)) for key, own in by_key.items()}
            unwritten = self.ledger.settle(list(new.values()), self._settle_until())
            self.rows = {**self.rows, **new}
        for key, own in by_key.items():
            for item in own:
                if key in unwritten:
                    item.return_for_retry(None, "not_settled")
                else:
                    item.settled = True

    def _settle_until(self) -> Deadline | None:
        """Published changes should be settled even if publishing took all the time. Entry points reserve some
        time for that: :func:`settled_by` limits it for the batch as a whole."""
        if self.deadline is None or self.deadline.remaining_s() >= SETTLE_LEAST_S:
            return self.deadline
        return Deadline.after(self.deadline.clock, SETTLE_LEAST_S)

    # --- settled already? --------------------------------------------------------------------------

    def _settled_already(
        self, item: Item, change: Change, row: Row, previous: Change | None
    ) -> Without | None:
        if change.position.sequence in row.recent or _is_repeat(item, change, row):
            return "duplicate"
        # One that sorts before the snapshot cannot undo it.
        undoes = change.position.sequence > row.published_sequence
        made_by_a_read = row.settled_by == "snapshot" and not row.refreshed
        if made_by_a_read and undoes and _is_older(change, row):
            return "seeded"
        if self.redriven:
            return None  # redriven changes are older than their rows
        if item.dialect.is_settled(change.position, row.position):
            return "duplicate"
        # Once an earlier change is published, subscribers no longer have the state that the reconciliation
        # published.
        if row.settled_by == "reconcile" and previous is None and self._published_already(change, row):
            return "reconciled"
        return None

    def _published_already(self, change: Change, row: Row) -> bool:
        """Whether a reconciliation has certainly published this change's state: the states are equal, and the
        item was read after the change, whatever the record's time was rounded from."""
        table = self.tables.get(change.table)
        if table is None or not _is_older(change, row):
            return False
        if change.operation == "remove" or not row.live:
            return change.operation == "remove" and not row.live
        if not row.fingerprint or change.after is None or row.entity != (change.entity or ""):
            return False
        try:
            return state_after(table, change) == row.fingerprint
        except MalformedRecord:
            return False

    # --- gaps --------------------------------------------------------------------------------------

    def _compare(self, item: Item, change: Change, row: Row | None, previous: Change | None) -> None:
        """Compare a change with the last published state: that of the previous change of its key in the
        batch, else the row's."""
        table = self.tables.get(change.table)
        if table is None or table.rules_after(change).fingerprint is None:
            return
        try:
            if change.operation == "modify" and change.before is None:
                published = published_fields(table, row, previous, self.ledger.keep)
                item.change = change._replace(published=published) if published is not None else change
            elif self.heal != "off" and has_gap(table, change, row, previous):
                item.gap = True
                keep = self.ledger.keep
                item.lost = lost_names(table, change, row, previous, keep)
                if self.heal == "emit":
                    item.missing = missing_before(table, change, row, previous, keep)
                else:
                    mark_gap(item)
        except MalformedRecord:
            if item.gap:  # it is known, and nothing more of it
                mark_gap(item)
            # Translation reports what is wrong, and where.

    def _settle_one(self, key: str, own: Sequence[Item]) -> bool:
        """Settle one key in a redrive. It runs beside the live stream, so it overwrites only the row that it
        has read."""
        known = self.rows.get(key)
        for _ in range(_CONDITIONAL_TRIES):
            new = self.row_maker.row_after(key, own, known)
            if self.ledger.settle_if(new, known):
                self.rows = {**self.rows, key: new}
                return True
            known = current_rows(self.ledger.read([key]), self.tables).get(key)
        return False


def _end_repeats(items: Iterable[Item]) -> None:
    """End records that their stream holds twice, under two numbers, where both are in the batch."""
    seen: set[tuple[str, str]] = set()
    for item in items:
        if item.change is None or item.dialect.ordered:
            continue
        record = (item.key, item.change.record_id)
        if record in seen:
            item.end_as("without_event", "duplicate")
        seen.add(record)


def _is_repeat(item: Item, change: Change, row: Row) -> bool:
    """Whether a record was settled under another number. Its own position could sort after a newer change."""
    return not item.dialect.ordered and record_name(change.record_id) in row.ids


def _is_older(change: Change, row: Row) -> bool:
    """Whether a change was certainly written before the read that the row was made from, whatever the
    record's time was rounded from."""
    read = time_of(row.as_of)
    return read is not None and change.time + _ROUNDING < read
