"""Records of Kinesis Data Streams for DynamoDB, in Lambda's shape.

``record["kinesis"]["data"]`` is base64 of one JSON document: a DynamoDB change like a stream's, but with the
table's name beside it, the creation time in milli- or microseconds, and neither SequenceNumber nor
StreamViewType; it always holds both images (docs: "Using Kinesis Data Streams to capture changes to
DynamoDB"; Lambda's Kinesis event in "Using AWS Lambda with Amazon Kinesis").

Kinesis may deliver a change twice, and the changes of one item out of order; the creation time shows both
(docs: the same page). The position of a change is therefore its creation time, then the number of its Kinesis
record, which distinguishes changes of one instant.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson

from bridge.core.change import Position, StreamRef
from bridge.core.records.decode import change_of
from bridge.core.records.dialect import (
    STREAM,
    Decoded,
    Dialect,
    Record,
    identifier_at,
    order_key_at,
    seconds_at,
)
from bridge.errors import MalformedRecord
from bridge.limits import KINESIS_SEQUENCE_NUMBER_DIGITS as _DIGITS

_MICROSECONDS = {"MILLISECOND": 1000, "MICROSECOND": 1}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_AGGREGATED = b"\xf3\x89\x9a\xc2"  # the Kinesis Producer Library's mark of several records in one


def decode(record: Record, stream: StreamRef | None = None) -> Decoded:
    """Raises :class:`MalformedRecord` for a record that DynamoDB did not write; its text repeats no value."""
    part = record.get("kinesis") if isinstance(record, Mapping) else None
    if not isinstance(part, Mapping):
        raise MalformedRecord(
            "the record has no 'kinesis' part", hint="is this a record of a Kinesis stream?"
        )
    body = _payload(part.get("data"))
    change = body.get("dynamodb")
    if not isinstance(change, Mapping):
        raise MalformedRecord(
            "the Kinesis record holds JSON, but no change of a DynamoDB table",
            hint="who else writes to this stream? Give DynamoDB its own stream, or filter the mapping",
        )
    at = _time(change)
    return Decoded(
        change_of(
            body,
            change,
            _stream(record.get("eventSourceARN"), body.get("tableName"), stream),
            "NEW_AND_OLD_IMAGES",
            Position(at.replace(tzinfo=None).isoformat(timespec="microseconds"), _number(part)),
            at.replace(microsecond=0),  # as in a table's own stream, so that both give the same event
        ),
        body,
    )


def _payload(data: Any) -> Mapping[str, Any]:
    if not isinstance(data, str):
        raise MalformedRecord("the Kinesis record has no data")
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedRecord("the data of the Kinesis record is not base64") from error
    if content.startswith(_AGGREGATED):
        raise MalformedRecord(
            "the Kinesis record is an aggregated record of the Kinesis Producer Library",
            hint="DynamoDB never aggregates: who else writes to this stream?",
        )
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise MalformedRecord(
            "the Kinesis record is not JSON", hint="DynamoDB writes JSON: who else writes to this stream?"
        ) from error
    if not isinstance(body, dict):
        raise MalformedRecord("the Kinesis record is not a JSON object")
    return body


def _stream(arn: Any, table: Any, stream: StreamRef | None) -> StreamRef:
    if not isinstance(table, str) or not table:
        raise MalformedRecord("the change names no table (no tableName)")
    if isinstance(arn, str):
        return _stream_ref(arn, table)
    if stream is None:
        raise MalformedRecord("the record names no stream (no eventSourceARN)")
    return stream


@lru_cache(maxsize=256)
def _stream_ref(arn: str, table: str) -> StreamRef:
    """A stream that DynamoDB writes to is in the table's own region and account."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or parts[2] != "kinesis" or not parts[5].startswith("stream/"):
        raise MalformedRecord(
            "eventSourceARN is not the ARN of a Kinesis stream",
            hint="expected arn:aws:kinesis:<region>:<account>:stream/<name>",
        )
    _, partition, _, region, account, name = parts
    table_arn = f"arn:{partition}:dynamodb:{region}:{account}:table/{table}"
    return StreamRef(table_arn, table, name.removeprefix("stream/"))


def _number(part: Mapping[str, Any]) -> int:
    text = part.get("sequenceNumber")
    if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= _DIGITS:
        return int(text)
    raise MalformedRecord("the Kinesis record has no sequenceNumber")


def _time(change: Mapping[str, Any]) -> datetime:
    value = change.get("ApproximateCreationDateTime")
    precision = change.get("ApproximateCreationDateTimePrecision", "MILLISECOND")
    factor = _MICROSECONDS.get(precision) if isinstance(precision, str) else None
    if factor is None:
        raise MalformedRecord(
            f"ApproximateCreationDateTimePrecision is not one of {', '.join(_MICROSECONDS)}"
        )
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        try:
            at = _EPOCH + timedelta(microseconds=value * factor)
        except OverflowError:
            at = _LAST + timedelta(microseconds=1)
        if at <= _LAST:
            return at
    raise MalformedRecord("ApproximateCreationDateTime is missing or not a time")


def _to_lambda(record: Record, stream_arn: str, shard_id: str) -> dict[str, Any]:
    """Lambda's shape of a record as ``GetRecords`` returns it."""
    number, data = record.get("SequenceNumber"), record.get("Data")
    arrived = record.get("ApproximateArrivalTimestamp")
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record.get("PartitionKey"),
            "sequenceNumber": number,
            "data": base64.b64encode(data).decode("ascii") if isinstance(data, bytes) else data,
            "approximateArrivalTimestamp": arrived.timestamp() if isinstance(arrived, datetime) else arrived,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard_id}:{number}",
        "eventName": "aws:kinesis:record",
        "awsRegion": stream_arn.split(":", 4)[3] if stream_arn.count(":") >= 4 else "",
        "eventSourceARN": stream_arn,
    }


KINESIS = Dialect(
    name="kinesis",
    decode=decode,
    identifier=identifier_at("kinesis", "sequenceNumber"),
    ordered=False,
    to_lambda=_to_lambda,
    # When Kinesis took it: from then on Lambda counts a record's age.
    created_s=seconds_at("kinesis", "approximateArrivalTimestamp"),
    order_key=order_key_at("kinesis", "partitionKey"),
    batch_info="KinesisBatchInfo",
)
"""Kinesis Data Streams for DynamoDB, as Lambda's event source mapping passes it on."""


def dialect_of(record: Any, name: str = "") -> Dialect:
    """The dialect of that name; without a name the record's shape decides, as in files that hold records of
    several kinds."""
    for dialect in (STREAM, KINESIS):
        if name == dialect.name:
            return dialect
    return KINESIS if isinstance(record, Mapping) and "kinesis" in record else STREAM
