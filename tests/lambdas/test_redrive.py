"""The Lambda handler for failed batches: settled ones are removed, others are received again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.edges.s3.failures import S3FailureSource
from bridge.errors import BatchError, DestinationUnavailable, LedgerUnavailable, SourceUnavailable
from bridge.lambdas.redrive import RedriveHandler, handler
from tests.builders.accounts import write_project
from tests.builders.records import lambda_record
from tests.fakes.clients.s3 import S3Client
from tests.fakes.context import LambdaContext
from tests.fakes.telemetry import KeptTelemetry
from tests.redrive.rig import Rig, invocation_record


class Handler:
    def __init__(self) -> None:
        self.rig = Rig()
        self.bucket = S3Client("failed-batches")
        self.telemetry = KeptTelemetry()
        redriver = self.rig.redriver()
        self._handler = RedriveHandler(
            redriver,
            redriver.relay.clock,
            self.telemetry,
            lambda name: S3FailureSource(replace_bucket(self.bucket, name), name),
        )

    def handle(self, event: Any, left_ms: int = 60_000) -> list[str]:
        answer = self._handler.handle(event, LambdaContext(left_ms))
        return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def replace_bucket(client: S3Client, name: str) -> S3Client:
    assert name == client.bucket
    return client


def messages(**bodies: bytes) -> dict[str, Any]:
    return {
        "Records": [
            {"messageId": name, "body": body.decode(), "eventSource": "aws:sqs"}
            for name, body in bodies.items()
        ]
    }


def notification(*keys: str) -> dict[str, Any]:
    return {
        "Records": [
            {"eventSource": "aws:s3", "s3": {"bucket": {"name": "failed-batches"}, "object": {"key": key}}}
            for key in keys
        ]
    }


def test_messages_that_are_settled_go_and_the_others_come_again() -> None:
    handler = Handler()
    first, second, third = (handler.rig.write(f"k{n}") for n in range(3))
    handler.rig.stream.trim("shard-1", 1)
    event = messages(
        trimmed=invocation_record("shard-1", first, first),
        odd=b"{}",
        fine=invocation_record("shard-1", second, third, size=2),
    )
    assert handler.handle(event) == ["trimmed", "odd"]
    assert [body["redriven"] for body in handler.rig.published] == [True, True]


@pytest.mark.parametrize("error", [SourceUnavailable("throttled"), LedgerUnavailable("throttled")])
def test_trouble_with_one_message_does_not_repeat_the_others(error: Exception) -> None:
    handler = Handler()
    first, second = handler.rig.write("k1"), handler.rig.write("k2")
    handler.rig.stream.fail("read", error)  # type: ignore[arg-type]
    event = messages(
        a=invocation_record("shard-1", first, first), b=invocation_record("shard-1", second, second)
    )
    assert handler.handle(event) == ["a"]
    assert [body["subject"] for body in handler.rig.published] == ["user/k2"]


def test_without_time_left_every_message_comes_again() -> None:
    handler = Handler()
    first = handler.rig.write("k1")
    assert handler.handle(messages(a=invocation_record("shard-1", first, first)), left_ms=1_000) == ["a"]
    assert handler.rig.published == []


def test_an_object_is_redriven_and_removed_and_its_repeated_notification_is_no_error() -> None:
    handler = Handler()
    record = lambda_record(key={"id": "k"}, after={"id": "k"}, seq=1)
    body = invocation_record("shard-1", "1", "1", records=[record])
    handler.bucket.put_object(Bucket="failed-batches", Key="aws/lambda/a b", Body=body)
    for _ in range(2):
        assert handler.handle(notification("aws/lambda/a+b")) == []
    assert handler.bucket.objects == {}
    assert len(handler.rig.published) == 1


def test_an_object_that_is_not_settled_stays_and_fails_the_notification() -> None:
    handler = Handler()
    handler.bucket.put_object(Bucket="failed-batches", Key="odd", Body=b"{}")
    with pytest.raises(DestinationUnavailable, match="1 of 1"):
        handler.handle(notification("odd"))
    assert list(handler.bucket.objects) == ["odd"]


def stored(handler: Handler, *numbers: int) -> None:
    for number in numbers:
        record = lambda_record(key={"id": f"k{number}"}, after={"id": f"k{number}"}, seq=number)
        body = invocation_record("shard-1", str(number), str(number), records=[record])
        handler.bucket.put_object(Bucket="failed-batches", Key=f"aws/lambda/{number}", Body=body)


def test_a_schedule_takes_up_everything_in_its_bucket() -> None:
    handler = Handler()
    stored(handler, 1, 2, 3)
    assert handler.handle({"bucket": "failed-batches"}) == []
    assert handler.bucket.objects == {}
    assert [body["subject"] for body in handler.rig.published] == ["user/k1", "user/k2", "user/k3"]


def test_a_schedule_that_fires_twice_publishes_nothing_twice() -> None:
    handler = Handler()
    stored(handler, 1)
    for _ in range(2):
        assert handler.handle({"bucket": "failed-batches"}) == []
    assert len(handler.rig.published) == 1


def test_what_is_not_settled_stays_fails_the_turn_and_does_not_stop_the_rest() -> None:
    handler = Handler()
    handler.bucket.put_object(Bucket="failed-batches", Key="aws/lambda/0", Body=b"{}")
    stored(handler, 1)
    with pytest.raises(DestinationUnavailable, match="1 of 2"):
        handler.handle({"bucket": "failed-batches"})
    assert list(handler.bucket.objects) == ["aws/lambda/0"]
    assert len(handler.rig.published) == 1


def test_what_the_time_does_not_reach_is_left_for_the_next_turn_and_no_failure() -> None:
    handler = Handler()
    stored(handler, 1)
    assert handler.handle({"bucket": "failed-batches"}, left_ms=1_000) == []
    assert list(handler.bucket.objects) == ["aws/lambda/1"]
    assert handler.rig.published == []


@pytest.mark.parametrize(
    "event",
    [
        {},
        [],
        {"bucket": ""},
        {"bucket": 1},
        {"Records": []},
        {"Records": [1]},
        {"Records": [{"eventSource": "aws:dynamodb"}]},
    ],
)
def test_any_other_event_fails_loudly(event: Any) -> None:
    with pytest.raises(BatchError, match="neither from a queue nor from a bucket"):
        Handler().handle(event)


def test_the_deadline_is_the_invocations_own() -> None:
    handler = Handler()
    redriver = replace(handler.rig.redriver(), deadline=lambda: pytest.fail("not this one"))
    handler._handler = RedriveHandler(
        redriver, redriver.relay.clock, handler.telemetry, lambda name: pytest.fail(name)
    )
    first = handler.rig.write("k1")
    assert handler.handle(messages(a=invocation_record("shard-1", first, first))) == []


def test_the_function_opens_on_a_configuration_and_publishes_to_its_sinks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    write_project(tmp_path)
    monkeypatch.setenv("BRIDGE_CONFIG", str(tmp_path / "bridge.yaml"))
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    record = lambda_record(key={"id": "k"}, after={"id": "k"}, seq=1)
    event = messages(a=invocation_record("s", "1", "1", records=[record]), b=b"{}")
    answer = handler(event, LambdaContext())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "b"}]}
    lines = capfdbinary.readouterr().out.splitlines()
    (published,) = [json.loads(line) for line in lines if line.startswith(b'{"specversion"')]
    assert (published["subject"], published["redriven"]) == ("user/k", True)
