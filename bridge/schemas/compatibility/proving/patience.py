"""How long this process may think about one pair before another one, which can be ended, takes over."""

from __future__ import annotations

import time

from bridge.schemas.compatibility.reading.readings import TooComplex


class Patience:
    """``limit_s`` from now on; ``None`` never ends."""

    __slots__ = ("_ends_at",)

    def __init__(self, limit_s: float | None) -> None:
        self._ends_at = None if limit_s is None else time.monotonic() + limit_s

    @property
    def endless(self) -> bool:
        return self._ends_at is None

    def check(self) -> None:
        """Raises :class:`TooComplex` when the time is up."""
        if self._ends_at is not None and time.monotonic() > self._ends_at:
            raise TooComplex("it takes too long")
