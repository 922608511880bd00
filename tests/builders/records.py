"""Stream records in the shapes that AWS gives them, built from plain Python values.

``record(op="modify", key={"id": "a"}, before={…}, after={…}, seq="41")`` is what GetRecords returns;
``lambda_record(…)`` is the same as a Lambda function gets it. Values are plain: str, int, Decimal, bytes,
bool, None, list, dict, set; ``item`` and ``typed`` turn them into DynamoDB's typed JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

from bridge.core.records.lambda_record import to_lambda_record

STREAM_ARN = "arn:aws:dynamodb:eu-central-1:123456789012:table/Users/stream/2026-11-01T10:00:00.000"
TIME = datetime(2026, 11, 1, 12, 0, 0, tzinfo=UTC)

Op = Literal["insert", "modify", "remove"]

_TTL = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}


def record(
    *,
    op: Op = "insert",
    key: Mapping[str, Any] | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    seq: str | int = "100000000000000000001",
    time: datetime | float = TIME,
    view: str = "NEW_AND_OLD_IMAGES",
    ttl: bool = False,
    event_id: str | None = None,
) -> dict[str, Any]:
    """One record as the Streams API returns it. An image that is None is left out."""
    at = time if isinstance(time, datetime) else datetime.fromtimestamp(time, UTC)
    part: dict[str, Any] = {
        "ApproximateCreationDateTime": at.replace(microsecond=0),
        "Keys": item(key if key is not None else {"id": "a"}),
        "SequenceNumber": str(seq),
        "SizeBytes": 64,
        "StreamViewType": view,
    }
    if before is not None:
        part["OldImage"] = item(before)
    if after is not None:
        part["NewImage"] = item(after)
    built: dict[str, Any] = {
        "eventID": event_id if event_id is not None else f"event-{seq}",
        "eventName": op.upper(),
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-central-1",
        "dynamodb": part,
    }
    if ttl:
        built["userIdentity"] = dict(_TTL)
    return built


def lambda_record(*, stream_arn: str = STREAM_ARN, **parts: Any) -> dict[str, Any]:
    """The same record in Lambda's shape."""
    return to_lambda_record(record(**parts), stream_arn)


def lambda_event(*records: Mapping[str, Any]) -> dict[str, Any]:
    return {"Records": [dict(one) for one in records]}


def item(values: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values as DynamoDB's typed JSON."""
    return {name: typed(value) for name, value in values.items()}


def typed(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"BOOL": value}
        case None:
            return {"NULL": True}
        case str():
            return {"S": value}
        case int() | Decimal():
            return {"N": str(value)}
        case bytes():
            return {"B": value}
        case Mapping():
            return {"M": item(value)}
        case list() | tuple():
            return {"L": [typed(member) for member in value]}
        case set() | frozenset():
            return _typed_set(value)
    raise TypeError(f"DynamoDB has no {type(value).__name__}")


def _typed_set(members: set[Any] | frozenset[Any]) -> dict[str, Any]:
    ordered = sorted(members)
    if all(isinstance(member, str) for member in ordered):
        return {"SS": ordered}
    if all(isinstance(member, bytes) for member in ordered):
        return {"BS": ordered}
    return {"NS": [str(member) for member in ordered]}
