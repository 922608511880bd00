"""What the function and the on-failure destination get, in Lambda's shapes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ParamSpec, TypeVar

from bridge.core.records.wire import loads
from bridge.ports.clock import Deadline
from bridge.stream.mapping.batch import Batch

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class InvocationContext:
    """The members of Lambda's context object that a function may ask for."""

    aws_request_id: str
    invoked_function_arn: str
    deadline: Deadline
    memory_limit_in_mb: int = 1024
    function_version: str = "$LATEST"

    @property
    def function_name(self) -> str:
        return self.invoked_function_arn.rpartition(":")[2]

    @property
    def log_group_name(self) -> str:
        return f"/aws/lambda/{self.function_name}"

    @property
    def log_stream_name(self) -> str:
        return self.aws_request_id

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int(self.deadline.remaining_s() * 1000))


Handler = Callable[[dict[str, Any], InvocationContext], Any]
"""A Lambda function: event and context in, response out. With an executor of several threads it is called
from several at once, never twice at once for the same key."""


def event_of(batch: Batch) -> dict[str, Any]:
    """A new event for this batch, which the function may change."""
    event: dict[str, Any] = loads(b'{"Records":[%b]}' % b",".join(record.body for record in batch.records))
    return event


def invocation_record(
    batch: Batch,
    *,
    shard_id: str,
    stream_arn: str,
    function_arn: str,
    request_id: str,
    now_s: float,
    batch_info: str = "DDBStreamBatchInfo",
) -> dict[str, Any]:
    """What Lambda sends to an on-failure destination (docs: "Retaining discarded records for a DynamoDB event
    source", and for Kinesis): the batch's position in the stream, without a value of any item. ``batch_info``
    is the name of the member with the position."""
    first, last = batch.records[0], batch.records[-1]
    start, end = batch.span
    function_error = "Unhandled" if batch.function_error else None
    response = {"statusCode": 200, "executedVersion": "$LATEST", "functionError": function_error}
    return {
        "requestContext": {
            "requestId": request_id,
            "functionArn": function_arn,
            "condition": batch.given_up,
            "approximateInvokeCount": batch.invocations,
        },
        # A batch that was never sent has no response. A bad response has no function error.
        "responseContext": response if batch.invocations else None,
        "version": "1.0",
        "timestamp": _iso(now_s, "milliseconds"),
        batch_info: {
            "shardId": shard_id,
            "startSequenceNumber": start,
            "endSequenceNumber": end,
            "approximateArrivalOfFirstRecord": _iso(first.created_s, "seconds"),
            "approximateArrivalOfLastRecord": _iso(last.created_s, "seconds"),
            "batchSize": len(batch.records),
            "streamArn": stream_arn,
        },
    }


def iterator_age_ms(batch: Batch, now_s: float) -> int:
    """Age of the batch's last record when it is sent, as Lambda's IteratorAge counts it."""
    created_s = batch.records[-1].created_s
    return 0 if created_s is None else max(0, round((now_s - created_s) * 1000))


class InlineExecutor(Executor):
    """Runs each call at once, in the caller's thread: for tests, the simulation and single-threaded use."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - whatever a function raises concerns its batch only
            future.set_exception(error)
        return future


def _iso(epoch_s: float | None, timespec: str) -> str | None:
    if epoch_s is None:
        return None
    return datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def function_arn_for(stream_arn: str) -> str:
    """The ARN of a function that runs here, in the region and account of the stream."""
    parts = stream_arn.split(":")
    region, account = (parts[3], parts[4]) if len(parts) > 4 else ("", "")
    return f"arn:aws:lambda:{region}:{account}:function:stream-bridge"
