"""``python -m tests.simulation``: many seeds, and tables of what happened in them.

Without ``--seed`` the first seed is drawn at random, so that every call plays seeds that nobody has seen.
"""

from __future__ import annotations

import argparse
import secrets
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from tests.simulation.run import Result, simulate

_CHUNK = 20
_PROGRESS_RUNS = 500
_SEEDS = 1_000_000_000


@dataclass(slots=True)
class Totals:
    """Of the runs so far. ``decisive``: in how many runs each excuse was, and in which first."""

    counts: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    decisive: Counter[str] = field(default_factory=Counter)
    first: dict[str, int] = field(default_factory=dict)
    runs: int = 0

    def add(self, seed: int, violation: str, decisive: Iterable[str], counts: Counter[str]) -> None:
        self.runs += 1
        self.counts.update(counts)
        self.violations += [violation] if violation else []
        for name in decisive:
            self.decisive[name] += 1
            self.first.setdefault(name, seed)

    def tables(self, first_seed: int, took_s: float) -> str:
        rows = [("runs", self.runs), ("violating runs", len(self.violations)), *self.counts.items()]
        lines = [f"seeds {first_seed} to {first_seed + self.runs - 1}, {took_s:.0f} s", ""]
        lines += [f"{name:18} {count:>12,}" for name, count in rows]
        lines += ["", f"{'excuse':50} {'decisive in runs':>16} {'first seed':>12}"]
        lines += [
            f"{name:50} {count:>16,} {self.first[name]:>12}" for name, count in sorted(self.decisive.items())
        ]
        lines += ["", *self.violations]
        return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="simulate", description=__doc__)
    parser.add_argument("--seed", type=int, help="the first seed; drawn at random by default")
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--trace", action="store_true", help="print everything that happened")
    parser.add_argument("--coverage", action="store_true", help="print which lines of bridge/ the runs reach")
    asked = parser.parse_args(arguments)
    first = secrets.randbelow(_SEEDS) if asked.seed is None else asked.seed
    print(f"SEED={first}", flush=True)
    if asked.trace:
        return _replay(first)
    if asked.coverage:
        from tests.simulation.reporting.line_coverage import covered

        print(covered(lambda: [simulate(seed) for seed in range(first, first + asked.runs)]))
        return 0
    return _play(range(first, first + asked.runs), asked.workers)


def _play(seeds: Sequence[int], workers: int) -> int:
    totals, began_s = Totals(), time.perf_counter()
    try:
        for summary in _summaries(seeds, workers):
            totals.add(*summary)
            if summary[1]:
                print(
                    f"\nVIOLATION {summary[1]}\nreplay: make simulate SEED={summary[0]} TRACE=1", flush=True
                )
            if totals.runs % _PROGRESS_RUNS == 0:
                rate = f"{totals.runs / (time.perf_counter() - began_s):.0f} a second"
                broken = f"{len(totals.violations)} violating"
                print(f"{totals.runs} of {len(seeds)} runs, {broken}, {rate}", flush=True)
    except KeyboardInterrupt:
        print("stopped", flush=True)
    print(totals.tables(seeds[0], time.perf_counter() - began_s))
    return 1 if totals.violations else 0


Summary = tuple[int, str, frozenset[str], Counter[str]]


def _summaries(seeds: Sequence[int], workers: int) -> Iterable[Summary]:
    """In the order of the seeds."""
    if workers == 1:
        yield from map(_summary, seeds)
        return
    with ProcessPoolExecutor(workers) as pool:
        try:
            yield from pool.map(_summary, seeds, chunksize=_CHUNK)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _summary(seed: int) -> Summary:
    result = simulate(seed, weighs=True)
    return seed, result.violation, result.decisive, result.counts


def _replay(seed: int) -> int:
    result: Result = simulate(seed)
    print("\n".join(result.trace))
    print(result.violation or f"seed {seed}: every promise held; trace {result.digest}")
    return 1 if result.violation else 0
