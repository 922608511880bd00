"""How much of the grace is over, measured without the wall clock, which somebody may set at any moment.

Within one process the monotonic clock counts from the last suspect on. It means nothing to another process,
so what was waited is stored with the run: a run that is resumed waits for the rest, and time that nobody
measured does not count. A state machine waits itself, as long as it was asked to: of the time between two of
its calls no more counts than that, whatever the wall clock says.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from bridge.ports.clock import Clock
from bridge.ports.run_store import Document, RunStore
from bridge.reconcile.lease import LeaseKeeper
from bridge.reconcile.state import broken

NAP_S = 5.0
_SAVE_EVERY_S = 30.0


@dataclass(slots=True)
class Watch:
    """By run, when this process read its last suspect or began to wait, on the monotonic clock."""

    since_s: dict[str, float] = field(default_factory=dict)
    differing: dict[str, int] = field(default_factory=dict)

    def looked(self, run: str, differing: int, clock: Clock) -> None:
        """``differing`` is how many suspects there are by now."""
        if self.differing.get(run) != differing:
            self.differing[run] = differing
            self.since_s[run] = clock.monotonic()


@dataclass(frozen=True, slots=True)
class Grace:
    """The grace of one run. ``name`` is the document in the run store with what was waited until now."""

    run: str
    grace_s: float
    name: str
    store: RunStore
    keeper: LeaseKeeper
    clock: Clock
    watch: Watch

    def wait(self) -> Iterator[float]:
        """Sleeps in short naps until the grace is over; each step returns what is left."""
        began_s = self.watch.since_s.setdefault(self.run, self.clock.monotonic() - self._waited_s())
        saved_s = self.clock.monotonic()
        while (left_s := began_s + self.grace_s - self.clock.monotonic()) > 0:
            self.keeper.current  # noqa: B018 - renewed while we wait
            self.clock.sleep(min(left_s, NAP_S))
            if self.clock.monotonic() - saved_s >= _SAVE_EVERY_S:
                saved_s = self.clock.monotonic()
                self._save({"waited_s": saved_s - began_s})
            yield left_s

    def ask(self) -> int:
        """Seconds that somebody else should wait before this is called again; 0 if the grace is over."""
        waited_s = self._waited_s()
        if self.run in self.watch.since_s:
            waited_s = max(waited_s, self.clock.monotonic() - self.watch.since_s[self.run])
        left_s = max(0, math.ceil(self.grace_s - waited_s))
        if left_s:
            self._save({"waited_s": waited_s, "asked_s": left_s, "at_s": self.clock.now()})
        return left_s

    def _waited_s(self) -> float:
        document = self.store.get(self.name)
        if document is None:
            return 0.0
        try:
            waited_s, asked_s = float(document["waited_s"]), float(document.get("asked_s", 0.0))
            since_s = self.clock.now() - float(document.get("at_s", 0.0))
        except (KeyError, TypeError, ValueError) as error:
            raise broken(self.name, "does not say how long the run has waited") from error
        return waited_s + max(0.0, min(since_s, asked_s))

    def _save(self, document: Document) -> None:
        self.store.put(self.name, document, self.keeper.current)
