"""Plays one mutant in this process, which must be a new one: ``python -m tests.mutation.pipeline.play NAME``.

Prints what became of it as one line of JSON.
"""

from __future__ import annotations

import json
import signal
import sys
from types import FrameType
from typing import Any

from tests.mutation.pipeline.mutant import Mutant
from tests.mutation.pipeline.mutants import mutants, shape_of

_SEED_S = 60
"""Real time that one seed may take; a sound one takes less than one second."""


class _DoesNotEnd(BaseException):
    pass


def play(mutant: Mutant) -> dict[str, Any]:
    """The first seed that catches it, and which check did."""
    mutant.install()
    from tests.simulation.run import simulate  # not before the mutant is installed

    shape = shape_of(mutant)

    signal.signal(signal.SIGALRM, _stop)
    for seed in range(1, 1 + mutant.within):
        signal.alarm(_SEED_S)
        try:
            result = simulate(seed, shape=shape)
        except _DoesNotEnd:
            return {"seed": seed, "by": "the run does not end", "text": ""}
        finally:
            signal.alarm(0)
        if result.violations:
            return {"seed": seed, "by": result.broken[0], "text": result.violations[0]}
    return {"seed": None, "by": "", "text": ""}


def _stop(number: int, frame: FrameType | None) -> None:
    raise _DoesNotEnd


if __name__ == "__main__":
    print(json.dumps(play(next(each for each in mutants() if each.breaks == sys.argv[1]))))
