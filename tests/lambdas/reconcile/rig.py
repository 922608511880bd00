"""A distributed reconciliation of a small table: the real state machine, its handler, fakes that kill it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from bridge.lambdas.reconcile import ReconcileHandler
from bridge.reconcile import Options, Steps
from tests.fakes.context import LambdaContext
from tests.fakes.state_machine import Execution, definition
from tests.fakes.telemetry import KeptTelemetry
from tests.reconcile.rig import Rig, opts


class Killed(Exception):
    """The process is gone, before or after what it was about to do."""


@dataclass
class Fate:
    """Kills a process with ``chance``, at one of the first ``within`` calls that it makes of its edges."""

    seed: int
    chance: float = 0.0
    within: int = 60
    kills: int = 0

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self._left: int | None = None

    def begin(self, *, spared: bool) -> None:
        """A process was started."""
        doomed = not spared and self.rng.random() < self.chance
        self._left = self.rng.randrange(self.within) if doomed else None

    def strikes(self) -> bool:
        """Asked before and after each call."""
        if self._left is None:
            return False
        self._left -= 1
        struck = self._left < 0
        self.kills += struck
        return struck


class Mortal:
    """An edge whose caller may die at each call: then it was made, or was not."""

    def __init__(self, edge: Any, fate: Fate) -> None:
        self._edge = edge
        self._fate = fate

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._edge, name)
        return self._mortal(found) if callable(found) else found

    def _mortal(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def made(*given: Any, **more: Any) -> Any:
            if self._fate.strikes():
                raise Killed
            answer = call(*given, **more)
            if self._fate.strikes():
                raise Killed
            return answer

        return made


@dataclass
class Distributed:
    """``time_is_short`` gives every call the time for one page; ``doubled`` is how often a call is made
    twice, its first answer lost; with ``mortal_step`` no other one is killed."""

    rig: Rig
    options: Options = field(default_factory=opts)
    fate: Fate = field(default_factory=lambda: Fate(0))
    time_is_short: bool = False
    doubled: float = 0.0
    mortal_step: str = ""
    concurrency: int = 4

    def __post_init__(self) -> None:
        self.telemetry = KeptTelemetry()
        self.claims = count(1)
        self.executions = count(1)
        self.calls: list[str] = []

    @property
    def steps(self) -> Steps:
        """Of a process that starts anew."""
        fate, own = self.fate, self.rig.reconciler
        mortal = replace(
            own,
            source=Mortal(own.source, fate),
            ledger=Mortal(own.ledger, fate),
            scan=Mortal(own.scan, fate),
            store=Mortal(own.store, fate),
            sinks={name: Mortal(sink, fate) for name, sink in own.sinks.items()},
        )
        return Steps.over(mortal, self.options, lambda: f"call-{next(self.claims)}")

    def invoke(self, event: Any) -> Any:
        step = event.get("step") if isinstance(event, dict) else None
        self.calls.append(str(step))
        context = LambdaContext(0 if self.time_is_short else 60_000)
        self.fate.begin(spared=self.mortal_step not in ("", step))
        handler = ReconcileHandler(self.steps, "users", self.rig.clock, self.telemetry)
        answer = handler.handle(event, context)
        if self.fate.rng.random() < self.doubled:
            answer = handler.handle(event, context)
        return answer

    def start(self, **given: Any) -> Execution:
        number = next(self.executions)
        return Execution(
            definition(MaxConcurrency=str(self.concurrency)),
            self.invoke,
            self.rig.clock.sleep,
            {"table": "users", "scheduled": "2026-11-20T02:00:00Z", **given},
            f"execution-{number}",
            seed=self.fate.seed,
        )

    def run(self, **given: Any) -> Execution:
        return self.start(**given).finish()

    @property
    def report(self) -> dict[str, Any]:
        found = self.rig.reconciler.report()
        assert found is not None
        return found
