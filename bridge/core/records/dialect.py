"""The record format of one kind of stream: all that the pipeline and the runner need to know of it.

The pipeline and the event source mapping are the same for all kinds. A :class:`Dialect` holds what differs:
``STREAM`` for a table's own stream, ``bridge.core.records.kinesis.KINESIS`` for Kinesis Data Streams for
DynamoDB.
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
    """``body`` is DynamoDB's own record of the change, to which filters apply."""

    change: Change
    body: Record


@dataclass(frozen=True, slots=True)
class Dialect:
    """All functions but ``to_lambda`` take records in Lambda's shape. ``name`` is what a quarantine stores.

    ``decode`` raises :class:`bridge.errors.MalformedRecord`; its second argument names the stream of records
    that do not name it themselves. ``identifier`` is a record's name in ``batchItemFailures`` and
    checkpoints; None where it has no name. ``ordered``: the changes of one key come in the order in which
    they happened. ``to_lambda`` converts a record of the service's API to Lambda's shape, with the stream's
    ARN and the shard's id. ``created_s``: epoch seconds, None where the record does not say. ``order_key``:
    records with equal bytes must stay in order. ``batch_info`` is the member under which an on-failure
    destination finds the batch's place.
    """

    name: str
    decode: Callable[[Record, StreamRef | None], Decoded]
    identifier: Callable[[Any], str | None]
    ordered: bool
    to_lambda: Callable[[Record, str, str], dict[str, Any]]
    created_s: Callable[[Record], float | None]
    order_key: Callable[[Record], bytes]
    batch_info: str

    def is_settled(self, position: Position, settled: Position) -> bool:
        """Whether a ledger that has settled ``settled`` for a key has settled ``position`` too.

        In an ordered stream all older changes came before. In an unordered stream an older change may come
        late, for the first time: only the position itself is known to be settled.
        """
        return position <= settled if self.ordered else position == settled


def _decode(record: Record, stream: StreamRef | None) -> Decoded:
    return Decoded(decode(record, stream), record)


def identifier_at(part: str, name: str) -> Callable[[Any], str | None]:
    """A ``Dialect.identifier`` that reads ``record[part][name]``."""

    def identifier(record: Any) -> str | None:
        body = record.get(part) if isinstance(record, Mapping) else None
        number = body.get(name) if isinstance(body, Mapping) else None
        return number if isinstance(number, str) and number else None

    return identifier


def seconds_at(part: str, name: str) -> Callable[[Record], float | None]:
    """A ``Dialect.created_s`` that reads ``record[part][name]``."""

    def seconds(record: Record) -> float | None:
        value = record[part].get(name)
        return value if isinstance(value, int | float) else None

    return seconds


STREAM = Dialect(
    name="stream",
    decode=_decode,
    identifier=identifier_at("dynamodb", "SequenceNumber"),
    ordered=True,
    to_lambda=lambda record, stream_arn, _: to_lambda_record(record, stream_arn),
    created_s=seconds_at("dynamodb", "ApproximateCreationDateTime"),  # rounded to the second
    order_key=lambda record: orjson.dumps(record["dynamodb"].get("Keys"), option=orjson.OPT_SORT_KEYS),
    batch_info="DDBStreamBatchInfo",
)
"""A table's own stream, as Lambda's event source mapping and EventBridge Pipes pass it on."""
