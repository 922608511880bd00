"""What X-Ray's daemon hears of a batch."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bridge.core.event import Event, Trace
from bridge.core.events.trace import read_ids, read_trace
from bridge.edges.xray.tracer import XRayTracer
from bridge.errors import AccessDenied, BridgeError
from bridge.ports.clock import Deadline
from bridge.relay.relay import Relay
from tests.builders.bridges import relay
from tests.builders.records import lambda_record
from tests.fakes.sink import ScriptedSink
from tests.fakes.xray_daemon import XRayDaemon, xray_daemon

ROOT, PARENT = "1-5759e988-bd862e3fe1be46a994272793", "53995c3f42cd8ad8"
STEPS = ["decode", "translate", "announce", "publish domain", "settle"]


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Iterator[XRayDaemon]:
    with xray_daemon() as listening:
        monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", listening.address)
        yield listening


def handlers(sampled: str = "1") -> Trace | None:
    return read_trace(f"Root={ROOT};Parent={PARENT};Sampled={sampled}")


def handle(bridge: Relay, trace: Trace | None, *records: Any) -> Relay:
    traced = replace(bridge, tracer=XRayTracer(service="accounts"))
    traced.handle(records or [put(1), put(2)], Deadline.after(bridge.clock, 60), trace=trace)
    return traced


def put(seq: int, **after: Any) -> dict[str, Any]:
    return lambda_record(op="insert", key={"id": f"k{seq}"}, after={"id": f"k{seq}", **after}, seq=seq)


def test_in_lambda_every_step_is_a_subsegment_of_the_handlers_segment(daemon: XRayDaemon) -> None:
    bad = put(3)
    bad["dynamodb"]["NewImage"]["bad"] = {"X": "?"}
    handle(relay(), handlers(), put(1), put(2), bad)
    documents = daemon.documents()
    assert [each["name"] for each in documents] == [*STEPS[:2], "quarantine", *STEPS[2:]]
    assert {(each["type"], each["trace_id"], each["parent_id"]) for each in documents} == {
        ("subsegment", ROOT, PARENT)
    }
    assert {each["end_time"] >= each["start_time"] and "fault" not in each for each in documents} == {True}
    assert {each["name"]: each["annotations"] for each in documents if each.get("annotations")} == {
        "decode": {"records": 3},
        "publish domain": {"events": 2, "accepted": 2},
        "quarantine": {"records": 1},
    }


@pytest.mark.parametrize("sampled", ["0", "?"])
def test_a_trace_that_is_not_sampled_is_not_sent_and_still_continued(
    daemon: XRayDaemon, sampled: str
) -> None:
    sink = ScriptedSink()
    handle(relay(sink), handlers(sampled))
    assert daemon.documents() == []
    assert [event.trace_header for event in sink.accepted] == [
        f"Root={ROOT};Parent={PARENT};Sampled={sampled}"
    ] * 2


def test_outside_lambda_each_batch_is_a_segment_that_its_events_continue(daemon: XRayDaemon) -> None:
    sink = ScriptedSink()
    handle(relay(sink), None)
    *steps, segment = daemon.documents()
    assert [each["name"] for each in steps] == STEPS
    assert (segment["name"], "type" in segment, segment["in_progress"]) == ("accounts", False, False)
    assert {each["parent_id"] for each in steps} == {segment["id"]}
    for event in sink.accepted:
        ids = read_ids(event.trace_header)
        assert ids is not None
        assert (ids.root, ids.parent, ids.sampled) == (segment["trace_id"], segment["id"], True)


def test_a_step_that_fails_is_marked_by_its_kind_without_its_message(daemon: XRayDaemon) -> None:
    def denied(event: Event) -> BridgeError | None:
        raise AccessDenied("secret message")

    with pytest.raises(AccessDenied):
        handle(relay(ScriptedSink(fails=denied)), handlers())
    documents = daemon.documents()
    assert [each["name"] for each in documents if each.get("fault")] == ["publish domain"]
    assert documents[-1]["annotations"] == {"events": 2, "error": "AccessDenied"}
    assert "secret" not in repr(documents)


def test_a_failed_batch_leaves_nothing_behind_for_the_next(daemon: XRayDaemon) -> None:
    calls: list[Event] = []

    def denied_once(event: Event) -> BridgeError | None:
        calls.append(event)
        if len(calls) == 1:
            raise AccessDenied("no")
        return None

    bridge = relay(ScriptedSink(fails=denied_once))
    with pytest.raises(AccessDenied):
        handle(bridge, None)
    failed = daemon.documents()[-1]
    assert failed["fault"]
    handle(bridge, handlers())
    assert {each["trace_id"] for each in daemon.documents()} == {ROOT}


def test_no_value_of_an_item_reaches_the_daemon(daemon: XRayDaemon) -> None:
    handle(relay(), handlers(), put(1, name="secret-name"), lambda_record(key={"id": "secret-key"}, seq=2))
    assert "secret" not in repr(daemon.documents())


def test_what_is_traced_outside_of_a_batch_is_skipped(
    daemon: XRayDaemon, caplog: pytest.LogCaptureFixture
) -> None:
    tracer = XRayTracer()
    for trace in (None, handlers()):
        with tracer.span("alone", records=1) as span:
            span.annotate(more=1)
        assert daemon.documents() == []
        with tracer.batch(trace), tracer.span("within"):
            """Leaves nothing open that the next round's span could belong to."""
        assert daemon.documents()[0]["name"] == "within"
    assert caplog.records == []


@pytest.mark.parametrize(
    "address", ["127.0.0.1:9", "no-such-host.invalid:2000", "tcp:127.0.0.1:1 udp:127.0.0.1:9"]
)
@pytest.mark.parametrize("trace", [handlers(), None])
def test_without_a_daemon_nothing_fails_and_nothing_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, address: str, trace: Trace | None
) -> None:
    monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", address)
    monkeypatch.setenv("AWS_XRAY_CONTEXT_MISSING", "RUNTIME_ERROR")
    caplog.set_level(logging.INFO)
    sink = ScriptedSink()
    handle(relay(sink), trace)
    assert len(sink.accepted) == 2
    assert caplog.records == []


def test_with_the_sdk_switched_off_the_walk_goes_on(daemon: XRayDaemon) -> None:
    from aws_xray_sdk import global_sdk_config

    sink = ScriptedSink()
    global_sdk_config.set_sdk_enabled(False)
    try:
        handle(relay(sink), None)
        handle(relay(sink), handlers())
    finally:
        global_sdk_config.set_sdk_enabled(True)
    assert len(sink.accepted) == 4
    assert daemon.documents() == []
