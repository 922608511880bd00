"""Time as an argument: clocks, and the deadline by which work must have ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """The source of time. The core never reads a clock."""

    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never jumps, for deadlines and durations."""
        ...

    def sleep(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment (on ``clock.monotonic``) by which work must have ended."""

    clock: Clock
    at_s: float

    @classmethod
    def after(cls, clock: Clock, seconds: float) -> Deadline:
        return cls(clock, clock.monotonic() + seconds)

    def remaining_s(self) -> float:
        return self.at_s - self.clock.monotonic()
