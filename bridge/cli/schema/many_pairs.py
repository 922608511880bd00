"""``schema check --pairs``: answers line by line, in order, as they are asked."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path

from bridge.cli.console.collector import calm_collector
from bridge.cli.console.output import Console, ExitCode
from bridge.errors import ConfigurationError, Problem
from bridge.schemas.compatibility.compare import Comparer
from bridge.schemas.compatibility.verdict import Mode, Policy
from bridge.schemas.evolution.pairs import answer_line


def check_pairs(
    console: Console, source: str, mode: Mode | None, policy: Policy | None, limit_s: float
) -> int:
    """Answer every line of a file, or of stdin for ``-``; blank lines ask for nothing.

    Each answer is flushed: a program may ask, read the answer, and ask again.
    """
    mode, policy = mode or Mode.FULL_TRANSITIVE, policy or Policy.VIEWS
    try:
        stream = nullcontext(sys.stdin.buffer) if source == "-" else Path(source).open("rb")  # noqa: SIM115
    except OSError as error:
        message = f"cannot be read: {error.strerror or type(error).__name__}"
        raise ConfigurationError([Problem(source, 0, 0, "", message)]) from error
    compare = Comparer(limit_s=limit_s).compare
    answered = 0
    with stream as lines, calm_collector():
        for line in lines:
            if line.strip():
                console.write(answer_line(line, compare, mode=mode, policy=policy))
                console.flush()
                answered += 1
    if not answered:
        console.say("no pairs in the input: write one JSON object a line")
    return ExitCode.OK
