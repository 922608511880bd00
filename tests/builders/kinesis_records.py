"""Records of Kinesis Data Streams for DynamoDB, built like those of :mod:`tests.builders.records`."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bridge.core.records.kinesis import KINESIS
from tests.builders.records import Op, item

KINESIS_ARN = "arn:aws:kinesis:eu-central-1:123456789012:stream/changes"
START_MS = 1_793_534_400_000  # 2026-11-01T12:00:00Z
FIRST_NUMBER = 49590338271490256608559692538361571095921575989136588898


def change(
    *,
    op: Op = "insert",
    key: Mapping[str, Any] | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    at: int = START_MS,
    precision: str | None = "MILLISECOND",
    event_id: str = "11111111-2222-4333-8444-555555555555",
    table: str = "Users",
    ttl: bool = False,
) -> dict[str, Any]:
    """What DynamoDB writes to Kinesis, before it becomes text. Binary values are base64 text."""
    part: dict[str, Any] = {
        "ApproximateCreationDateTime": at,
        "Keys": item(key if key is not None else {"id": "a"}),
        "SizeBytes": 64,
    }
    if precision is not None:
        part["ApproximateCreationDateTimePrecision"] = precision
    if before is not None:
        part["OldImage"] = item(before)
    if after is not None:
        part["NewImage"] = item(after)
    return {
        "awsRegion": "eu-central-1",
        "eventID": event_id,
        "eventName": op.upper(),
        "userIdentity": {"principalId": "dynamodb.amazonaws.com", "type": "Service"} if ttl else None,
        "recordFormat": "application/json",
        "tableName": table,
        "dynamodb": part,
        "eventSource": "aws:dynamodb",
    }


def api_record(payload: bytes, *, number: int = 0, partition_key: str = "a", at_ms: int = START_MS) -> Any:
    """A Kinesis record as GetRecords returns it; ``number`` counts from the first of its shard."""
    return {
        "SequenceNumber": str(FIRST_NUMBER + number),
        "ApproximateArrivalTimestamp": datetime.fromtimestamp(at_ms / 1000, UTC),
        "Data": payload,
        "PartitionKey": partition_key,
    }


def kinesis_bytes(
    payload: bytes, *, number: int = 0, stream_arn: str = KINESIS_ARN, **parts: Any
) -> dict[str, Any]:
    """A Kinesis record with any content, in Lambda's shape."""
    return KINESIS.to_lambda(api_record(payload, number=number, **parts), stream_arn, "shardId-000000000000")


def kinesis_record(*, number: int = 0, stream_arn: str = KINESIS_ARN, **parts: Any) -> dict[str, Any]:
    """A change in Lambda's shape."""
    payload = json.dumps(change(**parts)).encode()
    return kinesis_bytes(payload, number=number, stream_arn=stream_arn)


def rewritten(record: dict[str, Any], **members: Any) -> dict[str, Any]:
    """The same Kinesis record with members of its payload replaced; None takes one out."""
    payload = json.loads(base64.b64decode(record["kinesis"]["data"])) | members
    kept = {name: value for name, value in payload.items() if value is not None}
    data = base64.b64encode(json.dumps(kept).encode()).decode()
    return {**record, "kinesis": {**record["kinesis"], "data": data}}
