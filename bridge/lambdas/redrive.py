"""The handler that redrives failed batches: ``bridge.lambdas.redrive.handler``.

It takes the event source mapping of the on-failure queue (with ``ReportBatchItemFailures``), notifications of
the on-failure bucket, or a schedule whose input names that bucket: ``{"bucket": "…"}``. A scheduled
invocation redrives what is in the bucket until its time is used; the next one continues.

A message that cannot be settled is received again and ends in the queue's own dead-letter queue. So does a
message whose records the stream has trimmed, after an error line that names the hole. The mapping's batch
size and maximum concurrency set the rate.

Environment as for ``bridge.lambdas.stream``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any
from urllib.parse import unquote_plus

from bridge.edges.s3.failures import S3FailureSource
from bridge.errors import BatchError, BridgeError, DestinationUnavailable
from bridge.ports.clock import Clock, Deadline
from bridge.ports.telemetry import Telemetry
from bridge.redrive import Redriven, Redriver
from bridge.redrive.given_up import home_of
from bridge.wiring.bridge import Configuration
from bridge.wiring.clients import client_factory, refused_to
from bridge.wiring.functions import Function, deadline_of
from bridge.wiring.redrive import Redriving

_MESSAGES, _OBJECTS = "aws:sqs", "aws:s3"


class RedriveHandler:
    """``open_bucket`` makes the source for a bucket's name."""

    def __init__(
        self,
        redriver: Redriver,
        clock: Clock,
        telemetry: Telemetry,
        open_bucket: Callable[[str], S3FailureSource],
    ) -> None:
        self._redriver = redriver
        self._clock = clock
        self._telemetry = telemetry
        self._open_bucket = open_bucket

    def handle(self, event: Any, context: Any) -> dict[str, list[dict[str, str]]]:
        """Returns the messages that must be received again. For objects, whose notification Lambda repeats as
        a whole, and for a schedule it raises ``DestinationUnavailable`` instead; ``BatchError`` for any other
        event."""
        deadline = deadline_of(context, self._clock)
        function = str(getattr(context, "invoked_function_arn", ""))
        home = home_of(function) if function else self._redriver.home
        redriver = replace(self._redriver, deadline=lambda: deadline, home=home)
        bucket = _scheduled(event)
        if bucket is not None:
            self._sweep(redriver, bucket, deadline)
            return {"batchItemFailures": []}
        records = _records(event)
        kind = records[0].get("eventSource")
        if kind == _MESSAGES:
            failed = [
                each["messageId"]
                for each in records
                if not self._settles(lambda each=each: redriver.redrive(each["messageId"], each["body"]))  # type: ignore[misc]
            ]
            return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}
        failed = [
            each["s3"]["object"]["key"]
            for each in records
            if not self._settles(lambda each=each: self._redrive_object(redriver, each["s3"]))  # type: ignore[misc]
        ]
        _require_settled(len(failed), len(records))
        return {"batchItemFailures": []}

    def _sweep(self, redriver: Redriver, bucket: str, deadline: Deadline) -> None:
        """A batch that the time does not reach is not a failure: the next invocation redrives it."""
        source = self._open_bucket(bucket)
        tried = left = 0
        for stored in source.batches():
            if deadline.remaining_s() <= 0:
                self._telemetry.log("info", "redrive continues at the next invocation", tried=tried)
                break
            tried += 1
            if self._settles(lambda stored=stored: redriver.redrive(stored.name, stored.content)):  # type: ignore[misc]
                source.remove(stored)
            elif deadline.remaining_s() > 0:
                left += 1
        _require_settled(left, tried)

    def _redrive_object(self, redriver: Redriver, place: Mapping[str, Any]) -> Redriven:
        bucket, key = place["bucket"]["name"], unquote_plus(place["object"]["key"])
        source = self._open_bucket(bucket)
        stored = source.load(key)
        if stored is None:
            return Redriven(key, "settled")  # redriven before
        done = redriver.redrive(key, stored.content)
        if done.state == "settled":
            source.remove(stored)
        return done

    def _settles(self, redrive: Callable[[], Redriven]) -> bool:
        try:
            done = redrive()
        except BridgeError as error:
            self._telemetry.log(
                "error", "batch not redriven", reason=error.reason, error=error.message, hint=error.hint
            )
            return False
        if done.hole is not None:
            hint = "reconcile its table: the stream has trimmed the records of the batch"
            self._telemetry.log("error", "batch trimmed", batch=done.name, hint=hint, **asdict(done.hole))
        elif done.state == "left":
            self._telemetry.log(
                "warning", "batch not settled", batch=done.name, error=done.why, hint=done.hint
            )
        return done.state == "settled"


def _require_settled(left: int, tried: int) -> None:
    if left:
        raise DestinationUnavailable(
            f"{left} of {tried} batches are not settled",
            hint="their objects stay in the bucket; `stream-bridge redrive --bucket` redrives them",
        )


def _scheduled(event: Any) -> str | None:
    """The bucket that a schedule's input names; None for another event."""
    bucket = event.get("bucket") if isinstance(event, Mapping) and "Records" not in event else None
    return bucket if isinstance(bucket, str) and bucket else None


def _records(event: Any) -> Sequence[Mapping[str, Any]]:
    records = event.get("Records") if isinstance(event, Mapping) else None
    if (
        isinstance(records, list)
        and records
        and all(isinstance(each, Mapping) for each in records)
        and {each.get("eventSource") for each in records} in ({_MESSAGES}, {_OBJECTS})
    ):
        return records
    raise BatchError(
        "the event is neither from a queue nor from a bucket",
        hint="this handler is for the on-failure destination of another function's stream",
        stage="decode",
    )


def _open(configuration: Configuration, telemetry: Telemetry) -> RedriveHandler:
    client = client_factory(on_refused=refused_to(telemetry))
    redriver = Redriving(configuration, client, telemetry).redriver()
    return RedriveHandler(
        redriver, redriver.relay.clock, telemetry, lambda bucket: S3FailureSource(client("s3"), bucket)
    )


_function = Function(_open)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Lambda's entry point; returns message ids."""
    answer: dict[str, list[dict[str, str]]] = _function(event, context)
    return answer
