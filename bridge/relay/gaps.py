"""Gaps: what an item was before a change is not what was settled last, so something between was lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from bridge.core.change import Change, TypedItem
from bridge.core.event import Event, Trace
from bridge.core.events.claim_check import Claim, Limited, fit
from bridge.core.events.translate import Table
from bridge.core.healing import missing_step, time_text
from bridge.core.values import base64_text
from bridge.errors import RecordError, ViewTooNarrow
from bridge.limits import LEDGER_GAP_NAMES_MAX_BYTES
from bridge.ports.ledger import Keep, Row
from bridge.relay.batch import Item


def heal(
    item: Item,
    table: Table,
    trace: Trace | None,
    sinks: Mapping[str, Limited],
    locate: Callable[[Claim], str] | None,
) -> tuple[Event, ...]:
    """The events of the step that is missing before a change, if one is. Where it cannot be told, for its
    schema, mapping, size or what is known of it, the change is marked instead."""
    if item.missing is None:
        return ()
    try:
        # Its images are redacted: a second time would take a keyed hash of a keyed hash.
        events = replace(table, redact=None).translate(item.body, item.missing, item.key, trace).events
        fit(events, sinks, locate)
        return events
    except (RecordError, ViewTooNarrow):
        item.missing = None
        mark_gap(item)
        return ()


def mark_gap(item: Item) -> None:
    """Its events say that a change before it was never published."""
    if item.change is not None:
        item.change = item.change._replace(marks={**item.change.marks, "gap": True})


def is_healed(item: Item) -> bool:
    return item.missing is not None and item.end != "quarantined"


def has_gap(table: Table, change: Change, row: Row | None, previous: Change | None) -> bool:
    """Whether the item was not, before ``change``, as it was told last. Nothing known, nothing claimed."""
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
        was = fingerprint_of(table, table.redacted(previous).after)
        return was != fingerprint_of(table, table.redacted(change).before)
    if row is None:
        return False
    by_record = row.settled_by == "stream" and row.position.label != ""
    if not by_record and not _is_older(row.as_of, change.time):
        return False  # the item was read after this change, or may have been
    if (change.operation == "insert") == row.live:
        return True
    if not row.live or not row.fingerprint:
        return False
    return fingerprint_of(table, table.redacted(change).before) != row.fingerprint


def missing_before(
    table: Table, change: Change, row: Row | None, previous: Change | None, keep: Keep
) -> Change | None:
    """The step between what was told last and ``change``. It shows what the ledger keeps, also where the
    batch itself knows more: a redelivery, which has only the ledger, then tells the same. Raises
    ``MalformedRecord``."""
    redacted = table.redacted(change)
    key_name = fingerprint_of(table, key_as_text(change.key))
    if previous is not None:
        was = table.redacted(previous).after
        hashes = table.field_hashes if keep == "fields" else None
        return missing_step(
            redacted,
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
        redacted,
        was_live=row.live,
        was=row.image,
        settled=row.position,
        as_of=row.as_of,
        key_name=key_name,
        published=row.fields,
    )


def lost_names(
    table: Table, change: Change, row: Row | None, previous: Change | None, keep: Keep
) -> tuple[str, ...] | None:
    """The top-level attributes in which what was told last and the item before ``change`` differ; None where
    that cannot be known, or where more than a modify was lost. Raises ``MalformedRecord``."""
    hashes = table.field_hashes
    before = table.redacted(change).before
    if hashes is None or keep not in ("fields", "image") or before is None:
        return None
    published: Mapping[str, str] | None = None
    if previous is not None:
        was = table.redacted(previous).after if previous.operation != "remove" else None
        published = None if was is None else hashes(was)
    elif row is not None and row.live:
        published = row.fields if row.image is None else hashes(row.image)
    if published is None:
        return None
    found = hashes(before)
    return bounded(name for name in found.keys() | published.keys() if found.get(name) != published.get(name))


def bounded(names: Iterable[str]) -> tuple[str, ...] | None:
    """In order, each once; None where they would take too much of a row."""
    kept = tuple(sorted(set(names)))
    size = sum(len(name.encode("utf-8", "surrogatepass")) + 3 for name in kept)
    return kept if size <= LEDGER_GAP_NAMES_MAX_BYTES else None


def legible(table: Table | None, row: Row | None) -> Row | None:
    """The row, without a state that was made by another recipe than the table's: whether an item differs from
    it, and in what, cannot be told, and its image may hold what is redacted by now."""
    if row is None or table is None or table.knows(row.fingerprint_version):
        return row
    return replace(row, fingerprint="", fields=None, image=None)


def fingerprint_of(table: Table, image: TypedItem | None) -> str:
    return "" if image is None or table.fingerprint is None else table.fingerprint(image)


def key_as_text(key: TypedItem) -> TypedItem:
    """Binary as base64 text, as records from Lambda have it: a row reads the same whoever read the stream."""
    return {
        name: {
            tag: base64_text(content) if isinstance(content, bytes) else content
            for tag, content in value.items()
        }
        for name, value in key.items()
    }


def _is_older(as_of: str, time: datetime) -> bool:
    try:
        return datetime.fromisoformat(as_of) < time
    except (ValueError, TypeError):
        return False
