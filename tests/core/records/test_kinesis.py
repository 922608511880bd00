"""A change that came through Kinesis is the same change, with a position made of time and Kinesis number."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.change import Position
from bridge.core.diff.fields import compile_diff
from bridge.core.diff.view import ChangeView, default_data
from bridge.core.keys import key_token
from bridge.core.records.decode import decode as decode_stream
from bridge.core.records.dialect import STREAM
from bridge.core.records.kinesis import KINESIS, decode, dialect_of
from bridge.errors import MalformedRecord
from bridge.limits import KINESIS_SEQUENCE_NUMBER_DIGITS
from tests.builders.kinesis_records import (
    FIRST_NUMBER,
    KINESIS_ARN,
    START_MS,
    api_record,
    change,
    kinesis_bytes,
    kinesis_record,
    rewritten,
)
from tests.builders.records import lambda_record

BEFORE = {"id": "a", "n": 1, "tags": {"x", "y"}}
AFTER = {"id": "a", "n": 2, "tags": {"x"}}


@pytest.mark.parametrize(
    ("op", "images"),
    [
        ("insert", {"after": AFTER}),
        ("modify", {"before": BEFORE, "after": AFTER}),
        ("remove", {"before": BEFORE}),
    ],
)
def test_kinesis_and_the_tables_own_stream_give_the_same_change(op: Any, images: dict[str, Any]) -> None:
    through_kinesis = decode(kinesis_record(op=op, **images)).change
    own = decode_stream(lambda_record(op=op, **images))
    assert default_data(ChangeView(through_kinesis, compile_diff())) == default_data(
        ChangeView(own, compile_diff())
    )
    assert key_token(through_kinesis.table, through_kinesis.key) == key_token(own.table, own.key)
    assert (through_kinesis.time, through_kinesis.operation, through_kinesis.stream.table_arn) == (
        own.time,
        own.operation,
        own.stream.table_arn,
    )


@pytest.mark.parametrize(
    ("at", "precision", "label"),
    [
        (START_MS + 7, "MILLISECOND", "2026-11-01T12:00:00.007000"),
        (START_MS, None, "2026-11-01T12:00:00.000000"),  # written before the precision could be chosen
        (START_MS * 1000 + 7, "MICROSECOND", "2026-11-01T12:00:00.000007"),
        (0, "MICROSECOND", "1970-01-01T00:00:00.000000"),
        (253_402_300_799_000_000, "MICROSECOND", "9999-12-31T23:59:59.000000"),
    ],
)
def test_the_position_is_the_creation_time_then_the_number_of_the_kinesis_record(
    at: int, precision: str | None, label: str
) -> None:
    published = decode(kinesis_record(after=AFTER, at=at, precision=precision, number=5)).change
    assert published.position == Position(label, FIRST_NUMBER + 5)
    assert published.position.sequence == f"{label}/{FIRST_NUMBER + 5}"


def test_the_time_has_whole_seconds_as_in_a_tables_own_stream() -> None:
    assert decode(kinesis_record(after=AFTER, at=START_MS + 999)).change.time == datetime(
        2026, 11, 1, 12, tzinfo=UTC
    )


PLACES = st.tuples(
    st.sampled_from([START_MS, START_MS + 1, START_MS + 999, START_MS + 10**9]),
    st.integers(min_value=0, max_value=10**50),
)


@given(PLACES, PLACES)
def test_sequences_sort_as_text_by_time_and_then_by_kinesis_number(
    one: tuple[int, int], other: tuple[int, int]
) -> None:
    first, second = (
        decode(kinesis_record(after=AFTER, at=at, number=number)).change.position
        for at, number in (one, other)
    )
    assert (first.sequence < second.sequence) == (first < second) == (one < other)


def test_a_ttl_delete_is_recognised() -> None:
    assert decode(kinesis_record(op="remove", before=BEFORE, ttl=True)).change.actor == "ttl"


def test_filters_for_a_tables_own_stream_apply_to_the_body() -> None:
    body = decode(kinesis_record(after=AFTER)).body
    assert (body["eventName"], body["dynamodb"]["Keys"]) == ("INSERT", {"id": {"S": "a"}})


GOOD = kinesis_record(after=AFTER)


def _part(**members: Any) -> dict[str, Any]:
    return {**GOOD, "kinesis": {**GOOD["kinesis"], **members}}


@pytest.mark.parametrize(
    ("bad", "published"),
    [
        (None, "no 'kinesis' part"),
        ([], "no 'kinesis' part"),
        ({"kinesis": "x"}, "no 'kinesis' part"),
        (_part(data=None), "no data"),
        (_part(data="?"), "not base64"),
        (_part(data="ä"), "not base64"),
        (_part(data=""), "not JSON"),
        (kinesis_bytes(b"\xf3\x89\x9a\xc2\x0a\x00"), "aggregated"),
        (kinesis_bytes(b"plain text"), "not JSON"),
        (kinesis_bytes(b'{"a": "\\ud800"}'), "not JSON"),
        (kinesis_bytes(b"[]"), "not a JSON object"),
        (kinesis_bytes(b"7"), "not a JSON object"),
        (kinesis_bytes(b'{"orderId": "somebody else\'s"}'), "no change of a DynamoDB table"),
        (rewritten(GOOD, tableName=None), "no table"),
        (rewritten(GOOD, tableName=7), "no table"),
        (rewritten(GOOD, eventID=None), "eventID"),
        (rewritten(GOOD, eventName="UPSERT"), "eventName"),
        (rewritten(GOOD, dynamodb={}), "ApproximateCreationDateTime"),
        (rewritten(GOOD, dynamodb={"ApproximateCreationDateTime": START_MS}), "Keys"),
        (kinesis_record(op="modify", after=AFTER), "OldImage"),
        (kinesis_record(op="insert"), "NewImage"),
        (kinesis_record(op="remove", after=AFTER), "NewImage"),
        (kinesis_record(after=AFTER, precision="NANOSECOND"), "Precision"),
        (kinesis_record(after=AFTER, at=-1), "not a time"),
        (kinesis_record(after=AFTER, at=10**17), "not a time"),
        (kinesis_record(after=AFTER, at=10**30), "not a time"),
        (_part(sequenceNumber=None), "sequenceNumber"),
        (_part(sequenceNumber="1x"), "sequenceNumber"),
        (_part(sequenceNumber="9" * 130), "sequenceNumber"),
        (
            {**GOOD, "eventSourceARN": "arn:aws:dynamodb:eu-central-1:1:table/Users"},
            "not the ARN of a Kinesis",
        ),
        ({name: value for name, value in GOOD.items() if name != "eventSourceARN"}, "no stream"),
    ],
)
def test_what_dynamodb_did_not_write_is_malformed_and_no_value_is_repeated(bad: Any, published: str) -> None:
    with pytest.raises(MalformedRecord, match=published) as raised:
        decode(bad)
    assert "somebody" not in str(raised.value)


@given(st.binary(max_size=60))
def test_whatever_bytes_a_kinesis_record_holds_it_is_malformed_and_nothing_worse(data: bytes) -> None:
    with pytest.raises(MalformedRecord):
        decode(kinesis_bytes(data))


def test_lambdas_shape_is_made_of_what_get_records_returns() -> None:
    payload = json.dumps(change(after=AFTER)).encode()
    shaped = KINESIS.to_lambda(api_record(payload, number=3, at_ms=START_MS + 250), KINESIS_ARN, "shardId-7")
    assert shaped["eventID"] == f"shardId-7:{FIRST_NUMBER + 3}"
    assert shaped["awsRegion"] == "eu-central-1"
    assert shaped["kinesis"]["approximateArrivalTimestamp"] == (START_MS + 250) / 1000
    assert KINESIS.identifier(shaped) == str(FIRST_NUMBER + 3)
    assert decode(shaped).change.after is not None
    json.dumps(shaped)


def test_a_record_shows_which_kind_of_stream_it_is_from() -> None:
    assert dialect_of(GOOD) is KINESIS
    assert dialect_of(lambda_record(after=AFTER)) is STREAM
    assert dialect_of(None) is STREAM


def test_a_number_of_the_most_digits_that_kinesis_has_is_read_and_a_longer_one_refused() -> None:
    longest = "9" * KINESIS_SEQUENCE_NUMBER_DIGITS
    assert decode(_part(sequenceNumber=longest)).change.position.number == int(longest)
    for wrong in (longest + "9", "", "-1", "\u0661"):
        with pytest.raises(MalformedRecord, match="sequenceNumber"):
            decode(_part(sequenceNumber=wrong))


@pytest.mark.parametrize(
    "arn",
    [
        "", "arn", "arn:aws:kinesis:eu-central-1:1", "arn:aws:kinesis:eu-central-1:1:",
        "arn:aws:kinesis:eu-central-1:1:x",
        "arn:aws:kinesis:eu-central-1:1:consumer/x", "arn:aws:sqs:eu-central-1:1:stream/x",
        "xrn:aws:kinesis:eu-central-1:1:stream/x", "arn:aws:dynamodb:eu-central-1:1:table/Users/stream/2026",
    ],
)  # fmt: skip
def test_only_the_arn_of_a_kinesis_stream_names_one(arn: str) -> None:
    with pytest.raises(MalformedRecord, match="eventSourceARN"):
        decode({**GOOD, "eventSourceARN": arn})


def test_the_partition_of_the_stream_is_that_of_the_table() -> None:
    china = {**GOOD, "eventSourceARN": "arn:aws-cn:kinesis:cn-north-1:1:stream/changes"}
    assert decode(china).change.stream.table_arn == "arn:aws-cn:dynamodb:cn-north-1:1:table/Users"
    assert decode(china).change.stream.label == "changes"


@pytest.mark.parametrize("value", [253_402_300_799_000_001, 10**30, -1, True])
def test_a_time_after_the_last_that_there_is_is_malformed(value: Any) -> None:
    with pytest.raises(MalformedRecord, match="ApproximateCreationDateTime is missing or not a time"):
        decode(kinesis_record(after=AFTER, op="insert", at=value, precision="MICROSECOND"))


@pytest.mark.parametrize(
    ("arn", "region"),
    [
        ("arn:aws:kinesis:eu-west-1:123456789012:stream/orders", "eu-west-1"),
        ("a:b:c:d:e", "d"),
        ("a:b:c:d", ""),
        ("", ""),
    ],
)
def test_lambdas_shape_names_the_region_of_the_stream(arn: str, region: str) -> None:
    assert KINESIS.to_lambda({}, arn, "shard-1")["awsRegion"] == region


def test_a_stream_whose_name_has_a_colon_is_its_whole_name() -> None:
    record = kinesis_record(after=AFTER, op="insert")
    record["eventSourceARN"] = "arn:aws:kinesis:eu-west-1:123456789012:stream/a:b"
    assert decode(record).change.stream.label == "a:b"
