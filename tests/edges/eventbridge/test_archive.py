"""An archive is replayed to one rule, and a replay is cancelled only while it runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.edges.eventbridge.archive import ArchiveReplay
from bridge.edges.eventbridge.rules import list_patterns
from bridge.errors import AccessDenied, BridgeError
from tests.fakes.clients.held import client_error, held

HERE = "arn:aws:events:eu-central-1:111122223333"
BUS, RULE = f"{HERE}:event-bus/orders", f"{HERE}:rule/orders/mine"


@held("events")
class Events:
    def __init__(self, *, archive_arn: str = f"{HERE}:archive/kept", refusal: str = "") -> None:
        self.archive_arn, self.refusal = archive_arn, refusal
        self.state = "RUNNING"
        self.asked: list[dict[str, Any]] = []

    def describe_archive(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        named = {"ArchiveArn": self.archive_arn} if self.archive_arn else {}
        return {**named, "ArchiveName": "kept", "EventSourceArn": BUS, "State": "ENABLED"}

    def start_replay(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        return {"ReplayArn": f"{HERE}:replay/{request['ReplayName']}", "State": "STARTING"}

    def describe_replay(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        return {"ReplayName": request["ReplayName"], "State": self.state}

    def cancel_replay(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        if self.refusal:
            raise client_error(self.refusal, "CancelReplay")
        return {"ReplayArn": f"{HERE}:replay/{request['ReplayName']}", "State": "CANCELLING"}

    def list_rules(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        if "NextToken" in request:
            return {"Rules": [{"Name": "second", "EventPattern": "{}"}]}
        rules = [
            {"Name": "timed", "ScheduleExpression": "rate(1 hour)"},
            {"Name": "first", "EventPattern": "[]"},
        ]
        return {"Rules": rules, "NextToken": "more"}


@pytest.mark.parametrize("archive_arn", [f"{HERE}:archive/kept", ""])
def test_a_replay_reaches_one_rule_of_the_archives_bus(archive_arn: str) -> None:
    client = Events(archive_arn=archive_arn)
    replay = ArchiveReplay(client, "kept", "replay-1")
    assert replay.find_bus() == "orders"
    replay.start(1_000.0, 2_000.5, RULE)
    described, started = client.asked
    assert described == {"ArchiveName": "kept"}
    assert started.pop("Description")
    assert started == {
        "ReplayName": "replay-1",
        "EventSourceArn": f"{HERE}:archive/kept",
        "EventStartTime": datetime(1970, 1, 1, 0, 16, 40, tzinfo=UTC),
        "EventEndTime": datetime(1970, 1, 1, 0, 33, 20, 500_000, tzinfo=UTC),
        "Destination": {"Arn": BUS, "FilterArns": [RULE]},
    }


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("STARTING", "running"),
        ("RUNNING", "running"),
        ("COMPLETED", "completed"),
        ("CANCELLING", "cancelled"),
        ("CANCELLED", "cancelled"),
        ("FAILED", "failed"),
    ],
)
def test_each_state_of_a_replay_is_told(state: str, told: str) -> None:
    client = Events()
    client.state = state
    assert ArchiveReplay(client, "kept", "replay-1").state() == told
    assert client.asked == [{"ReplayName": "replay-1"}]


def test_only_a_replay_that_was_started_is_cancelled_and_only_once() -> None:
    client = Events()
    replay = ArchiveReplay(client, "kept", "replay-1")
    replay.cancel()
    assert client.asked == []
    replay.find_bus()
    replay.start(1.0, 2.0, RULE)
    replay.cancel()
    replay.cancel()
    assert client.asked[2:] == [{"ReplayName": "replay-1"}]


@pytest.mark.parametrize("code", ["IllegalStatusException", "ValidationException"])
def test_a_replay_that_is_over_needs_no_cancelling(code: str) -> None:
    client = Events(refusal=code)
    replay = ArchiveReplay(client, "kept", "replay-1")
    replay.find_bus()
    replay.start(1.0, 2.0, RULE)
    replay.cancel()
    replay.cancel()
    assert len(client.asked) == 3


def test_a_replay_that_could_not_be_cancelled_may_be_tried_again() -> None:
    client = Events(refusal="AccessDeniedException")
    replay = ArchiveReplay(client, "kept", "replay-1")
    replay.find_bus()
    replay.start(1.0, 2.0, RULE)
    with pytest.raises(AccessDenied):
        replay.cancel()
    client.refusal = "InternalException"
    with pytest.raises(BridgeError, match="archive kept"):
        replay.cancel()
    client.refusal = ""
    replay.cancel()
    assert len(client.asked) == 5


def test_rules_with_a_pattern_are_listed_from_all_pages() -> None:
    client = Events()
    assert list(list_patterns(client, "orders")) == [("first", "[]"), ("second", "{}")]
    assert client.asked == [
        {"EventBusName": "orders"},
        {"EventBusName": "orders", "NextToken": "more"},
    ]
