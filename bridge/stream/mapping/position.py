"""Checkpoints of shards: their text, where reading begins from one, and how they are saved.

A checkpoint is the sequence number of the last record that is done; or ``SHARD_END`` once every record of a
closed shard is done; or ``AT_TIMESTAMP:<epoch seconds>`` for a shard that was first read from LATEST and has
returned no record yet. The last form is needed because LATEST moves: reading from LATEST again after a crash
or an expired iterator would skip what was written in between.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bridge.errors import CheckpointBroken, Unavailable
from bridge.limits import KINESIS_SEQUENCE_NUMBER_DIGITS
from bridge.ports.checkpoints import Checkpoints
from bridge.ports.stream import Shard
from bridge.stream.mapping.settings import Reading

SHARD_END = "SHARD_END"
_AT_TIMESTAMP = "AT_TIMESTAMP:"
_TIME_DIGITS = 11  # of epoch seconds: until the year 5138
_NUMBER_DIGITS = 21  # the shortest sequence numbers (model: DynamoDB Streams, SequenceNumber)
_FUTURE_S = 3600.0  # more than clocks differ
_RESTORE = (
    "restore the file, or remove it to begin again at the starting position (records that are still in the "
    "stream come again)"
)


@dataclass(frozen=True, slots=True)
class Start:
    """Where to begin: ``after`` a sequence number, else at ``kind``. Records created before ``since_s``
    (epoch seconds, inclusive) do not belong to the mapping."""

    kind: Literal["TRIM_HORIZON", "LATEST"] = "TRIM_HORIZON"
    after: str | None = None
    since_s: int | None = None
    ended: bool = False

    @property
    def checkpoint(self) -> str | None:
        """The text from which this start is read again; None if there is nothing to store."""
        if self.ended:
            return SHARD_END
        if self.after is not None:
            return self.after
        return f"{_AT_TIMESTAMP}{self.since_s}" if self.since_s is not None else None


FROM_HORIZON = Start()
ENDED = Start(ended=True)


def start_at_latest(now_s: float) -> Start:
    """LATEST, for the first time. A record's creation time is rounded to the second, so this begins one
    second earlier: one record too many is only a repeat, one too few is lost."""
    return Start(kind="LATEST", since_s=math.floor(now_s) - 1)


def read_checkpoint(shard_id: str, text: str) -> Start:
    """Raises ``CheckpointBroken`` if the text is not a checkpoint."""
    if text == SHARD_END:
        return ENDED
    if is_sequence_number(text):
        return Start(after=text)
    since = text.removeprefix(_AT_TIMESTAMP) if isinstance(text, str) else ""
    if since != text and since.isascii() and since.isdigit() and len(since) <= _TIME_DIGITS:
        return Start(since_s=int(since))
    raise refused(shard_id, f"is neither a sequence number, nor {SHARD_END}, nor {_AT_TIMESTAMP} and a time")


def refused(shard_id: str, why: str) -> CheckpointBroken:
    """A checkpoint from which reading must not begin: it would skip records in silence."""
    return CheckpointBroken(f"the checkpoint of {shard_id} {why}", hint=_RESTORE)


def check_position(shard: Shard, after: str) -> None:
    """Raises ``CheckpointBroken`` for a position that this shard cannot have: behind its end, or longer than
    any number of its stream."""
    if shard.ending is not None and int(after) > int(shard.ending):
        raise refused(shard.id, f"is beyond the end of its shard, {shard.ending}")
    longest = max(_NUMBER_DIGITS, len(shard.starting or "")) + 1
    if len(after.lstrip("0")) > longest:
        raise refused(shard.id, f"has {len(after)} digits, more than any position of its stream")


def is_sequence_number(text: object) -> bool:
    """For any kind of stream; those of Kinesis are the longest."""
    if not isinstance(text, str) or len(text) > KINESIS_SEQUENCE_NUMBER_DIGITS:
        return False
    return text.isascii() and text.isdigit()


class Progress:
    """Saves checkpoints: only what is done, only when it changed, and again when saving failed. A store that
    is unavailable delays the checkpoint, not the work: until it is back, a crash repeats more."""

    def __init__(self, checkpoints: Checkpoints, reading: Reading) -> None:
        self._checkpoints = checkpoints
        self._reading = reading
        self._saved: dict[str, str] = {}
        self._failures = 0
        self._due_s = 0.0

    def load(self) -> dict[str, Start]:
        """Raises ``CheckpointBroken``."""
        self._saved = dict(self._checkpoints.load(self._reading.source.arn))
        starts = {shard_id: read_checkpoint(shard_id, text) for shard_id, text in self._saved.items()}
        latest_s = self._reading.clock.now() + _FUTURE_S
        for shard_id, start in starts.items():
            if start.since_s is not None and start.since_s > latest_s:
                raise refused(shard_id, f"is {_AT_TIMESTAMP} and a time in the future, {start.since_s}")
        return starts

    def save(self, positions: Mapping[str, str], *, last: bool = False) -> None:
        """``last``: no later attempt follows, so a failure is raised."""
        if positions == self._saved or (self._reading.clock.monotonic() < self._due_s and not last):
            return
        try:
            self._checkpoints.save(self._reading.source.arn, positions)
        except Unavailable as error:
            if last:
                raise
            self._failures += 1
            self._due_s = self._reading.clock.monotonic() + self._reading.backoff_s(self._failures)
            self._reading.tally.failed("checkpoints_failed", "error", "saving the checkpoint failed", error)
            return
        self._saved = dict(positions)
        self._failures = 0
