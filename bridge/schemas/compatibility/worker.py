"""Compares one pair in a separate process, which is ended at the time limit: Rust cannot be interrupted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bridge.schemas.compatibility.verdict import Break, Bump, Comparison, Mode, Policy, Unproven, Verdict

MEMORY_BYTES: Final = 3 * 1024**3
TIME_SIGNAL: Final = 27
"""SIGPROF: it ends a process that has worked for as long as it may."""
BUSY: Final = 4
"""On a busy machine a process may take so many times longer than it works."""


class Stopped(Exception):
    """The process gave no answer. ``reason`` is a stable name: ``time-limit`` or ``gave-up``."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def compare_elsewhere(
    old: Any, new: Any, documents: Mapping[str, Any], mode: Mode, policy: Policy, *, limit_s: float
) -> Comparison:
    """Raises :class:`Stopped` where there is no answer within ``limit_s``."""
    question = {
        "old": old, "new": new, "documents": dict(documents), "mode": mode, "policy": policy,
        "limit_s": limit_s,
    }  # fmt: skip
    try:
        done = subprocess.run(  # this interpreter and a module of this package
            [sys.executable, "-m", "bridge.schemas.compatibility"],
            input=json.dumps(question).encode(),
            capture_output=True,
            timeout=limit_s * BUSY,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(_path()), "PYTHONDONTWRITEBYTECODE": "1"},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Stopped("time-limit", f"the time limit of {limit_s:g} s was reached") from error
    except OSError as error:
        raise Stopped("gave-up", f"no process could be started: {error}") from error
    if done.returncode == -TIME_SIGNAL:
        raise Stopped("time-limit", f"the time limit of {limit_s:g} s was reached")
    if done.returncode != 0:
        raise Stopped("gave-up", "the process that compared the schemas ran out of memory or failed")
    try:
        return read_comparison(json.loads(done.stdout))
    except (ValueError, KeyError, TypeError) as error:
        raise Stopped("gave-up", "the process that compared the schemas gave no answer") from error


def _path() -> list[str]:
    before = os.environ.get("PYTHONPATH")
    return [str(Path(__file__).parents[3]), *([before] if before else [])]


def read_comparison(answer: dict[str, Any]) -> Comparison:
    """From its members as JSON. Raises ``ValueError``, ``KeyError`` or ``TypeError`` for anything else."""
    return Comparison(
        Verdict(answer["verdict"]),
        Mode(answer["mode"]),
        Policy(answer["policy"]),
        tuple(Break(**{**each, "bump": Bump(each["bump"])}) for each in answer["breaks"]),
        tuple(Unproven(**each) for each in answer["unproven"]),
        Bump(answer["bump"]),
        answer["problem"],
    )
