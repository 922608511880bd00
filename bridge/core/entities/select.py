"""Which entity an item is of: the first one whose key template and ``where`` pattern hold. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bridge.core.change import Change, TypedItem
from bridge.core.entities.template import KeyTemplate
from bridge.core.image import Image
from bridge.core.numbers import PlainItem
from bridge.core.pattern.matching import Pattern
from bridge.core.values import plain_item


@dataclass(frozen=True, slots=True)
class Selection:
    """What selects the items of one entity. ``where`` reads an item's plain JSON, before redaction; ``reads``
    are the attributes that it reads, None where that is not simple to say."""

    name: str
    key: KeyTemplate
    where: Pattern | None = None
    convert: PlainItem = plain_item
    reads: tuple[str, ...] | None = None


NO_ENTITY: Final = "*"
"""In place of an entity's name, for items that no entity selects. The name "" is for tables without entities,
and in rows that were written before their table had any."""

OTHER: Final = "other"
"""What :data:`NO_ENTITY` is called in metrics, log lines, the quarantine and commands; no entity may be."""

UNDECIDED = None
"""Where ``where`` needs an image that the stream view does not capture."""

_Candidates = list[tuple[Selection, Mapping[str, str]]]


def entity_shown(change: Change) -> str:
    """The entity of a change for people and metrics: of its later image, or of the earlier one where none
    selects the later. "" where the table has no entities, and where this is not decided."""
    entity = change.entity
    if entity == NO_ENTITY and change.was is not UNDECIDED:
        entity = change.was
    return OTHER if entity == NO_ENTITY else entity or ""


@dataclass(frozen=True, slots=True)
class Selector:
    """The entities of a table, in the order of bridge.yaml."""

    entities: Sequence[Selection]

    def of(self, key: TypedItem, image: TypedItem | None) -> str | None:
        """The entity of an item; ``image`` None: only its key is known. Raises ``MalformedRecord``."""
        return _of(self.candidates(key), image)

    def of_item(self, item: TypedItem) -> str | None:
        """The entity of a whole item. Raises ``MalformedRecord``."""
        names = self.entities[0].key.attributes
        return self.of({name: item[name] for name in names if name in item}, item)

    def placed(self, change: Change) -> Change:
        """The change with the names of its entities. An insert has no earlier entity and a remove no later
        one, so both names are equal there. Raises ``MalformedRecord``."""
        candidates = self.candidates(change.key)
        before = change.before
        after = change.after if change.after is not None else change.current
        if not candidates or candidates[0][0].where is None or change.operation != "modify":
            entity = was = _of(candidates, before if after is None else after)
        else:
            entity = _of(candidates, after)
            was = entity if _same(candidates, before, after) else _of(candidates, before)
        parts = None
        for each, its_parts in candidates:
            if each.name == entity:
                parts = its_parts
        # As _replace does, in a fraction of the time.
        return Change._make((*change[:_PLAIN_FIELDS], entity, was, parts))

    def decided(self, change: Change, known: str | None) -> Change:
        """The change with what could not be seen: ``known`` is the entity of the item's last settled state,
        None where no state is settled. A modify whose other image is not captured keeps its entity."""
        entity, was = change.entity, change.was
        if change.operation == "insert" or (entity is not UNDECIDED and was is not UNDECIDED):
            return change
        if was is UNDECIDED:
            was = known if known is not None else entity
        if entity is UNDECIDED:
            entity = was
        return change._replace(entity=entity, was=was, parts=None)

    def candidates(self, key: TypedItem) -> _Candidates:
        """The entities whose template the key has, with its parts, up to one that needs nothing more."""
        found: _Candidates = []
        for entity in self.entities:
            parts = entity.key.parse(key)
            if parts is not None:
                found.append((entity, parts))
                if entity.where is None:
                    break
        return found


_PLAIN_FIELDS: Final = Change._fields.index("entity")


def _of(candidates: _Candidates, image: TypedItem | None) -> str | None:
    for entity, _ in candidates:
        if entity.where is None:
            return entity.name
        if image is None:
            return UNDECIDED
        if entity.where.matches(Image(image, "item", convert=entity.convert)):
            return entity.name
    return NO_ENTITY


def _same(candidates: _Candidates, before: TypedItem | None, after: TypedItem | None) -> bool:
    """Whether both images certainly have the same entity, because no attribute that decides it differs."""
    if before is None or after is None:
        return False
    for entity, _ in candidates:
        if entity.where is None:
            continue
        if entity.reads is None:
            return False
        for name in entity.reads:
            if before.get(name) != after.get(name):
                return False
    return True


def attributes_of(where: Mapping[str, object]) -> tuple[str, ...] | None:
    """The attributes that a pattern reads, where each of its members names one."""
    return None if any("." in name or name.startswith("$") for name in where) else tuple(where)
