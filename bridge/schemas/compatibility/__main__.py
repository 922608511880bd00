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
    question = json.load(sys.stdin.buffer)
    try:
        import signal

        signal.setitimer(signal.ITIMER_PROF, question["limit_s"])
    except (ImportError, AttributeError):
        pass  # only the other process ends this one, after a longer time
    sys.setrecursionlimit(20_000)
    comparer = Comparer(question["documents"], limit_s=question["limit_s"], patient=True)
    answer = comparer.compare(
        question["old"], question["new"], mode=Mode(question["mode"]), policy=Policy(question["policy"])
    )
    json.dump(asdict(answer), sys.stdout)


if __name__ == "__main__":
    main()
