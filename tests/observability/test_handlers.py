"""What the functions write and send is taken by CloudWatch and X-Ray, whatever becomes of a batch; and an
event continues the trace in which its record was handled, whichever handler received it."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

import pytest

from tests.builders import emf
from tests.builders.accounts import write_project
from tests.builders.kinesis_records import kinesis_record
from tests.builders.places import ROOT
from tests.builders.records import lambda_event, lambda_record
from tests.fakes.xray_daemon import xray_daemon
from tests.observability import segments

TRACE = ("5759e988", "bd862e3fe1be46a994272793")

PROGRAM = """
import importlib, json, os, sys
handler = importlib.import_module("bridge.lambdas." + sys.argv[1]).handler

class Context:
    def get_remaining_time_in_millis(self):
        return 60_000

for line in sys.stdin:
    call = json.loads(line)
    os.environ["_X_AMZN_TRACE_ID"] = call["header"]
    try:
        print("ANSWER", json.dumps(handler(call["event"], Context())), flush=True)
    except Exception as error:
        print("RAISED", type(error).__name__, flush=True)
"""


@dataclass
class Heard:
    """``lines`` are those on standard output, ``documents`` what X-Ray's daemon was sent."""

    lines: list[str]
    documents: list[dict[str, Any]]
    errors: str

    def events(self) -> list[dict[str, Any]]:
        published = [json.loads(line) for line in self.lines if line.startswith('{"specversion"')]
        answers = [json.loads(line[7:]) for line in self.lines if line.startswith("ANSWER [")]
        return published + [event for answer in answers for event in answer]


def header(number: int) -> str:
    return f"Root=1-{TRACE[0]}-{TRACE[1]};Parent={number:016x};Sampled=1"


def good(number: int) -> dict[str, Any]:
    return lambda_record(key={"id": f"u-{number}"}, after={"id": f"u-{number}"}, seq=number)


def bad(number: int) -> dict[str, Any]:
    record = good(number)
    record["dynamodb"]["NewImage"]["bad"] = {"X": "?"}
    return record


def from_kinesis(number: int) -> dict[str, Any]:
    return kinesis_record(key={"id": f"u-{number}"}, after={"id": f"u-{number}"}, number=number)


def unreadable() -> dict[str, Any]:
    record = from_kinesis(2)
    record["kinesis"]["data"] = base64.b64encode(b"{").decode()
    return record


EVENTS = {
    "stream": lambda_event(good(1), bad(2), good(3)),
    "kinesis": {"Records": [from_kinesis(1), unreadable(), from_kinesis(3)]},
    "pipe": [good(1), bad(2), good(3)],
}


@pytest.fixture(scope="module", params=EVENTS)
def heard(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Heard:
    """A function of each kind in a process of its own: a batch with a record that cannot be read, an event
    that is none, and the batch once more."""
    telemetry = 'telemetry: {service: "accounts & orders", level: debug, tracing: xray}'
    folder = write_project(tmp_path_factory.mktemp(request.param), telemetry)
    batch = EVENTS[request.param]
    calls = [{"header": header(number), "event": event} for number, event in enumerate((batch, {}, batch), 1)]
    with xray_daemon() as daemon:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, request.param],
            input="\n".join(map(json.dumps, calls)),
            capture_output=True,
            text=True,
            cwd=folder,
            env={
                "PATH": "",
                "AWS_REGION": "eu-central-1",
                "AWS_XRAY_DAEMON_ADDRESS": daemon.address,
                "PYTHONPATH": str(ROOT),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            timeout=60,
            check=False,
        )
        return Heard(done.stdout.splitlines(), daemon.documents(), done.stderr)


def test_nothing_stands_on_standard_error_and_every_line_is_one_json_document(heard: Heard) -> None:
    assert heard.errors == ""
    ours = [line for line in heard.lines if not line.startswith(("ANSWER", "RAISED"))]
    assert {isinstance(json.loads(line), dict) for line in ours} == {True}
    assert [line.split(" ")[0] for line in heard.lines if line.startswith(("ANSWER", "RAISED"))] == [
        "ANSWER",
        "RAISED",
        "ANSWER",
    ]


def test_cloudwatch_takes_every_metric_of_every_batch(heard: Heard) -> None:
    lines = [line for line in heard.lines if line.startswith("{") and emf.is_emf(line)]
    assert [each for line in lines for each in emf.problems(line, now_ms=time.time() * 1000)] == []
    received = [value for line in lines for value in json.loads(line).get("RecordsReceived", ())]
    assert sum(received) == 6


def test_xray_takes_every_segment_of_every_batch(heard: Heard) -> None:
    assert heard.documents
    assert [each for one in heard.documents for each in segments.problems(one, now_s=time.time())] == []
    assert {(one["trace_id"], one["parent_id"]) for one in heard.documents} == {
        (f"1-{TRACE[0]}-{TRACE[1]}", f"{number:016x}") for number in (1, 3)
    }


def test_an_event_continues_the_trace_that_its_record_was_handled_in(heard: Heard) -> None:
    published = [event["traceparent"] for event in heard.events()]
    assert published == [f"00-{TRACE[0]}{TRACE[1]}-{number:016x}-01" for number in (1, 1, 3, 3)]


def test_what_is_wrong_with_a_line_or_a_segment_is_seen() -> None:
    """The rules are no empty promise: each of these breaks one."""
    line = {
        "_aws": {
            "Timestamp": 1000,
            "CloudWatchMetrics": [
                {"Namespace": "N", "Dimensions": [["service"]], "Metrics": [{"Name": "M", "Unit": "Count"}]}
            ],
        },
        "service": "s",
        "M": 1,
    }
    assert emf.problems(json.dumps(line), now_ms=1000) == []
    assert emf.problems(json.dumps({**line, "M": "1"}), now_ms=1000)
    assert emf.problems(json.dumps({**line, "service": ""}), now_ms=1000)
    assert emf.problems(json.dumps(line)[:-1] + ',"M":2}', now_ms=1000)
    assert emf.problems(json.dumps(line), now_ms=1000 + 15 * 86_400_000)
    segment = {
        "name": "accounts",
        "id": "70de5b6f19ff9a0a",
        "trace_id": "1-581cf771-a006649127e371903a2de979",
        "start_time": 1000.0,
        "end_time": 1000.5,
    }
    assert segments.problems(segment, now_s=1001) == []
    broken: list[dict[str, Any]] = [{"name": "a;b"}, {"id": "7"}, {"trace_id": "581cf771"}, {"end_time": 999}]
    broken += [{"start_time": 1_000_000}, {"annotations": {"a-b": 1}}, {"type": "subsegment"}]
    for each in broken:
        assert segments.problems({**segment, **each}, now_s=1001), each
