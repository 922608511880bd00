"""Events that a person wrote from docs/events.md and docs/sources.md, not copied from any output.

The golden files next to this one are written by the code that they check; these are not. Each change of one
item is written three times: as the Streams API, Lambda and Kinesis hand it over.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.core.records.kinesis import KINESIS
from bridge.core.records.lambda_record import to_lambda_record
from tests.builders.bridges import handle, relay
from tests.fakes.sink import ScriptedSink

ARN = "arn:aws:dynamodb:eu-central-1:123456789012:table/Users/stream/2026-11-01T10:00:00.000"
KINESIS_ARN = "arn:aws:kinesis:eu-central-1:123456789012:stream/changes"
KINESIS_NUMBER = "49590338271490256608559692538361571095921575989136588898"
SERVICE = ("Service", "dynamodb.amazonaws.com")

KEYS = {"id": {"S": "u-1"}}
FREE = {"id": {"S": "u-1"}, "plan": {"S": "free"}, "seats": {"N": "5"}, "tags": {"SS": ["b", "a"]}}
PRO = {"id": {"S": "u-1"}, "plan": {"S": "pro"}, "seats": {"N": "9007199254740993"}}

PLAIN_FREE = {"id": "u-1", "plan": "free", "seats": 5, "tags": ["a", "b"]}
PLAIN_PRO = {"id": "u-1", "plan": "pro", "seats": "9007199254740993"}
"""2^53 + 1 is no JSON number that every reader takes exactly, so it stays a text."""

CASES: dict[str, tuple[str, dict[str, Any], bool, dict[str, Any]]] = {
    "insert": (
        "INSERT",
        {"NewImage": FREE},
        False,
        {"operation": "insert", "key": {"id": "u-1"}, "after": PLAIN_FREE},
    ),
    "modify": (
        "MODIFY",
        {"OldImage": FREE, "NewImage": PRO},
        False,
        {
            "operation": "modify",
            "key": {"id": "u-1"},
            "before": PLAIN_FREE,
            "after": PLAIN_PRO,
            "changes": [
                {"path": "/plan", "op": "replace", "before": "free", "after": "pro"},
                {"path": "/seats", "op": "replace", "before": 5, "after": "9007199254740993"},
                {"path": "/tags", "op": "remove", "before": ["a", "b"]},
            ],
        },
    ),
    "remove": (
        "REMOVE",
        {"OldImage": PRO},
        False,
        {"operation": "remove", "key": {"id": "u-1"}, "before": PLAIN_PRO},
    ),
    "expired": (
        "REMOVE",
        {"OldImage": FREE},
        True,
        {"operation": "remove", "key": {"id": "u-1"}, "before": PLAIN_FREE},
    ),
}
each_case = pytest.mark.parametrize("case", CASES)


def expected(case: str, sequence: str) -> dict[str, Any]:
    *_, expired, data = CASES[case]
    event = {
        "specversion": "1.0",
        "id": "7f0e:com.example.user.changed.v1",
        "source": "com.example.accounts",
        "type": "com.example.user.changed.v1",
        "subject": "user/u-1",
        "time": "2026-11-01T12:00:00Z",
        "datacontenttype": "application/json",
        "dataschema": "https://schemas.example.com/com.example.user.changed/1.0.0.json",
        "sequence": sequence,
        "partitionkey": "u-1",
        "causationid": "7f0e",
        "data": data,
    }
    return event | ({"authtype": "system"} if expired else {})


def streams_record(case: str) -> dict[str, Any]:
    """As GetRecords of the Streams API returns it."""
    name, images, expired, _ = CASES[case]
    record: dict[str, Any] = {
        "eventID": "7f0e",
        "eventName": name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-central-1",
        "dynamodb": {
            "ApproximateCreationDateTime": datetime(2026, 11, 1, 12, 0, 0, tzinfo=UTC),
            "Keys": KEYS,
            "SequenceNumber": "4421584500000000017450439091",
            "SizeBytes": 26,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
            **images,
        },
    }
    return record | ({"userIdentity": {"Type": SERVICE[0], "PrincipalId": SERVICE[1]}} if expired else {})


def lambda_record(case: str) -> dict[str, Any]:
    """As a function behind the stream gets it."""
    name, images, expired, _ = CASES[case]
    record: dict[str, Any] = {
        "eventID": "7f0e",
        "eventName": name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-central-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1793534400.0,
            "Keys": KEYS,
            "SequenceNumber": "4421584500000000017450439091",
            "SizeBytes": 26,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
            **images,
        },
        "eventSourceARN": ARN,
    }
    return record | ({"userIdentity": {"type": SERVICE[0], "principalId": SERVICE[1]}} if expired else {})


def kinesis_record(case: str) -> dict[str, Any]:
    """As a function behind a Kinesis data stream of the table gets it: the change is base64 JSON."""
    name, images, expired, _ = CASES[case]
    change = {
        "awsRegion": "eu-central-1",
        "eventID": "7f0e",
        "eventName": name,
        "userIdentity": {"type": SERVICE[0], "principalId": SERVICE[1]} if expired else None,
        "recordFormat": "application/json",
        "tableName": "Users",
        "dynamodb": {
            "ApproximateCreationDateTime": 1793534400123456,
            "ApproximateCreationDateTimePrecision": "MICROSECOND",
            "Keys": KEYS,
            "SizeBytes": 26,
            **images,
        },
        "eventSource": "aws:dynamodb",
    }
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "F3C2",
            "sequenceNumber": KINESIS_NUMBER,
            "data": base64.b64encode(json.dumps(change).encode()).decode(),
            "approximateArrivalTimestamp": 1793534400.5,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"shardId-000000000000:{KINESIS_NUMBER}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::123456789012:role/bridge",
        "awsRegion": "eu-central-1",
        "eventSourceARN": KINESIS_ARN,
    }


def published(record: dict[str, Any], **options: Any) -> dict[str, Any]:
    sink = ScriptedSink()
    handle(relay(sink), record, **options)
    (event,) = sink.accepted
    body: dict[str, Any] = json.loads(event.body)
    return body


@each_case
def test_a_record_of_the_streams_api_becomes_the_event_of_the_page(case: str) -> None:
    sequence = "2026-11-01T10:00:00.000/0000000000004421584500000000017450439091"
    assert published(to_lambda_record(streams_record(case), ARN)) == expected(case, sequence)


@each_case
def test_a_record_of_lambda_becomes_the_event_of_the_page(case: str) -> None:
    sequence = "2026-11-01T10:00:00.000/0000000000004421584500000000017450439091"
    assert published(lambda_record(case)) == expected(case, sequence)


@each_case
def test_a_record_of_kinesis_becomes_the_event_of_the_page(case: str) -> None:
    assert published(kinesis_record(case), dialect=KINESIS) == expected(
        case, f"2026-11-01T12:00:00.123456/{KINESIS_NUMBER}"
    )
