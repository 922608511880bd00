"""Gaps: a change's ``before`` image differs from the last settled state, so a change between was lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from bridge.core.change import Change, TypedItem
from bridge.core.entities.select import NO_ENTITY
from bridge.core.event import Event, Trace
from bridge.core.events.claim_check import Claim, Limited, fit
from bridge.core.events.translate import Table
from bridge.core.healing import missing_step, time_text
from bridge.core.keys import key_as_text
from bridge.errors import MalformedRecord, RecordError, ViewTooNarrow
from bridge.limits import LEDGER_GAP_NAMES_MAX_BYTES
from bridge.ports.ledger import GONE, Keep, Row
from bridge.relay.batch import Item


def heal(
    item: Item,
    table: Table,
    trace: Trace | None,
    sinks: Mapping[str, Limited],
    locate: Callable[[Claim], str] | None,
) -> tuple[Event, ...]:
    """The events of the missing step before a change, if a step is missing.

    Where the step cannot be published, because of its schema, its mapping, its size or because too little is
    known of it, the change is marked with a gap instead.
    """
    if item.missing is None:
        return ()
    try:
        # The images are already redacted: redacting again would take a keyed hash of a keyed hash.
        events = table.unredacting().translate(item.body, item.missing, item.lane, trace).events
        fit(events, sinks, locate)
        return events
    except (RecordError, ViewTooNarrow):
        item.missing = None
        mark_gap(item)
        return ()


def mark_gap(item: Item) -> None:
    """Make the events of the change say that a change before it was never published."""
    if item.change is not None:
        item.change = item.change._replace(marks={**item.change.marks, "gap": True})


def is_healed(item: Item) -> bool:
    return item.missing is not None and item.end != "quarantined"


def has_gap(table: Table, change: Change, row: Row | None, previous: Change | None) -> bool:
    """Whether the ``before`` image differs from what was last seen; False where that is unknown."""
    if not table.sees_gaps or change.view != "NEW_AND_OLD_IMAGES":
        return False
    if previous is not None:
        if previous.view != "NEW_AND_OLD_IMAGES":
            return False
        was_live = previous.operation != "remove"
        if (change.operation == "insert") == was_live:
            return True
        if not was_live or previous.after == change.before:
            return False
        return state_after(table, previous) != _seen_before(table, change)
    if row is None:
        return False
    by_record = row.settled_by == "stream" and row.position.label != ""
    if not by_record:
        read = time_of(row.as_of)
        if read is None or read >= change.time:
            return False  # the item was read after this change, or may have been
    seen = row.seen_state
    existed = seen != GONE if seen else row.live
    if (change.operation == "insert") == existed:
        return True
    if not existed:
        return False
    if not seen:  # still, where the row is of the newest change, it says whether an entity had the item
        return not row.published and _one_has_none(row.entity, change.was)
    return _seen_before(table, change) != seen


def _one_has_none(one: str, other: str | None) -> bool:
    return bool(one) and bool(other) and one != other and NO_ENTITY in (one, other)


def _seen_before(table: Table, change: Change) -> str:
    """As :func:`state_before`; "" where that has no fingerprint, and only the gap can show it: an item
    that no entity selects is not made into an event."""
    try:
        return state_before(table, change)
    except MalformedRecord:
        if change.was != NO_ENTITY or change.entity == NO_ENTITY:
            raise
        return ""


def missing_before(
    table: Table, change: Change, row: Row | None, previous: Change | None, keep: Keep
) -> Change | None:
    """The step between the last published state and ``change``. Raises ``MalformedRecord``.

    The step shows only what the ledger keeps, even where the batch itself knows more: a redelivery, which has
    only the ledger, must publish the same.
    """
    rules = table.rules_before(change)
    redacted = rules.redacted(change)
    hash_of = table.key_hash or rules.fingerprint
    key_name = "" if hash_of is None else hash_of(key_as_text(change.key))
    if previous is not None:
        earlier = table.rules_after(previous)
        was = earlier.redacted(previous).after
        hashes = earlier.field_hashes if keep == "fields" else None
        return missing_step(
            _between(redacted, previous.entity, was_live=previous.operation != "remove"),
            was_live=previous.operation != "remove",
            was=was if keep == "image" else None,
            settled=previous.position,
            as_of=time_text(previous.time),
            key_name=key_name,
            published=hashes(was) if hashes is not None and was is not None else None,
        )
    if row is None:
        return None
    return missing_step(
        _between(redacted, row.entity or change.was, was_live=row.live),
        was_live=row.live,
        was=row.image,
        settled=row.position,
        as_of=row.as_of,
        key_name=key_name,
        published=row.fields,
    )


def _between(change: Change, known: str | None, *, was_live: bool) -> Change:
    """``change`` with the entities of the step before it; ``known`` is the last published state's."""
    if change.operation == "insert":  # the step is the remove of the item as it was known
        return change._replace(was=known, entity=known)
    return change._replace(was=known if was_live else change.was, entity=change.was)


