"""The Lambda handler: a batch in, a partial batch response out, in a process of its own as in Lambda."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.builders.accounts import configuration, write_project
from tests.builders.places import ROOT
from tests.builders.records import lambda_event, lambda_record
from tests.fakes.hanging_server import HangingServer

PROGRAM = """
import json, sys
from bridge.lambdas.stream import handler

class Context:
    def __init__(self, left_ms):
        self.left_ms = left_ms
    def get_remaining_time_in_millis(self):
        return self.left_ms

for line in sys.stdin:
    call = json.loads(line)
    try:
        print("ANSWER", json.dumps(handler(call["event"], Context(call["left_ms"]))), flush=True)
    except Exception as error:
        print("RAISED", type(error).__name__, str(error).replace(chr(10), " "), flush=True)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_project(tmp_path, "ledger: {kind: memory}")


def invoke(folder: Path, *calls: tuple[Any, int], config: str = "bridge.yaml", **environ: str) -> list[str]:
    """Every line that the function's process prints for these (event, milliseconds left) calls."""
    lines = "\n".join(json.dumps({"event": event, "left_ms": left_ms}) for event, left_ms in calls)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=lines,
        capture_output=True,
        text=True,
        cwd=folder,
        env={
            "BRIDGE_CONFIG": str(folder / config),
            "PATH": "",
            "AWS_REGION": "eu-central-1",
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            **environ,
        },
        timeout=60,
        check=True,
    )
    return done.stdout.splitlines()


def outcomes(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith(("ANSWER", "RAISED"))]


def put(seq: int) -> dict[str, Any]:
    return lambda_record(key={"id": f"u-{seq}"}, after={"id": f"u-{seq}"}, seq=seq)


def test_a_batch_is_published_and_the_answer_is_empty(folder: Path) -> None:
    lines = invoke(folder, (lambda_event(put(1), put(2)), 60_000))
    assert outcomes(lines) == ['ANSWER {"batchItemFailures": []}']
    events = [json.loads(line) for line in lines if line.startswith('{"specversion"')]
    assert [event["subject"] for event in events] == ["user/u-1", "user/u-2"]


def test_the_process_keeps_its_ledger_between_invocations(folder: Path) -> None:
    batch = lambda_event(put(1))
    lines = invoke(folder, (batch, 60_000), (batch, 60_000))
    assert len([line for line in lines if line.startswith('{"specversion"')]) == 1
    assert len(outcomes(lines)) == 2


def test_when_the_invocation_has_no_time_left_everything_is_returned_for_retry(folder: Path) -> None:
    lines = invoke(folder, (lambda_event(put(1), put(2)), 1_000))
    assert outcomes(lines) == [
        'ANSWER {"batchItemFailures": [{"itemIdentifier": "1"}, {"itemIdentifier": "2"}]}'
    ]


def test_a_poison_record_is_in_quarantine_before_the_answer(folder: Path) -> None:
    bad = put(1)
    bad["dynamodb"]["NewImage"]["n"] = {"N": "NaN"}
    lines = invoke(folder, (lambda_event(bad, put(2)), 60_000))
    assert outcomes(lines) == ['ANSWER {"batchItemFailures": []}']
    (kept,) = (folder / "quarantine").glob("*.json")
    assert json.loads(kept.read_text())["record"] == bad


@pytest.mark.parametrize("event", [{}, {"Records": None}, [], {"detail": {}}])
def test_what_is_no_batch_fails_loudly(folder: Path, event: Any) -> None:
    (raised,) = outcomes(invoke(folder, (event, 60_000)))
    assert raised.startswith("RAISED BatchError the event has no list of Records")


def test_a_broken_configuration_fails_every_invocation_and_names_its_line(folder: Path) -> None:
    (folder / "broken.yaml").write_text(configuration("ledger: {kind: none}").replace("subject:", "subjct:"))
    batch = lambda_event(put(1))
    lines = outcomes(invoke(folder, (batch, 60_000), (batch, 60_000), config="broken.yaml"))
    assert len(lines) == 2
    assert {"RAISED ConfigurationError" in line and "broken.yaml:9:5" in line for line in lines} == {True}


def test_a_ledger_that_never_answers_fails_the_batch_within_the_invocations_time(tmp_path: Path) -> None:
    """Also at the first invocation, which asks for the table: botocore alone would try for 45 seconds."""
    folder = write_project(tmp_path, "hash_key: key", "ledger: {kind: dynamodb, table: ledger}")
    with HangingServer() as server:
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")
        environ = {"AWS_ENDPOINT_URL": server.url, **dict.fromkeys(names, "x-1")}
        event = lambda_event(put(1))
        lines = outcomes(invoke(folder, (event, 1_500), (event, 1_500), **environ))
    assert len(lines) == 2
    assert {"RAISED LedgerUnavailable" in line and "NoAnswerInTime" in line for line in lines} == {True}
