"""What goes wrong at the edges, drawn from the run's seed.

Every edge call passes :meth:`Faults.before` and :meth:`Faults.after`. A call is refused, fails, succeeds
unheard, succeeds in part, is answered by something that is not AWS; the process dies before or after it, or
stops for longer than any lease; another invocation runs while it waits.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Literal

from tests.simulation.world import World

Fault = Literal["none", "throttled", "failed", "unheard", "partial", "denied", "nonsense"]
_KINDS: tuple[Fault, ...] = ("throttled", "failed", "unheard", "partial", "partial", "throttled")
_DENIED_SHARE = 0.02
_SLOW_SHARE = 0.03
_PAUSES_S = (70.0, 400.0, 1000.0, 3 * 3600.0, 3 * 3600.0, 25 * 3600.0)
"""Longer than an invocation, than a message stays hidden or a topic deduplicates, than an iterator lives,
than any lease; and longer than the stream keeps its records."""


class Crash(BaseException):
    """The process is gone at this point. Not an ``Exception``: nothing in the bridge may catch a kill -9."""


@dataclass(slots=True)
class Faults:
    """Shares of the calls that go wrong. ``overlap`` runs another invocation; set while one is at work. It
    happens at edges whose names begin with ``overlap_at``. ``meanwhile`` is what the others do while this
    process stands still."""

    world: World
    rng: Random
    share: float = 0.0
    crash_share: float = 0.0
    overlap_share: float = 0.0
    stuck_share: float = 0.0
    refused_share: float = 0.0
    nonsense_share: float = 0.0
    pause_share: float = 0.0
    weather: int = 0
    on: bool = True
    overlap: Callable[[], None] | None = None
    overlap_at: str = ""
    meanwhile: Callable[[], None] = lambda: None
    crashes: int = 0
    on_call: Callable[[str, Fault], None] = lambda edge, fault: None

    def before(self, edge: str, *, answers: bool = False) -> Fault:
        """Advances the clock by the call's latency. Raises :class:`Crash` before anything was done. Only
        where the product reads what the service ``answers`` can that be nonsense."""
        rng, world = self.rng, self.world
        world.clock.advance(0.002 + rng.random() * 0.02)
        if not self.on:
            world.note(edge)
            self.on_call(edge, "none")
            return "none"
        if self.share and rng.random() < _SLOW_SHARE:
            world.clock.advance(rng.random() * 8)
        self._crash(edge, "before")
        self._pause(edge)
        here = self.overlap is not None and edge.startswith(self.overlap_at)
        if here and self.overlap is not None and self.overlap_share and rng.random() < self.overlap_share:
            self.overlap()
        fault: Fault = "none"
        if self.share and rng.random() < self.share:
            fault = "denied" if rng.random() < _DENIED_SHARE else rng.choice(_KINDS)
        elif answers and self.nonsense_share and rng.random() < self.nonsense_share:
            fault = "nonsense"
        world.note(edge if fault == "none" else f"{edge} {fault}")
        self.on_call(edge, fault)
        return fault

    def after(self, edge: str) -> None:
        """Raises :class:`Crash` with the work done."""
        if self.on:
            self._pause(edge)
            self._crash(edge, "after")

    def stuck(self, name: str) -> bool:
        """Whether this one fails at every call until the weather changes."""
        return self.on and zlib.crc32(f"{self.weather}{name}".encode()) % 100 < self.stuck_share * 100

    def refused(self, name: str) -> bool:
        """Whether a bus refuses this one for good, whenever it comes."""
        return zlib.crc32(f"refused {name}".encode()) % 1000 < self.refused_share * 1000

    def coin(self) -> bool:
        return self.rng.random() < 0.5

    def _pause(self, edge: str) -> None:
        """The process stops here, the others go on."""
        if self.pause_share and self.rng.random() < self.pause_share:
            pause_s = self.rng.choice(_PAUSES_S)
            self.world.note(f"paused {pause_s:g} s at {edge}")
            self.world.clock.advance(pause_s)
            self.meanwhile()

    def _crash(self, edge: str, when: str) -> None:
        if self.crash_share and self.rng.random() < self.crash_share:
            self.crashes += 1
            self.world.note(f"crash {when} {edge}")
            raise Crash(edge)