def lost_names(
    table: Table, change: Change, row: Row | None, previous: Change | None, keep: Keep
) -> tuple[str, ...] | None:
    """The top-level attributes in which the ``before`` image differs from the last published state.

    None where that cannot be known, or where more than a modify was lost. Raises ``MalformedRecord``.
    """
    rules = table.rules_before(change)
    before = rules.redacted(change).before
    published = published_fields(table, row, previous, keep)
    if rules.field_hashes is None or before is None or published is None:
        return None
    if previous is None and row is not None and row.entity not in ("", change.was):
        return None  # hashes of two entities cannot be compared
    found = rules.field_hashes(before)
    return bounded(name for name in found.keys() | published.keys() if found.get(name) != published.get(name))


def published_fields(
    table: Table, row: Row | None, previous: Change | None, keep: Keep
) -> Mapping[str, str] | None:
    """The hashes by attribute of the last published state, which is the previous change's in the batch, else
    the row's. None where they are not kept or the item was not live. Raises ``MalformedRecord``."""
    if keep not in ("fields", "image"):
        return None
    if previous is not None:
        rules = table.rules_after(previous)
        image = published_image(rules.redacted(previous))
        return None if image is None or rules.field_hashes is None else rules.field_hashes(image)
    if row is None or not row.live:
        return None
    hashes = table.rules_of(row.entity).field_hashes
    return None if hashes is None else row.fields if row.image is None else hashes(row.image)


def published_image(redacted: Change) -> TypedItem | None:
    """The item as subscribers have it after this change."""
    if redacted.operation == "remove":
        return None
    return redacted.after if redacted.after is not None else redacted.current


def bounded(names: Iterable[str]) -> tuple[str, ...] | None:
    """The names sorted, each once; None where they would take too much space in a row."""
    kept = tuple(sorted(set(names)))
    size = sum(len(name.encode("utf-8", "surrogatepass")) + 3 for name in kept)
    return kept if size <= LEDGER_GAP_NAMES_MAX_BYTES else None


def legible(table: Table | None, row: Row | None) -> Row | None:
    """The row, without its state where the state has another fingerprint version than the table.

    Such a state cannot be compared with an item, and its image may hold values that are redacted by now.
    """
    if row is None or table is None or table.rules_of(row.entity).knows(row.fingerprint_version):
        return row
    return replace(row, fingerprint="", seen=GONE if row.seen == GONE else "", fields=None, image=None)


def state_before(table: Table, change: Change) -> str:
    """The fingerprint of the item before the change. Raises ``MalformedRecord``."""
    rules = table.rules_before(change)
    return fingerprint_of(rules, rules.redacted(change).before)


def state_after(table: Table, change: Change) -> str:
    """The fingerprint of the item after the change. Raises ``MalformedRecord``."""
    rules = table.rules_after(change)
    return fingerprint_of(rules, rules.redacted(change).after)


def fingerprint_of(table: Table, image: TypedItem | None) -> str:
    return "" if image is None or table.fingerprint is None else table.fingerprint(image)


def time_of(text: str) -> datetime | None:
    """A row's ``as_of``; None where it is empty or has no offset from UTC."""
    try:
        time = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        return None
    return None if time.tzinfo is None else time
