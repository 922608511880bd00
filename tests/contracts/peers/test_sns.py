"""What the SNS peer refuses, and what a FIFO topic delivers once and accepts each time."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

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


# --- what PublishBatch refuses; codes: botocore's model; [k] where a mistake of one entry is put ---


def message(**more: Any) -> dict[str, Any]:
    return {"Id": "1", "Message": "{}", **more}


def refusal(client: SnsClient, *entries: dict[str, Any], topic: str = "") -> str:
    with pytest.raises(ClientError) as caught:
        client.publish_batch(TopicArn=topic or client.topic, PublishBatchRequestEntries=list(entries))
    assert client.accepted_entries == []
    return str(caught.value.response["Error"]["Code"])


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([], "EmptyBatchRequest"),
        ([message(Id=str(n)) for n in range(11)], "TooManyEntriesInBatchRequest"),
        ([message(), message()], "BatchEntryIdsNotDistinct"),
        ([message(Id="a:b")], "InvalidBatchEntryId"),
        ([message(Id="a" * 81)], "InvalidBatchEntryId"),
        ([message(Id=str(n), Message="x" * 131_073) for n in range(2)], "BatchRequestTooLong"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_batch_that_sns_refuses_is_refused_whole(entries: list[Any], code: str) -> None:
    assert refusal(SnsClient(TOPIC), *entries) == code


def test_a_topic_that_is_none_is_invalid_and_another_is_not_found() -> None:
    client = SnsClient(TOPIC)
    assert refusal(client, message(), topic="orders") == "InvalidParameter"
    assert refusal(client, message(), topic=TOPIC + "-other") == "NotFound"


@pytest.mark.parametrize("ids", [{"MessageGroupId": "g"}, {"MessageDeduplicationId": "t"}, {}])
def test_a_fifo_topic_needs_both_ids(ids: dict[str, str]) -> None:
    assert refusal(SnsClient(TOPIC + ".fifo"), message(**ids)) == "InvalidParameter"


def text(value: str = "v", kind: str = "String") -> dict[str, str]:
    return {"DataType": kind, "StringValue": value}


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (message(Message=""), "InvalidParameter"),
        (message(Message="\ufffe"), "InvalidParameter"),
        (message(MessageAttributes={"a": text("")}), "ParameterValueInvalid"),
        (message(MessageAttributes={"a": text("bell\x07")}), "ParameterValueInvalid"),
        (message(MessageAttributes={"a b": text()}), "ParameterValueInvalid"),
        (message(MessageAttributes={"AWS.x": text()}), "ParameterValueInvalid"),
        (message(MessageAttributes={".a": text()}), "ParameterValueInvalid"),
        (message(MessageAttributes={"a": text(kind="Text")}), "ParameterValueInvalid"),
        (message(MessageDeduplicationId="t"), "InvalidParameter"),
        (message(MessageGroupId="a b"), "InvalidParameter"),
        (message(MessageGroupId="g" * 129), "InvalidParameter"),
    ],
)
def test_an_entry_that_sns_refuses_fails_alone(entry: dict[str, Any], code: str) -> None:
    client = SnsClient(TOPIC)
    answer = client.publish_batch(
        TopicArn=TOPIC, PublishBatchRequestEntries=[{**entry, "Id": "bad"}, message(Id="good")]
    )
    assert [each["Id"] for each in answer["Successful"]] == ["good"]
    assert [(each["Code"], each["SenderFault"]) for each in answer["Failed"]] == [(code, True)]


def test_raw_delivery_drops_a_message_of_more_than_ten_attributes() -> None:
    for raw, arrived in ((False, 2), (True, 1)):
        client = SnsClient(TOPIC, raw=raw)
        entries = [
            message(Id=str(count), MessageAttributes={f"a{n}": text() for n in range(count)})
            for count in (10, 11)
        ]
        answer = client.publish_batch(TopicArn=TOPIC, PublishBatchRequestEntries=entries)
        assert len(answer["Successful"]) == 2, "the publisher is not told"
        assert len(client.delivered) == arrived
