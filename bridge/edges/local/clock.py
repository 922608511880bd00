"""The machine's own time, as a ``ports.Clock``."""

from __future__ import annotations

import time


class SystemClock:
    """Wall clock, monotonic clock and sleep of this machine."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never jump."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Sleep; a negative duration is none."""
        if seconds > 0:
            time.sleep(seconds)
