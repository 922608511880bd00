"""The kinds of items of each table: its entities, with what they take from the table filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from bridge.settings.tables import EntitySettings, TableSettings


class Kind(NamedTuple):
    """``table`` is the key of its block, ``entity`` "" where the table is one entity. ``settings`` are those
    of a table that is this entity alone. ``place`` is where its events, subject and the like are written."""

    table: str
    entity: str
    settings: TableSettings
    place: tuple[str | int, ...]
    selects: EntitySettings | None = None

    def redact_place(self, index: int) -> tuple[str | int, ...]:
        """Where the rule at ``settings.redact[index]`` is written: in the table or in the entity."""
        own = 0 if self.selects is None else len(self.selects.redact)
        inherited = len(self.settings.redact) - own
        if self.selects is None or index >= inherited:
            return (*self.place, "redact", index - (inherited if self.selects is not None else 0))
        return ("tables", self.table, "redact", index)

    @property
    def shown(self) -> str:
        """For people: the table, or the table and the entity."""
        return f"{self.table}/{self.entity}" if self.entity else self.table


def kinds_of(tables: Mapping[str, TableSettings]) -> Iterator[Kind]:
    """In the order of bridge.yaml."""
    for name, table in tables.items():
        if table.entities is None:
            yield Kind(name, "", table, ("tables", name))
            continue
        for entity, own in table.entities.items():
            yield Kind(name, entity, _whole(table, own), ("tables", name, "entities", entity), own)


def _whole(table: TableSettings, own: EntitySettings) -> TableSettings:
    said = {
        name: value
        for name in ("subject", "owner", "diff", "numbers", "fetch", "reconcile")
        if (value := getattr(own, name)) is not None
    }
    return table.model_copy(
        update={
            **said,
            "sink": own.sink or table.sink,
            # Redaction adds up: an entity that names a secret of its own must not publish the table's.
            "redact": (*table.redact, *own.redact),
            "events": own.events,
            "entities": None,
            "other": None,
        }
    )
