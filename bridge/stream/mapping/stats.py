"""What the runner counts, and the snapshot of it that others may read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bridge.errors import Unavailable
from bridge.ports.telemetry import Telemetry

Count = Literal[
    "batches",  # invocations of the function
    "retried",  # invocations that repeated records the function had seen
    "records_read",  # records taken from the stream
    "before_start",  # of these: written before a mapping that began at LATEST
    "filtered",  # of these: dropped by the filter criteria
    "done",  # of these: handled by the function
    "given_up",  # of these: sent to the on-failure destination, or dropped without one
    "dropped",  # of those given up: no destination was set
    "iterators_expired",
    "positions_trimmed",  # each is a hole: records were gone before they were read
    "ends_refused",  # answers that said a shard had ended, which its listing denied
    "reads_failed",
    "destination_failed",
    "checkpoints_failed",
]


@dataclass(frozen=True, slots=True)
class RunnerStats:
    """A snapshot. records_read = before_start + filtered + done + given_up + pending.

    ``iterator_age_ms``: age of the newest record of the last batch when it was sent; 0 before the first.
    ``positions``: each shard's checkpoint.
    """

    batches: int = 0
    retried: int = 0
    records_read: int = 0
    before_start: int = 0
    filtered: int = 0
    done: int = 0
    given_up: int = 0
    dropped: int = 0
    pending: int = 0
    iterators_expired: int = 0
    positions_trimmed: int = 0
    ends_refused: int = 0
    reads_failed: int = 0
    destination_failed: int = 0
    checkpoints_failed: int = 0
    iterator_age_ms: int = 0
    positions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BatchReport:
    """One completed invocation, as ``on_batch`` gets it. ``done`` of ``records`` need not come again."""

    shard_id: str
    first: str
    last: str
    records: int
    done: int
    invocation: int  # 1 = the first time these records were sent
    iterator_age_ms: int
    duration_ms: int
    reason: str = ""


class Tally:
    """Counts, here and in telemetry under ``runner_<name>``."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self.counts: dict[Count, int] = {}
        self.iterator_age_ms = 0

    def add(self, name: Count, value: int = 1) -> None:
        if value:
            self.counts[name] = self.counts.get(name, 0) + value
            self._telemetry.count(f"runner_{name}", value)

    def log(self, level: str, message: str, **fields: object) -> None:
        self._telemetry.log(level, message, **fields)

    def failed(self, name: Count, level: str, message: str, error: Unavailable, **fields: object) -> None:
        """Counts and logs a call that failed."""
        self.add(name)
        why = {"reason": error.reason, "code": error.code, "error": error.message, "hint": error.hint}
        self.log(level, message, **fields, **why)

    def snapshot(self, *, pending: int, positions: Mapping[str, str]) -> RunnerStats:
        return RunnerStats(
            **self.counts, pending=pending, positions=dict(positions), iterator_age_ms=self.iterator_age_ms
        )
