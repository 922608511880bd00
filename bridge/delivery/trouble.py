"""Says so when a service has been throttling or away for a while, although the work goes on by itself."""

from __future__ import annotations

from typing import Final

from bridge.errors import BridgeError
from bridge.ports.clock import Clock
from bridge.ports.telemetry import Telemetry

SILENT_S: Final = 2.0
"""How long calls may fail before it is logged: shorter troubles are normal."""
AGAIN_S: Final = 10.0
"""How long after a line the next one follows."""


class Trouble:
    """The calls to one target, one after another. ``what`` names the target in log lines."""

    def __init__(self, telemetry: Telemetry, clock: Clock, what: str) -> None:
        self._telemetry, self._clock, self._what = telemetry, clock, what
        self._since_s: float | None = None
        self._due_s = 0.0

    def failed(self, error: BridgeError) -> None:
        """A call got nothing done, and is repeated."""
        now_s = self._clock.monotonic()
        if self._since_s is None:
            self._since_s, self._due_s = now_s, now_s + SILENT_S
        if now_s < self._due_s:
            return
        self._due_s = now_s + AGAIN_S
        self._telemetry.log(
            "warning",
            "nothing was accepted for a while; trying again",
            target=self._what,
            seconds=round(now_s - self._since_s, 1),
            error=error.message,
            code=error.code,
        )

    def ended(self) -> None:
        """A call got something done."""
        self._since_s = None
