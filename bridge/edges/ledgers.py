"""The two ledgers that need no table: none, and one that lives as long as the process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bridge.ports import Row


class NoLedger:
    """Remembers nothing, so failures cannot be scoped to a key."""

    scoped = False

    def read(self, keys: Iterable[str]) -> Mapping[str, Row]:
        return {}

    def settle(self, rows: Sequence[Row]) -> set[str]:
        return set()


class MemoryLedger:
    """For one process: `run` on one machine, the demo and tests. Forgets everything at the end."""

    scoped = True

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}

    def read(self, keys: Iterable[str]) -> Mapping[str, Row]:
        return {key: self._rows[key] for key in keys if key in self._rows}

    def settle(self, rows: Sequence[Row]) -> set[str]:
        for row in rows:
            known = self._rows.get(row.key)
            # A late answer of an overlapping invocation never moves a key backwards.
            if known is None or known.position < row.position:
                self._rows[row.key] = row
        return set()
