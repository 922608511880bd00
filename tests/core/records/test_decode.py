"""A record decodes equally however it came; what is not a record is refused with a reason."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest

from bridge.core.change import Position, StreamRef
from bridge.core.diff.fields import compile_diff
from bridge.core.diff.view import ChangeView, default_data
from bridge.core.keys import key_hash, key_token
from bridge.core.records.decode import decode, stream_ref
from bridge.errors import MalformedRecord
from tests.builders.bridges import rule, table
from tests.builders.records import STREAM_ARN, TIME, lambda_record, record

BEFORE = {"id": "a", "photo": b"\x00\xff", "parts": {b"b", b"a"}, "n": 1}
AFTER = {"id": "a", "photo": b"\x01", "parts": {b"a"}, "n": 2}


def seen(change: Any) -> ChangeView:
    return ChangeView(change, compile_diff())


def test_lambda_and_the_streams_api_give_the_same_change() -> None:
    one = lambda_record(op="modify", key={"id": "a"}, before=BEFORE, after=AFTER)
    other = record(op="modify", key={"id": "a"}, before=BEFORE, after=AFTER)
    a, b = decode(one), decode(other, stream_ref(STREAM_ARN))
    assert (a.record_id, a.position, a.time, a.operation) == (b.record_id, b.position, b.time, b.operation)
    assert default_data(seen(a)) == default_data(seen(b))


def test_get_records_as_the_aws_cli_prints_it_is_understood() -> None:
    printed = lambda_record(after={"id": "a"})
    del printed["eventSourceARN"]
    printed["dynamodb"]["ApproximateCreationDateTime"] = "2026-11-01T13:00:00+01:00"
    change = decode(printed, stream_ref(STREAM_ARN))
    assert (change.time, change.table) == (TIME, "Users")


@pytest.mark.parametrize(
    ("view", "operation", "before", "after"),
    [
        ("KEYS_ONLY", "insert", None, None),
        ("KEYS_ONLY", "modify", None, None),
        ("KEYS_ONLY", "remove", None, None),
        ("NEW_IMAGE", "insert", None, AFTER),
        ("NEW_IMAGE", "modify", None, AFTER),
        ("NEW_IMAGE", "remove", None, None),
        ("OLD_IMAGE", "insert", None, None),
        ("OLD_IMAGE", "modify", BEFORE, None),
        ("OLD_IMAGE", "remove", BEFORE, None),
        ("NEW_AND_OLD_IMAGES", "insert", None, AFTER),
        ("NEW_AND_OLD_IMAGES", "modify", BEFORE, AFTER),
        ("NEW_AND_OLD_IMAGES", "remove", BEFORE, None),
    ],
)
def test_what_a_view_does_not_capture_is_none_and_never_an_empty_item(
    view: str, operation: Any, before: Any, after: Any
) -> None:
    change = decode(lambda_record(op=operation, key={"id": "a"}, before=before, after=after, view=view))
    it = seen(change)
    assert (it.before is None, it.after is None) == (before is None, after is None)
    assert (it.changes is None) == (before is None or after is None)


def test_a_modify_without_a_difference_has_changes_and_they_are_empty() -> None:
    change = decode(lambda_record(op="modify", key={"id": "a"}, before={"id": "a"}, after={"id": "a"}))
    assert seen(change).changes == []


def test_a_ttl_delete_is_distinguished_from_a_users() -> None:
    for build in (record, lambda_record):
        expired = build(op="remove", key={"id": "a"}, before={"id": "a"}, ttl=True)
        assert decode(expired, stream_ref(STREAM_ARN)).actor == "ttl"
    assert decode(lambda_record(op="remove", key={"id": "a"}, before={"id": "a"})).actor == "user"


def test_time_has_whole_seconds_because_dynamodb_rounds_it() -> None:
    one = lambda_record(after={"id": "a"})
    one["dynamodb"]["ApproximateCreationDateTime"] = 1_700_000_000.9
    assert decode(one).time == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def timed(value: Any) -> datetime:
    one = lambda_record(after={"id": "a"})
    one["dynamodb"]["ApproximateCreationDateTime"] = value
    return decode(one).time


@pytest.mark.parametrize(
    ("value", "time"),
    [
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (1, datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)),
        (253_402_300_799, datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2026-11-01T12:00:00.75+01:00", datetime(2026, 11, 1, 11, tzinfo=UTC)),
        ("2026-11-01T12:00:00", datetime(2026, 11, 1, 12, tzinfo=UTC)),
    ],
)
def test_every_time_from_1970_to_9999_is_read(value: Any, time: datetime) -> None:
    assert timed(value) == time


@pytest.mark.parametrize("value", [-1, 253_402_300_800, True, "soon", None, [1]])
def test_what_is_no_such_time_is_malformed(value: Any) -> None:
    with pytest.raises(MalformedRecord, match="ApproximateCreationDateTime is"):
        timed(value)


@pytest.mark.parametrize(("digits", "legal"), [(39, True), (40, True), (41, False)])
def test_a_sequence_number_has_at_most_forty_digits(digits: int, legal: bool) -> None:
    one = lambda_record(after={"id": "a"})
    one["dynamodb"]["SequenceNumber"] = "7" * digits
    if legal:
        assert decode(one).position.number == int("7" * digits)
    else:
        with pytest.raises(MalformedRecord, match="SequenceNumber"):
            decode(one)


@pytest.mark.parametrize(
    ("identity", "actor"),
    [
        ({"type": "Service", "principalId": "dynamodb.amazonaws.com"}, "ttl"),
        ({"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}, "ttl"),
        ({"type": "Service", "principalId": "other.amazonaws.com"}, "user"),
        ({"type": "User", "principalId": "dynamodb.amazonaws.com"}, "user"),
        ({}, "user"),
        ("Service", "user"),
    ],
)
def test_only_dynamodb_itself_deletes_by_ttl(identity: Any, actor: str) -> None:
    one = lambda_record(op="remove", key={"id": "a"}, before={"id": "a"})
    one["userIdentity"] = identity
    assert decode(one).actor == actor


def test_a_record_may_be_any_mapping() -> None:
    one = lambda_record(after={"id": "a"})
    assert decode(MappingProxyType(one)) == decode(one)


def test_positions_order_by_label_and_then_by_number() -> None:
    ordered = [Position("2026-01", 9), Position("2026-01", 10), Position("2026-02", 1)]
    assert max(ordered[:2]) == ordered[1]
    assert max(ordered) == ordered[2]
    assert sorted(position.sequence for position in reversed(ordered)) == [p.sequence for p in ordered]


def broken(change: Any) -> dict[str, Any]:
    one = lambda_record(op="modify", key={"id": "a"}, before=BEFORE, after=AFTER)
    change(one)
    return one


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda r: r.pop("dynamodb"), "no 'dynamodb' part"),
        (lambda r: r.pop("eventID"), "no eventID"),
        (lambda r: r.update(eventID=""), "no eventID"),
        (lambda r: r.update(eventID=5), "no eventID"),
        (lambda r: r.update(eventName="UPSERT"), "not a known operation"),
        (lambda r: r.update(eventName=["INSERT"]), "not a known operation"),
        (lambda r: r["dynamodb"].update(Keys=[1]), "no Keys"),
        (lambda r: r.pop("eventName"), "not a known operation"),
        (lambda r: r.update(eventSourceARN="arn:aws:sqs:eu-west-1:1:queue"), "not the ARN of a DynamoDB"),
        (lambda r: r.pop("eventSourceARN"), "names no stream"),
        (lambda r: r["dynamodb"].pop("Keys"), "no Keys"),
        (lambda r: r["dynamodb"].update(Keys={}), "no Keys"),
        (lambda r: r["dynamodb"].pop("NewImage"), "NewImage is missing"),
        (lambda r: r["dynamodb"].pop("OldImage"), "OldImage is missing"),
        (lambda r: r.update(eventName="INSERT"), "OldImage is present although"),
        (lambda r: r["dynamodb"].update(NewImage="x"), "NewImage is not a map"),
        (lambda r: r["dynamodb"].update(StreamViewType="ALL"), "StreamViewType"),
        (lambda r: r["dynamodb"].update(SequenceNumber="12a"), "SequenceNumber"),
        (lambda r: r["dynamodb"].update(SequenceNumber="١٢"), "SequenceNumber"),
        (lambda r: r["dynamodb"].update(SequenceNumber="1" * 41), "SequenceNumber"),
        (lambda r: r["dynamodb"].pop("ApproximateCreationDateTime"), "ApproximateCreationDateTime"),
        (lambda r: r["dynamodb"].update(ApproximateCreationDateTime="soon"), "ApproximateCreationDateTime"),
        (lambda r: r["dynamodb"].update(ApproximateCreationDateTime=-1), "ApproximateCreationDateTime"),
    ],
)
def test_what_dynamodb_streams_does_not_document_is_refused_with_its_reason(
    change: Any, problem: str
) -> None:
    with pytest.raises(MalformedRecord, match=problem):
        decode(broken(change))


def test_a_record_is_never_changed_by_being_decoded() -> None:
    one = lambda_record(op="modify", key={"id": "a"}, before=BEFORE, after=AFTER)
    original = copy.deepcopy(one)
    seen(decode(one))
    assert one == original


def test_an_illegal_value_is_found_in_either_image() -> None:
    for image in ("OldImage", "NewImage"):
        one = lambda_record(op="modify", key={"id": "a"}, before=BEFORE, after=AFTER)
        one["dynamodb"][image]["n"] = {"N": "NaN"}
        with pytest.raises(MalformedRecord, match=f"{image}, attribute 'n'"):
            seen(decode(one))


def test_an_illegal_value_is_found_even_where_no_event_needs_it() -> None:
    one = lambda_record(op="insert", key={"id": "a"}, after={"id": "a", "unused": "x"})
    one["dynamodb"]["NewImage"]["unused"] = {"N": "1_000"}
    unused = table(rule(project=lambda view: {"id": view.key["id"]}))
    change = decode(one)
    with pytest.raises(MalformedRecord, match="NewImage, attribute 'unused'"):
        unused.translate(one, change, key_token(change.table, change.key))


def test_the_stream_arn_gives_table_and_label() -> None:
    ref = stream_ref(STREAM_ARN)
    assert ref == StreamRef(STREAM_ARN, "Users", "2026-11-01T10:00:00.000")
    assert ref.table_arn == "arn:aws:dynamodb:eu-central-1:123456789012:table/Users"


@pytest.mark.parametrize(
    "key", [{"id": {"M": {}}}, {"id": {"S": 1}}, {"id": "a"}, {"id": {}}, {"id": {"BOOL": True}}]
)
def test_what_cannot_be_a_key_is_refused(key: Any) -> None:
    with pytest.raises(MalformedRecord, match="'id'"):
        key_token("Users", key)


def test_keys_of_different_types_or_tables_are_different_keys() -> None:
    tokens = {
        key_token("Users", {"id": {"S": "1"}}),
        key_token("Users", {"id": {"N": "1"}}),
        key_token("Orders", {"id": {"S": "1"}}),
        key_token("Users", {"id": {"S": "1"}, "at": {"S": "2"}}),
    }
    assert len(tokens) == 4
    assert key_token("T", {"a": {"B": b"a"}}) == key_token("T", {"a": {"B": "YQ=="}})


def test_a_key_hash_depends_on_the_secret_and_hides_the_key() -> None:
    token = key_token("Users", {"id": {"S": "alice"}})
    assert key_hash(token, b"one") != key_hash(token, b"two")
    assert "alice" not in key_hash(token, b"one")


@pytest.mark.parametrize(
    "arn",
    [
        "", "arn:aws:dynamodb:eu-central-1:1", "arn:aws:dynamodb:eu-central-1:1:table/Users",
        "arn:aws:dynamodb:eu-central-1:1:table/Users/stream/",
        "arn:aws:dynamodb:eu-central-1:1:table//stream/x",
        "arn:aws:dynamodb:eu-central-1:1:table/Users/stream/x/y",
        "arn:aws:dynamodb:eu-central-1:1:index/U/stream/x",
        "arn:aws:dynamodb:eu-central-1:1:table/Users/export/x",
        "arn:aws:kinesis:eu-central-1:1:table/U/stream/x",
        "xrn:aws:dynamodb:eu-central-1:1:table/Users/stream/x",
    ],
)  # fmt: skip
def test_only_the_arn_of_a_tables_stream_names_one(arn: str) -> None:
    with pytest.raises(MalformedRecord, match="not the ARN of a DynamoDB stream"):
        stream_ref(arn)
