"""Rows of text below each other, as wide as they are: a terminal may wrap them, a pipe gets them whole."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text


def columns(rows: Sequence[Sequence[str]], header: Sequence[str] = (), *, dim: bool = False) -> list[Text]:
    """One line a row. Columns that are empty throughout are left out; ``dim`` greys the first."""
    every = [*([header] if header else []), *rows]
    kept = [index for index in range(len(every[0]) if every else 0) if any(row[index] for row in rows)]
    widths = {index: max(cell_len(row[index]) for row in every) for index in kept}
    lines = []
    for number, row in enumerate(every):
        line = Text(style="bold" if header and number == 0 else "")
        for index in kept:
            last = index == kept[-1]
            cell = row[index] if last else row[index] + " " * (widths[index] - cell_len(row[index]) + 2)
            line.append(cell, style="dim" if dim and index == kept[0] else "")
        lines.append(line)
    return lines
