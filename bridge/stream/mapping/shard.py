"""One shard in work: its reader, its lanes, and how far it is done."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bridge.limits import MAPPING_BATCH_MAX, MIB
from bridge.stream.mapping.batch import Batch
from bridge.stream.mapping.intake import Intake, StreamRecord
from bridge.stream.mapping.lane import Lane
from bridge.stream.mapping.position import ENDED, Start
from bridge.stream.mapping.reader import ShardReader
from bridge.stream.mapping.settings import MappingSettings
from bridge.stream.mapping.stats import Tally

# What may wait in memory. A stuck lane must not stop the others soon, nor use up the memory.
_BUFFER_RECORDS = 2 * MAPPING_BATCH_MAX
_BUFFER_BYTES = 64 * MIB


class Frontier:
    """The last record of a shard before which nothing is open: lanes end out of order, a checkpoint must not.

    Records are added in the order read, by their place in it, and done in any order. ``through`` moves only
    over records that are done without a gap, so it is the lowest position that all lanes have reached. A
    record without a sequence number ("") is waited for like any other, and leaves ``through`` where it is.
    """

    def __init__(self, through: str | None = None) -> None:
        self.through = through
        self._open: deque[tuple[int, str]] = deque()
        self._done: set[int] = set()

    def add(self, place: int, sequence: str) -> None:
        self._open.append((place, sequence))

    def done(self, place: int) -> None:
        self._done.add(place)
        while self._open and self._open[0][0] in self._done:
            passed, sequence = self._open.popleft()
            self._done.remove(passed)
            self.through = sequence or self.through

    def __len__(self) -> int:
        """How many records are read and not yet passed."""
        return len(self._open)


class ShardInWork:
    """Takes the records that were read, drops those that the filters do not want, and spreads the rest over
    the lanes by key. A key always has the same lane, so its order is kept while lanes work independently."""

    def __init__(
        self, intake: Intake, start: Start, reader: ShardReader, settings: MappingSettings, tally: Tally
    ) -> None:
        self.id = intake.shard_id
        self.reader = reader
        self.lanes = tuple(Lane(settings) for _ in range(settings.parallelization_factor))
        self._intake = intake
        self._start = start
        self._settings = settings
        self._tally = tally
        self._frontier = Frontier(start.after)
        self._pending: dict[int, int] = {}  # the size of each record, by its place
        self._taken = 0

    @property
    def pending(self) -> int:
        """Records read and neither done nor given up."""
        return len(self._pending)

    @property
    def ended(self) -> bool:
        """Closed, read to its end, every record done: its children may begin."""
        return self.reader.drained and not self._pending

    @property
    def wants_records(self) -> bool:
        return (
            not self.reader.drained
            and len(self._frontier) < _BUFFER_RECORDS
            and sum(self._pending.values()) < _BUFFER_BYTES
            and not all(lane.full for lane in self.lanes)
        )

    @property
    def checkpoint(self) -> str | None:
        if self.ended:
            return ENDED.checkpoint
        return self._frontier.through or self._start.checkpoint

    def take(self, records: Sequence[Any], read_s: float) -> None:
        """``records`` are in Lambda's shape."""
        for shaped in records:
            self._taken += 1
            place = self._taken
            self._frontier.add(place, self._intake.sequence(shaped))
            self._tally.add("records_read")
            created_s = self._intake.dialect.created_s(shaped)
            if self._start.since_s is not None and created_s is not None and created_s < self._start.since_s:
                self._tally.add("before_start")
                self._frontier.done(place)
            elif isinstance(shaped, Mapping) and not self._settings.wants(shaped):
                self._tally.add("filtered")
                self._frontier.done(place)
            else:
                ready = self._intake.take(shaped, read_s=read_s, place=place)
                self._pending[place] = len(ready.body)
                self.lanes[ready.key_hash % len(self.lanes)].add(ready)

    def finish(self, records: Iterable[StreamRecord]) -> None:
        """These records are done or given up."""
        for record in records:
            del self._pending[record.place]
            self._frontier.done(record.place)

    def begin(self, now_s: float, monotonic_s: float) -> list[tuple[Lane, Batch]]:
        """The batches that are due, at most one a lane."""
        begun = [(lane, lane.begin(now_s, monotonic_s, flush=self.reader.drained)) for lane in self.lanes]
        return [(lane, batch) for lane, batch in begun if batch is not None]

    def due_s(self) -> float | None:
        """When there is something to do, on the monotonic clock; None while only answers are awaited."""
        times = [lane.due_s(flush=self.reader.drained) for lane in self.lanes]
        if self.wants_records:
            times.append(self.reader.due_s)
        return min((time_s for time_s in times if time_s is not None), default=None)
