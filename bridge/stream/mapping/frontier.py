"""How far a shard is done: lanes finish out of order, a checkpoint must not."""

from __future__ import annotations

from collections import deque


class Frontier:
    """The last record of a shard before which nothing is open.

    Records are added in the order read, and done in any order; ``through`` moves only over records that are
    done without a gap, so it is the lowest position that all lanes have reached.
    """

    def __init__(self, through: str | None = None) -> None:
        self.through = through
        self._open: deque[str] = deque()
        self._done: set[str] = set()

    def add(self, sequence: str) -> None:
        self._open.append(sequence)

    def done(self, sequence: str) -> None:
        self._done.add(sequence)
        while self._open and self._open[0] in self._done:
            self.through = self._open.popleft()
            self._done.remove(self.through)

    def __len__(self) -> int:
        """How many records are read and not yet passed."""
        return len(self._open)
