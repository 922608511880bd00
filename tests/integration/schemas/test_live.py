"""``schema test-live``: looks at what is there, steals nothing, and leaves nothing behind."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bridge.edges.eventbridge.temporary_rule import PREFIX
from tests.builders.aws import Aws
from tests.integration.bus_rig import BusRig

TYPE = "com.example.user.created"
WAIT_S = 40


def event(number: int, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"e-{number}",
        "source": "com.example.accounts",
        "type": f"{TYPE}.v1",
        "time": "2026-11-01T12:00:00Z",
        "data": data,
    }


@dataclass
class Rig(BusRig):
    archive: str = ""


@pytest.fixture
def rig(aws: Aws, tmp_path: Path) -> Iterator[Rig]:
    events, sqs = aws.client("events"), aws.client("sqs")
    bus, archive = aws.name("live-bus"), aws.name("live-archive")
    arn = events.create_event_bus(Name=bus)["EventBusArn"]
    events.create_archive(ArchiveName=archive, EventSourceArn=arn)
    queue = sqs.create_queue(QueueName=aws.name("live-queue"))["QueueUrl"]
    document = {
        "$id": f"https://schemas.example.com/{TYPE}/2.0.0.json",
        "required": ["id"],
        "properties": {"id": {"type": "string"}},
    }
    (tmp_path / "proposed.json").write_text(json.dumps(document))
    verb = ("schema", "test-live", "--schema-file", "proposed.json")
    made = Rig(aws, bus, queue, tmp_path, verb, WAIT_S, archive=archive)
    yield made
    made.end()
    if aws.shared:
        events.delete_archive(ArchiveName=archive)
        events.delete_event_bus(Name=bus)
        sqs.delete_queue(QueueUrl=queue)


def test_a_queue_is_only_read_and_failures_exit_2(rig: Rig) -> None:
    for each in (event(1, {"id": "u-1"}), event(2, {"id": 4711}), {"no": "event"}):
        rig.aws.client("sqs").send_message(QueueUrl=rig.queue, MessageBody=json.dumps(each))
    code, out, err = rig.run("--queue", rig.queue)
    assert code == 2, err
    assert "/id is not of type string (type)" in out
    assert "4711" not in out + err
    assert "2 events checked, 1 would fail; 1 not a CloudEvent" in err
    assert "only reading" in err
    assert rig.waiting() == 3


def test_an_archive_is_replayed_to_a_rule_of_its_own_which_is_gone_afterwards(rig: Rig) -> None:
    events = rig.aws.client("events")
    arn = rig.aws.client("sqs").get_queue_attributes(QueueUrl=rig.queue, AttributeNames=["QueueArn"])
    rig.put(event(1, {"id": "u-1"}), event(2, {}), event(3, {"id": "u-3"}))
    events.put_rule(Name="live", EventBusName=rig.bus, EventPattern=json.dumps({"source": ["elsewhere"]}))
    events.put_targets(
        Rule="live", EventBusName=rig.bus, Targets=[{"Id": "q", "Arn": arn["Attributes"]["QueueArn"]}]
    )
    code, out, err = rig.run(
        "--archive", rig.archive, "--since", "1h", "--rule-wait", "0s", "--output", "json"
    )
    assert code == 2, err
    published = json.loads(out)
    assert (published["looked_at"], published["would_fail"]) == (3, 1)
    assert published["kinds"][0]["first"]["id"] == "e-2"
    assert rig.left_behind() == ([], [])
    (replay,) = events.list_replays(NamePrefix="stream-bridge-trial-")["Replays"]
    destination = events.describe_replay(ReplayName=replay["ReplayName"])["Destination"]
    assert [":rule/" in each and PREFIX in each for each in destination["FilterArns"]] == [True]
    events.remove_targets(Rule="live", EventBusName=rig.bus, Ids=["q"])
    events.delete_rule(Name="live", EventBusName=rig.bus)


def test_a_signal_while_it_waits_for_the_rule_starts_no_replay_and_removes_everything(rig: Rig) -> None:
    process = rig.start("--archive", rig.archive, "--rule-wait", "60s")
    assert process.stderr is not None
    while "replaying" not in (line := process.stderr.readline()):
        assert line, "it ended"
    assert any(rig.left_behind())
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=WAIT_S)
    assert process.returncode == 130, err
    assert rig.left_behind() == ([], [])
    assert rig.aws.client("events").list_replays(NamePrefix="stream-bridge-trial-")["Replays"] == []


def test_an_archive_that_is_not_there_is_named_and_nothing_is_made(rig: Rig) -> None:
    code, _, err = rig.run("--archive", "nowhere")
    assert code == 1
    assert "archive nowhere does not exist" in err
    assert rig.left_behind() == ([], [])


def test_nothing_to_read_exits_4(rig: Rig) -> None:
    (rig.folder / "events.ndjson").write_text(json.dumps({"no": "event"}) + "\n")
    code, _, err = rig.run("--file", "events.ndjson")
    assert code == 4
    assert "0 events checked" in err
