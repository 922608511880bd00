"""The Streams API's record becomes Lambda's, and nothing else about it changes."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from bridge.core.records.lambda_record import to_lambda_record
from tests.builders.records import STREAM_ARN, record

FROM_STREAMS: dict[str, Any] = {
    "eventID": "c4ca4238a0b923820dcc509a6f75849b",
    "eventName": "REMOVE",
    "eventVersion": "1.1",
    "eventSource": "aws:dynamodb",
    "awsRegion": "eu-central-1",
    "dynamodb": {
        "ApproximateCreationDateTime": datetime(2026, 11, 1, 12, 0, 5, tzinfo=UTC),
        "Keys": {"id": {"B": b"\x00\xff"}},
        "OldImage": {
            "id": {"B": b"\x00\xff"},
            "set": {"BS": [b"a", b"bc"]},
            "deep": {"M": {"list": {"L": [{"B": b"x"}, {"N": "1.50"}, {"NULL": True}, {"SS": ["a"]}]}}},
        },
        "SequenceNumber": "999999999999999999999",
        "SizeBytes": 26,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    },
    "userIdentity": {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"},
}

AS_LAMBDA: dict[str, Any] = {
    "eventID": "c4ca4238a0b923820dcc509a6f75849b",
    "eventName": "REMOVE",
    "eventVersion": "1.1",
    "eventSource": "aws:dynamodb",
    "awsRegion": "eu-central-1",
    "eventSourceARN": STREAM_ARN,
    "dynamodb": {
        "ApproximateCreationDateTime": 1793534405,
        "Keys": {"id": {"B": "AP8="}},
        "OldImage": {
            "id": {"B": "AP8="},
            "set": {"BS": ["YQ==", "YmM="]},
            "deep": {"M": {"list": {"L": [{"B": "eA=="}, {"N": "1.50"}, {"NULL": True}, {"SS": ["a"]}]}}},
        },
        "SequenceNumber": "999999999999999999999",
        "SizeBytes": 26,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    },
    "userIdentity": {"principalId": "dynamodb.amazonaws.com", "type": "Service"},
}


def test_a_record_with_binary_values_at_every_depth_and_a_ttl_identity_takes_lambdas_shape() -> None:
    assert to_lambda_record(FROM_STREAMS, STREAM_ARN) == AS_LAMBDA


def test_the_original_is_left_as_it_is() -> None:
    original = deepcopy(FROM_STREAMS)
    to_lambda_record(original, STREAM_ARN)
    assert original == FROM_STREAMS


def test_a_record_in_lambdas_shape_comes_out_equal() -> None:
    assert to_lambda_record(AS_LAMBDA, STREAM_ARN) == AS_LAMBDA


def test_the_result_is_json() -> None:
    assert json.loads(json.dumps(to_lambda_record(FROM_STREAMS, STREAM_ARN))) == AS_LAMBDA


def test_the_creation_time_does_not_depend_on_its_time_zone() -> None:
    here = record(time=datetime(2026, 11, 1, 14, 0, 5, tzinfo=timezone(timedelta(hours=2))))
    made = to_lambda_record(here, STREAM_ARN)
    assert made["dynamodb"]["ApproximateCreationDateTime"] == 1793534405


def test_region_source_and_version_are_filled_in_where_a_source_leaves_them_out() -> None:
    bare = {"eventID": "1", "eventName": "INSERT", "dynamodb": {}}
    made = to_lambda_record(bare, STREAM_ARN)
    assert (made["awsRegion"], made["eventSource"], made["eventVersion"]) == (
        "eu-central-1",
        "aws:dynamodb",
        "1.1",
    )


def test_a_malformed_record_stays_malformed_until_it_is_decoded() -> None:
    assert "dynamodb" not in to_lambda_record({"eventID": "1"}, STREAM_ARN)
    assert to_lambda_record({"dynamodb": None}, STREAM_ARN)["dynamodb"] is None
    unknown = to_lambda_record({"dynamodb": {"NewImage": {"a": {"X": [1, {"B": b"x"}]}}}}, STREAM_ARN)
    assert unknown["dynamodb"]["NewImage"] == {"a": {"X": [1, {"B": "eA=="}]}}


def test_what_is_no_record_of_a_stream_stays_as_it_is() -> None:
    for part in (None, 7, "x", [1]):
        assert to_lambda_record({"dynamodb": part}, STREAM_ARN)["dynamodb"] == part


def test_the_creation_time_is_an_integer_where_it_has_no_fraction() -> None:
    def made(value: Any) -> Any:
        shaped = to_lambda_record({"dynamodb": {"ApproximateCreationDateTime": value}}, STREAM_ARN)
        return shaped["dynamodb"]["ApproximateCreationDateTime"]

    at = datetime(2026, 11, 1, tzinfo=UTC)
    values = [made(value) for value in (5.0, 5.5, 5, "5", at, None)]
    assert values == [5, 5.5, 5, "5", int(at.timestamp()), None]
    assert [type(value) for value in values[:3]] == [int, float, int]
    assert type(values[4]) is int


def test_binary_beside_a_text_is_converted_too() -> None:
    shaped = to_lambda_record({"dynamodb": {"Keys": {"a": {"S": "x", "B": b"y"}}}}, STREAM_ARN)
    assert shaped["dynamodb"]["Keys"] == {"a": {"S": "x", "B": "eQ=="}}


def test_the_region_is_the_fourth_part_of_the_arn() -> None:
    for arn, region in (("a:b:c:d", "d"), ("a:b:c", ""), (STREAM_ARN, "eu-central-1")):
        assert to_lambda_record({}, arn)["awsRegion"] == region
