"""The distributed reconciliation: the state machine of ``infra/``, its Lambda handler, workers that die.

Each call is a process of its own. It is made twice, or while another of the same runs, or its answer is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import count
from typing import Any

from bridge.errors import BridgeError
from bridge.lambdas.reconcile import ReconcileHandler
from bridge.ports.telemetry import Silence
from bridge.reconcile import Options, Reconciler, Steps
from tests.fakes.context import LambdaContext
from tests.fakes.state_machine import Execution, definition
from tests.simulation.account.deployed import reconcile_function
from tests.simulation.faults import Crash
from tests.simulation.judge import Violation
from tests.simulation.simulation import Simulation
from tests.simulation.world import TABLE

_TROUBLED_TRIES = 4
_TRIES = 12
_LEASE_S = 1800.0
_EXPECTED = ("interrupted", "stream_behind", "access_denied")
"""Why an execution may stop in trouble."""


class _Found(BaseException):
    """A violation inside a call: no retry of the state machine may hide it."""

    def __init__(self, violation: Violation) -> None:
        super().__init__(str(violation))
        self.violation = violation


class Machines:
    """``new`` makes the reconciler of a process; ``weather`` begins or ends the trouble; ``meanwhile`` is
    what happens while one waits for an edge; ``check`` looks at what was sent."""

    def __init__(
        self,
        simulation: Simulation,
        new: Callable[[], Reconciler],
        options: Options,
        weather: Callable[[bool], None],
        meanwhile: Callable[[], None],
        check: Callable[[], None],
    ) -> None:
        self._simulation = simulation
        self._new = new
        self._options = options
        self._weather = weather
        self._meanwhile = meanwhile
        self._check = check
        self._claims, self._executions = count(1), count(1)

    def run(self, *, troubled: bool) -> dict[str, Any]:
        """The report of the execution that came to its end."""
        simulation, rng = self._simulation, self._simulation.rng
        given: dict[str, Any] = {}
        for tries in range(_TRIES):
            self._weather(troubled and tries < _TROUBLED_TRIES)
            execution = self._start(given)
            try:
                self._finish(execution)
                if execution.status == "FAILED" and rng.random() < 0.5:
                    self._finish(execution.redrive())
            except _Found as found:
                raise found.violation from found
            self._check()
            outcome = (execution.output or {}).get("outcome")
            simulation.world.note(
                f"execution {execution.status} {outcome} {execution.error} {execution.cause}"
            )
            if execution.status == "SUCCEEDED" and outcome == "done":
                simulation.faults.on = False
                return self._new().report() or {}
            if not simulation.faults.on and outcome != "held":
                raise Violation(f"in calm an execution stopped: {execution.error} {execution.cause}")
            expected = any(why in execution.cause for why in _EXPECTED)
            if execution.error in ("ReconcileStopped", "CheckpointBroken") and not expected:
                raise Violation(f"an execution stopped: {execution.cause}")
            if outcome == "held" and rng.random() < 0.5:
                given = {"take_over": True}
            else:
                given = {}
                simulation.world.clock.advance(_LEASE_S + 100)
            simulation.faults.on = False
            simulation.restart()
            simulation.come_to_rest(after=60)
        raise Violation("the distributed reconciliation does not come to its end")

    def _start(self, given: dict[str, Any]) -> Execution:
        sleep = self._simulation.world.clock.sleep
        name = f"execution-{next(self._executions)}"
        seed = self._simulation.rng.randrange(1 << 30)
        if self._simulation.options.account.functions:
            given = {**given, "trust_ledger": True}
        return Execution(_machine(), self._invoke, sleep, given, name=name, seed=seed)

    def _finish(self, execution: Execution) -> None:
        simulation = self._simulation
        while execution.status == "RUNNING":
            execution.step()
            if simulation.faults.on:
                if simulation.rng.random() < simulation.options.live_share:
                    simulation.writers.write()
                simulation.work(simulation.rng.randrange(2))

    # --- the function ------------------------------------------------------------------------------

    def _invoke(self, event: Any) -> Any:
        simulation, rng = self._simulation, self._simulation.rng
        faults, options = simulation.faults, simulation.options
        share = options.recovery.twice_share if faults.on else 0.0
        usual_share = faults.overlap_share
        if faults.on:
            faults.overlap = (lambda: self._again(event)) if rng.random() < share else self._meanwhile
            faults.overlap_share = max(usual_share, options.live_share)
        try:
            answer = self._handle(event)
            if rng.random() < share:
                simulation.world.note(f"{event['step']} is called twice")
                answer = self._handle(event)
            return answer
        except Violation as violation:
            raise _Found(violation) from violation
        except Crash as crash:
            raise RuntimeError("Runtime exited without providing a reason") from crash
        finally:
            faults.overlap, faults.overlap_share = None, usual_share

    def _again(self, event: Any) -> None:
        """The same step, called once more while the first call waits for an edge."""
        simulation = self._simulation
        simulation.faults.overlap = None
        simulation.world.note(f"{event['step']} runs twice at once")
        try:
            self._handle(event)
        except (Crash, BridgeError) as error:
            simulation.world.note(f"the other one stopped: {type(error).__name__} {error}")
        simulation.faults.overlap = self._meanwhile

    def _handle(self, event: Any) -> Any:
        simulation = self._simulation
        remaining_ms = simulation.rng.choice((0, 60_000, 600_000))
        if simulation.options.account.functions:
            return reconcile_function(simulation, event, remaining_ms)
        steps = Steps.over(self._new(), self._options, lambda: f"call-{next(self._claims)}")
        handler = ReconcileHandler(steps, TABLE, simulation.world.clock, Silence())
        return handler.handle(event, LambdaContext(remaining_ms))


@cache
def _machine() -> dict[str, Any]:
    return definition()
