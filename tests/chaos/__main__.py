"""``make chaos``: real processes, real kills, a faulty proxy before the embedded AWS. See CONTRIBUTING.md."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.chaos.disk import enter_own_mounts
from tests.chaos.run import Chaos, Result, run_chaos
from tests.chaos.weather import FAULTS

_COUNTS = ("events", "lost", "duplicates", "disordered", "invented", "reconciled", "redriven")


def main(words: list[str] | None = None) -> int:
    """Returns exit code 1 if a promise was broken."""
    asked = _parser().parse_args(words)
    seed = secrets.randbelow(10**9) if asked.seed is None else asked.seed
    began_s = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - began_s:6.1f} s  {text}", file=sys.stderr, flush=True)

    os.environ.pop("AWS_PROFILE", None)
    say(f"seed {seed}")
    result = run_chaos(Chaos(seed, asked.minutes * 60, asked.per_second, asked.keep), say)
    if asked.output == "json":
        print(json.dumps(result.document, indent=2))
    else:
        print("\n".join(table(result, asked.minutes)))
    return 1 if result.broken else 0


def table(result: Result, minutes: float) -> Iterable[str]:
    """The result for people."""
    found = result.document
    yield f"\nChaos, seed {found['seed']}, {found['seconds']:.0f} s"
    yield _row("kills", ", ".join(f"{verb} {count}" for verb, count in found["kills"].items()))
    yield _row("starts of run", found["starts of run"])
    yield _row("ends by themselves", ", ".join(f"{how}: {count}" for how, count in found["ends"].items()))
    yield _row("records", f"{found['records']}, {found['poison']} of them poison")
    yield _row("quarantined", found["quarantined"])
    yield _row("reconciliations", _counted(found["reconciliations"]))
    yield _row("acts", _counted(found["acts"]))
    yield _row("disk", found["disk"])
    yield ""
    yield _row("", "".join(f"{name:>14}" for name in found["sinks"]))
    for name in _COUNTS:
        yield _row(name, "".join(f"{counts.get(name, 0):>14}" for counts in found["sinks"].values()))
    yield _row("kept from reading", "".join(f"{count:>14}" for count in found["kept from reading"].values()))
    yield "\nRequests by service and fault"
    yield _row("", "".join(f"{name:>16}" for name in found["faults"]))
    for kind in ("pass", *FAULTS):
        yield _row(kind, "".join(f"{counts[kind]:>16}" for counts in found["faults"].values()))
    yield ""
    for line in result.broken:
        yield f"BROKEN  {line}"
    if result.broken:
        yield f"\nThe same schedule again: make chaos SEED={found['seed']} MINUTES={minutes:g}"
        yield "The seed decides faults, acts and changes. Their timing against each other is the machine's."
    else:
        yield "Every promise was kept."


def _row(name: str, value: Any) -> str:
    return f"  {name:20}{value}"


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="drawn at random and printed by default")
    parser.add_argument("--minutes", type=float, default=5.0, help="of disturbance; 5 by default")
    parser.add_argument("--per-second", type=float, default=25.0, help="changes each second; 25 by default")
    parser.add_argument("--keep", type=Path, help="folder for changes, events, ledger and quarantine")
    parser.add_argument("--output", choices=("text", "json"), default="text")
    return parser


if __name__ == "__main__":
    enter_own_mounts()
    sys.exit(main())
