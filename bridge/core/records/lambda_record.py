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
    seconds = value.timestamp() if isinstance(value, datetime) else value
    return int(seconds) if isinstance(seconds, float) and seconds.is_integer() else seconds


def _json_value(value: Any) -> Any:
    """The same value with every binary as base64 text, at any depth: more of it than Python's stack has does
    not stop the conversion."""
    if isinstance(value, str):
        return value
    whole: list[Any] = [value]
    containers: list[Any] = [whole]  # our own copies, whose members are still to be converted
    while containers:
        container = containers.pop()
        slots = list(container) if type(container) is dict else range(len(container))
        for slot in slots:
            member = container[slot]
            if isinstance(member, str):
                continue
            if isinstance(member, bytes | bytearray | memoryview):
                container[slot] = base64.b64encode(member).decode("ascii")
            elif isinstance(member, list | tuple | dict | Mapping):
                copy = list(member) if isinstance(member, list | tuple) else dict(member)
                container[slot] = copy
                containers.append(copy)
    return whole[0]


def _region(stream_arn: str) -> str:
    parts = stream_arn.split(":")
    return parts[_REGION_PART] if len(parts) > _REGION_PART else ""
