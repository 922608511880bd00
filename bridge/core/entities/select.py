"""Which entity an item is of: the first one whose key template and ``where`` pattern hold. Pure."""

from __future__ import annotations

from collections.abc import Sequence
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
    """What selects the items of one entity. ``where`` reads an item's plain JSON, before redaction."""

    name: str
    key: KeyTemplate
    where: Pattern | None = None
    convert: PlainItem = plain_item


NO_ENTITY: Final = "*"
"""In place of an entity's name, for items that no entity selects. The name "" is for tables without entities,
and in rows that were written before their table had any."""

UNDECIDED = None
"""Where ``where`` needs an image that the stream view does not capture."""


@dataclass(frozen=True, slots=True)
class Selector:
    """The entities of a table, in the order of bridge.yaml."""

    entities: Sequence[Selection]

    def of(self, key: TypedItem, image: TypedItem | None) -> str | None:
        """The entity of an item; ``image`` None: only its key is known. Raises ``MalformedRecord``."""
        return self._of(self._candidates(key), image)

    def placed(self, change: Change) -> Change:
        """The change with the names of its entities. An insert has no earlier entity and a remove no later
        one, so both names are equal there. Raises ``MalformedRecord``."""
        candidates = self._candidates(change.key)
        before = change.before
        after = change.after if change.after is not None else change.current
        if not candidates or candidates[0].where is None or change.operation != "modify":
            same = self._of(candidates, before if after is None else after)
            return change._replace(entity=same, was=same)
        entity, was = self._of(candidates, after), self._of(candidates, before)
        return change._replace(entity=entity, was=was)

    def decided(self, change: Change, known: str | None) -> Change:
        """The change with what could not be seen: ``known`` is the entity of the item's last settled state,
        None where no state is settled. A modify whose other image is not captured keeps its entity."""
        entity, was = change.entity, change.was
        if change.operation == "insert":
            return change
        if was is UNDECIDED:
            was = known if known is not None else entity
        if entity is UNDECIDED:
            entity = was
        return change._replace(entity=entity, was=was)

    def _candidates(self, key: TypedItem) -> list[Selection]:
        """The entities whose template the key has, up to one that needs nothing more."""
        found = []
        for entity in self.entities:
            if entity.key.parse(key) is not None:
                found.append(entity)
                if entity.where is None:
                    break
        return found

    def _of(self, candidates: Sequence[Selection], image: TypedItem | None) -> str | None:
        for entity in candidates:
            if entity.where is None:
                return entity.name
            if image is None:
                return UNDECIDED
            if entity.where.matches(Image(image, "item", convert=entity.convert)):
                return entity.name
        return NO_ENTITY
