"""The sink of EventBridge's new custom bus, through boto3's own client and over HTTP."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bridge.core.event import Event
from bridge.delivery.backoff import Backoff
from bridge.delivery.dispatch import Dispatcher
from bridge.edges.eventbridge.v2 import EventBridgeV2Sink
from bridge.errors import BatchError, EventRefused, SinkUnavailable, TargetMissing
from bridge.limits import EVENTBRIDGE_V2_ENTRIES
from bridge.ports.clock import Deadline
from bridge.ports.sink import EntryResult
from tests.fakes.clients.batch_peer import client_error, throttling, timeout
from tests.fakes.clock import FakeClock
from tests.fakes.event_builder import TABLE_ARN, event
from tests.fakes.eventbridge_v2_server import EventBridgeV2Server, Result
from tests.fakes.executor import InlineExecutor

WINDOW_S = 300


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def bus(clock: FakeClock) -> Iterator[EventBridgeV2Server]:
    with EventBridgeV2Server(clock=clock) as server:
        yield server


def _sink(bus: EventBridgeV2Server, *, raw: bool = False) -> EventBridgeV2Sink:
    dispatcher = Dispatcher(InlineExecutor(), Backoff(random.Random(0)))
    return EventBridgeV2Sink(bus.client(), bus.arn, dispatcher, raw=raw)


def _publish(bus: EventBridgeV2Server, *events: Event, raw: bool = False) -> list[EntryResult]:
    return _sink(bus, raw=raw).publish(events, Deadline.after(FakeClock(), 60))


def _statuses(results: list[EntryResult]) -> list[str]:
    return [result.status for result in results]


def _kept(bus: EventBridgeV2Server) -> list[str]:
    return [id for group in bus.groups.values() for id in group]


both = pytest.mark.parametrize("raw", [False, True], ids=["PutEvents", "PutRawEvents"])


# --- what goes over the wire -------------------------------------------------------------------------


def test_an_entry_carries_the_whole_event_as_detail_and_its_place_in_the_order(
    bus: EventBridgeV2Server,
) -> None:
    one = event(0, trace_header="Root=1-5759e988-bd862e3fe1be46a994272793")
    _publish(bus, one)
    assert bus.accepted_entries == [
        {
            "Source": "com.example.accounts",
            "DetailType": "com.example.user.created.v1",
            "Detail": one.body.decode(),
            "Resources": [TABLE_ARN],
            "Time": datetime(2026, 11, 1, 12, 0, 0, tzinfo=UTC),
            "SystemMetadata": {
                "EventGroupId": "user/key-0",
                "DeduplicationId": "r0:com.example.user.created.v1",
            },
        }
    ]


def test_a_raw_entry_is_the_cloudevent_byte_for_byte_as_json_that_filters_can_read(
    bus: EventBridgeV2Server,
) -> None:
    one = event(0, key="straße")
    _publish(bus, one, raw=True)
    (entry,) = bus.accepted_entries
    assert entry["Data"] == one.body
    assert entry["SystemMetadata"]["ContentType"] == "application/json"
    assert entry["SystemMetadata"]["DeduplicationId"] == one.id
    assert set(entry) == {"Data", "SystemMetadata"}


@both
@pytest.mark.parametrize("odd", ["with a blank", "größe", "x" * 129, "tab\there", "\u2003"])
def test_an_id_that_a_fifo_target_would_refuse_is_hashed_to_the_same_text_each_time(
    bus: EventBridgeV2Server, odd: str, raw: bool
) -> None:
    assert _statuses(_publish(bus, event(0, subject=odd, id=odd), raw=raw)) == ["accepted"]
    _publish(bus, event(1, subject=odd), raw=raw)
    first, second = (entry["SystemMetadata"] for entry in bus.accepted_entries)
    assert first["EventGroupId"] == second["EventGroupId"] == first["DeduplicationId"]
    assert len(first["EventGroupId"]) == 64
    assert set(first["EventGroupId"]) <= set("0123456789abcdef")


def test_an_id_of_exactly_the_longest_length_is_kept(bus: EventBridgeV2Server) -> None:
    _publish(bus, event(0, subject="x" * 128))
    assert list(bus.groups) == ["x" * 128]


@both
def test_a_call_carries_a_hundred_entries(bus: EventBridgeV2Server, raw: bool) -> None:
    results = _publish(bus, *(event(n) for n in range(250)), raw=raw)
    assert set(_statuses(results)) == {"accepted"}
    assert [len(call) for call in bus.calls] == [100, 100, 50]


def test_an_entry_counts_all_that_the_bus_stores(bus: EventBridgeV2Server) -> None:
    one = event(0, type="größe.v1", subject="with a blank", id="plain")
    ids = 64 + len("plain")
    texts = len(b"com.example.accounts") + len("größe.v1".encode()) + len(TABLE_ARN)
    assert _sink(bus).size_of(one) == 14 + len(one.body) + texts + ids
    assert _sink(bus, raw=True).size_of(one) == len(one.body) + len("application/json") + ids


# --- repeats -----------------------------------------------------------------------------------------


@both
def test_after_a_lost_answer_the_bus_drops_the_repeat_and_the_sink_takes_that_for_success(
    bus: EventBridgeV2Server, raw: bool
) -> None:
    bus.lose_answer = lambda call, ids: timeout() if call == 0 else None
    events = [event(n) for n in range(5)]
    assert _statuses(_publish(bus, *events, raw=raw)) == ["accepted"] * 5
    assert [len(call) for call in bus.calls] == [5, 5]
    assert _kept(bus) == [e.id for e in events]


def test_a_redelivery_within_the_window_is_settled_without_a_second_copy(
    bus: EventBridgeV2Server, clock: FakeClock
) -> None:
    _publish(bus, event(0))
    clock.advance(WINDOW_S - 1)
    assert _statuses(_publish(bus, event(0))) == ["accepted"]
    assert len(_kept(bus)) == 1


def test_a_redelivery_after_the_window_is_a_second_copy_with_the_same_event_id(
    bus: EventBridgeV2Server, clock: FakeClock
) -> None:
    _publish(bus, event(0))
    clock.advance(WINDOW_S)
    _publish(bus, event(0))
    assert _kept(bus) == [event(0).id] * 2


# --- answers in part ---------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("missing", [0, 2, 4])
def test_an_answer_that_leaves_out_a_refused_entry_loses_no_event(
    bus: EventBridgeV2Server, missing: int, raw: bool
) -> None:
    """Results are matched by position: one too few, and every later one would speak of its neighbour."""
    bus.fail_entry = lambda call, id: "InternalException" if call == 0 and id == lost else None
    bus.rewrite = lambda call, id, result: None if call == 0 and id == lost else result
    events = [event(n) for n in range(5)]
    lost = events[missing].id
    assert _statuses(_publish(bus, *events, raw=raw)) == ["accepted"] * 5
    assert sorted(_kept(bus)) == [e.id for e in events]


def test_an_answer_without_results_acknowledges_nothing(bus: EventBridgeV2Server) -> None:
    bus.rewrite = lambda call, id, result: None
    results = _publish(bus, event(0), event(1))
    assert _statuses(results) == ["failed", "failed"]
    assert {isinstance(result.error, SinkUnavailable) for result in results} == {True}


def test_a_result_that_says_neither_success_nor_error_is_no_acknowledgement(bus: EventBridgeV2Server) -> None:
    blank: Result = {}
    bus.fail_entry = lambda call, id: "InternalException" if call == 0 and id.startswith("r1:") else None
    bus.rewrite = lambda call, id, result: blank if "ErrorCode" in result else result
    assert _statuses(_publish(bus, *(event(n) for n in range(3)))) == ["accepted"] * 3
    assert [len(call) for call in bus.calls] == [3, 1]
    assert len(_kept(bus)) == 3


@both
def test_throttled_entries_alone_are_sent_again(bus: EventBridgeV2Server, raw: bool) -> None:
    bus.fail_entry = lambda call, id: (
        "ThrottlingException" if call == 0 and id[:3] in ("r2:", "r5:") else None
    )
    assert set(_statuses(_publish(bus, *(event(n) for n in range(8)), raw=raw))) == {"accepted"}
    assert [[id[:2] for id in call] for call in bus.calls][1:] == [["r2", "r5"]]


@pytest.mark.parametrize(
    "trouble",
    [
        throttling,
        lambda: client_error("InternalException", "Any", 500),
        lambda: client_error("ServiceUnavailable", "Any", 503),
        timeout,
    ],
    ids=["throttled", "500", "503", "connection closed"],
)
@both
def test_a_call_that_fails_as_a_whole_is_repeated_and_then_succeeds(
    bus: EventBridgeV2Server, raw: bool, trouble: Callable[[], Exception]
) -> None:
    bus.fail_call = lambda call, ids: trouble() if call < 2 else None
    assert _statuses(_publish(bus, *(event(n) for n in range(3)), raw=raw)) == ["accepted"] * 3
    assert len(bus.calls) == 3
    assert len(_kept(bus)) == 3


@both
def test_order_within_a_group_outlives_faults_and_parallel_calls(raw: bool) -> None:
    """Throttled entries, throttled calls and lost answers together, with eight calls in flight."""
    faults = random.Random(5)
    with EventBridgeV2Server() as bus, ThreadPoolExecutor(8) as pool:
        bus.fail_entry = lambda call, id: "ThrottlingException" if faults.random() < 0.15 else None
        bus.fail_call = lambda call, ids: throttling() if faults.random() < 0.1 else None
        bus.lose_answer = lambda call, ids: timeout() if faults.random() < 0.1 else None
        dispatcher = Dispatcher(pool, Backoff(random.Random(1)), max_in_flight=8)
        sink = EventBridgeV2Sink(bus.client(), bus.arn, dispatcher, raw=raw)
        events = [event(n, key=f"k{n % 40}") for n in range(400)]
        results = sink.publish(events, Deadline.after(FakeClock(), 6_000))
    assert set(_statuses(results)) == {"accepted"}
    assert bus.groups == {f"user/k{key}": [e.id for e in events if e.key == f"k{key}"] for key in range(40)}
    assert not bus.overlapping_subjects


# --- a bus that is not usable --------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["CREATING", "DELETING"])
def test_a_bus_that_takes_no_events_now_fails_the_batch_and_no_record(
    bus: EventBridgeV2Server, state: str
) -> None:
    bus.state = state
    with pytest.raises(BatchError, match="InvalidStateException"):
        _publish(bus, event(0), event(1))


@pytest.mark.parametrize("state", ["CREATING", "CREATE_FAILED", "DELETING", "DELETE_FAILED"])
def test_the_check_says_in_which_state_a_bus_takes_no_events(bus: EventBridgeV2Server, state: str) -> None:
    bus.state = state
    with pytest.raises(BatchError, match=f"no events in state {state}"):
        _sink(bus).check()


@pytest.mark.parametrize("state", ["ACTIVE", "UPDATING", "UPDATE_FAILED"])
def test_the_check_passes_where_the_bus_takes_events(bus: EventBridgeV2Server, state: str) -> None:
    bus.state = state
    _sink(bus).check()
    assert _statuses(_publish(bus, event(0))) == ["accepted"]


def test_a_bus_that_is_gone_fails_the_batch_and_no_record(bus: EventBridgeV2Server) -> None:
    bus.exists = False
    with pytest.raises(TargetMissing, match="event-busv2/orders"):
        _publish(bus, event(0))


def test_one_event_that_breaks_the_model_is_found_and_the_others_arrive(bus: EventBridgeV2Server) -> None:
    """The service refuses a request as a whole when it cannot read one of its entries."""
    events = [event(n, type="t" * 129 if n == 3 else "t.v1") for n in range(8)]
    results = _publish(bus, *events)
    assert [n for n, result in enumerate(results) if result.status != "accepted"] == [3]
    assert isinstance(results[3].error, EventRefused)
    assert len(_kept(bus)) == 7


# --- the server itself ---------------------------------------------------------------------------------

GOOD: dict[str, Any] = {"Source": "s", "DetailType": "t", "Detail": '{"id":"i","subject":"s"}'}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"Entries": [GOOD] * (EVENTBRIDGE_V2_ENTRIES + 1)},
            r"at .entries. .* length less than or equal to 100",
        ),
        ({"EventBusArn": "orders"}, r"at .eventBusArn. .* regular expression pattern"),
        (
            {"Entries": [{**GOOD, "Source": "s" * 257}]},
            r"at .entries\.1\.member\.source. .* length less than or equal to 256",
        ),
        (
            {"Entries": [{**GOOD, "SystemMetadata": {"EventGroupId": "g" * 129}}]},
            r"eventGroupId. .* less than or equal to 128",
        ),
        (
            {"Entries": [{**GOOD, "SystemMetadata": {"DeduplicationId": " \t"}}]},
            r"deduplicationId. .* pattern",
        ),
        (
            {"DeduplicationConfiguration": {"DeduplicationType": "OWN"}},
            r"deduplicationType. .* enum value set",
        ),
    ],
)
def test_the_server_refuses_what_the_model_forbids_and_the_client_lets_pass(
    bus: EventBridgeV2Server, changed: dict[str, Any], said: str
) -> None:
    parameters: dict[str, Any] = {"EventBusArn": bus.arn, "Entries": [GOOD], **changed}
    with pytest.raises(ClientError, match=rf"InvalidInputException.*{said}"):
        bus.client().put_events(**parameters)


def test_the_server_refuses_a_content_type_that_the_service_does_not_take(bus: EventBridgeV2Server) -> None:
    system = {"ContentType": "application/cloudevents+json"}
    answer = bus.client().put_raw_events(
        EventBusArn=bus.arn, Entries=[{"Data": b'{"id":"i","subject":"s"}', "SystemMetadata": system}]
    )
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][0]["ErrorCode"] == "InvalidInputException"


def test_everything_the_server_starts_ends_with_it() -> None:
    before = set(threading.enumerate())
    with EventBridgeV2Server() as bus:
        _publish(bus, event(0))
        port = int(bus.url.rpartition(":")[2])
        assert set(threading.enumerate()) > before
    assert set(threading.enumerate()) == before
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
