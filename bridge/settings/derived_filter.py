"""The filter of a table's event source mapping: its own, or the one that its entities give it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.core.entities.filters import Wanted, derive_filter
from bridge.core.entities.overlap import overlap
from bridge.core.entities.template import KeyTemplate, compile_key
from bridge.limits import MAPPING_FILTERS_MAX, MAPPING_PATTERN_CHARS
from bridge.settings import Settings
from bridge.settings.kinds import Kind


@dataclass(frozen=True, slots=True)
class MappingFilter:
    """``patterns``: one must match; none: every record passes. ``derived``: from the entities. ``note`` says
    why a filter is wider than the entities, or why none is derived; else it is empty."""

    patterns: tuple[Mapping[str, Any], ...] = ()
    derived: bool = False
    note: str = ""


def mapping_filter(settings: Settings, table: str) -> MappingFilter:
    """``table`` as bridge.yaml names it. The filter over DynamoDB's record, also for a table behind Kinesis,
    which has no derived one: its mapping is shared with other tables.

    With a ledger, every change of an entity's item passes, whatever its operation: the ledger would take a
    change that it never sees for a lost one. A filter on keys drops all changes of an item or none.
    """
    own = settings.tables[table]
    if own.filter or own.entities is None or own.kinesis is not None:
        return MappingFilter(tuple(own.filter))
    if own.other == "quarantine":
        return MappingFilter(note="no filter is derived: items of no entity go into quarantine")
    kinds = [kind for kind in settings.kinds() if kind.table == table]
    keys = {kind.entity: compile_key(kind.selects.key) for kind in kinds if kind.selects is not None}
    wanted = []
    for kind in kinds:
        operations = None
        if settings.ledger.kind == "none":
            operations = _operations(kind, keys, kinds)
            if operations == frozenset():
                continue  # it publishes snapshots only
        wanted.append(Wanted(keys[kind.entity], operations))
    if not wanted:
        return MappingFilter(note="no filter is derived: no entity publishes changes")
    found = derive_filter(wanted, patterns_max=MAPPING_FILTERS_MAX, chars_max=MAPPING_PATTERN_CHARS)
    limits = f"{MAPPING_FILTERS_MAX} patterns of {MAPPING_PATTERN_CHARS:,} characters"
    if not found.patterns:
        why = f"it does not fit into {limits}" if found.widened else "an entity takes any key"
        return MappingFilter(note=f"no filter is derived: {why}")
    note = f"the derived filter takes more items than the entities, to fit into {limits}"
    return MappingFilter(found.patterns, True, note if found.widened else "")


def _operations(kind: Kind, keys: Mapping[str, KeyTemplate], kinds: Sequence[Kind]) -> frozenset[str] | None:
    """The operations of the records that an entity may need; None for all. Where attributes decide which
    entity an item is of, a modify may be the start or the end of an item."""
    operations = {operation for event in kind.settings.events for operation in event.op} - {"snapshot"}
    if operations & {"insert", "remove"} and _may_change(kind, keys, kinds):
        operations.add("modify")
    return None if len(operations) == 3 else frozenset(operations)


def _may_change(kind: Kind, keys: Mapping[str, KeyTemplate], kinds: Sequence[Kind]) -> bool:
    for other in kinds:
        has_where = other.selects is not None and other.selects.where is not None
        if has_where and (other is kind or overlap(keys[kind.entity], keys[other.entity]) is not None):
            return True
    return False
