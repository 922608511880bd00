"""One seed: played, checked, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from typing import Any
from unittest.mock import patch

from tests.simulation.account.looks.play import look_around
from tests.simulation.account.permissions import calls_are_allowed
from tests.simulation.account.session import in_account
from tests.simulation.checks import check_live_path, nothing_settled_comes_again
from tests.simulation.faults import Crash
from tests.simulation.judge import Violation
from tests.simulation.options import SOUND, Parts
from tests.simulation.outside_checks import check_outside
from tests.simulation.recovery.story import ReconcileAndRedrive
from tests.simulation.simulation import Simulation
from tests.simulation.time_limits import simulated_time_limits


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one seed. ``violations`` is empty where every promise held; ``broken`` names the checks
    that found them; ``decisive`` are the excuses without which there would be more; ``counts`` what happened.
    """

    seed: int
    violations: tuple[str, ...]
    broken: tuple[str, ...]
    decisive: frozenset[str]
    trace: tuple[str, ...]
    counts: Counter[str]

    @property
    def violation(self) -> str:
        """All of them in one text."""
        return f"seed {self.seed}: {'; '.join(self.violations)}" if self.violations else ""

    @property
    def digest(self) -> str:
        """The same for the same trace."""
        return blake2b("\n".join(self.trace).encode(), digest_size=16).hexdigest()


def simulate(
    seed: int, *, parts: Parts = SOUND, shape: Mapping[str, Any] | None = None, weighs: bool = False
) -> Result:
    """``weighs``: find out which excuses were decisive. A run that fails itself is a violation, too."""
    simulation = Simulation(seed, parts=parts, shape=shape or {})
    judge = simulation.judge
    judge.weighs = weighs
    try:
        # A process that is killed loses nothing of what the system has: only a power cut would.
        with (
            simulated_time_limits(simulation.faults),
            patch("os.fsync", lambda descriptor: None),
            in_account(simulation),
        ):
            simulation.play()
            check_live_path(simulation)
            simulation.faults.pause_share = 0.0  # a recovery has pauses of its own
            ReconcileAndRedrive(parts.reconciler).recover(simulation)
            look_around(simulation)
            judge.hold(partial(nothing_settled_comes_again, simulation))
        check_outside(simulation)
        judge.hold(partial(calls_are_allowed, simulation))
    except Violation as broken:
        judge.violated(str(broken))
    except (Exception, Crash) as error:  # noqa: BLE001 - the run itself must not fail
        judge.violated(f"the run failed: {type(error).__name__}: {error}")
    return Result(
        seed,
        tuple(judge.violations),
        tuple(judge.broken) or (("the run itself",) if judge.violations else ()),
        frozenset(judge.decisive),
        tuple(simulation.world.trace),
        _counts(simulation),
    )


def _counts(simulation: Simulation) -> Counter[str]:
    events = [one.event for one in simulation.buses["domain"].received]
    counts = Counter(
        {
            "records": len(simulation.world.log),
            "invocations": simulation.invocations,
            "crashes": simulation.faults.crashes,
            "overlaps": simulation.overlaps,
            "lost on the way": len(simulation.world.excused),
            "quarantined": len(simulation.quarantined),
            "redriven": sum("redriven" in event for event in events),
            "reconciled": sum("reconcilerun" in event for event in events),
        }
    )
    for part in simulation.kinds.parts(simulation.world.log):
        if part.id.endswith("-start"):
            counts["started in another entity"] += 1
        elif part.id.endswith("-end"):
            counts["ended in an entity"] += 1
    ends = (event for event in events if "reconcilerun" in event and "-end:" in event["id"])
    counts["lost changes of entity"] += sum(1 for _ in ends)
    counts.update({f"fault: {kind}": count for kind, count in simulation.watch.faults.items()})
    return counts
