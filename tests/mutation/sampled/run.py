"""``python -m tests.mutation sampled --seed N --mutants 300 --workers 2``.

Why a tool of the project's own: mutmut changes no module level, no default values and no decorated functions,
names mutants by their number, and draws no sample. cosmic-ray starts the whole suite anew for each mutant and
has no map from lines to tests. Both change texts for people too.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import random
import sys
import time
from collections.abc import Iterator, Sequence
from multiprocessing.queues import SimpleQueue
from typing import Any

from tests.mutation.sampled import accepted, coverage_map, trial
from tests.mutation.sampled.mutants import Mutant, mutants_of
from tests.mutation.sampled.project import BRIDGE, Project
from tests.mutation.sampled.results import Report, Results
from tests.mutation.sampled.workspace import Workspace


def main(arguments: Sequence[str] | None = None, project: Project = BRIDGE) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation sampled")
    parser.add_argument("--seed", type=int, help="which sample is drawn; without it, a new one")
    parser.add_argument("--mutants", type=int, default=300)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", default="", help="only files whose path contains this")
    options = parser.parse_args(arguments)
    seed = random.SystemRandom().randrange(1_000_000_000) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)
    report = sample(project, seed, options.mutants, options.workers, options.folder)
    print(*report.lines(), sep="\n")
    return 0 if report.good else 1


def sample(project: Project, seed: int, count: int, workers: int, folder: str = "") -> Report:
    everything = [each for file in project.sources() for each in mutants_of(file, project.text(file))]
    reasons = accepted.read(project.accepted)
    drawn = draw([mutant for mutant in everything if folder in mutant.file], seed, count)
    coverage = coverage_map.load(project, workers=workers)
    for test in coverage.failed:
        print(f"not used, it fails without a mutant: {test}", flush=True)
    results = Results(project, project.build / "results.ndjson")
    todo = [mutant for mutant in drawn if results.known(mutant) is None]
    outcomes = {mutant: known for mutant in drawn if (known := results.known(mutant)) is not None}
    begin = time.monotonic()
    for mutant, outcome in _judged(project, coverage, todo, workers):
        results.add(mutant, outcome)
        outcomes[mutant] = outcome
        _progress(len(outcomes), len(drawn), mutant, outcome, time.monotonic() - begin)
    pairs = [(mutant, outcomes[mutant]) for mutant in drawn if mutant in outcomes]
    pairs.sort(key=lambda pair: (pair[0].file, pair[0].start))
    return Report(project, seed, pairs, reasons, accepted.stale(reasons, everything))


def draw(mutants: Sequence[Mutant], seed: int, count: int) -> list[Mutant]:
    return random.Random(seed).sample(mutants, min(count, len(mutants)))


def _progress(done: int, total: int, mutant: Mutant, outcome: trial.Outcome, seconds: float) -> None:
    word = "killed" if outcome.killed else "SURVIVED"
    print(f"{done}/{total} {seconds:.0f}s {word} {mutant.place} {outcome.by}", file=sys.stderr, flush=True)


def _judged(
    project: Project, coverage: coverage_map.CoverageMap, mutants: Sequence[Mutant], workers: int
) -> Iterator[tuple[Mutant, trial.Outcome]]:
    """In the order in which they are done."""
    context = multiprocessing.get_context("fork")
    todo: SimpleQueue[Any] = context.SimpleQueue()
    done: SimpleQueue[Any] = context.SimpleQueue()
    trial.preload()
    processes = [
        context.Process(target=_work, args=(project, coverage, number, todo, done), daemon=False)
        for number in range(min(workers, len(mutants)))
    ]
    for process in processes:
        process.start()
    try:
        waiting = iter(mutants)
        for _ in processes:
            todo.put(next(waiting))
        for _ in mutants:
            answer = done.get()
            if isinstance(answer, Exception):
                raise answer
            yield answer
            todo.put(next(waiting, None))
    except KeyboardInterrupt:
        print("interrupted: the next run with this seed goes on from here", file=sys.stderr)
    finally:
        for process in processes:
            process.terminate()
            process.join()


def _work(
    project: Project,
    coverage: coverage_map.CoverageMap,
    number: int,
    todo: SimpleQueue[Any],
    done: SimpleQueue[Any],
) -> None:
    with contextlib.suppress(KeyboardInterrupt):
        try:
            workspace = Workspace(project, number)
            while (mutant := todo.get()) is not None:
                tests = coverage.tests_for(mutant, project)
                workspace.put(mutant)
                outcome = trial.judge(workspace.root, tests, coverage.seconds, project.slack_s)
                workspace.restore(mutant)
                done.put((mutant, outcome))
        except Exception as error:
            done.put(error)
            raise
