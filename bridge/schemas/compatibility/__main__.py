"""``python -m bridge.schemas.compatibility``: compares one pair for :mod:`worker`, from stdin to stdout."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

from bridge.schemas.compatibility.compare import Comparer
from bridge.schemas.compatibility.verdict import Mode, Policy
from bridge.schemas.compatibility.worker import MEMORY_BYTES


def main() -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    except (ImportError, ValueError, OSError):
        pass  # this system has no such limit: only the time limit applies
    sys.setrecursionlimit(20_000)
    question = json.load(sys.stdin.buffer)
    comparer = Comparer(question["documents"], patient=True)
    answer = comparer.compare(
        question["old"], question["new"], mode=Mode(question["mode"]), policy=Policy(question["policy"])
    )
    json.dump(asdict(answer), sys.stdout)


if __name__ == "__main__":
    main()
