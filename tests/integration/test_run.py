"""``stream-bridge run`` end to end: changes in tables become events in queues, whatever ends it."""

from __future__ import annotations

import json
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.builders.aws import Aws
from tests.fakes.gate import Gate
from tests.integration.stage import Stage, built_resources

WAIT_S = 60.0


@pytest.fixture
def stage(aws: Aws, tmp_path: Path) -> Iterator[Stage]:
    with built_resources(aws) as (clients, built):
        yield Stage(aws, clients, built, tmp_path, aws.endpoint_url)


@pytest.fixture
def gate(aws: Aws) -> Iterator[Gate]:
    with Gate(aws.endpoint_url) as gate:
        yield gate


def subjects(events: list[dict[str, Any]]) -> list[str]:
    return [event["subject"] for event in events]


def test_changes_of_all_tables_reach_bus_and_feed_and_the_count_of_promises_adds_up(stage: Stage) -> None:
    stage.sign_up("u-1", "u-2", "u-1")  # the third leaves no record
    stage.clients.dynamodb.delete_item(TableName="Users", Key={"userId": {"S": "u-2"}})
    stage.clients.dynamodb.put_item(TableName="Orders", Item={"orderId": {"S": "o-1"}})  # breaks its schema
    done = stage.run("--until-caught-up", "--output", "json")
    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout)
    assert counts["received"] == 4
    assert [counts[name] for name in ("published", "without_event", "quarantined", "returned")] == [
        3,
        0,
        1,
        0,
    ]
    assert sorted(subjects(stage.bus_events(3))) == ["user/u-1", "user/u-2", "user/u-2"]
    feed = stage.feed_events(3)
    assert [event["data"]["operation"] for event in feed if event["subject"] == "user/u-2"] == [
        "insert",
        "remove",
    ]
    assert len(list((stage.folder / "quarantine").glob("*.json"))) == 1
    assert "\x1b" not in done.stderr


def test_only_the_table_asked_for_is_run(stage: Stage) -> None:
    stage.sign_up("u-1")
    done = stage.run("--until-caught-up", "--table", "Orders", "--output", "json")
    assert json.loads(done.stdout)["received"] == 0
    assert list(json.loads(done.stdout)["tables"]) == ["Orders"]
    wrong = stage.run("--table", "Users", "--table", "Userz")
    assert wrong.returncode == 1
    assert "no table Userz" in wrong.stderr
    assert "Users, Orders" in wrong.stderr


def test_a_bus_that_does_not_exist_is_reported_before_anything_is_published(stage: Stage) -> None:
    stage.sign_up("u-1")
    done = stage.run("--until-caught-up", DEMO_BUS="nobodys-bus")
    assert done.returncode == 1
    assert "event bus nobodys-bus does not exist" in done.stderr
    assert stage.feed_events(0) == []
    assert not (stage.folder / "state").exists()


def test_a_table_without_a_stream_is_reported_with_the_command_that_helps(stage: Stage) -> None:
    stage.clients.dynamodb.update_table(TableName="Users", StreamSpecification={"StreamEnabled": False})
    done = stage.run("--until-caught-up")
    assert done.returncode == 1
    assert "table Users has no stream" in done.stderr
    assert "aws dynamodb update-table --table-name Users --stream-specification" in done.stderr


def test_a_table_that_does_not_exist_is_named(stage: Stage) -> None:
    stage.clients.dynamodb.delete_table(TableName="Orders")
    done = stage.run("--until-caught-up")
    assert done.returncode == 1
    assert "table Orders does not exist" in done.stderr


def test_sigterm_finishes_the_batch_in_hand_and_the_next_start_goes_on_behind_it(
    stage: Stage, gate: Gate
) -> None:
    users = [f"u-{number}" for number in range(15)]
    stage.sign_up(*users)
    gate.hold("PutEvents", "before")
    with replace(stage, endpoint_url=gate.endpoint_url).start("--output", "json") as process:
        assert gate.arrived.wait(WAIT_S)
        stage.sign_up("u-late")
        process.send_signal(signal.SIGTERM)
        gate.release()
        out, err = process.communicate(timeout=WAIT_S)
    assert process.returncode == 0, err
    assert json.loads(out)["published"] == 15
    first = stage.bus_events(15)
    assert sorted(subjects(first)) == sorted(f"user/{user}" for user in users)
    done = stage.run("--until-caught-up", "--output", "json")
    assert json.loads(done.stdout)["received"] == 1
    assert subjects(stage.bus_events(1)) == ["user/u-late"]


def test_after_a_kill_9_every_change_is_published_with_the_same_ids_and_what_was_done_is_not_repeated(
    stage: Stage, gate: Gate
) -> None:
    stage.sign_up("u-1")
    assert stage.run("--until-caught-up").returncode == 0
    done_before = stage.bus_events(1) + stage.feed_events(1)
    checkpoint = stage.checkpoint()

    stage.sign_up("u-2", "u-3")
    gate.hold("PutEvents", "after")  # the bus has the events, the bridge never hears of it
    with replace(stage, endpoint_url=gate.endpoint_url).start() as process:
        assert gate.arrived.wait(WAIT_S)
        process.kill()
        process.wait()
    assert process.returncode == -signal.SIGKILL
    gate.release()
    assert stage.checkpoint() == checkpoint

    again = stage.run("--until-caught-up", "--output", "json")
    assert json.loads(again.stdout)["published"] == 2
    bus = Counter(event["id"] for event in stage.bus_events(4))
    assert len(bus) == 2
    assert set(bus.values()) == {2}  # once before the kill and once after, under the same id
    feed = stage.feed_events(2)
    assert subjects(feed) == ["user/u-2", "user/u-3"]
    assert not {event["id"] for event in done_before} & (bus.keys() | {event["id"] for event in feed})


def test_a_wrong_configuration_exits_3_and_asks_nothing_of_aws(stage: Stage) -> None:
    done = stage.run("--until-caught-up", DEMO_TOPIC="not an arn")
    assert done.returncode == 3
    assert "sinks.feed.topic" in done.stderr
