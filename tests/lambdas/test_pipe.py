"""A pipe's enrichment: records in, their events out in order; nothing is lost when it cannot answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bridge.core.change import StreamRef
from bridge.core.records.decode import stream_ref
from bridge.edges.local.ledgers import NoLedger
from bridge.edges.local.memory import MemoryClaimCheck, MemoryQuarantine, MemorySink
from bridge.errors import BatchError, BreakerTripped, QuarantineUnavailable, Unavailable
from bridge.lambdas.pipe import PipeHandler, source_stream
from bridge.limits import INVOCATION_PAYLOAD_BYTES
from bridge.ports.clock import Deadline
from bridge.ports.quarantine import Quarantined
from tests.builders.bridges import relay, rule, table
from tests.builders.records import STREAM_ARN, lambda_record
from tests.fakes.context import LambdaContext
from tests.fakes.telemetry import KeptTelemetry


def put(key: str, seq: int, **after: Any) -> dict[str, Any]:
    return lambda_record(op="insert", key={"id": key}, after={"id": key, **after}, seq=seq)


def poison(key: str, seq: int) -> dict[str, Any]:
    record = put(key, seq)
    record["dynamodb"]["NewImage"]["bad"] = {"X": "?"}
    return record


class BrokenQuarantine(MemoryQuarantine):
    def put(self, entry: Quarantined) -> None:
        raise QuarantineUnavailable("disk full")


def handler(
    *sinks: MemorySink,
    max_bytes: int = INVOCATION_PAYLOAD_BYTES,
    stream: StreamRef | None = None,
    **parts: Any,
) -> PipeHandler:
    every = sinks or (MemorySink(name="domain"),)
    bridge = relay(*every, ledger=NoLedger(), **parts)
    return PipeHandler(bridge, {sink.name: sink for sink in every}, stream=stream, max_bytes=max_bytes)


def ask(pipe: PipeHandler, *records: Any, remaining_ms: int = 60_000) -> list[dict[str, Any]]:
    return pipe.handle(list(records), LambdaContext(remaining_ms))


def ids(events: list[dict[str, Any]]) -> list[str]:
    return [event["causationid"] for event in events]


def test_a_pipe_gets_the_events_of_its_records_in_their_order() -> None:
    events = ask(handler(), put("b", 1), put("a", 2), put("b", 3))
    assert ids(events) == ["event-1", "event-2", "event-3"]
    assert events[0]["specversion"] == "1.0"
    assert events[0]["data"]["after"] == {"id": "b"}


def test_an_event_for_two_sinks_stands_once_and_in_its_records_place() -> None:
    rules = (
        rule("com.example.user.first", sinks=("billing",), changed=["/first"]),
        rule("com.example.user.both", sinks=("domain", "billing"), changed=["/both"]),
    )
    pipe = handler(MemorySink(name="domain"), MemorySink(name="billing"), tables=[table(*rules)])
    events = ask(pipe, put("a", 1, first=1), put("b", 2, both=1), put("c", 3, first=1))
    assert ids(events) == ["event-1", "event-2", "event-3"]


def test_an_invalid_record_is_left_out_counted_and_quarantined() -> None:
    sink, quarantine = MemorySink(name="domain"), MemoryQuarantine()
    bridge = relay(sink, ledger=NoLedger(), quarantine=quarantine)
    pipe = PipeHandler(bridge, {"domain": sink})
    assert ids(ask(pipe, put("a", 1), poison("b", 2), None, put("c", 3))) == ["event-1", "event-3"]
    assert len(quarantine.entries()) == 2
    assert isinstance(bridge.telemetry, KeptTelemetry)
    assert bridge.telemetry.counts["RecordsQuarantined"] == 2


def test_a_batch_of_which_nothing_is_wanted_gives_an_empty_answer() -> None:
    assert ask(handler(tables=[table(accepts=lambda record: False)]), put("a", 1)) == []
    assert ask(handler()) == []


def test_a_batch_that_the_pipe_sends_again_is_answered_again() -> None:
    """What was answered may not have reached the target: a ledger here would lose it."""
    pipe = handler()
    assert ask(pipe, put("a", 1)) == ask(pipe, put("a", 1)) != []


@pytest.mark.parametrize(
    ("make", "remaining_ms", "why"),
    [
        (lambda: handler(quarantine=BrokenQuarantine()), 60_000, "quarantine_unavailable"),
        (handler, 0, "no_time"),
    ],
)
def test_what_cannot_be_dealt_with_just_now_fails_the_batch_for_the_pipe_to_retry(
    make: Callable[[], PipeHandler], remaining_ms: int, why: str
) -> None:
    pipe = make()
    with pytest.raises(Unavailable, match=why):
        ask(pipe, put("a", 1), poison("b", 2), remaining_ms=remaining_ms)
    assert ids(ask(pipe, put("c", 3))) == ["event-3"]  # nothing of the failed batch is left over


def test_an_answer_over_lambdas_limit_fails_the_batch_and_names_the_remedy() -> None:
    pipe = handler()
    records = [put(f"k{n}", n, text="x" * 300_000) for n in range(24)]
    with pytest.raises(BatchError, match="lower the batch size"):
        ask(pipe, *records)
    halves = ask(pipe, *records[:12]) + ask(pipe, *records[12:])
    assert ids(halves) == [record["eventID"] for record in records]


@pytest.mark.parametrize("text", ["x", "ä", "\U0001f600", '"'])
def test_an_answer_is_never_larger_than_it_was_measured(text: str) -> None:
    """However Lambda's runtime writes JSON: with blanks or without, escaped or not."""
    answer = ask(handler(), put("a", 1, text=text))
    size = len(json.dumps(answer))
    for ascii_only in (True, False):
        assert len(json.dumps(answer, ensure_ascii=ascii_only).encode()) <= size
    assert ask(handler(max_bytes=size), put("a", 1, text=text)) == answer
    with pytest.raises(BatchError, match="Lambda answers at most"):
        ask(handler(max_bytes=size - 1), put("a", 1, text=text))


