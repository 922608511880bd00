"""One record prepared for a batch: converted, measured, and hashed by its key to find its lane.

Lambda hands a function whatever a stream holds, and the pipeline quarantines what it cannot read. So nothing
here may fail for what is in a record, and nothing here decides whether it is a record at all.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from bridge.core.records.dialect import Dialect
from bridge.core.records.wire import dumps
from bridge.stream.mapping.position import is_sequence_number


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """A record on its way to the function.

    ``place`` counts the records of the shard as they were read. ``sequence`` is "" for a record that has no
    sequence number. ``body`` is the record's JSON. It counts against the payload limit, and every invocation
    parses it again, so that a function that changes its event does not change the retry. ``created_s`` (epoch
    seconds) is None if the record does not say; ``read_s`` is on the monotonic clock.
    """

    sequence: str
    key_hash: int
    created_s: float | None
    read_s: float
    body: bytes
    place: int = 0


class Intake(NamedTuple):
    """Prepares the records of one shard."""

    dialect: Dialect
    stream_arn: str
    shard_id: str

    def shape(self, record: Any) -> Any:
        """The record as filters and the function see it; what is no JSON object stays as it is."""
        if not isinstance(record, Mapping):
            return record
        return self.dialect.to_lambda(record, self.stream_arn, self.shard_id)

    def sequence(self, shaped: Any) -> str:
        """The record's sequence number, "" where it has none. ``shaped`` comes from :meth:`shape`, as
        below."""
        sequence = self.dialect.identifier(shaped)
        return sequence if sequence is not None and is_sequence_number(sequence) else ""

    def take(self, shaped: Any, *, read_s: float, place: int = 0) -> StreamRecord:
        return StreamRecord(
            sequence=self.sequence(shaped),
            # Not hash(): it differs from process to process, and a simulation must replay.
            key_hash=zlib.crc32(self.dialect.order_key(shaped)),
            created_s=self.dialect.created_s(shaped),
            read_s=read_s,
            body=dumps(shaped),
            place=place,
        )
