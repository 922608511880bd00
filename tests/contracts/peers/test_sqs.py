"""What the SQS peer refuses, with SQS's codes. Messages: localstack/localstack, tests/aws/services/sqs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fakes.clients.sqs import DEDUPLICATION_S, SqsClient

FIFO = "https://sqs.eu-central-1.amazonaws.com/111122223333/q.fifo"


def refusal(call: Callable[..., Any], **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def send(client: SqsClient, **more: Any) -> dict[str, Any]:
    return client.send_message(QueueUrl=client.url, **{"MessageBody": "b", **more})


def receive(client: SqsClient, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.receive_message(QueueUrl=client.url, **more).get("Messages", [])
    return found


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"MaxNumberOfMessages": 0}, "Value 0 for parameter MaxNumberOfMessages is invalid."),
        ({"MaxNumberOfMessages": 11}, "Value 11 for parameter MaxNumberOfMessages is invalid."),
        ({"VisibilityTimeout": 43_201}, "Value 43201 for parameter VisibilityTimeout is invalid."),
        ({"VisibilityTimeout": -1}, "Value -1 for parameter VisibilityTimeout is invalid."),
        ({"WaitTimeSeconds": 21}, "Value 21 for parameter WaitTimeSeconds is invalid."),
    ],
)
def test_a_receive_keeps_the_ranges(parameters: dict[str, Any], said: str) -> None:
    client = SqsClient()
    code, message = refusal(client.receive_message, QueueUrl=client.url, **parameters)
    assert code == "InvalidParameterValue"
    assert message.startswith(said)
    receive(client, MaxNumberOfMessages=10, VisibilityTimeout=43_200, WaitTimeSeconds=20)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"MessageBody": ""}, "MissingParameter"),
        ({"MessageBody": "bell\x07"}, "InvalidMessageContents"),
        ({"MessageBody": "x" * 1_025}, "InvalidParameterValue"),
        ({"DelaySeconds": 901}, "InvalidParameterValue"),
        ({"MessageDeduplicationId": "t"}, "InvalidParameterValue"),
        ({"MessageAttributes": {"a": {"DataType": "String", "StringValue": ""}}}, "InvalidParameterValue"),
        (
            {"MessageAttributes": {f"a{n}": {"DataType": "String", "StringValue": "v"} for n in range(11)}},
            "InvalidParameterValue",
        ),
    ],
)
def test_a_message_that_a_standard_queue_does_not_take_is_refused(message: Any, code: str) -> None:
    client = SqsClient(max_bytes=1_024)
    body = {"MessageBody": "b", **message}
    assert refusal(client.send_message, QueueUrl=client.url, **body)[0] == code
    assert client.messages == []


@pytest.mark.parametrize(
    ("ids", "code"),
    [
        ({"MessageDeduplicationId": "t"}, "MissingParameter"),
        ({"MessageGroupId": "g"}, "InvalidParameterValue"),
        ({"MessageGroupId": "a b", "MessageDeduplicationId": "t"}, "InvalidParameterValue"),
        ({"MessageGroupId": "g", "MessageDeduplicationId": "t" * 129}, "InvalidParameterValue"),
        ({"MessageGroupId": "g", "MessageDeduplicationId": "t", "DelaySeconds": 2}, "InvalidParameterValue"),
    ],
)
def test_a_fifo_queue_needs_a_group_and_a_deduplication_id_of_its_alphabet(ids: Any, code: str) -> None:
    client = SqsClient(FIFO)
    assert refusal(client.send_message, QueueUrl=FIFO, MessageBody="b", **ids)[0] == code
    assert client.messages == []


def test_a_fifo_queue_keeps_a_repeat_within_five_minutes_once_and_holds_a_group_back() -> None:
    client = SqsClient(FIFO, few=10)
    ids = {"MessageGroupId": "g", "MessageDeduplicationId": "t"}
    send(client, **ids)
    client.clock.advance(DEDUPLICATION_S - 1)
    send(client, **ids)
    assert len(client.messages) == 1
    client.clock.advance(1)
    send(client, **ids)
    assert len(client.messages) == 2
    assert len(receive(client)) == 1
    assert receive(client, MaxNumberOfMessages=10) == [], "the group waits for its message in flight"


def entries(count: int) -> list[dict[str, Any]]:
    return [{"Id": str(n), "ReceiptHandle": "m1/1", "VisibilityTimeout": 0} for n in range(count)]


@pytest.mark.parametrize(
    ("batch", "code"),
    [
        ([], "EmptyBatchRequest"),
        (entries(11), "TooManyEntriesInBatchRequest"),
        (entries(1) * 2, "BatchEntryIdsNotDistinct"),
        ([{**entries(1)[0], "Id": "a:b"}], "InvalidBatchEntryId"),
        ([{**entries(1)[0], "Id": "a" * 81}], "InvalidBatchEntryId"),
    ],
)
def test_a_batch_has_one_to_ten_entries_with_ids_of_their_own(batch: Any, code: str) -> None:
    client = SqsClient()
    change = client.change_message_visibility_batch
    assert refusal(change, QueueUrl=client.url, Entries=batch)[0] == f"AWS.SimpleQueueService.{code}"
    deletions = [{"Id": each["Id"], "ReceiptHandle": each["ReceiptHandle"]} for each in batch]
    delete = client.delete_message_batch
    assert refusal(delete, QueueUrl=client.url, Entries=deletions)[0] == f"AWS.SimpleQueueService.{code}"


def test_a_batch_of_messages_has_at_most_1_mib_together() -> None:
    client = SqsClient()
    batch = [{"Id": str(n), "MessageBody": "x" * 600_000} for n in range(2)]
    code, message = refusal(client.send_message_batch, QueueUrl=client.url, Entries=batch)
    assert code == "AWS.SimpleQueueService.BatchRequestTooLong"
    assert message == "Batch requests cannot be longer than 1048576 bytes. You have sent 1200000 bytes."
    answer = client.send_message_batch(
        QueueUrl=client.url, Entries=[batch[0], {"Id": "1", "MessageBody": ""}]
    )
    assert [each["Id"] for each in answer["Successful"]] == ["0"]
    assert [each["Code"] for each in answer["Failed"]] == ["MissingParameter"]


def test_a_handle_that_is_none_is_refused_and_an_old_one_does_what_the_kind_of_queue_says() -> None:
    client = SqsClient()
    code, message = refusal(client.delete_message, QueueUrl=client.url, ReceiptHandle="bogus")
    assert code == "ReceiptHandleIsInvalid"
    assert message == 'The input receipt handle "bogus" is not a valid receipt handle.'
    for queue, kept in ((SqsClient(), 0), (SqsClient(FIFO), 1)):
        ids = {"MessageGroupId": "g", "MessageDeduplicationId": "t"} if queue.fifo else {}
        send(queue, **ids)
        (found,) = receive(queue, VisibilityTimeout=5)
        queue.clock.advance(6)
        if queue.fifo:
            code, message = refusal(
                queue.delete_message, QueueUrl=queue.url, ReceiptHandle=found["ReceiptHandle"]
            )
            assert code == "InvalidParameterValue"
            assert message.endswith("Reason: The receipt handle has expired.")
        else:
            queue.delete_message(QueueUrl=queue.url, ReceiptHandle=found["ReceiptHandle"])
        assert len(queue.messages) == kept


def test_the_visibility_of_a_message_that_is_visible_cannot_be_changed() -> None:
    client = SqsClient()
    send(client)
    (found,) = receive(client, VisibilityTimeout=5)
    entry = {"Id": "0", "ReceiptHandle": found["ReceiptHandle"], "VisibilityTimeout": 60}
    answer = client.change_message_visibility_batch(QueueUrl=client.url, Entries=[entry])
    assert answer == {"Successful": [{"Id": "0"}]}, "an empty list is left out"
    client.clock.advance(60)
    answer = client.change_message_visibility_batch(QueueUrl=client.url, Entries=[entry])
    assert [each["Code"] for each in answer["Failed"]] == ["InvalidParameterValue"]
    assert "Successful" not in answer
