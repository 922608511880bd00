"""The shards of the stream: which are in work, which have ended, and when to look for new ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bridge.errors import TargetMissing, Unavailable
from bridge.ports.clock import Clock
from bridge.ports.stream import Shard, StreamSource
from bridge.stream.mapping.lineage import ready_shards
from bridge.stream.mapping.position import ENDED, FROM_HORIZON, SHARD_END, Start, start_at_latest
from bridge.stream.mapping.settings import Pace, StartingPosition
from bridge.stream.mapping.shard import ShardInWork
from bridge.stream.mapping.stats import Tally

ShardOpener = Callable[[str, Start], ShardInWork]
Backoff = Callable[[int], float]

_EMPTY_READS_AT_END = 2


class Shards:
    """Follows the stream's lineage.

    ``starts`` is what the checkpoints say; a shard without one begins at the trim horizon, since it came
    into being after the mapping did. Only a mapping without any checkpoint obeys ``starting_position``.
    """

    def __init__(
        self,
        source: StreamSource,
        starts: Mapping[str, Start],
        starting_position: StartingPosition,
        *,
        open_shard: ShardOpener,
        backoff_s: Backoff,
        pace: Pace,
        clock: Clock,
        tally: Tally,
    ) -> None:
        self._source = source
        self._starts = dict(starts)
        self._begin_at_latest = starting_position == "LATEST" and not starts
        self._open_shard = open_shard
        self._backoff_s = backoff_s
        self._pace = pace
        self._clock = clock
        self._tally = tally
        self._in_work: dict[str, ShardInWork] = {}
        self._ended = {shard_id for shard_id, start in starts.items() if start.ended}
        self._listed: set[str] | None = None
        self._nothing_new = False  # since the last listing nothing was read, begun or ended
        self._failures = 0
        self.listing_due_s = 0.0

    @property
    def in_work(self) -> list[ShardInWork]:
        return list(self._in_work.values())

    @property
    def caught_up(self) -> bool:
        """Every shard was read to its end twice without a record, nothing is open, and a listing made after
        that showed nothing new."""
        return self._nothing_new and self._quiet and (self._listed or set()) <= {*self._ended, *self._in_work}

    @property
    def positions(self) -> dict[str, str]:
        """The checkpoints of all shards that the stream still has."""
        positions = {shard_id: start.checkpoint for shard_id, start in self._starts.items()}
        positions |= dict.fromkeys(self._ended, SHARD_END)
        positions |= {shard.id: shard.checkpoint for shard in self.in_work}
        return {
            shard_id: text
            for shard_id, text in sorted(positions.items())
            if text is not None
            and (self._listed is None or shard_id in self._listed or shard_id in self._in_work)
        }

    def noticed_records(self) -> None:
        """Records came: whatever was known about being caught up is over."""
        self._nothing_new = False

    def look_again(self) -> None:
        """Forgets that all was quiet: the end must be seen anew."""
        self._nothing_new = False
        for shard in self.in_work:
            shard.reader.empty_reads = 0

    def refresh(self) -> None:
        """Looks for new shards when it is time, and once whenever all known ones have gone quiet."""
        early = self._quiet and not self._nothing_new and not self._failures
        if self._clock.monotonic() < self.listing_due_s and not early:
            return
        try:
            listed = self._source.shards()
        except Unavailable as error:
            self._failures += 1
            self._tally.add("reads_failed")
            self._tally.log("warning", "listing shards failed", reason=error.reason, code=error.code)
            self.listing_due_s = self._clock.monotonic() + self._backoff_s(self._failures)
            return
        self._failures = 0
        self.listing_due_s = self._clock.monotonic() + self._pace.listing_s
        self._nothing_new = True
        self._adopt(listed)

    def retire(self) -> None:
        """Lets go of shards whose every record is done, and makes way for their children."""
        for shard in self.in_work:
            if shard.ended:
                del self._in_work[shard.id]
                self._ended.add(shard.id)
                self._nothing_new = False
                self.listing_due_s = self._clock.monotonic()

    def missing(self, shard: ShardInWork, error: TargetMissing) -> None:
        """The stream does not know this shard. If it aged out, that is a hole: told loudly, and work goes
        on with its children. If the stream still lists it, ``error`` is raised. While it cannot be asked,
        the shard stays as it is and is read again."""
        try:
            listed = self._source.shards()
        except Unavailable:
            shard.reader.back_off()
            return
        if any(known.id == shard.id for known in listed):
            raise error
        shard.reader.abandon()

    @property
    def _quiet(self) -> bool:
        return self._listed is not None and all(
            not shard.pending and (shard.reader.drained or shard.reader.empty_reads >= _EMPTY_READS_AT_END)
            for shard in self._in_work.values()
        )

    def _adopt(self, listed: Sequence[Shard]) -> None:
        self._listed = {shard.id for shard in listed}
        if self._begin_at_latest:
            now = start_at_latest(self._clock.now())
            self._starts = {shard.id: now if shard.ending is None else ENDED for shard in listed}
            self._ended = {shard.id for shard in listed if shard.ending is not None}
            self._begin_at_latest = False
        for shard_id in self._starts.keys() - self._listed:
            if not self._starts.pop(shard_id).ended:
                self._tally.add("positions_trimmed")
                self._tally.log(
                    "error",
                    "a shard is gone from the stream before it was done: reconcile the table",
                    shard=shard_id,
                )
        for shard in ready_shards(listed, ended=self._ended, reading=self._in_work):
            self._in_work[shard.id] = self._open_shard(shard.id, self._starts.pop(shard.id, FROM_HORIZON))
            self._nothing_new = False
