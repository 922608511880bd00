"""Keeping reads under a rate: units are known only after a call, so each call pays for the one before."""

from __future__ import annotations

from threading import Lock

from bridge.ports.clock import Clock


class Pace:
    """A token bucket that goes into debt. One for all segments of a process, on any of its threads."""

    def __init__(self, clock: Clock, units_per_s: float, *, burst_s: float = 1.0) -> None:
        self._clock = clock
        self._rate = units_per_s
        self._most = units_per_s * burst_s
        self._tokens = self._most
        self._at_s = clock.monotonic()
        self._lock = Lock()

    def spend(self, units: float) -> None:
        """Account for ``units`` and wait until the debt is paid."""
        with self._lock:
            now_s = self._clock.monotonic()
            self._tokens = min(self._most, self._tokens + (now_s - self._at_s) * self._rate) - units
            self._at_s = now_s
            wait_s = -self._tokens / self._rate if self._tokens < 0 else 0.0
        if wait_s > 0:
            self._clock.sleep(wait_s)
