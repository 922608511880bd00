"""How one kind of stream writes its records: all that the walk and the runner need to know of it.

The walk and the event source mapping are the same for every way in. What differs stands here, as one value
for each kind: ``STREAM`` for a table's own stream, ``bridge.core.records.kinesis.KINESIS`` for Kinesis Data
Streams for DynamoDB.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from bridge.core.change import Change, Position, StreamRef
from bridge.core.records.decode import decode
from bridge.core.records.lambda_record import to_lambda_record

Record = Mapping[str, Any]


class Decoded(NamedTuple):
    """``body`` is DynamoDB's own record of the change, the thing that filters are written over."""

    change: Change
    body: Record


@dataclass(frozen=True, slots=True)
class Dialect:
    """All functions but ``to_lambda`` take records in Lambda's shape.

    ``decode`` raises :class:`bridge.errors.MalformedRecord`; its second argument names the stream of records
    that do not name it themselves. ``identifier`` is what ``batchItemFailures`` and checkpoints call a
    record; None where it has none. ``ordered``: the changes of one key come in the order in which they
    happened. ``to_lambda`` makes Lambda's shape of a record as the service's API returns it, from the
    stream's ARN and the shard's id. ``created_s``: epoch seconds, None where the record does not tell.
    ``order_key``: records with equal bytes must stay in order. ``batch_info`` is what an on-failure
    destination finds the batch's place under.
    """

    decode: Callable[[Record, StreamRef | None], Decoded]
    identifier: Callable[[Any], str | None]
    ordered: bool
    to_lambda: Callable[[Record, str, str], dict[str, Any]]
    created_s: Callable[[Record], float | None]
    order_key: Callable[[Record], bytes]
    batch_info: str

    def is_settled(self, position: Position, settled: Position) -> bool:
        """Whether a ledger that has settled ``settled`` for a key has settled ``position`` too.

        Where order is kept, whatever is older was there before. Where it is not, an older change may have
        come late, for the first time: only the very position is known to be settled.
        """
        return position <= settled if self.ordered else position == settled


def _decode(record: Record, stream: StreamRef | None) -> Decoded:
    return Decoded(decode(record, stream), record)


def _identifier(record: Any) -> str | None:
    body = record.get("dynamodb") if isinstance(record, Mapping) else None
    number = body.get("SequenceNumber") if isinstance(body, Mapping) else None
    return number if isinstance(number, str) and number else None


def _created_s(record: Record) -> float | None:
    created = record["dynamodb"].get("ApproximateCreationDateTime")
    return created if isinstance(created, int | float) else None


STREAM = Dialect(
    decode=_decode,
    identifier=_identifier,
    ordered=True,
    to_lambda=lambda record, stream_arn, _: to_lambda_record(record, stream_arn),
    created_s=_created_s,  # rounded to the second
    order_key=lambda record: orjson.dumps(record["dynamodb"].get("Keys"), option=orjson.OPT_SORT_KEYS),
    batch_info="DDBStreamBatchInfo",
)
"""A table's own stream, as Lambda's event source mapping and EventBridge Pipes hand it over."""
