"""One record prepared for a batch: converted, measured, and hashed by its key to find its lane."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from bridge.core.records.dialect import Dialect
from bridge.errors import MalformedRecord
from bridge.stream.mapping.position import is_sequence_number


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """A record on its way to the function.

    ``body`` is the record's JSON. It counts against the payload limit, and every invocation parses it again,
    so that a function that changes its event does not change the retry. ``created_s`` (epoch seconds) is None
    if the record does not say; ``read_s`` is on the monotonic clock.
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


@dataclass(frozen=True, slots=True)
class Intake:
    """Prepares the records of one shard."""

    dialect: Dialect
    stream_arn: str
    shard_id: str

    def shape(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """The record as filters and the function see it. Raises ``MalformedRecord`` if it has no position in
        the stream."""
        shaped = self.dialect.to_lambda(record, self.stream_arn, self.shard_id)
        sequence = self.dialect.identifier(shaped)
        if sequence is None or not is_sequence_number(sequence):
            raise MalformedRecord(
                "A stream record has no sequence number, so its position in the shard is unknown",
                hint="GetRecords does not return such records: check what the runner reads from",
                stage="read",
                record_id=str(record.get("eventID", "")),
            )
        return shaped

    def sequence(self, shaped: Mapping[str, Any]) -> str:
        """``shaped`` comes from :meth:`shape`, as below."""
        return self.dialect.identifier(shaped) or ""

    def take(self, shaped: Mapping[str, Any], *, read_s: float) -> StreamRecord:
        return StreamRecord(
            sequence=self.sequence(shaped),
            # Not hash(): it differs from process to process, and a simulation must replay.
            key_hash=zlib.crc32(self.dialect.order_key(shaped)),
            created_s=self.dialect.created_s(shaped),
            read_s=read_s,
            body=orjson.dumps(shaped),
        )
