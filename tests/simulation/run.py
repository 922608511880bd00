"""Running seeds: one as a function, many from the command line (``python -m tests.simulation``)."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from tests.simulation.checks import check_live_path
from tests.simulation.faults import Crash
from tests.simulation.judge import Violation
from tests.simulation.options import SOUND, Parts
from tests.simulation.recovery import ReconcileAndRedrive
from tests.simulation.simulation import Simulation

_CHUNK = 50


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one seed. ``violations`` is empty where every promise held; ``broken`` names the checks
    that found them; ``decisive`` are the excuses without which there would be more."""

    seed: int
    violations: tuple[str, ...]
    broken: tuple[str, ...]
    decisive: frozenset[str]
    trace: tuple[str, ...]
    records: int
    invocations: int
    crashes: int
    overlaps: int
    excused: int
    quarantined: int

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
    recovery = ReconcileAndRedrive(parts.reconciler)
    try:
        simulation.play()
        check_live_path(simulation)
        recovery.recover(simulation)
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
        len(simulation.world.log),
        simulation.invocations,
        simulation.faults.crashes,
        simulation.overlaps,
        len(simulation.world.excused),
        len(simulation.quarantined),
    )


def first_violation(seeds: Sequence[int], parts: Parts, shape: Mapping[str, Any]) -> Result | None:
    """The first seed of ``seeds`` under which ``parts`` break a promise."""
    results = (simulate(seed, parts=parts, shape=shape) for seed in seeds)
    return next((result for result in results if result.violation), None)


def _summary(seed: int) -> tuple[int, str, tuple[int, ...]]:
    result = simulate(seed)
    counts = (result.records, result.invocations, result.crashes, result.overlaps, result.excused)
    return seed, result.violation, (*counts, result.quarantined)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="simulate", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--trace", action="store_true", help="print everything that happened")
    asked = parser.parse_args(arguments)
    if asked.trace:
        return _replay(asked.seed)
    began_s = time.perf_counter()
    totals = [0] * 6
    done = broken = 0
    seeds = range(asked.seed, asked.seed + asked.runs)
    with ProcessPoolExecutor(asked.workers) as pool:
        results = pool.map(_summary, seeds, chunksize=_CHUNK) if asked.workers > 1 else map(_summary, seeds)
        for seed, violation, counts in results:
            done += 1
            if violation:
                broken += 1
                print(
                    f"\nVIOLATION {violation}\nreplay: make simulate SEED={seed} RUNS=1 TRACE=1", flush=True
                )
            totals = [total + count for total, count in zip(totals, counts, strict=True)]
            if done % 500 == 0:
                rate = done / (time.perf_counter() - began_s)
                print(f"{done} of {asked.runs} runs, {rate:.0f} a second", flush=True)
    took_s = time.perf_counter() - began_s
    names = ("records", "invocations", "crashes", "overlaps", "lost on the way", "quarantined")
    found = f"{broken} violations" if broken else "no violation"
    print(f"{done} runs from seed {asked.seed}, {found}, in {took_s:.0f} s ({done / took_s:.0f} a second):")
    print(", ".join(f"{total} {name}" for total, name in zip(totals, names, strict=True)))
    return 1 if broken else 0


def _replay(seed: int) -> int:
    result = simulate(seed)
    print("\n".join(result.trace))
    print(result.violation or f"seed {seed}: every promise held; trace {result.digest}")
    return 1 if result.violation else 0
