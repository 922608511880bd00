"""A state that no record told, as the change that tells it and the ledger row after it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bridge.core.change import Change, Operation, TypedItem
from bridge.core.event import Event
from bridge.core.healing import step_id, suffix_at, time_text
from bridge.ports import Row, SettledBy
from bridge.reconcile.comparer import NEVER_SETTLED, Comparer


@dataclass(frozen=True, slots=True)
class Restated:
    """``change`` is redacted. ``expected`` is the row that was read, ``row`` what it becomes once told."""

    token: str
    kind: Operation
    change: Change
    row: Row
    expected: Row | None

    def events(self, comparer: Comparer) -> tuple[Event, ...]:
        """By the same routing, mapping and schemas as live. Raises ``RecordError`` or ``ViewTooNarrow``."""
        return comparer.told.translate({}, self.change, self.token).events


def restate(
    comparer: Comparer,
    key: TypedItem,
    item: TypedItem | None,
    expected: Row | None,
    *,
    read_at: datetime,
    run: str,
    snapshot: bool = False,
) -> Restated:
    """``item`` None: it is gone. ``read_at`` is a moment just before the read. Raises ``MalformedRecord``."""
    token = comparer.token(key)
    as_of = time_text(read_at)
    image = None if item is None else comparer.redacted(item)
    fingerprint = "" if image is None else comparer.fingerprint_of(image)
    row = settled_row(comparer, key, image, expected, as_of=as_of, by="snapshot" if snapshot else "reconcile")
    kind: Operation
    before: Mapping[str, TypedItem] | TypedItem | None = None
    if image is None:
        kind, before = "remove", None if expected is None else expected.image
    elif snapshot or expected is None or not expected.live:
        kind = "insert"
    else:
        kind, before = "modify", expected.image
    view = comparer.view_of(kind, before)
    fetched = comparer.table.fetch and view != "NEW_AND_OLD_IMAGES" and kind != "remove"
    position = NEVER_SETTLED if expected is None else expected.position
    after_of = f"snapshot {run}" if snapshot else position.sequence
    change = Change(
        record_id=step_id(comparer.facts.name, comparer.key_name(key), after_of, fingerprint),
        stream=comparer.stream,
        operation=kind,
        key=comparer.redacted_key(key),
        before=before if view in ("OLD_IMAGE", "NEW_AND_OLD_IMAGES") else None,
        after=image if view in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES") else None,
        position=position,
        time=read_at.replace(microsecond=0),
        actor="user",
        view=view,
        current=image if fetched else None,
        fetched=fetched,
        told=expected.fields if kind == "modify" and expected is not None else None,
        marks={"snapshot": True} if snapshot else {"reconciled": True, "reconcilerun": run},
        suffix=suffix_at(as_of),
    )
    return Restated(token, kind, change, row, expected)


def settled_row(
    comparer: Comparer,
    key: TypedItem,
    image: TypedItem | None,
    expected: Row | None,
    *,
    as_of: str,
    by: SettledBy,
) -> Row:
    """The row once ``image`` (redacted; None: gone) is told; it stays at the position it had."""
    known = expected or Row("", NEVER_SETTLED, live=False)
    table, keep = comparer.table, comparer.keep
    fingerprint, fields = "", None
    if image is not None and keep != "position" and table.fingerprint is not None:
        fingerprint = table.fingerprint(image)
        if keep == "fields" and table.field_hashes is not None:
            fields = table.field_hashes(image)
    return Row(
        comparer.token(key),
        known.position,
        live=image is not None,
        table=comparer.facts.name,
        item_key=key,
        fingerprint=fingerprint,
        settled_by=by,
        as_of=as_of,
        recent=known.recent,
        fields=fields,
        image=image if keep == "image" else None,
    )
