"""What members of an answer say of each other and of the request: believed exactly where it agrees."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.edges.answers.always import what_is_missing

ID = {"ResponseMetadata": {"RequestId": "1"}}
KEYS = {"RequestItems": {"T": {"Keys": [{"id": 1}, {"id": 2}]}}}
PUTS = {"RequestItems": {"T": [{"PutRequest": 1}, {"PutRequest": 2}]}}
TWO = {"Entries": [{"Id": "a"}, {"Id": "b"}]}
OBJECTS = {**ID, "Name": "b", "IsTruncated": False}


def batch_get(found: Any, left: Any = ()) -> dict[str, Any]:
    unprocessed = {"T": {"Keys": list(left)}} if left else {}
    return {"Responses": {} if found is None else {"T": found}, "UnprocessedKeys": unprocessed}


@pytest.mark.parametrize(
    ("name", "request_", "answer", "believed"),
    [
        ("dynamodb:BatchGetItem", KEYS, batch_get([{}, {}]), True),
        ("dynamodb:BatchGetItem", KEYS, batch_get([{}], [{}]), True),
        ("dynamodb:BatchGetItem", KEYS, batch_get([]), True),
        ("dynamodb:BatchGetItem", KEYS, batch_get(None, [{}, {}]), True),
        ("dynamodb:BatchGetItem", KEYS, batch_get(None), False),
        ("dynamodb:BatchGetItem", KEYS, batch_get("x"), False),
        ("dynamodb:BatchGetItem", KEYS, batch_get(["x"]), False),
        ("dynamodb:BatchGetItem", KEYS, batch_get([], ["x"]), False),
        ("dynamodb:BatchGetItem", KEYS, batch_get([{}, {}, {}]), False),
        ("dynamodb:BatchGetItem", KEYS, batch_get([{}, {}], [{}]), False),
        ("dynamodb:BatchWriteItem", PUTS, {"UnprocessedItems": {}}, True),
        ("dynamodb:BatchWriteItem", PUTS, {"UnprocessedItems": {"T": [1]}}, True),
        ("dynamodb:BatchWriteItem", PUTS, {"UnprocessedItems": {"T": [1, 2]}}, True),
        ("dynamodb:BatchWriteItem", PUTS, {"UnprocessedItems": {"T": [1, 2, 3]}}, False),
        ("dynamodb:BatchWriteItem", PUTS, {"UnprocessedItems": {"other": [1]}}, False),
        ("dynamodb:BatchWriteItem", PUTS, {"UnprocessedItems": {"T": "x"}}, False),
        ("dynamodb:Scan", {}, {"Items": [], "Count": 0, "ScannedCount": 0}, True),
        ("dynamodb:Scan", {}, {"Items": [{}], "Count": 1, "ScannedCount": 1}, True),
        ("dynamodb:Scan", {}, {"Items": [{}], "Count": 2, "ScannedCount": 2}, False),
        ("events:PutEvents", TWO, {"FailedEntryCount": 0, "Entries": [{}, {}]}, True),
        ("events:PutEvents", TWO, {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "x"}, {}]}, True),
        ("events:PutEvents", TWO, {"FailedEntryCount": 2, "Entries": [{"ErrorCode": "x"}, {}]}, False),
        ("events:PutEvents", TWO, {"FailedEntryCount": 0, "Entries": [{"ErrorCode": "x"}, {}]}, False),
        ("events:PutEvents", TWO, {"FailedEntryCount": 0, "Entries": [{}]}, False),
        ("events:PutEvents", TWO, {"FailedEntryCount": 0, "Entries": [{}, {}, {}]}, False),
        ("events:PutTargets", {}, {"FailedEntryCount": 0, "FailedEntries": []}, True),
        ("events:PutTargets", {}, {"FailedEntryCount": 1, "FailedEntries": []}, False),
        ("events:RemoveTargets", {}, {"FailedEntryCount": 1, "FailedEntries": [{}]}, True),
        ("eventbridgev2:PutEvents", TWO, {"Entries": [{}, {}]}, True),
        ("eventbridgev2:PutEvents", TWO, {"Entries": [{}]}, False),
        ("sns:PublishBatch", TWO, {"Successful": [{"Id": "a", "MessageId": "1"}], "Failed": []}, True),
        ("sns:PublishBatch", TWO, {"Failed": [{"Id": "a"}]}, True),
        ("sns:PublishBatch", TWO, {"Successful": [{"Id": "a"}], "Failed": []}, False),
        ("sns:PublishBatch", TWO, {"Successful": [{"MessageId": "1"}], "Failed": []}, False),
        ("sns:PublishBatch", TWO, {"Successful": [], "Failed": []}, False),
        ("sns:PublishBatch", TWO, {}, False),
        ("sqs:DeleteMessageBatch", TWO, {"Successful": [{"Id": "a"}, {"Id": "b"}]}, True),
        ("sqs:DeleteMessageBatch", TWO, {"Successful": [{"Id": "a"}], "Failed": [{"Id": "b"}]}, True),
        ("sqs:DeleteMessageBatch", TWO, {"Successful": [{"Id": "a"}]}, False),
        ("sqs:DeleteMessageBatch", TWO, {"Failed": [{"Id": "a"}, {"Id": "b"}, {"Id": "c"}]}, False),
        ("sqs:GetQueueAttributes", {"AttributeNames": ["A"]}, {**ID, "Attributes": {"A": "1"}}, True),
        ("sqs:GetQueueAttributes", {"AttributeNames": ["A", "RedrivePolicy"]}, {**ID,
        "Attributes": {"A": ""}}, True),
        ("sqs:GetQueueAttributes", {"AttributeNames": ["RedrivePolicy"]}, ID, True),
        ("sqs:GetQueueAttributes", {"AttributeNames": ["A", "B"]}, {**ID, "Attributes": {"A": "1"}}, False),
        ("sqs:GetQueueAttributes", {"AttributeNames": ["A"]}, ID, False),
        ("sqs:ReceiveMessage", {}, ID, True),
        ("sqs:ReceiveMessage", {}, {**ID, "Messages": [{"MessageId": "1", "ReceiptHandle": "r",
        "Body": ""}]}, True),
        ("sqs:ReceiveMessage", {}, {**ID, "Messages": [{"MessageId": "1", "ReceiptHandle": "r"}]}, False),
        ("sqs:ReceiveMessage", {}, {**ID, "Messages": [{"MessageId": "1", "Body": "b"}]}, False),
        ("sqs:ReceiveMessage", {}, {**ID, "Messages": [{"ReceiptHandle": "r", "Body": "b"}]}, False),
        ("s3:ListObjectsV2", {}, {**OBJECTS, "KeyCount": 0}, True),
        ("s3:ListObjectsV2", {}, {**OBJECTS, "KeyCount": 3, "Contents": [1], "CommonPrefixes": [1, 2]}, True),
        ("s3:ListObjectsV2", {}, {**OBJECTS, "KeyCount": 1, "Contents": [1], "CommonPrefixes": [1]}, False),
        ("s3:ListObjectsV2", {}, {**OBJECTS, "KeyCount": 0, "IsTruncated": True}, False),
        ("s3:ListObjectsV2", {}, {**OBJECTS, "KeyCount": 0, "IsTruncated": True,
        "NextContinuationToken": "t"}, True),
        ("cloudwatch:GetMetricStatistics", {}, {"Label": "x", "Datapoints": []}, True),
        ("cloudwatch:GetMetricStatistics", {}, {"Label": "", "Datapoints": []}, False),
        ("cloudwatch:GetMetricStatistics", {}, {"Label": "x", "Datapoints": None}, False),
        ("schemas:ListSchemas", {}, {"Schemas": [{"SchemaName": "a"}, {"SchemaName": ""}]}, False),
        ("schemas:ListSchemas", {}, {"Schemas": [{"SchemaName": "a"}]}, True),
        ("schemas:ListSchemas", {}, {"Schemas": {"SchemaName": "a"}}, False),
        ("events:ListRules", {}, {"Rules": []}, True),
        ("events:ListRules", {}, {"Rules": ["x"]}, False),
        ("any:Thing", {}, ID, True),
        ("any:Thing", {}, {}, False),
        ("any:Thing", {}, [], False),
    ],
)  # fmt: skip
def test_an_answer_is_believed_exactly_where_its_members_agree(
    name: str, request_: dict[str, Any], answer: Any, believed: bool
) -> None:
    service, operation = name.split(":")
    assert (what_is_missing(service, operation, request_, answer) == "") is believed


@pytest.mark.parametrize("operation", ["Scan", "PutItem"])
@pytest.mark.parametrize(
    ("asked", "capacity", "believed"),
    [
        ("TOTAL", {"CapacityUnits": 1.0}, True),
        ("TOTAL", None, False),
        ("NONE", None, True),
        (None, None, True),
        (None, {"CapacityUnits": 1.0}, True),
    ],
)
def test_consumed_capacity_is_there_where_it_was_asked_for(
    operation: str, asked: str | None, capacity: Any, believed: bool
) -> None:
    request = {} if asked is None else {"ReturnConsumedCapacity": asked}
    answer: dict[str, Any] = {**ID, "Items": [], "Count": 0, "ScannedCount": 0}
    if capacity is not None:
        answer["ConsumedCapacity"] = capacity
    assert (what_is_missing("dynamodb", operation, request, answer) == "") is believed
