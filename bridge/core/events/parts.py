"""A change in a table that holds several kinds of items: whose rules apply to which part of it. Pure.

An item that changes its entity has two parts: the end of the item as the old entity knew it, then the start
as the new one knows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeVar

from bridge.core.change import Change
from bridge.core.entities.select import NO_ENTITY, OTHER, UNDECIDED, Selector
from bridge.errors import NoEntity, ViewTooNarrow

Rules = TypeVar("Rules")

END_SUFFIX: Final = "-end"
START_SUFFIX: Final = "-start"
"""What the ids of the events of either part have after the record's id."""

STARTS_AFTER: Final = "+"
"""What the ``sequence`` of a start has at its end: it sorts after the end's, and before the next change and
before a re-emission after this one (:func:`bridge.core.healing.suffix_at`)."""


@dataclass(frozen=True, slots=True)
class Entities(Generic[Rules]):
    """``by_name``: the rules of each entity. ``other``: what to do with items that no entity selects."""

    selector: Selector
    by_name: Mapping[str, Rules]
    other: Literal["ignore", "quarantine"] = "ignore"

    def rules(self, name: str | None) -> Rules | None:
        return self.by_name.get(NO_ENTITY if name is None else name)

    def mapped(self, make: Callable[[Rules], Rules]) -> Entities[Rules]:
        return Entities(self.selector, {name: make(each) for name, each in self.by_name.items()}, self.other)

    def parts(self, change: Change) -> Sequence[tuple[Rules, Change]]:
        """The parts of a change in their order, each with its rules; none where no entity selects the item.
        Raises :class:`NoEntity` where such items are quarantined, and ``ViewTooNarrow``."""
        entity, was = change.entity, change.was
        if entity is UNDECIDED or was is UNDECIDED:
            raise _too_narrow(change)
        if entity == was:
            rules = self.by_name.get(entity)
            if rules is not None:
                return ((rules, change),)
        elif was in self.by_name or entity in self.by_name:
            both = ((was, ended(change)), (entity, started(change)))
            return tuple((self.by_name[name], part) for name, part in both if name in self.by_name)
        if self.other == "quarantine":
            raise _no_entity(change)
        return ()


def ended(change: Change) -> Change:
    """The change as the end of the item in its old entity."""
    return change._replace(
        operation="remove",
        after=None,
        current=None,
        fetched=False,
        published=None,
        entity=change.was,
        parts=None,
        id_suffix=change.id_suffix + END_SUFFIX,
        view=change.view if change.before is not None else "KEYS_ONLY",
    )


def started(change: Change) -> Change:
    """The change as the start of the item in its new entity."""
    return change._replace(
        operation="insert",
        before=None,
        published=None,
        was=change.entity,
        suffix=change.suffix + STARTS_AFTER,
        id_suffix=change.id_suffix + START_SUFFIX,
    )


def _no_entity(change: Change) -> NoEntity:
    error = NoEntity(
        f"table {change.table}: no entity selects this item",
        hint="add an entity for it to bridge.yaml, or write other: ignore; then run `stream-bridge "
        "quarantine retry`",
        record_id=change.record_id,
    )
    error.entity = OTHER
    return error


def _too_narrow(change: Change) -> ViewTooNarrow:
    error = ViewTooNarrow(
        f"table {change.table}: `where` of its entities cannot be decided, the stream view is {change.view}",
        hint="set the table's stream to NEW_AND_OLD_IMAGES, or select the entities by their keys alone",
        record_id=change.record_id,
    )
    error.condition = "where"
    return error
