"""The two ledgers that need no table: none, and one that lives as long as the process."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from zlib import crc32

from bridge.ports.clock import Deadline
from bridge.ports.ledger import Announced, Keep, Row, RowPage


class NoLedger:
    """Remembers nothing, so failures cannot be scoped to a key."""

    scoped = False
    keep: Keep = "position"

    def check(self) -> None:
        return

    def read(self, keys: Iterable[str], deadline: Deadline | None = None) -> Mapping[str, Row]:
        return {}

    def settle(self, rows: Sequence[Row], deadline: Deadline | None = None) -> set[str]:
        return set()

    def announce(self, changes: Sequence[Announced], deadline: Deadline | None = None) -> Sequence[str]:
        return ()

    def retract(self, names: Sequence[str], deadline: Deadline | None = None) -> None:
        return

    def settle_if(self, row: Row, expected: Row | None) -> bool:
        return True


class MemoryLedger:
    """For one process: `run` on one machine, the demo and tests. Forgets everything at the end."""

    scoped = True

    def __init__(self, *, keep: Keep = "fingerprint", page_rows: int = 1000) -> None:
        """``page_rows``: the most rows of one page of a scan."""
        self.keep: Keep = keep
        self._page_rows = page_rows
        self._rows: dict[str, Row] = {}
        self._announced: dict[str, Announced] = {}  # by key and sequence
        self._lock = threading.Lock()

    def check(self) -> None:
        return

    def read(self, keys: Iterable[str], deadline: Deadline | None = None) -> Mapping[str, Row]:
        return {key: self._rows[key] for key in keys if key in self._rows}

    def settle(self, rows: Sequence[Row], deadline: Deadline | None = None) -> set[str]:
        with self._lock:
            for row in rows:
                known = self._rows.get(row.key)
                # A late answer of an overlapping invocation never moves a key backwards.
                if known is None or known.position <= row.position:
                    self._rows[row.key] = row
        return set()

    def announce(self, changes: Sequence[Announced], deadline: Deadline | None = None) -> Sequence[str]:
        named = {f"{each.key} {each.position.sequence}": each for each in changes}
        with self._lock:
            self._announced.update(named)
        return tuple(named)

    def retract(self, names: Sequence[str], deadline: Deadline | None = None) -> None:
        with self._lock:
            for name in names:
                self._announced.pop(name, None)

    def settle_if(self, row: Row, expected: Row | None) -> bool:
        with self._lock:
            known = self._rows.get(row.key)
            stamp = None if known is None else known.stamp
            if stamp not in (row.stamp, None if expected is None else expected.stamp):
                return False
            self._rows[row.key] = row
        return True

    def rows(self, table: str, segment: int = 0, segments: int = 1, start: str = "") -> Iterator[RowPage]:
        mine = sorted(
            key
            for key, row in list(self._rows.items())
            if row.table == table and _segment(key, segments) == segment
        )
        at = bisect_right(mine, start) if start else 0
        while True:
            page = mine[at : at + self._page_rows]
            at += len(page)
            live = [row for key in page if (row := self._rows.get(key)) and (row.live or row.doubt)]
            more = at < len(mine)
            announced = [] if more else self._announced_of(table, segment, segments)
            yield RowPage(live, page[-1] if more else "", announced=announced)
            if not more:
                return

    def _announced_of(self, table: str, segment: int, segments: int) -> list[Announced]:
        known = list(self._announced.values())
        return [each for each in known if each.table == table and _segment(each.key, segments) == segment]


def _segment(key: str, segments: int) -> int:
    return crc32(key.encode("utf-8", "surrogatepass")) % segments
