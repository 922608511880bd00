"""How far the runner on one machine is behind its stream, from its checkpoints and the stream itself.

A position has no time, so the first record after each shard's checkpoint is read: the runner has not finished
what was written then. The runner itself need not be alive. Reading takes one of the few readers that a shard
allows (docs: two of a DynamoDB stream) for a moment, so it is done once and not polled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bridge.core.records.dialect import Dialect
from bridge.errors import PositionTrimmed, ReconcileStopped
from bridge.limits import GET_RECORDS_MAX
from bridge.ports.checkpoints import Checkpoints
from bridge.ports.clock import Clock
from bridge.ports.stream import StreamSource
from bridge.stream.mapping.intake import Intake
from bridge.stream.mapping.position import FROM_HORIZON, Start, read_checkpoint

PAGES: Final = 10
"""Pages read of a shard to find its first unread record. An open shard may return any number of empty pages,
so after these it is almost certain, not more, that nothing is unread. If that is wrong, a change in flight is
published twice, the second time from the record itself."""

_CLOCKS_APART_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class CheckpointLag:
    """A ``LagSource``. ``where`` names the checkpoints in errors."""

    source: StreamSource
    checkpoints: Checkpoints
    dialect: Dialect
    clock: Clock
    where: str

    def check(self) -> None:
        """Raises ``ReconcileStopped`` if there is no checkpoint of this stream, ``CheckpointBroken``."""
        if not self.checkpoints.load(self.source.arn):
            raise ReconcileStopped(
                f"{self.where} holds no checkpoint of {self.source.arn}, so the lag of the runner is unknown",
                hint="give the folder where `stream-bridge run` keeps its state (its --state; .stream-bridge "
                "by default); --lag if you know the lag, --stream-stopped if nothing reads the stream",
            )

    def lag_s(self) -> float | None:
        """The age of the oldest record that is not done, 0 if all are done; None if a record has no time, or
        one that is still to come.
        Raises as ``StreamSource`` and :meth:`check` do."""
        self.check()
        progress = self.checkpoints.load(self.source.arn)
        starts = {shard: read_checkpoint(shard, text) for shard, text in progress.items()}
        now_s = self.clock.now()
        oldest_s = now_s
        for shard in self.source.shards():
            start = starts.get(shard.id, FROM_HORIZON)
            if start.ended:
                continue
            created_s = self._first_unread_s(shard.id, start)
            if created_s is None or created_s > now_s + _CLOCKS_APART_S:
                return None  # this clock is wrong, so no age is known
            oldest_s = min(oldest_s, created_s)
        return now_s - oldest_s

    def _first_unread_s(self, shard_id: str, start: Start) -> float | None:
        """When the shard's first unread record was written; now, if nothing is unread; None if that is
        not certain."""
        iterator: str | None = self._iterator(shard_id, start)
        # A mapping that began at LATEST has read and skipped what was written before.
        since_s = start.since_s
        limit = 1 if since_s is None else GET_RECORDS_MAX
        intake = Intake(self.dialect, self.source.arn, shard_id)
        skipped_to_s: float | None = None
        for _ in range(PAGES):
            if iterator is None:  # believed only of a shard that is closed
                is_open = any(each.id == shard_id and each.ending is None for each in self.source.shards())
                return None if is_open else self.clock.now()
            page = self.source.read(iterator, limit)
            for record in page.records:
                created_s = self.dialect.created_s(intake.shape(record))
                if created_s is None or since_s is None or created_s >= since_s:
                    return created_s
                skipped_to_s = since_s
            if page.behind_ms == 0:
                break  # only Kinesis says so
            iterator = page.next
        return self.clock.now() if skipped_to_s is None else skipped_to_s

    def _iterator(self, shard_id: str, start: Start) -> str:
        if start.after is None:
            return self.source.iterator(shard_id, "TRIM_HORIZON")
        try:
            return self.source.iterator(shard_id, "AFTER_SEQUENCE_NUMBER", start.after)
        except PositionTrimmed:
            return self.source.iterator(shard_id, "TRIM_HORIZON")  # older records are gone
