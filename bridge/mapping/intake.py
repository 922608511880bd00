"""One record made ready for a batch: converted, measured, and told to which lane its key belongs."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from bridge.core.lambda_record import to_lambda_record
from bridge.errors import MalformedRecord
from bridge.mapping.position import is_sequence_number


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """A record on its way to the function.

    ``body`` is the record's JSON: what counts against the payload limit, and what every invocation is made
    from anew, so that a function that changes its event does not change the retry. ``created_s`` (epoch
    seconds) is None where the record does not tell; ``read_s`` is on the monotonic clock.
    """

    sequence: str
    key_hash: int
    created_s: float | None
    read_s: float
    body: bytes

    @property
    def number(self) -> int:
        """Sequence numbers compare as integers: as text "9" would come after "10"."""
        return int(self.sequence)


def lambda_shape(record: Mapping[str, Any], stream_arn: str) -> dict[str, Any]:
    """The record as filters and the function see it. Raises ``MalformedRecord`` where it has no place in the
    stream."""
    shaped = to_lambda_record(record, stream_arn)
    sequence_of(shaped)
    return shaped


def sequence_of(record: Mapping[str, Any]) -> str:
    part = record.get("dynamodb")
    sequence = part.get("SequenceNumber") if isinstance(part, Mapping) else None
    if not isinstance(sequence, str) or not is_sequence_number(sequence):
        raise MalformedRecord(
            "A stream record has no sequence number, so it has no place in its shard",
            hint="this is not what GetRecords returns: look at what stands between here and DynamoDB Streams",
            stage="read",
            record_id=str(record.get("eventID", "")),
        )
    return sequence


def created_s_of(record: Mapping[str, Any]) -> float | None:
    """The creation time in epoch seconds, as the record tells it (rounded to the second)."""
    created = record["dynamodb"].get("ApproximateCreationDateTime")
    return created if isinstance(created, int | float) else None


def take_in(shaped: Mapping[str, Any], *, read_s: float) -> StreamRecord:
    """``shaped`` comes from :func:`lambda_shape`."""
    part = shaped["dynamodb"]
    # Not hash(): it differs from process to process, and a simulation must replay.
    key_hash = zlib.crc32(orjson.dumps(part.get("Keys"), option=orjson.OPT_SORT_KEYS))
    return StreamRecord(
        sequence=part["SequenceNumber"],
        key_hash=key_hash,
        created_s=created_s_of(shaped),
        read_s=read_s,
        body=orjson.dumps(shaped),
    )
