"""Saving checkpoints: only what is done, only when it changed, and again when it did not work."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bridge.errors import Unavailable
from bridge.ports.checkpoints import Checkpoints
from bridge.ports.clock import Clock
from bridge.stream.mapping.position import Start, read_checkpoint
from bridge.stream.mapping.stats import Tally


class Progress:
    """Remembers what was saved last. A store that is unavailable delays the checkpoint, not the work: until
    it is back, a crash repeats more."""

    def __init__(
        self,
        checkpoints: Checkpoints,
        stream_arn: str,
        *,
        clock: Clock,
        backoff_s: Callable[[int], float],
        tally: Tally,
    ) -> None:
        self._checkpoints = checkpoints
        self._stream_arn = stream_arn
        self._clock = clock
        self._backoff_s = backoff_s
        self._tally = tally
        self._saved: dict[str, str] = {}
        self._failures = 0
        self._due_s = 0.0

    def load(self) -> dict[str, Start]:
        """Raises ``CheckpointBroken``."""
        self._saved = dict(self._checkpoints.load(self._stream_arn))
        return {shard_id: read_checkpoint(shard_id, text) for shard_id, text in self._saved.items()}

    def save(self, positions: Mapping[str, str], *, last: bool = False) -> None:
        """``last``: there is no later try, so a failure is raised."""
        if positions == self._saved or (self._clock.monotonic() < self._due_s and not last):
            return
        try:
            self._checkpoints.save(self._stream_arn, positions)
        except Unavailable as error:
            if last:
                raise
            self._failures += 1
            self._due_s = self._clock.monotonic() + self._backoff_s(self._failures)
            self._tally.add("checkpoints_failed")
            self._tally.log("error", "saving the checkpoint failed", reason=error.reason, code=error.code)
            return
        self._saved = dict(positions)
        self._failures = 0
