"""All mutants of the pipeline, each in a process of its own, and the table of what caught them."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.mutation.pipeline.mutant import ROOT, Mutant, Stale
from tests.mutation.pipeline.mutants import mutants, shape_of
from tests.simulation.run import simulate


@dataclass(frozen=True, slots=True)
class Played:
    """``seed`` None: nothing caught it within its budget. ``error``: it could not be played."""

    mutant: Mutant
    seed: int | None = None
    by: str = ""
    text: str = ""
    error: str = ""

    @property
    def as_expected(self) -> bool:
        return not self.error and (self.seed is not None) != bool(self.mutant.survives)


def play_apart(mutant: Mutant) -> Played:
    """In a new process, because the mutated module must be imported anew."""
    try:
        mutant.source()
    except (Stale, OSError) as stale:
        return Played(mutant, error=f"stale: {stale}")
    command = [sys.executable, "-m", "tests.mutation.pipeline.play", mutant.breaks]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if ended.returncode:
        return Played(mutant, error=(ended.stderr.strip().splitlines() or ["no message"])[-1])
    found = json.loads(ended.stdout.splitlines()[-1])
    if found["seed"] is not None and (sound := simulate(found["seed"], shape=shape_of(mutant))).violation:
        return Played(mutant, error=f"the sound code has a violation, too: {sound.violation}")
    return Played(mutant, found["seed"], found["by"], found["text"])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="mutation pipeline", description=__doc__)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--only", default="", help="a part of a mutant's name or file")
    parser.add_argument("--texts", action="store_true", help="print the violation too")
    asked = parser.parse_args(arguments)
    chosen = [each for each in mutants() if asked.only in each.breaks or asked.only in each.file]
    began_s = time.perf_counter()
    played: list[Played] = []
    print(f"{'mutant: what it breaks':62} {'in':30} {'caught by':38} seed", flush=True)
    try:
        with ThreadPoolExecutor(asked.workers) as pool:
            for one in pool.map(play_apart, chosen):
                played.append(one)
                print(_line(one), flush=True)
                if asked.texts:
                    print(f"    {one.text[:300]}", flush=True)
    except KeyboardInterrupt:
        print("stopped", flush=True)
    caught = sum(one.seed is not None for one in played)
    survived = [one for one in played if one.seed is None and not one.error]
    errors = [one for one in played if one.error]
    runs = sum(one.seed or one.mutant.within for one in played if not one.error)
    took_s = time.perf_counter() - began_s
    print(f"{len(played)} mutants of the pipeline: {caught} caught, {len(survived)} survived, ", end="")
    print(f"{len(errors)} could not be played; {runs} runs in {took_s:.0f} s")
    for one in survived:
        print(f"  survived: {one.mutant.breaks}: {one.mutant.survives or 'NOT EXPECTED'}")
    return 0 if all(one.as_expected for one in played) else 1


def _line(one: Played) -> str:
    mutant = one.mutant
    by = one.error or one.by or ("survives, as expected" if mutant.survives else "SURVIVES")
    seed = f"{one.seed} of {mutant.within}" if one.seed else f"- of {mutant.within}"
    return f"{mutant.breaks:62} {mutant.file:30} {by:38} {seed}"
