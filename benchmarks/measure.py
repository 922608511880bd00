"""Comparative timing: candidates take turns in one process, so that a busy machine slows all of them."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Microseconds of CPU per unit of work: the lowest and the median of all rounds."""

    lowest_us: float
    median_us: float


def measure(candidates: Mapping[str, Callable[[], object]], *, units: int, rounds: int) -> dict[str, Timing]:
    """Each candidate does ``units`` units of work per call, and is called once per round, in turn."""
    for work in candidates.values():
        work()
    gc.collect()
    gc.freeze()
    spent: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, work in candidates.items():
            start = time.process_time()
            work()
            spent[name].append((time.process_time() - start) / units * 1e6)
    gc.unfreeze()
    return {name: Timing(min(times), statistics.median(times)) for name, times in spent.items()}


def report(title: str, timings: Mapping[str, Timing], *, baseline: str) -> None:
    """A table on standard output: ratios first, because they hold on other machines."""
    base = timings[baseline]
    print(f"\n{title}")
    print(f"  {'':44} {'µs lowest':>10} {'µs median':>10}   × {baseline}")
    for name, timing in timings.items():
        ratio = timing.median_us / base.median_us
        print(f"  {name:44} {timing.lowest_us:10.1f} {timing.median_us:10.1f}   {ratio:6.2f}")
