"""A comparison in another process: its answer is the same, and no answer has a reason."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from bridge.schemas.compatibility.compare import Comparer
from bridge.schemas.compatibility.verdict import Mode, Policy
from bridge.schemas.compatibility.worker import BUSY, TIME_SIGNAL, Stopped, compare_elsewhere

OLD = {"type": "object", "properties": {"a": {"type": "string"}}}
NEW = {"type": "object", "properties": {"a": {"type": "integer"}}}


def ask(limit_s: float = 30) -> Any:
    return compare_elsewhere(OLD, NEW, {}, Mode.FULL, Policy.VIEWS, limit_s=limit_s)


def test_another_process_gives_the_same_answer() -> None:
    assert ask() == Comparer().compare(OLD, NEW, mode=Mode.FULL, policy=Policy.VIEWS)


def ended(code: int, output: bytes) -> Callable[..., Any]:
    return lambda command, **more: subprocess.CompletedProcess(command, code, output, b"")


def raising(error: Exception) -> Callable[..., Any]:
    def run(*_: Any, **__: Any) -> Any:
        raise error

    return run


@pytest.mark.parametrize(
    ("run", "reason", "message"),
    [
        (
            raising(subprocess.TimeoutExpired("python", 1)),
            "time-limit",
            "the time limit of 2.5 s was reached",
        ),
        (raising(OSError("no memory")), "gave-up", "no process could be started: no memory"),
        (ended(-TIME_SIGNAL, b""), "time-limit", "the time limit of 2.5 s was reached"),
        (ended(1, b"{}"), "gave-up", "ran out of memory or failed"),
        (ended(-9, b""), "gave-up", "ran out of memory or failed"),
        (ended(0, b""), "gave-up", "gave no answer"),
        (ended(0, b"{}"), "gave-up", "gave no answer"),
        (ended(0, b"[]"), "gave-up", "gave no answer"),
        (ended(0, b'{"verdict": "perhaps"}'), "gave-up", "gave no answer"),
    ],
)
def test_without_an_answer_the_reason_is_said(
    monkeypatch: pytest.MonkeyPatch, run: Callable[..., Any], reason: str, message: str
) -> None:
    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(Stopped, match=message) as stopped:
        ask(2.5)
    assert stopped.value.reason == reason


@pytest.mark.parametrize("before", [None, "", "/somewhere/else"])
def test_the_process_finds_this_package_first_and_then_what_was_there(
    monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    asked: dict[str, Any] = {}

    def run(command: Any, **more: Any) -> Any:
        asked.update(more)
        raise OSError

    monkeypatch.setattr(subprocess, "run", run)
    if before is None:
        monkeypatch.delenv("PYTHONPATH", raising=False)
    else:
        monkeypatch.setenv("PYTHONPATH", before)
    with pytest.raises(Stopped):
        ask(2.5)
    first, *rest = asked["env"]["PYTHONPATH"].split(os.pathsep)
    assert os.path.isdir(os.path.join(first, "bridge", "schemas"))  # noqa: PTH112, PTH118
    assert rest == ([before] if before else [])
    assert (asked["timeout"], asked["env"]["PYTHONDONTWRITEBYTECODE"]) == (2.5 * BUSY, "1")
    assert json.loads(asked["input"])["limit_s"] == 2.5


def test_a_process_that_works_longer_than_its_limit_is_ended_by_this_signal() -> None:
    assert int(signal.SIGPROF) == TIME_SIGNAL


def test_a_process_without_an_answer_says_why_in_words_for_people() -> None:
    stopped = Stopped("time-limit", "the time limit of 5 s was reached")
    assert (stopped.reason, str(stopped)) == ("time-limit", "the time limit of 5 s was reached")
