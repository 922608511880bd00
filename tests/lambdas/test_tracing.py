"""The handler's trace, through a Lambda function in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.builders.accounts import configuration, write_project
from tests.builders.emf import is_emf, problems
from tests.builders.places import ROOT
from tests.builders.records import lambda_event, lambda_record
from tests.fakes.xray_daemon import xray_daemon

IDS = ("5759e988", "bd862e3fe1be46a994272793")

PROGRAM = """
import json, os, sys, time
from bridge.lambdas.stream import handler

class Context:
    def get_remaining_time_in_millis(self):
        return 60_000

for line in sys.stdin:
    call = json.loads(line)
    os.environ["_X_AMZN_TRACE_ID"] = call["header"]
    print("ANSWER", json.dumps(handler(call["event"], Context())), flush=True)
print("LOADED", "aws_xray_sdk" in sys.modules)
print("NOW", time.time() * 1000)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_project(tmp_path)


def run(folder: Path, tracing: str, *headers: str, daemon: str = "127.0.0.1:9") -> list[str]:
    """What the function's process prints; each invocation runs in the trace of its header. Nothing may stand
    on standard error."""
    telemetry = f"telemetry: {{service: accounts, level: debug, tracing: {tracing}}}"
    (folder / "bridge.yaml").write_text(configuration(telemetry))
    calls = [{"header": header, "event": batch(number)} for number, header in enumerate(headers, 1)]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input="\n".join(map(json.dumps, calls)),
        capture_output=True,
        text=True,
        cwd=folder,
        env={
            "PATH": "",
            "AWS_REGION": "eu-central-1",
            "AWS_XRAY_DAEMON_ADDRESS": daemon,
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def batch(number: int) -> Any:
    return lambda_event(lambda_record(key={"id": f"u-{number}"}, after={"id": f"u-{number}"}, seq=number))


def header(number: int, sampled: int = 1) -> str:
    return f"Root=1-{IDS[0]}-{IDS[1]};Parent={number:016x};Sampled={sampled}"


def events(lines: list[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines if line.startswith('{"specversion"')]


def test_events_continue_the_trace_of_their_own_invocation_without_the_sdk(folder: Path) -> None:
    lines = run(folder, "none", header(1), header(2, sampled=0), "")
    assert [event.get("traceparent") for event in events(lines)] == [
        f"00-{IDS[0]}{IDS[1]}-{1:016x}-01",
        f"00-{IDS[0]}{IDS[1]}-{2:016x}-00",
        None,
    ]
    assert "LOADED False" in lines


def test_switched_on_each_invocations_steps_belong_to_its_segment(folder: Path) -> None:
    with xray_daemon() as daemon:
        lines = run(folder, "xray", header(1), header(2), daemon=daemon.address)
        documents = daemon.documents()
    assert "LOADED True" in lines
    steps = ["decode", "translate", "announce", "publish out", "settle"]
    assert [(each["parent_id"], each["name"]) for each in documents] == [
        (f"{number:016x}", step) for number in (1, 2) for step in steps
    ]


def test_without_a_daemon_the_function_says_and_does_the_same(folder: Path) -> None:
    def published(lines: list[str]) -> list[str]:
        return [line for line in lines if line.startswith(("ANSWER", '{"specversion"'))]

    assert published(run(folder, "xray", header(1))) == published(run(folder, "none", header(1)))


def test_each_invocation_writes_its_own_metrics_and_lines(folder: Path) -> None:
    lines = run(folder, "none", header(1), header(2))
    now_ms = float(lines[-1].removeprefix("NOW "))
    emf = [line for line in lines if is_emf(line)]
    assert [each for line in emf for each in problems(line, now_ms=now_ms)] == []
    received = [json.loads(line) for line in emf if "RecordsReceived" in line]
    assert [(each["service"], each["table"], each["RecordsReceived"]) for each in received] == [
        ("accounts", "Users", [1.0])
    ] * 2
    logs = [json.loads(line) for line in lines if '"level"' in line]
    assert [each["message"] for each in logs] == ["batch handled", "event published"] * 2
    assert logs[0]["reasons"] == {"published": {"accepted": 1}}
    assert set(logs[1]) >= {"record_id", "event_id", "event_type", "table", "key_hash", "sequence"}
