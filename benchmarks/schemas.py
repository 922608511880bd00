"""The verbs about schemas on 300 types with four versions each, beside a bare load of the same files.

Each run is a process of its own, start included, and the candidates take turns, so that a busy machine slows
all of them. The ratios hold on other machines, the seconds do not.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.schema_tree import VERSIONS, write_project

TYPES: Final = 300
ROUNDS: Final = 3
ROOT: Final = Path(__file__).parents[1]
MEMORY_MB: Final = 300
BARE: Final = "bare load: json.loads and YAML in C"
_BARE_CODE: Final = """
import json, pathlib, yaml
folder = pathlib.Path("event_schemas")
every = [json.loads(path.read_bytes()) for path in folder.glob("*/*.json")]
every += [yaml.load(path.read_bytes(), yaml.CSafeLoader) for path in folder.rglob("*.yaml")]
"""
AIMS: Final = {
    BARE: (0.0, ("-c", _BARE_CODE)),
    "schema list": (1.0, ("-m", "bridge", "schema", "list")),
    "schema lint": (4.0, ("-m", "bridge", "schema", "lint")),
    "schema check --no-cache": (4.0, ("-m", "bridge", "schema", "check", "--no-cache")),
    "schema check, again": (1.0, ("-m", "bridge", "schema", "check")),
    "schema asyncapi": (3.0, ("-m", "bridge", "schema", "asyncapi")),
    "schema codegen": (10.0, ("-m", "bridge", "schema", "codegen", "--out", "generated")),
}
"""What each may take in seconds, on the machine that the aims were set for; and its command line."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one process: seconds of CPU, and the most memory that it had."""

    cpu_s: float
    memory_mb: float


def run(arguments: Sequence[str], folder: Path) -> Cost:
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(folder / ".cache")}
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(arguments)[:60]} ended with {process.returncode}")
    unit = 1024**2 if sys.platform == "darwin" else 1024  # getrusage: bytes there, KiB elsewhere
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / unit)


def main(types: int = TYPES, rounds: int = ROUNDS) -> None:
    costs: dict[str, list[Cost]] = {name: [] for name in AIMS}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_project(folder, types)
        run(AIMS["schema check, again"][1], folder)  # fills the cache
        for _ in range(rounds):
            for verb, (_, arguments) in AIMS.items():
                costs[verb].append(run(arguments, folder))
    report(f"Schemas: {types} types with {len(VERSIONS)} versions each", costs)


def report(title: str, costs: dict[str, list[Cost]]) -> None:
    bare = median(cost.cpu_s for cost in costs[BARE])
    print(f"\n{title} (memory: at most {MEMORY_MB} MB)")
    print(f"  {'':38} {'s lowest':>8} {'s median':>8} {'aim':>5} {'× bare':>7} {'MB':>5}")
    for name, each in costs.items():
        middle = median(cost.cpu_s for cost in each)
        lowest = min(cost.cpu_s for cost in each)
        aim = f"{AIMS[name][0]:5.0f}" if AIMS[name][0] else f"{'':5}"
        most = max(cost.memory_mb for cost in each)
        print(f"  {name:38} {lowest:8.2f} {middle:8.2f} {aim} {middle / bare:7.1f} {most:5.0f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--types", type=int, default=TYPES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    main(given.types, given.rounds)
