"""How an event becomes a message of PublishBatch."""

from __future__ import annotations

import random
from typing import Any

import pytest

from bridge.delivery.backoff import Backoff
from bridge.delivery.dispatch import Dispatcher
from bridge.edges.sns.topic import SnsSink
from bridge.errors import SinkChanged
from bridge.limits import SNS_ATTRIBUTES
from bridge.ports.clock import Deadline
from tests.fakes.clients.sns import SnsClient
from tests.fakes.clock import FakeClock
from tests.fakes.event_builder import event
from tests.fakes.executor import InlineExecutor

STANDARD = "arn:aws:sns:eu-central-1:111122223333:orders"
FIFO = STANDARD + ".fifo"


def _sink(client: SnsClient) -> SnsSink:
    return SnsSink(client, client.topic, Dispatcher(InlineExecutor(), Backoff(random.Random(0))))


def _published(topic: str, **fields: Any) -> dict[str, Any]:
    client = SnsClient(topic)
    (result,) = _sink(client).publish([event(0, **fields)], Deadline.after(FakeClock(), 9))
    assert result.status == "accepted"
    entry: dict[str, Any] = client.accepted_entries[0]
    return entry


def test_the_message_is_the_event_and_the_attributes_route_it() -> None:
    entry = _published(STANDARD)
    assert entry["Message"] == event(0).body.decode()
    attributes = {name: value["StringValue"] for name, value in entry["MessageAttributes"].items()}
    assert attributes == {
        "content-type": "application/cloudevents+json; charset=UTF-8",
        "type": "com.example.user.created.v1",
        "source": "com.example.accounts",
        "subject": "user/key-0",
        "dataschema": "https://schemas.example.com/user.created/1.0.0",
    }
    assert len(attributes) <= SNS_ATTRIBUTES
    assert "MessageGroupId" not in entry
    assert "MessageDeduplicationId" not in entry


def test_a_fifo_topic_gets_subject_as_group_and_event_id_as_deduplication_id() -> None:
    entry = _published(FIFO)
    assert entry["MessageGroupId"] == "user/key-0"
    assert entry["MessageDeduplicationId"] == "r0:com.example.user.created.v1"


@pytest.mark.parametrize("odd", ["with a blank", "größe", "x" * 129, "tab\there"])
def test_an_id_that_sns_would_refuse_is_hashed_to_the_same_text_each_time(odd: str) -> None:
    entry = _published(FIFO, subject=odd, id=odd)
    assert entry["MessageGroupId"] == _published(FIFO, subject=odd)["MessageGroupId"]
    for name in ("MessageGroupId", "MessageDeduplicationId"):
        assert len(entry[name]) == 64
        assert set(entry[name]) <= set("0123456789abcdef")


def test_an_id_of_exactly_the_longest_length_is_kept() -> None:
    assert _published(FIFO, subject="x" * 128)["MessageGroupId"] == "x" * 128


def test_an_attribute_that_sns_would_refuse_is_left_out_and_the_event_arrives() -> None:
    entry = _published(STANDARD, subject="bell\x07")
    assert "subject" not in entry["MessageAttributes"]
    assert "type" in entry["MessageAttributes"]


@pytest.mark.parametrize(("set_to", "expected"), [(None, 262_144), (1_048_576, 1_048_576), (1_024, 1_024)])
def test_the_check_takes_over_the_topic_s_own_limit(set_to: int | None, expected: int) -> None:
    sink = _sink(SnsClient(STANDARD, max_bytes=set_to))
    sink.check()
    assert sink.max_bytes == expected


def test_a_topic_whose_limit_was_lowered_meanwhile_loses_nothing() -> None:
    client = SnsClient(STANDARD, max_bytes=1_048_576)
    sink = _sink(client)
    sink.check()
    client.max_bytes = 4_096
    events = [event(n, padding=6_000 if n == 3 else 800) for n in range(12)]
    results = sink.publish(events, Deadline.after(FakeClock(), 9))
    assert [n for n, result in enumerate(results) if result.status != "accepted"] == [3]
    assert (
        max(size for size, ids in zip(client.call_bytes, client.calls, strict=True) if len(ids) == 1) > 4_096
    )
    assert len(client.accepted) == 11


def test_with_halt_on_failure_a_lowered_limit_ends_the_sending() -> None:
    client = SnsClient(STANDARD, max_bytes=1_048_576)
    sink = SnsSink(
        client, client.topic, Dispatcher(InlineExecutor(), Backoff(random.Random(0)), max_in_flight=1)
    )
    sink.check()
    client.max_bytes = 4_096
    events = [event(n, padding=6_000 if n == 0 else 10) for n in range(30)]
    clock = FakeClock()
    results = sink.publish(events, Deadline.after(clock, 9), halt_on_failure=True)
    assert [result.status for result in results] == ["failed"] + ["skipped"] * 29
    assert isinstance(results[0].error, SinkChanged)
    assert (client.accepted, clock.slept) == ([], [])
    assert sink.max_bytes == 4_096
