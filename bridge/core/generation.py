"""Generations of a table's positions: a new one sorts after everything that was published before it.

A subscriber applies an event if its ``sequence`` is greater than the one that it holds. After the ledger was
lost, a backfill knows no positions, so its events would sort below what subscribers hold. ``generation: 1``
in bridge.yaml puts ``r0001/`` before the stream's label in every position of the table: text that sorts after
every label, because a label begins with a year.
"""

from __future__ import annotations

from typing import Final

from bridge.core.change import Position

GENERATION_MAX: Final = 9999
_DIGITS: Final = 4
_LENGTH: Final = len("r/") + _DIGITS


def generation_of(label: str) -> int:
    """The generation of a position's label; 0 where it has none."""
    number = label[1 : _LENGTH - 1]
    if label[:1] == "r" and label[_LENGTH - 1 : _LENGTH] == "/" and number.isascii() and number.isdigit():
        return int(number)
    return 0


def bare_label(label: str) -> str:
    """The stream's own label."""
    return label[_LENGTH:] if generation_of(label) else label


def lifted(position: Position, generation: int) -> Position:
    """The same place in the table's history, in ``generation`` if its own is lower."""
    if generation_of(position.label) >= generation:
        return position
    return Position(f"r{generation:0{_DIGITS}d}/{bare_label(position.label)}", position.number)


def lifted_sequence(sequence: str, generation: int) -> str:
    """The same for text: a ``sequence``, or "" for none."""
    label, slash, number = sequence.rpartition("/")
    if not slash or generation_of(label) >= generation:
        return sequence
    return f"{lifted(Position(label, 0), generation).label}/{number}"
