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

from bridge.core.change import Change, TypedItem
from bridge.core.events.translate import Table, Without
from bridge.core.healing import time_text
from bridge.core.keys import key_as_text
from bridge.errors import MalformedRecord
from bridge.limits import LEDGER_RECENT_MAX, RECORD_TIME_ROUNDING_S
from bridge.ports.clock import Deadline
from bridge.ports.ledger import Ledger, Row
from bridge.relay.batch import Item
from bridge.relay.gaps import (
    bounded,
    fingerprint_of,
    has_gap,
    is_healed,
    legible,
    lost_names,
    mark_gap,
    missing_before,
    published_fields,
    published_image,
    time_of,
)

Heal = Literal["off", "report", "emit"]
"""What to do about a gap: nothing; mark and count it; publish the missing step first."""

_ROUNDING = timedelta(seconds=RECORD_TIME_ROUNDING_S)
_CONDITIONAL_TRIES = 5
SETTLE_LEAST_S = 1.0

_State = tuple[str, Mapping[str, str] | None, TypedItem | None, str]
"""Fingerprint, hashes by attribute, image, and the fingerprint version of all three."""
_UNKNOWN: _State = ("", None, None, "")


@dataclass(slots=True)
class Settling:
    """``redriven``: the records come again on purpose, so they are older than their rows."""

    ledger: Ledger
    tables: Mapping[str, Table]
    heal: Heal = "report"
    redriven: bool = False
    deadline: Deadline | None = None
    rows: Mapping[str, Row] = field(default_factory=dict)

    def open(self, items: Iterable[Item]) -> None:
        """End records that are already settled, mark redriven changes, find gaps. Raises as ``Ledger.read``
        does."""
        keys = {item.key for item in items if item.change is not None}
        self.rows = self.ledger.read(keys, self.deadline)
        if not self.rows and self.ledger.keep == "position" and not self.redriven:
            return
        earlier: dict[str, Change] = {}
        for item in items:
            change = item.change
            if change is None:
                continue
            row = legible(self.tables.get(change.table), self.rows.get(item.key))
            previous = earlier.get(item.key)
            without = None if row is None else self._settled_already(item, change, row, previous)
            if without is not None:
                item.end_as("without_event", without)
                if without == "duplicate":
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

    def close(self, items: Iterable[Item]) -> None:
        """Record the newest settled change of each key. Changes whose rows the ledger did not take are
        returned for retry."""
        by_key: dict[str, list[Item]] = {}
        for item in items:
            if item.change is not None and item.end != "returned" and item.why != "duplicate":
                by_key.setdefault(item.key, []).append(item)
        if self.redriven:
            unwritten = {key for key, own in by_key.items() if not self._settle_one(key, own)}
        else:
            rows = [self._row(key, own, self.rows.get(key)) for key, own in by_key.items()]
            unwritten = self.ledger.settle(rows, self._settle_until()) if rows else set()
        for key in unwritten:
            for item in by_key[key]:
                item.return_for_retry(None, "not_settled")

    def _settle_until(self) -> Deadline | None:
        """Published changes should be settled even if publishing took all the time. Entry points reserve some
        time for that."""
        if self.deadline is None or self.deadline.remaining_s() >= SETTLE_LEAST_S:
            return self.deadline
        return Deadline.after(self.deadline.clock, SETTLE_LEAST_S)

    # --- settled already? --------------------------------------------------------------------------

    def _settled_already(
        self, item: Item, change: Change, row: Row, previous: Change | None
    ) -> Without | None:
        if change.position.sequence in row.recent:
            return "duplicate"
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
        table, read = self.tables.get(change.table), time_of(row.as_of)
        if table is None or read is None or change.time + _ROUNDING >= read:
            return False
        if change.operation == "remove" or not row.live:
            return change.operation == "remove" and not row.live
        if not row.fingerprint or table.fingerprint is None or change.after is None:
            return False
        try:
            return fingerprint_of(table, table.redacted(change).after) == row.fingerprint
        except MalformedRecord:
            return False

    # --- gaps --------------------------------------------------------------------------------------

    def _compare(self, item: Item, change: Change, row: Row | None, previous: Change | None) -> None:
        """Compare a change with the last published state: that of the previous change of its key in the
        batch, else the row's."""
        table = self.tables.get(change.table)
        if table is None or table.fingerprint is None:
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
            return  # translation reports what is wrong, and where

    # --- rows --------------------------------------------------------------------------------------

    def _row(self, key: str, own: Sequence[Item], known: Row | None) -> Row:
        """The row after ``own``, the settled changes of one key in the batch's order; at least one."""
        changes = [(item, item.change) for item in own if item.change is not None]
        published = [change for item, change in changes if item.end != "quarantined"]
        sequences = [change.position.sequence for change in reversed(published)]
        recent = tuple(dict.fromkeys((*sequences, *(known.recent if known else ()))))[:LEDGER_RECENT_MAX]
        changes.sort(key=lambda pair: pair[1].position)
        gap, gap_names = _gap_after([item for item, _ in changes], known)
        newest, change = changes[-1]
        again = newest.end == "quarantined" and self.redriven  # the row already records its first quarantine
        if known is not None and (
            change.position < known.position or (again and change.position == known.position)
        ):
            return replace(known, recent=recent, gap=gap, gap_names=gap_names)
        live, doubt, (fingerprint, fields, image, fingerprint_version) = self._published_state(changes, known)
        return Row(
            key,
            change.position,
            live=live,
            table=change.table,
            item_key=key_as_text(change.key),
            fingerprint=fingerprint,
            as_of=time_text(change.time),
            recent=recent,
            fields=fields,
            image=image,
            gap=gap,
            gap_names=gap_names,
            doubt=doubt,
            fingerprint_version=fingerprint_version,
        )

    def _published_state(
        self, changes: Sequence[tuple[Item, Change]], known: Row | None
    ) -> tuple[bool, bool, _State]:
        """Whether subscribers have the item after ``changes`` (in order), whether that is in doubt, and the
        state that they have.

        This is not always the newest change's state: a change that published nothing leaves subscribers with
        the state before it. Otherwise a change that was lost before it would be lost for good, because item
        and row match. A change that is quarantined now may have been accepted in an earlier, interrupted try;
        whether it was cannot be known.
        """
        live = known.live if known is not None else changes[0][1].operation != "insert"
        doubt = known is not None and known.doubt
        state: _State = (
            _UNKNOWN
            if known is None
            else (known.fingerprint, known.fields, known.image, known.fingerprint_version)
        )
        newest: Change | None = None
        for item, change in changes:
            if item.end == "quarantined":
                newest, state, doubt = None, _UNKNOWN, True
            elif not _publishes_nothing(item):
                live, newest, doubt = change.operation != "remove", change, False
        if newest is not None:
            state = self._kept_state(newest) if live else _UNKNOWN
        return live, doubt and not live, state

    def _kept_state(self, change: Change) -> _State:
        """Fingerprint, hashes by attribute and image, as far as the ledger keeps them."""
        table, keep = self.tables.get(change.table), self.ledger.keep
        if keep == "position" or table is None or table.fingerprint is None:
            return _UNKNOWN
        try:
            image = published_image(table.redacted(change))
            if image is None:
                return _UNKNOWN
            fields = table.field_hashes(image) if keep == "fields" and table.field_hashes else None
            return (
                table.fingerprint(image),
                fields,
                image if keep == "image" else None,
                table.fingerprint_version,
            )
        except MalformedRecord:
            return _UNKNOWN  # the change had no event, and its state cannot be hashed

    def _settle_one(self, key: str, own: Sequence[Item]) -> bool:
        """Settle one key in a redrive. It runs beside the live stream, so it overwrites only the row that it
        has read."""
        known = self.rows.get(key)
        for _ in range(_CONDITIONAL_TRIES):
            if self.ledger.settle_if(self._row(key, own, known), known):
                return True
            known = self.ledger.read([key]).get(key)
        return False


def _gap_after(items: Iterable[Item], known: Row | None) -> tuple[bool, tuple[str, ...] | None]:
    """Whether a gap is open after ``items``, those of one key in order, and in which attributes.

    A remove ends the life that the attributes belong to; their names say nothing about a later item.
    """
    gap = known is not None and known.gap
    names: tuple[str, ...] | None = ()
    if gap and known is not None:
        names = known.gap_names
    for item in items:
        if item.gap and not is_healed(item):
            gap = True
            names = None if names is None or item.lost is None else bounded((*names, *item.lost))
        if item.change is not None and item.change.operation == "remove":
            names = None
    return gap, names if gap else None


def _publishes_nothing(item: Item) -> bool:
    """Whether subscribers keep their state: only ignored paths differ, or no type matches the change but one
    may match what was lost before it."""
    return item.end == "without_event" and (item.why == "unchanged" or (item.gap and item.why != "filtered"))
