"""Sinks against an AWS that carries data: what subscribers get is what was published."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bridge.core.event import Event
from bridge.delivery.backoff import Backoff
from bridge.delivery.dispatch import Dispatcher
from bridge.demo import resources
from bridge.edges.eventbridge.classic import EventBridgeSink
from bridge.edges.local.clock import SystemClock
from bridge.edges.sns.topic import SnsSink
from bridge.errors import TargetMissing
from bridge.ports.clock import Deadline
from tests.builders.aws import Aws
from tests.fakes.event_builder import event
from tests.integration.stage import built_resources

SOURCE = "com.example.accounts"  # what the event builder writes


@pytest.fixture
def stage(aws: Aws) -> Iterator[tuple[resources.Clients, resources.Resources]]:
    with built_resources(aws, SOURCE) as built:
        yield built


@pytest.fixture
def dispatcher() -> Iterator[Dispatcher]:
    with ThreadPoolExecutor(4) as pool:
        yield Dispatcher(pool, Backoff(random.Random(1)))


def within() -> Deadline:
    return Deadline.after(SystemClock(), 30)


def events() -> list[Event]:
    """Three items, each with a row of changes, some of them long and beyond ASCII."""
    return [
        event(number, key=f"łódź-{number % 3}", padding=2_000 if number % 5 == 0 else 0)
        for number in range(36)
    ]


def messages(sqs: Any, queue: resources.Queue) -> list[str]:
    """The bodies in a queue, as they are."""
    bodies: list[str] = []
    while True:
        answer = sqs.receive_message(QueueUrl=queue.url, MaxNumberOfMessages=10, VisibilityTimeout=60)
        if not answer.get("Messages"):
            return bodies
        for message in answer["Messages"]:
            bodies.append(message["Body"])
            sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"])


def test_the_bus_delivers_every_event_once_with_the_cloudevent_as_its_detail(
    stage: tuple[resources.Clients, resources.Resources], dispatcher: Dispatcher
) -> None:
    clients, built = stage
    sink = EventBridgeSink(clients.events, built.bus, dispatcher)
    sink.check()
    sent = events()
    assert {result.status for result in sink.publish(sent, within())} == {"accepted"}
    got = [json.loads(body) for body in messages(clients.sqs, built.bus_queue)]
    by_id = {each["detail"]["id"]: each for each in got}
    assert len(got) == len(by_id) == len(sent)
    for each in sent:
        delivered = by_id[each.id]
        assert delivered["detail"] == json.loads(each.body)
        assert (delivered["detail-type"], delivered["source"]) == (each.type, each.source)
        assert delivered["resources"] == [each.table_arn]


def test_the_fifo_topic_delivers_the_bytes_published_and_each_items_events_in_order(
    stage: tuple[resources.Clients, resources.Resources], dispatcher: Dispatcher
) -> None:
    clients, built = stage
    sink = SnsSink(clients.sns, built.topic_arn, dispatcher)
    sink.check()
    sent = events()
    for _ in range(2):  # the second time everything is a repeat, and FIFO drops it
        assert {result.status for result in sink.publish(sent, within())} == {"accepted"}
    got = [body.encode() for body in messages(clients.sqs, built.topic_queue)]
    assert sorted(got) == sorted(each.body for each in sent)
    for subject in {each.subject for each in sent}:
        assert [json.loads(body)["id"] for body in got if json.loads(body)["subject"] == subject] == [
            each.id for each in sent if each.subject == subject
        ]


def test_a_bus_or_topic_that_does_not_exist_is_found_out_at_start_up(
    stage: tuple[resources.Clients, resources.Resources], dispatcher: Dispatcher
) -> None:
    clients, built = stage
    with pytest.raises(TargetMissing, match="nobodys-bus"):
        EventBridgeSink(clients.events, "nobodys-bus", dispatcher).check()
    missing = built.topic_arn.replace(".fifo", "-not-there.fifo")
    with pytest.raises(TargetMissing, match="not-there"):
        SnsSink(clients.sns, missing, dispatcher).check()
