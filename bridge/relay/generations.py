"""Ledger rows of an earlier generation of their table, read in the table's generation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bridge.core.events.translate import Table
from bridge.core.generation import generation_of, lifted, lifted_sequence
from bridge.errors import BatchError
from bridge.ports.ledger import Announced, Row


def current_row(row: Row, table: Table | None) -> Row:
    """The row with its positions in the table's generation, so that a settled change is still known to be
    settled. Raises ``BatchError`` for a row of a higher generation: what is published now would sort before
    what subscribers hold."""
    held = generation_of(row.position.label)
    if table is None or held == table.generation:
        return row
    if held > table.generation:
        raise BatchError(
            f"table {row.table}: the ledger has positions of generation {held}, bridge.yaml has "
            f"{table.generation}. Subscribers would ignore everything that is published now",
            hint=f"set `generation` of this table to {held} or more: it may be raised, never lowered",
            stage="configure",
        )
    return replace(
        row,
        position=lifted(row.position, table.generation),
        published=lifted_sequence(row.published, table.generation),
        recent=tuple(lifted_sequence(each, table.generation) for each in row.recent),
        stored=row,
    )


def current_rows(rows: Mapping[str, Row], tables: Mapping[str, Table]) -> Mapping[str, Row]:
    """Raises as :func:`current_row` does."""
    return {key: current_row(row, tables.get(row.table)) for key, row in rows.items()}


def current_announced(announced: Announced, table: Table) -> Announced:
    return replace(announced, position=lifted(announced.position, table.generation))
