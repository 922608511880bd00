"""From a raw record to a change. The record comes from Lambda, from the Streams API or from a scan.

Record shapes: Lambda's DynamoDB event (docs: "Using Lambda with DynamoDB") and GetRecords (botocore's
service model). They differ in three things: binary (base64 text / bytes), the creation time (epoch
seconds / datetime) and the spelling inside ``userIdentity``; only Lambda adds the stream's ARN.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from bridge.core.change import Actor, Change, Operation, Position, StreamRef, StreamView, TypedItem
from bridge.errors import MalformedRecord
from bridge.limits import SEQUENCE_NUMBER_DIGITS

_OPERATIONS: dict[str, Operation] = {"INSERT": "insert", "MODIFY": "modify", "REMOVE": "remove"}
_VIEWS: dict[str, StreamView] = {
    "KEYS_ONLY": "KEYS_ONLY",
    "NEW_IMAGE": "NEW_IMAGE",
    "OLD_IMAGE": "OLD_IMAGE",
    "NEW_AND_OLD_IMAGES": "NEW_AND_OLD_IMAGES",
}
_HAS_BEFORE = frozenset({"OLD_IMAGE", "NEW_AND_OLD_IMAGES"})
_HAS_AFTER = frozenset({"NEW_IMAGE", "NEW_AND_OLD_IMAGES"})
NAMES_NO_STREAM = "the record names no stream (no eventSourceARN)"
_TTL_PRINCIPAL = "dynamodb.amazonaws.com"


@lru_cache(maxsize=256)
def stream_ref(arn: str) -> StreamRef:
    """Read ``arn:<partition>:dynamodb:<region>:<account>:table/<table>/stream/<label>``."""
    parts = arn.split(":", 5)
    if len(parts) == 6 and parts[0] == "arn" and parts[2] == "dynamodb":
        names = parts[5].split("/")
        if len(names) == 4 and names[0] == "table" and names[2] == "stream" and names[1] and names[3]:
            return StreamRef(arn, names[1], names[3])
    raise MalformedRecord(
        "eventSourceARN is not the ARN of a DynamoDB stream",
        hint="expected arn:aws:dynamodb:<region>:<account>:table/<table>/stream/<label>",
    )


def stream_of(record: Mapping[str, Any], stream: StreamRef | None = None) -> StreamRef:
    """The stream of a record: from its own ARN, else the stream that its reader knows."""
    if type(record) is not dict and not isinstance(record, Mapping):  # the check of the ABC is slow
        raise MalformedRecord("the record is not a JSON object")
    arn = record.get("eventSourceARN")
    if isinstance(arn, str):
        return stream_ref(arn)
    if stream is None:
        raise MalformedRecord(
            NAMES_NO_STREAM,
            hint="records from GetRecords need the stream ARN they were read from",
        )
    return stream


def decode(record: Mapping[str, Any], stream: StreamRef | None = None) -> Change:
    """Decode one record; ``stream`` names the stream for records that do not name it themselves.

    Values inside the images are not checked yet, but where they are converted to plain values. Raises
    :class:`MalformedRecord` for everything that DynamoDB Streams does not document; its text never repeats a
    value.
    """
    ref = stream_of(record, stream)
    body = record.get("dynamodb")
    if not isinstance(body, Mapping):
        raise MalformedRecord("the record has no 'dynamodb' part", hint="is this a DynamoDB stream record?")
    view_name = body.get("StreamViewType")
    view = _VIEWS.get(view_name) if isinstance(view_name, str) else None
    if view is None:
        raise MalformedRecord(f"StreamViewType is not one of {', '.join(_VIEWS)}")
    position = Position(ref.label, sequence_number(body))
    return change_of(record, body, ref, view, position, _time(body.get("ApproximateCreationDateTime")))


def change_of(
    record: Mapping[str, Any],
    body: Mapping[str, Any],
    stream: StreamRef,
    view: StreamView,
    position: Position,
    time: datetime,
) -> Change:
    """The change in DynamoDB's own record, for every kind of stream; ``body`` is its ``dynamodb`` part.

    Raises :class:`MalformedRecord`.
    """
    record_id = record.get("eventID")
    if not isinstance(record_id, str) or not record_id:
        raise MalformedRecord("the record has no eventID")
    event_name = record.get("eventName")
    operation = _OPERATIONS.get(event_name) if isinstance(event_name, str) else None
    if operation is None:
        raise MalformedRecord(
            "eventName is not a known operation", hint="DynamoDB has INSERT, MODIFY and REMOVE"
        )
    key = body.get("Keys")
    if not isinstance(key, dict) or not key:
        raise MalformedRecord("the record has no Keys")
    after = _image(body, "NewImage", expected=view in _HAS_AFTER and operation != "remove")
    before = _image(body, "OldImage", expected=view in _HAS_BEFORE and operation != "insert")
    actor = _actor(record.get("userIdentity"), operation)
    return Change(record_id, stream, operation, key, before, after, position, time, actor, view)


def _image(body: Mapping[str, Any], name: str, *, expected: bool) -> TypedItem | None:
    image = body.get(name)
    if image is None:
        if expected:
            raise MalformedRecord(f"{name} is missing although the stream view captures it")
        return None
    if not expected:
        raise MalformedRecord(f"{name} is present although the view or the operation does not have it")
    if not isinstance(image, dict):
        raise MalformedRecord(f"{name} is not a map of attributes")
    return image


def sequence_number(body: Mapping[str, Any]) -> int:
    """The SequenceNumber of a record's ``dynamodb`` part as an integer: only integers sort correctly."""
    text = body.get("SequenceNumber")
    if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= SEQUENCE_NUMBER_DIGITS:
        return int(text)
    raise MalformedRecord("SequenceNumber is not a decimal number of at most 40 digits")


EPOCH_MAX_S = 253_402_300_799  # 9999-12-31T23:59:59Z, the last time that ISO 8601 writes with four digits


def _time(value: Any) -> datetime:
    """UTC, whole seconds: DynamoDB rounds this time, so a fraction would be false precision."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= EPOCH_MAX_S:
        return _from_epoch(int(value))
    if isinstance(value, str):  # GetRecords as the AWS CLI prints it
        try:
            value = datetime.fromisoformat(value)
        except ValueError as error:
            raise MalformedRecord("ApproximateCreationDateTime is not a time") from error
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        with suppress(OverflowError):  # a time zone may take it out of the years that there are
            return aware.astimezone(UTC).replace(microsecond=0)
    raise MalformedRecord("ApproximateCreationDateTime is missing or not a time")


@lru_cache(maxsize=1024)
def _from_epoch(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _actor(identity: Any, operation: Operation) -> Actor:
    """TTL deletes come from the DynamoDB service itself (docs: "Using TTL", streams and TTL)."""
    if operation != "remove" or not isinstance(identity, Mapping):
        return "user"
    kind = identity.get("type", identity.get("Type"))
    principal = identity.get("principalId", identity.get("PrincipalId"))
    return "ttl" if kind == "Service" and principal == _TTL_PRINCIPAL else "user"
