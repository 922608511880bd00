"""What an on-failure destination keeps of a batch: its position in the stream, and perhaps its records.

Docs: "Retaining discarded records for a DynamoDB event source", and for Kinesis. A queue has positions only;
an object in S3 also has the event that failed, as JSON text in ``payload``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import orjson

from bridge.core.records.dialect import STREAM, Dialect
from bridge.core.records.kinesis import KINESIS
from bridge.errors import BridgeError
from bridge.ports.quarantine import Record

_HINT: Final = "a message or object of an on-failure destination has DDBStreamBatchInfo or KinesisBatchInfo"


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A batch that was given up: the records ``first`` to ``last`` (sequence numbers as the stream
    writes them, leading zeros included; both inclusive) of a shard.

    ``first_time`` and ``last_time`` are ISO 8601 as Lambda wrote them, or "". ``records`` are in Lambda's
    shape; None if only the positions are known.
    """

    dialect: Dialect
    stream_arn: str
    shard_id: str
    first: str
    last: str
    size: int = 0
    first_time: str = ""
    last_time: str = ""
    records: Sequence[Record] | None = None

    @property
    def holds_all(self) -> bool:
        """Whether ``records`` are the batch from its first to its last record, and as many as it had. A
        payload that was cut or written by something else may hold fewer, or none."""
        if not self.records or (self.size and len(self.records) != self.size):
            return False
        numbers = [int(number) for number in map(self.number_of, self.records) if number]
        return bool(numbers) and (min(numbers), max(numbers)) == (int(self.first), int(self.last))

    @property
    def strangers(self) -> int:
        """How many of ``records`` name another stream than the batch does."""
        arns = (r.get("eventSourceARN") if isinstance(r, Mapping) else None for r in self.records or ())
        return sum(arn is not None and arn != self.stream_arn for arn in arns)

    @property
    def home(self) -> Home:
        """Raises ``BridgeError``."""
        return home_of(self.stream_arn)

    def number_of(self, record: Any) -> str:
        """A record's sequence number, "" where it has none."""
        number = self.dialect.identifier(record) or ""
        return number if number.isascii() and number.isdigit() else ""


class Home(NamedTuple):
    """Where something is in AWS. ``account`` "": not known."""

    region: str
    account: str = ""

    def __str__(self) -> str:
        return f"account {self.account or '?'} in {self.region}"


def home_of(arn: str) -> Home:
    """Raises ``BridgeError`` for what is no ARN with a Region and an account."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not parts[3] or not parts[4]:
        raise BridgeError("not a batch that was given up: its stream is named by no ARN", hint=_HINT)
    return Home(parts[3], parts[4])


def read_given_up(content: bytes | str) -> GivenUp:
    """Raises ``BridgeError`` if ``content`` is not an invocation record; the error never quotes it."""
    info, dialect, document = _batch_info(content)
    try:
        batch = GivenUp(
            dialect=dialect,
            stream_arn=_text(info["streamArn"]),
            shard_id=_text(info["shardId"]),
            first=_number(info["startSequenceNumber"]),
            last=_number(info["endSequenceNumber"]),
            size=int(info.get("batchSize") or 0),
            first_time=str(info.get("approximateArrivalOfFirstRecord") or ""),
            last_time=str(info.get("approximateArrivalOfLastRecord") or ""),
            records=_records(document.get("payload")),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise BridgeError("not a batch that was given up: its position cannot be read", hint=_HINT) from error
    if int(batch.first) > int(batch.last):
        raise BridgeError("not a batch that was given up: its first record comes after its last", hint=_HINT)
    return batch


def _batch_info(content: bytes | str) -> tuple[Mapping[str, Any], Dialect, Mapping[str, Any]]:
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise BridgeError("not a batch that was given up: not JSON", hint=_HINT) from error
    for dialect in (STREAM, KINESIS):
        info = document.get(dialect.batch_info) if isinstance(document, dict) else None
        if isinstance(info, dict):
            return info, dialect, document
    raise BridgeError("not a batch that was given up: no position in a stream", hint=_HINT)


def _records(payload: Any) -> Sequence[Record] | None:
    if payload is None:
        return None
    event = orjson.loads(payload) if isinstance(payload, str) else payload
    records = event["Records"]
    if not isinstance(records, list):
        raise TypeError("Records is not a list")
    return records


def _number(value: Any) -> str:
    int(_text(value))
    return str(value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("a text is missing")
    return value
