"""The shards of the stream: which are in work, which have ended, and when to list them again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from bridge.errors import TargetMissing, Unavailable
from bridge.ports.stream import Shard
from bridge.stream.mapping.position import (
    ENDED,
    FROM_HORIZON,
    SHARD_END,
    Start,
    check_position,
    start_at_latest,
)
from bridge.stream.mapping.settings import Reading, StartingPosition
from bridge.stream.mapping.shard import ShardInWork

ShardOpener = Callable[[str, Start], ShardInWork]

_EMPTY_READS_AT_END = 2


class Shards:
    """Follows the stream's lineage.

    ``starts`` is what the checkpoints say. A shard without a checkpoint begins at the trim horizon, because
    it is younger than the mapping. Only a mapping without any checkpoint uses ``starting_position``.
    """

    def __init__(
        self,
        reading: Reading,
        starts: Mapping[str, Start],
        starting_position: StartingPosition,
        open_shard: ShardOpener,
    ) -> None:
        self._reading = reading
        self._starts = dict(starts)
        self._begin_at_latest = starting_position == "LATEST" and not starts
        self._open_shard = open_shard
        self._in_work: dict[str, ShardInWork] = {}
        self._ended = {shard_id for shard_id, start in starts.items() if start.ended}
        self._listed: set[str] | None = None
        self._absent: set[str] = set()  # shards with a checkpoint that the last listing does not have
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
            and (
                self._listed is None
                or shard_id in self._listed
                or shard_id in self._in_work
                or shard_id in self._starts
            )
        }

    def noticed_records(self) -> None:
        """Records came, so the stream is no longer known to be caught up."""
        self._nothing_new = False

    def look_again(self) -> None:
        """Forgets that all shards were quiet: the end must be seen again."""
        self._nothing_new = False
        for shard in self.in_work:
            shard.reader.empty_reads = 0

    def refresh(self) -> None:
        """Lists the shards when it is time, and once whenever all known shards have become quiet."""
        early = self._quiet and not self._nothing_new and not self._failures
        if self._reading.clock.monotonic() < self.listing_due_s and not early:
            return
        try:
            listed = self._reading.source.shards()
        except Unavailable as error:
            self._failures += 1
            self._reading.tally.failed("reads_failed", "warning", "listing shards failed", error)
            self.listing_due_s = self._reading.clock.monotonic() + self._reading.backoff_s(self._failures)
            return
        self._failures = 0
        self.listing_due_s = self._reading.clock.monotonic() + self._reading.pace.listing_s
        self._nothing_new = True
        self._adopt(listed)

    def retire(self) -> None:
        """Removes shards whose records are all done, so that their children can begin."""
        for shard in self.in_work:
            if shard.ended:
                del self._in_work[shard.id]
                self._ended.add(shard.id)
                self._nothing_new = False
                self.listing_due_s = self._reading.clock.monotonic()

    def missing(self, shard: ShardInWork, error: TargetMissing) -> None:
        """The stream does not know this shard. If it aged out, that is a hole: it is logged as an error, and
        work continues with its children. If the stream still lists it, raises ``error``. While the shards
        cannot be listed, the shard stays as it is and is read again."""
        try:
            listed = self._reading.source.shards()
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
            now = start_at_latest(self._reading.clock.now())
            self._starts = {shard.id: now if shard.ending is None else ENDED for shard in listed}
            self._ended = {shard.id for shard in listed if shard.ending is not None}
            self._begin_at_latest = False
        gone = self._starts.keys() - self._listed
        if gone - self._absent:  # one listing alone is not believed
            self.listing_due_s = self._reading.clock.monotonic()
        confirmed, self._absent = gone & self._absent, gone
        for shard_id in confirmed:
            if not self._starts.pop(shard_id).ended:
                self._reading.tally.add("positions_trimmed")
                self._reading.tally.log(
                    "error",
                    "a shard is gone from the stream before it was done: reconcile the table",
                    shard=shard_id,
                )
        for shard in listed:
            after = self._starts[shard.id].after if shard.id in self._starts else None
            if after is not None:
                check_position(shard, after)
        for shard in ready_shards(listed, ended=self._ended, reading=self._in_work):
            self._in_work[shard.id] = self._open_shard(shard.id, self._starts.pop(shard.id, FROM_HORIZON))
            self._nothing_new = False


def ready_shards(shards: Iterable[Shard], *, ended: Collection[str], reading: Collection[str]) -> list[Shard]:
    """The shards that can begin now, in the order listed: a child only after its parents are done (docs:
    DynamoDB Streams, shards; Kinesis Data Streams, resharding: a merged shard has two parents).

    ``ended``: shards whose records are all done. ``reading``: shards that began and have not ended. A parent
    that the stream no longer lists has been trimmed, so its children are roots. If it is still being read
    here, they wait for it, or the order of their keys would break.
    """
    listed = list(shards)
    open_parents = {shard.id for shard in listed if shard.id not in ended} | set(reading)
    return [
        shard
        for shard in listed
        if shard.id not in ended
        and shard.id not in reading
        and open_parents.isdisjoint((shard.parent, shard.adjacent_parent))
    ]
