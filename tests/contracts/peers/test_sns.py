"""A FIFO topic delivers a repeated id once in five minutes, and accepts it each time."""

from __future__ import annotations

from tests.fakes.clients.sns import DEDUPLICATION_S, SnsClient
from tests.fakes.clock import FakeClock
from tests.fakes.event_builder import event

TOPIC = "arn:aws:sns:eu-central-1:111122223333:orders"


def publish(client: SnsClient, *, token: str = "t") -> None:
    ids = {"MessageGroupId": "g", "MessageDeduplicationId": token} if client.fifo else {}
    entry = {"Id": "1", "Message": event(0).body.decode(), **ids}
    answer = client.publish_batch(TopicArn=client.topic, PublishBatchRequestEntries=[entry])
    assert answer["Successful"], "a repeat is a success too"


def test_a_repeat_within_five_minutes_is_delivered_once() -> None:
    clock = FakeClock()
    client = SnsClient(TOPIC + ".fifo", clock=clock)
    publish(client)
    clock.advance(DEDUPLICATION_S - 1)
    publish(client)
    assert len(client.accepted) == 2
    assert len(client.delivered) == 1
    publish(client, token="another")
    assert len(client.delivered) == 2


def test_after_five_minutes_from_the_first_a_repeat_is_delivered_again() -> None:
    clock = FakeClock()
    client = SnsClient(TOPIC + ".fifo", clock=clock)
    publish(client)
    clock.advance(DEDUPLICATION_S - 1)
    publish(client)  # does not make the window longer
    clock.advance(1)
    publish(client)
    assert len(client.delivered) == 2


def test_the_wall_clock_of_this_machine_does_not_move_the_window() -> None:
    clock = FakeClock()
    client = SnsClient(TOPIC + ".fifo", clock=clock)
    publish(client)
    clock.set_wall(10 * DEDUPLICATION_S)
    publish(client)
    assert len(client.delivered) == 1


def test_a_standard_topic_delivers_every_repeat() -> None:
    client = SnsClient(TOPIC)
    publish(client)
    publish(client)
    assert len(client.delivered) == 2
