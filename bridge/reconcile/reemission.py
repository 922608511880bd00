"""A missed state as the change that publishes it, and the ledger row after it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from bridge.core.change import Change, Operation, Position, TypedItem, captures
from bridge.core.entities.select import NO_ENTITY
from bridge.core.event import Event
from bridge.core.events.parts import ended
from bridge.core.events.translate import Table
from bridge.core.healing import published_name, state_name, step_id, suffix_at, time_text
from bridge.errors import ViewTooNarrow
from bridge.ports.ledger import Row, SettledBy
from bridge.reconcile.comparer import Comparer
from bridge.relay.gaps import legible
from bridge.relay.rows import held_by, with_ends


@dataclass(frozen=True, slots=True)
class Reemission:
    """``change`` is redacted; None: the state was published already. ``overtaken``: attributes that changed
    and were then published with a later change, so that rules on changed attributes may have missed them.
    ``expected`` is the row that was read, ``row`` what it becomes once the change is published."""

    token: str
    kind: Operation
    change: Change | None
    row: Row
    expected: Row | None
    overtaken: Change | None = None
    entity: str = ""  # of the item now, or where none selects it, of what was published last
    ends: tuple[Change, ...] = ()  # of the item in other entities in which subscribers may have it

    def events(
        self, comparer: Comparer, undecided: dict[str, ViewTooNarrow] | None = None
    ) -> tuple[Event, ...]:
        """With the same routing, mapping and schemas as a live change. Raises ``RecordError``, and
        ``ViewTooNarrow`` unless ``undecided`` takes it, by type."""
        table = comparer.redacted_table
        changes = self.ends if self.change is None else (*self.ends, self.change)
        events = tuple(event for change in changes for event in self._events(table, change, undecided))
        if self.overtaken is None:
            return events
        on_changes = table.with_rules(lambda rule: bool(rule.route.changed))
        more = self._events(on_changes, self.overtaken, undecided)
        published = {event.type for event in events}
        return (*events, *(event for event in more if event.type not in published))

    def _events(
        self, table: Table, change: Change, undecided: dict[str, ViewTooNarrow] | None
    ) -> tuple[Event, ...]:
        lane = table.lane(change, self.token)
        return table.translate({}, change, lane, undecided=undecided).events


def reemission_of(
    comparer: Comparer,
    key: TypedItem,
    item: TypedItem | None,
    expected: Row | None,
    *,
    read_at: datetime,
    run: str,
    matches: bool = False,
    snapshot: bool = False,
    unsettled: Position | None = None,
) -> Reemission:
    """``item`` None: it is gone. ``read_at`` is a moment just before the run first read the item. It is the
    same however often the run is resumed, and no earlier change can be newer than the published state.
    ``matches``: the row has this state already, only its gap is to be closed. ``unsettled``: the position of
    a change that subscribers may have although it was never settled, so that what they have now is not known.
    Raises ``MalformedRecord``."""
    token = comparer.token(key)
    entity, was = _entities(comparer, key, item, expected)
    rules = comparer.of(entity)
    image = None if item is None else rules.redacted(item)
    by: SettledBy = "snapshot" if snapshot else "reconcile"
    row = settled_row(rules, key, image, expected, as_of=time_text(read_at), by=by)
    if snapshot:  # it ends nothing
        row = with_ends(row, held_by(expected))
    if matches and expected is not None:
        row = replace(expected, gap=False, gap_names=None, stored=None)
    if unsettled is not None:
        row = replace(row, position=max(row.position, unsettled))
    known = legible(comparer.table, expected) if unsettled is None else None
    kind: Operation = "remove" if image is None else "modify"
    if snapshot:
        kind = "snapshot"
    elif image is not None and (expected is None or not expected.live):
        kind = "insert"
    before = known.image if known is not None and kind in ("modify", "remove") else None
    view = comparer.view_of(kind, before)
    fetched = rules.table.fetch and view != "NEW_AND_OLD_IMAGES" and kind != "remove"
    position = row.position
    suffix = suffix_at(time_text(read_at))
    key_name = comparer.key_name(key)
    published = known.fields if kind == "modify" and known is not None and entity == was else None
    if (
        unsettled is not None
        and kind == "modify"
        and image is not None
        and comparer.keep in ("fields", "image")
    ):
        # What subscribers have of any attribute is not known, so every rule on a changed one must publish.
        published = dict.fromkeys({*image, *((expected and expected.fields) or ())}, "")
    content: tuple[str, ...] = (
        kind,
        state_name(key_name, before),
        state_name(key_name, image),
        published_name(published),
    )
    if entity:
        content = (*content, str(was), entity)
    # A snapshot that is taken again after a crash is the same snapshot, although it was read later.
    name = f"snapshot {run}" if snapshot else position.sequence + suffix
    change = Change(
        record_id=step_id(comparer.facts.name, key_name, name, *content),
        stream=comparer.stream,
        operation=kind,
        key=rules.redacted_key(key),
        before=before if captures(view, "before") else None,
        after=image if view in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES") else None,
        position=position,
        time=read_at.replace(microsecond=0),
        actor="user",
        view=view,
        current=image if fetched else None,
        fetched=fetched,
        published=published,
        marks={"snapshot": True} if snapshot else {"reconciled": True, "reconcilerun": run},
        suffix=suffix,
        entity=entity,
        was=was if kind == "modify" else entity,
    )
    overtaken = None
    if kind == "modify" and image is not None and expected is not None and not snapshot and entity == was:
        overtaken = _overtaken(rules, change, image, expected)
    ends: tuple[Change, ...] = ()
    if not snapshot and not matches and comparer.table.entities is not None:
        others = _may_have(comparer, key, expected, unsettled=unsettled is not None) - {entity, change.was}
        ends = tuple(_end(comparer, change, each) for each in sorted(others))
    selected = NO_ENTITY not in (change.entity, change.was) or change.entity != change.was
    named = was if entity == NO_ENTITY else entity
    if named == NO_ENTITY and ends:
        named = ends[0].was
    main = None if matches or not selected else change
    return Reemission(token, kind, main, row, expected, overtaken, named or "", ends)


def _may_have(comparer: Comparer, key: TypedItem, row: Row | None, *, unsettled: bool) -> set[str]:
    """The entities in which subscribers may have an item."""
    held = held_by(row) - {"", NO_ENTITY}
    entities = comparer.table.entities
    if entities is not None and unsettled:
        held |= {each.name for each, _ in entities.selector.candidates(key)}
    return held


def _end(comparer: Comparer, change: Change, entity: str) -> Change:
    """The end of an item in an entity, at the place of ``change``."""
    return ended(change._replace(before=None, was=entity))._replace(
        record_id=step_id(change.table, comparer.key_name(change.key), change.record_id, entity),
        key=comparer.of(entity).redacted_key(change.key),
        id_suffix=change.id_suffix,
    )


def _entities(
    comparer: Comparer, key: TypedItem, item: TypedItem | None, row: Row | None
) -> tuple[str | None, str | None]:
    """The entity of the item as it is, or was before it was gone; and that of what was published last."""
    held = row.entity if row is not None and row.live else ""
    if item is not None or comparer.table.entities is None:
        entity = comparer.entity_of(key, item)
    elif not held:  # in doubt
        names = sorted(_may_have(comparer, key, row, unsettled=row is None))
        entity = names[0] if names else NO_ENTITY
    else:
        entity = held
    return entity, held or entity


def _overtaken(comparer: Comparer, change: Change, image: TypedItem, row: Row) -> Change | None:
    """The attributes that a gap names, changed to what they are now. Their earlier values are not known."""
    hashes, names = comparer.table.field_hashes, row.gap_names
    view = comparer.view_of("modify", None)
    if not row.gap or not names or hashes is None or view != "NEW_IMAGE":
        return None
    published = {**hashes(image), **dict.fromkeys(names, "")}  # no hash is empty, so these differ
    record_id = f"{change.record_id}-gap"
    return change._replace(
        record_id=record_id, before=None, after=image, view=view, published=published, current=None
    )


def settled_row(
    comparer: Comparer,
    key: TypedItem,
    image: TypedItem | None,
    expected: Row | None,
    *,
    as_of: str,
    by: SettledBy,
) -> Row:
    """The row once ``image`` (redacted; None: gone) is published. Its position does not change."""
    known = expected or Row("", comparer.never_settled, live=False)
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
        ids=known.ids,
        fields=fields,
        image=image if keep == "image" and table.entity != NO_ENTITY else None,
        entity=table.entity,
        fingerprint_version=table.fingerprint_version if fingerprint else "",
    )
