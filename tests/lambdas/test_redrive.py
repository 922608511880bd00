"""The Lambda door for given-up batches: what is settled goes, what is not comes again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.edges.failures.source import S3FailureSource
from bridge.errors import BatchError, DestinationUnavailable, LedgerUnavailable, SourceUnavailable
from bridge.lambdas.redrive import RedriveDoor, handler
from tests.builders.accounts import write_project
from tests.builders.records import lambda_record
from tests.fakes.context import LambdaContext
from tests.fakes.s3_client import S3Client
from tests.fakes.telemetry import KeptTelemetry
from tests.redrive.rig import Rig, invocation_record


class Door:
    def __init__(self) -> None:
        self.rig = Rig()
        self.bucket = S3Client("parked")
        self.telemetry = KeptTelemetry()
        redriver = self.rig.redriver()
        self._door = RedriveDoor(
            redriver,
            redriver.relay.clock,
            self.telemetry,
            lambda name: S3FailureSource(replace_bucket(self.bucket, name), name),
        )

    def handle(self, event: Any, left_ms: int = 60_000) -> list[str]:
        answer = self._door.handle(event, LambdaContext(left_ms))
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
            {"eventSource": "aws:s3", "s3": {"bucket": {"name": "parked"}, "object": {"key": key}}}
            for key in keys
        ]
    }


def test_messages_that_are_settled_go_and_the_others_come_again() -> None:
    door = Door()
    first, second, third = (door.rig.write(f"k{n}") for n in range(3))
    door.rig.stream.trim("shard-1", 1)
    event = messages(
        trimmed=invocation_record("shard-1", first, first),
        odd=b"{}",
        fine=invocation_record("shard-1", second, third, size=2),
    )
    assert door.handle(event) == ["trimmed", "odd"]
    assert [body["redriven"] for body in door.rig.told] == [True, True]


@pytest.mark.parametrize("error", [SourceUnavailable("throttled"), LedgerUnavailable("throttled")])
def test_trouble_with_one_message_does_not_repeat_the_others(error: Exception) -> None:
    door = Door()
    first, second = door.rig.write("k1"), door.rig.write("k2")
    door.rig.stream.fail("read", error)  # type: ignore[arg-type]
    event = messages(
        a=invocation_record("shard-1", first, first), b=invocation_record("shard-1", second, second)
    )
    assert door.handle(event) == ["a"]
    assert [body["subject"] for body in door.rig.told] == ["user/k2"]


def test_without_time_left_every_message_comes_again() -> None:
    door = Door()
    first = door.rig.write("k1")
    assert door.handle(messages(a=invocation_record("shard-1", first, first)), left_ms=1_000) == ["a"]
    assert door.rig.told == []


def test_an_object_is_redriven_and_removed_and_its_repeated_notification_is_no_error() -> None:
    door = Door()
    record = lambda_record(key={"id": "k"}, after={"id": "k"}, seq=1)
    body = invocation_record("shard-1", "1", "1", records=[record])
    door.bucket.put_object(Bucket="parked", Key="aws/lambda/a b", Body=body)
    for _ in range(2):
        assert door.handle(notification("aws/lambda/a+b")) == []
    assert door.bucket.objects == {}
    assert len(door.rig.told) == 1


def test_an_object_that_is_not_settled_stays_and_fails_the_notification() -> None:
    door = Door()
    door.bucket.put_object(Bucket="parked", Key="odd", Body=b"{}")
    with pytest.raises(DestinationUnavailable, match="1 of 1"):
        door.handle(notification("odd"))
    assert list(door.bucket.objects) == ["odd"]


def parked(door: Door, *numbers: int) -> None:
    for number in numbers:
        record = lambda_record(key={"id": f"k{number}"}, after={"id": f"k{number}"}, seq=number)
        body = invocation_record("shard-1", str(number), str(number), records=[record])
        door.bucket.put_object(Bucket="parked", Key=f"aws/lambda/{number}", Body=body)


def test_a_schedule_takes_up_everything_in_its_bucket() -> None:
    door = Door()
    parked(door, 1, 2, 3)
    assert door.handle({"bucket": "parked"}) == []
    assert door.bucket.objects == {}
    assert [body["subject"] for body in door.rig.told] == ["user/k1", "user/k2", "user/k3"]


def test_a_schedule_that_fires_twice_tells_nothing_twice() -> None:
    door = Door()
    parked(door, 1)
    for _ in range(2):
        assert door.handle({"bucket": "parked"}) == []
    assert len(door.rig.told) == 1


def test_what_is_not_settled_stays_fails_the_turn_and_does_not_stop_the_rest() -> None:
    door = Door()
    door.bucket.put_object(Bucket="parked", Key="aws/lambda/0", Body=b"{}")
    parked(door, 1)
    with pytest.raises(DestinationUnavailable, match="1 of 2"):
        door.handle({"bucket": "parked"})
    assert list(door.bucket.objects) == ["aws/lambda/0"]
    assert len(door.rig.told) == 1


def test_what_the_time_does_not_reach_is_left_for_the_next_turn_and_no_failure() -> None:
    door = Door()
    parked(door, 1)
    assert door.handle({"bucket": "parked"}, left_ms=1_000) == []
    assert list(door.bucket.objects) == ["aws/lambda/1"]
    assert door.rig.told == []


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
    with pytest.raises(BatchError, match="neither of a queue nor of a bucket"):
        Door().handle(event)


def test_the_deadline_is_the_invocations_own() -> None:
    door = Door()
    redriver = replace(door.rig.redriver(), deadline=lambda: pytest.fail("not this one"))
    door._door = RedriveDoor(redriver, redriver.relay.clock, door.telemetry, lambda name: pytest.fail(name))
    first = door.rig.write("k1")
    assert door.handle(messages(a=invocation_record("shard-1", first, first))) == []


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
    (told,) = [json.loads(line) for line in lines if line.startswith(b'{"specversion"')]
    assert (told["subject"], told["redriven"]) == ("user/k", True)
