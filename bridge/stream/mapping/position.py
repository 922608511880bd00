"""What a checkpoint of a shard says, as text, and where reading begins for it.

A checkpoint is the sequence number of the last record that is done; or ``SHARD_END`` once every record of a
closed shard is done; or ``AT_TIMESTAMP:<epoch seconds>`` for a shard that was first read from LATEST and has
given no record yet. The last one exists because LATEST is a moving place: asking for it again after a
crash or an expired iterator would skip what was written in between.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from bridge.errors import CheckpointBroken
from bridge.limits import KINESIS_SEQUENCE_NUMBER_DIGITS

SHARD_END = "SHARD_END"
_AT_TIMESTAMP = "AT_TIMESTAMP:"


@dataclass(frozen=True, slots=True)
class Start:
    """Where to begin: ``after`` a sequence number, else at the ``kind`` of place named. Records created
    before ``since_s`` (epoch seconds, inclusive) do not belong to the mapping."""

    kind: Literal["TRIM_HORIZON", "LATEST"] = "TRIM_HORIZON"
    after: str | None = None
    since_s: int | None = None
    ended: bool = False

    @property
    def checkpoint(self) -> str | None:
        """The text that brings back this start; None where there is nothing to remember."""
        if self.ended:
            return SHARD_END
        if self.after is not None:
            return self.after
        return f"{_AT_TIMESTAMP}{self.since_s}" if self.since_s is not None else None


FROM_HORIZON = Start()
ENDED = Start(ended=True)


def start_at_latest(now_s: float) -> Start:
    """LATEST, first time. A record's creation time is rounded to the second, so one second more is taken:
    a record too many is a repeat at worst, a record too few is lost."""
    return Start(kind="LATEST", since_s=math.floor(now_s) - 1)


def read_checkpoint(shard_id: str, text: str) -> Start:
    """Raises ``CheckpointBroken`` where the text is no checkpoint."""
    if text == SHARD_END:
        return ENDED
    if is_sequence_number(text):
        return Start(after=text)
    since = text.removeprefix(_AT_TIMESTAMP) if isinstance(text, str) else ""
    if since != text and since.isascii() and since.isdigit():
        return Start(since_s=int(since))
    raise CheckpointBroken(
        f"The checkpoint of {shard_id} is neither a sequence number nor {SHARD_END}",
        hint="restore the file, or remove it to begin again at the starting position (records still in the "
        "stream come again)",
    )


def is_sequence_number(text: object) -> bool:
    """Of any kind of stream: Kinesis has the longest."""
    if not isinstance(text, str) or len(text) > KINESIS_SEQUENCE_NUMBER_DIGITS:
        return False
    return text.isascii() and text.isdigit()
