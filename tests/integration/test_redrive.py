"""A batch that the runner gave up, redriven from an embedded queue and stream: published once, marked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bridge.core.event import Event
from bridge.demo.environment import CONFIGURATION
from bridge.edges.dynamodb.ledger_row import KEY
from bridge.errors import BridgeError, SinkUnavailable
from bridge.wiring.bridge import load_configuration
from bridge.wiring.run import build_runners
from tests.builders.aws import REGION, Aws
from tests.cli.shell import Done, Shell
from tests.fakes.sink import ScriptedSink
from tests.fakes.telemetry import KeptTelemetry
from tests.integration.stage import Stage, built_resources

WAIT_S = 60.0


@pytest.fixture
def stage(aws: Aws, tmp_path: Path) -> Iterator[Stage]:
    with built_resources(aws) as (clients, built):
        yield Stage(aws, clients, built, tmp_path, aws.endpoint_url)


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Shell:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    for name in ("BRIDGE_CONFIG", "AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    return Shell(tmp_path, monkeypatch, capsysbinary)


def configured(stage: Stage, queue: str) -> Path:
    """The demonstration's configuration with a ledger, no retries and a queue for what is given up."""
    ledger = stage.aws.name("redrive-ledger")
    stage.clients.dynamodb.create_table(
        TableName=ledger,
        KeySchema=[{"AttributeName": KEY, "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": KEY, "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    content: dict[str, Any] = yaml.safe_load(CONFIGURATION.read_text())
    content["schemas"] = str(CONFIGURATION.with_name("event_schemas"))
    content["hash_key"] = "not-a-secret-but-long-enough"
    content["ledger"] = {"kind": "dynamodb", "table": ledger}
    content["sinks"]["bus"]["bus"] = stage.built.bus
    content["sinks"]["feed"]["topic"] = stage.built.topic_arn
    content["quarantine"]["path"] = str(stage.folder / "quarantine")
    content["mapping"] = {"max_retries": 0, "on_failure": {"kind": "sqs", "queue": queue}}
    path = stage.folder / "bridge.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def give_up(stage: Stage, path: Path, user: str) -> list[Event]:
    """Run until caught up while a sink does not take ``user``; answers what it took."""

    def fails(event: Event) -> BridgeError | None:
        return SinkUnavailable("down") if user in event.body.decode() else None

    bus, feed = ScriptedSink("bus", fails=fails), ScriptedSink("feed")
    runners = build_runners(
        load_configuration(path),
        {"bus": bus, "feed": feed},
        stage.aws.client,
        KeptTelemetry(),
        state=stage.folder / "state",
    )
    try:
        runners.start(until="caught_up")
        assert runners.wait(WAIT_S)
    finally:
        runners.close()
    return bus.accepted


def waiting(stage: Stage, queue: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = stage.clients.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)
    return sum(int(answer["Attributes"][name]) for name in names)


def test_a_batch_that_was_given_up_is_redriven_from_the_stream_once_and_marked(
    stage: Stage, shell: Shell
) -> None:
    queue = stage.clients.sqs.create_queue(QueueName=stage.aws.name("given-up"))["QueueUrl"]
    path = configured(stage, queue)
    stage.sign_up("u-1", "u-2", "u-3")
    taken = give_up(stage, path, "u-2")
    assert [json.loads(event.body)["subject"] for event in taken] == ["user/u-1", "user/u-3"]
    assert waiting(stage, queue) == 1

    def redrive(*words: str) -> Done:
        options = ("--config", str(path), "--endpoint-url", stage.endpoint_url, "--region", REGION)
        return shell.run("redrive", *options, "--output", "json", *words)

    dry = redrive("--dry-run")
    assert (dry.code, dry.events[0]["state"], waiting(stage, queue)) == (0, "settled", 1)
    done = redrive()
    assert done.code == 0, done.err
    assert done.events[0]["counts"] == {
        "received": 2,
        "published": 1,
        "without_event": 1,
        "quarantined": 0,
        "returned": 0,
    }
    (event,) = stage.bus_events(1)
    assert (event["subject"], event["redriven"]) == ("user/u-2", True)
    assert waiting(stage, queue) == 0
    again = redrive()
    assert (again.code, again.events) == (0, [])