def test_a_bad_deploy_fails_the_batch_and_quarantines_nothing() -> None:
    quarantine = MemoryQuarantine()
    with pytest.raises(BreakerTripped):
        ask(handler(quarantine=quarantine), *(poison(f"p{n}", n) for n in range(12)))
    assert quarantine.entries() == []


TABLE_ARN = STREAM_ARN.partition("/stream/")[0]


def as_documented(record: dict[str, Any]) -> dict[str, Any]:
    """The documentation of Pipes shows the table's ARN; records seen in use have the stream's."""
    return {**record, "eventSourceARN": TABLE_ARN}


def test_a_record_has_one_sequence_whatever_the_way_in() -> None:
    """Through a pipe (in both forms that its records have), behind the stream, and redriven."""
    (documented,) = ask(handler(stream=stream_ref(STREAM_ARN)), as_documented(put("a", 1)))
    (seen,) = ask(handler(), put("a", 1))
    sink = MemorySink(name="domain")
    bridge = relay(sink)
    bridge.handle([put("a", 1)], Deadline.after(bridge.clock, 60))
    bridge.handle([put("a", 1)], Deadline.after(bridge.clock, 60), redriven=True)
    behind = [json.loads(event.body) for event in sink.events]
    assert {each["sequence"] for each in (documented, seen, *behind)} == {documented["sequence"]}
    assert documented["sequence"].startswith("2026-11-01T10:00:00.000/")


def test_a_record_without_its_stream_is_never_given_an_invented_place_in_the_order() -> None:
    with pytest.raises(BatchError, match="place in the order is not known") as refused:
        ask(handler(), as_documented(put("a", 1)))
    assert "STREAM_ARN" in refused.value.hint
    other = stream_ref(STREAM_ARN.replace("Users", "Orders"))
    with pytest.raises(BatchError, match="another table"):
        ask(handler(stream=other), as_documented(put("a", 1)))


def test_the_source_of_a_pipe_is_read_from_the_environment() -> None:
    assert source_stream({}) is None
    assert source_stream({"STREAM_ARN": STREAM_ARN}) == stream_ref(STREAM_ARN)
    with pytest.raises(BatchError, match="STREAM_ARN is not the ARN"):
        source_stream({"STREAM_ARN": TABLE_ARN})


def test_a_quarantined_record_of_a_pipe_names_its_stream_so_that_it_can_be_retried() -> None:
    quarantine = MemoryQuarantine()
    pipe = handler(quarantine=quarantine, stream=stream_ref(STREAM_ARN))
    assert ask(pipe, put("a", 1), as_documented(poison("b", 2)))
    (entry,) = quarantine.entries()
    assert entry.record["eventSourceARN"] == STREAM_ARN


def test_of_a_large_event_the_form_that_every_sink_takes_is_answered() -> None:
    sinks = MemorySink(name="domain"), MemorySink(name="billing", max_bytes=1000)
    bridge = relay(*sinks, ledger=NoLedger(), tables=[table(rule(sinks=("domain", "billing")))])
    store = MemoryClaimCheck()
    pipe = PipeHandler(replace(bridge, claim_check=store), {sink.name: sink for sink in sinks})
    (event,) = ask(pipe, put("a", 1, text="x" * 2000))
    assert event["dataref"] in store.kept
    assert "data" not in event


@pytest.mark.parametrize("event", [None, {}, {"Records": []}, "[]"])
def test_the_handler_refuses_an_event_that_is_not_a_list(event: Any) -> None:
    with pytest.raises(BatchError, match="not a list"):
        handler().handle(event, LambdaContext())
