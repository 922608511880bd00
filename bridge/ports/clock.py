"""Time as an argument: clocks, and the deadline by which work must have ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
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


_limit: ContextVar[Deadline | None] = ContextVar("time limit", default=None)


@contextmanager
def time_limit(deadline: Deadline) -> Iterator[None]:
    """While this is open, no call to AWS that this thread makes outlasts ``deadline``, nor a limit around it.

    Entry points open it for the whole invocation, its start included, so that no edge can forget it.
    """
    token = _limit.set(earlier(_limit.get(), deadline))
    try:
        yield
    finally:
        _limit.reset(token)


def limit_here(deadline: Deadline | None = None) -> Deadline | None:
    """The time limit of this thread, or ``deadline`` if that is earlier. A pool's threads have no limit of
    their own: ask before the work is handed to them."""
    return earlier(_limit.get(), deadline)


def earlier(one: Deadline | None, other: Deadline | None) -> Deadline | None:
    """None is no limit."""
    if one is None or other is None:
        return one or other
    return one if one.remaining_s() <= other.remaining_s() else other
