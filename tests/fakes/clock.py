"""A clock that only moves when somebody sleeps on it or pushes it."""

from __future__ import annotations


class FakeClock:
    """``slept`` lists every sleep, in seconds."""

    def __init__(self, start_s: float = 1_000.0) -> None:
        self._at_s = start_s
        self._wall_s = 0.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self._at_s + self._wall_s

    def monotonic(self) -> float:
        return self._at_s

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        assert seconds >= 0, "time does not run backwards"
        self._at_s += seconds

    def set_wall(self, by_s: float) -> None:
        """Somebody sets the wall clock. Nothing else moves."""
        self._wall_s += by_s
