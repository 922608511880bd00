"""The ledger row of a key after the changes of a batch: what was seen of the item, and what was published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bridge.core.change import Change, TypedItem
from bridge.core.entities.select import NO_ENTITY
from bridge.core.events.translate import Table
from bridge.core.healing import time_text
from bridge.core.keys import key_as_text
from bridge.errors import MalformedRecord
from bridge.limits import LEDGER_RECENT_MAX
from bridge.ports.ledger import GONE, NEVER, Keep, Row, record_name
from bridge.relay.batch import Item
from bridge.relay.gaps import bounded, is_healed, published_image

_State = tuple[str, Mapping[str, str] | None, TypedItem | None, str]
"""Fingerprint, hashes by attribute, image, and the fingerprint version of all three."""
_UNKNOWN: _State = ("", None, None, "")


@dataclass(frozen=True, slots=True)
class RowMaker:
    """``redriven``: the records come again on purpose, so they are older than their rows."""

    tables: Mapping[str, Table]
    keep: Keep
    redriven: bool = False

    def row_after(self, key: str, own: Sequence[Item], known: Row | None) -> Row:
        """The row after ``own``, the settled changes of one key in the batch's order; at least one."""
        if known is not None and known.stored is not None:
            known = replace(known, stored=None)
        changes = [(item, item.change) for item in own if item.change is not None]
        published = [change for item, change in changes if item.end != "quarantined"]
        sequences = [change.position.sequence for change in reversed(published)]
        recent = tuple(dict.fromkeys((*sequences, *(known.recent if known else ()))))[:LEDGER_RECENT_MAX]
        changes.sort(key=lambda pair: pair[1].position)
        gap, gap_names = _gap_after([item for item, _ in changes], known)
        ids = _ids_after(changes, known)
        newest, change = changes[-1]
        again = newest.end == "quarantined" and self.redriven  # the row already records its first quarantine
        if known is not None:
            # What a reconciliation published at this position is newer than the change at it.
            keeps = again or known.settled_by != "stream"
            if change.position < known.position or (keeps and change.position == known.position):
                older = replace(known, recent=recent, gap=gap, gap_names=gap_names, ids=ids)
                return older if change.entity is None else with_ends(older, _held(known, changes))
        if known is not None and all(item.why == "seeded" for item, _ in changes):
            # The state is newer than these changes. The position moves: what subscribers may hold of them
            # sorts before the next re-emission.
            return replace(
                known,
                position=change.position,
                published=known.published_sequence,
                recent=recent,
                gap=gap,
                gap_names=gap_names,
                ids=ids,
            )
        live, doubt, state, of = self._published_state(changes, known)
        fingerprint, fields, image, fingerprint_version = state
        seen = GONE if change.operation == "remove" else fingerprint if of is change else self._hash(change)
        row = Row(
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
            ids=ids,
            entity=_entity_after(of, known, changes[0][1]),
        )
        before = "" if of is not None else (known.published_sequence if known is not None else NEVER)
        if row.entity or known is not None:
            row = with_ends(row, _held(known, changes))
        return replace(
            row,
            seen="" if seen == row.seen_state else seen,
            published=of.position.sequence if of is not None and of is not change else before,
        )

    def _published_state(
        self, changes: Sequence[tuple[Item, Change]], known: Row | None
    ) -> tuple[bool, bool, _State, Change | None]:
        """Whether subscribers have the item after ``changes`` (in order), whether that is in doubt, the state
        that they have, and the change that it is of, if it is one of these.

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
        return live, doubt and not live, state, newest

    def _hash(self, change: Change) -> str:
        return self._kept_state(change)[0]

    def _kept_state(self, change: Change) -> _State:
        """Fingerprint, hashes by attribute and image, as far as the ledger keeps them."""
        table, keep = self.tables.get(change.table), self.keep
        rules = None if table is None else table.rules_after(change)
        if keep == "position" or rules is None or rules.fingerprint is None:
            return _UNKNOWN
        try:
            image = published_image(rules.redacted(change))
            if image is None:
                return _UNKNOWN
            fields = rules.field_hashes(image) if keep == "fields" and rules.field_hashes else None
            return (
                rules.fingerprint(image),
                fields,
                # Of an item that no entity selects, no rule says what is secret.
                image if keep == "image" and rules.entity != NO_ENTITY else None,
                rules.fingerprint_version,
            )
        except MalformedRecord:
            return _UNKNOWN  # the change had no event, and its state cannot be hashed


def with_ends(row: Row, held: Iterable[str]) -> Row:
    """``row``, where subscribers may have the item in all entities that ``held`` names."""
    gone = {"", NO_ENTITY, row.entity if row.live else ""}
    ends = tuple(sorted(set(held) - gone))
    return replace(row, ends=ends, doubt=row.doubt or (bool(ends) and not row.live))


def held_by(row: Row | None) -> set[str]:
    """The entities in which subscribers may have an item."""
    if row is None:
        return set()
    return {*row.ends, row.entity} if row.live else {*row.ends}


def _held(known: Row | None, changes: Iterable[tuple[Item, Change]]) -> set[str]:
    """The entities in which subscribers may have the item after ``changes``: where it was, and where these
    put it, without those in which they ended it."""
    held = held_by(known)
    for item, change in changes:
        after = {change.entity or ""} if change.operation != "remove" else set()
        if item.end == "quarantined":  # a sink may have taken a part of it
            held |= {change.was or "", *after}
        elif known is not None and change.position <= known.position:
            held |= after  # redriven: its end is older than what subscribers have
        elif _publishes_nothing(item):
            continue
        else:
            held = held - {change.was or ""} | after
    return held


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


def _entity_after(published: Change | None, known: Row | None, first: Change) -> str:
    """The entity of what subscribers have; ``first``: the first change of a key without a row."""
    if published is not None:
        return published.entity or ""
    return (first.was or "") if known is None else known.entity


def _ids_after(changes: Iterable[tuple[Item, Change]], known: Row | None) -> tuple[str, ...]:
    """The names of the records that were settled last, newest first, if their stream may repeat them."""
    names = [record_name(change.record_id) for item, change in changes if not item.dialect.ordered]
    return tuple(dict.fromkeys((*reversed(names), *(known.ids if known is not None else ()))))[
        :LEDGER_RECENT_MAX
    ]


def _publishes_nothing(item: Item) -> bool:
    """Whether subscribers keep their state: only ignored paths differ, the change is older than the state, or
    no type matches the change but one may match what was lost before it."""
    return item.end == "without_event" and (
        item.why in ("unchanged", "seeded") or (item.gap and item.why != "filtered")
    )
