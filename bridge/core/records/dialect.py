"""The record format of one kind of stream: all that the pipeline and the runner need to know of it.

The pipeline and the event source mapping are the same for all kinds. A :class:`Dialect` holds what differs:
``STREAM`` for a table's own stream, ``bridge.core.records.kinesis.KINESIS`` for Kinesis Data Streams for
DynamoDB.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from bridge.core.change import Change, Position, StreamRef
from bridge.core.records.decode import EPOCH_MAX_S, decode
from bridge.core.records.lambda_record import to_lambda_record
from bridge.core.records.wire import dumps

Record = Mapping[str, Any]


class Decoded(NamedTuple):
    """``body`` is DynamoDB's own record of the change, to which filters apply."""

    change: Change
    body: Record


@dataclass(frozen=True, slots=True)
class Dialect:
    """All functions but ``to_lambda`` take records in Lambda's shape. All but ``decode`` take whatever comes
    in a record's place, and raise nothing: a record that AWS never writes must reach ``decode``. ``name`` is
    what a quarantine stores.

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
    created_s: Callable[[Any], float | None]
    order_key: Callable[[Any], bytes]
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
        number = _member(record, part, name)
        return number if isinstance(number, str) and number else None

    return identifier


def seconds_at(part: str, name: str) -> Callable[[Record], float | None]:
    """A ``Dialect.created_s`` that reads ``record[part][name]``."""

    def seconds(record: Any) -> float | None:
        value = _member(record, part, name)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= EPOCH_MAX_S:
            return value
        return None

    return seconds


def order_key_at(part: str, name: str) -> Callable[[Any], bytes]:
    """A ``Dialect.order_key`` that reads ``record[part][name]``."""
    return lambda record: dumps(_member(record, part, name), sort_keys=True)


def _member(record: Any, part: str, name: str) -> Any:
    body = record.get(part) if isinstance(record, Mapping) else None
    return body.get(name) if isinstance(body, Mapping) else None


STREAM = Dialect(
    name="stream",
    decode=_decode,
    identifier=identifier_at("dynamodb", "SequenceNumber"),
    ordered=True,
    to_lambda=lambda record, stream_arn, _: to_lambda_record(record, stream_arn),
    created_s=seconds_at("dynamodb", "ApproximateCreationDateTime"),  # rounded to the second
    order_key=order_key_at("dynamodb", "Keys"),
    batch_info="DDBStreamBatchInfo",
)
"""A table's own stream, as Lambda's event source mapping and EventBridge Pipes pass it on."""
