"""A stream record in Lambda's shape, made from a record of the Streams API.

The two shapes differ in four places (docs: "Using AWS Lambda with Amazon DynamoDB", GetRecords in the
Streams API reference): Lambda names the stream in ``eventSourceARN``; binary values are base64 text
instead of bytes; the creation time is a number of epoch seconds instead of a timestamp; and the members of
``userIdentity`` start with a small letter.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

_IDENTITY_NAMES = {"PrincipalId": "principalId", "Type": "type"}
_REGION_PART = 3  # arn:aws:dynamodb:<region>:<account>:table/…


def to_lambda_record(record: Mapping[str, Any], stream_arn: str) -> dict[str, Any]:
    """The Lambda shape of ``record``, JSON values only; ``record`` itself is left as it is.

    Unknown members are kept, and nothing is checked: a malformed record stays malformed in the same way, so
    that decoding it reports the problem. A record already in Lambda's shape stays equal.
    """
    shaped = {
        name: _json_value(value) for name, value in record.items() if name not in ("dynamodb", "userIdentity")
    }
    shaped.setdefault("eventVersion", "1.1")
    shaped.setdefault("eventSource", "aws:dynamodb")
    shaped.setdefault("awsRegion", _region(stream_arn))
    shaped["eventSourceARN"] = stream_arn
    if "dynamodb" in record:
        shaped["dynamodb"] = _stream_part(record["dynamodb"])
    identity = record.get("userIdentity")
    if isinstance(identity, Mapping):
        shaped["userIdentity"] = {_IDENTITY_NAMES.get(name, name): value for name, value in identity.items()}
    return shaped


def _stream_part(part: Any) -> Any:
    if not isinstance(part, Mapping):
        return _json_value(part)
    return {
        name: _epoch_s(value) if name == "ApproximateCreationDateTime" else _json_value(value)
        for name, value in part.items()
    }


def _epoch_s(value: Any) -> Any:
    if not isinstance(value, datetime):
        return value
    seconds = value.timestamp()
    return int(seconds) if seconds.is_integer() else seconds


def _json_value(value: Any) -> Any:
    """The same value with every binary as base64 text, at any depth."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return {name: _json_value(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_json_value(member) for member in value]
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(value).decode("ascii")
    return value


def _region(stream_arn: str) -> str:
    parts = stream_arn.split(":")
    return parts[_REGION_PART] if len(parts) > _REGION_PART else ""
