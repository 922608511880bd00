"""What the EventBridge peer refuses of PutEvents. Codes: answers recorded from AWS in public issues; [k]
which code a number or a depth gets."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fakes.clients.events import DEPTH, EventsClient

GOOD = {
    "Source": "com.example",
    "DetailType": "t",
    "Detail": '{"id": "1", "subject": "s"}',
    "EventBusName": "orders",
}


def put(*entries: dict[str, Any]) -> tuple[EventsClient, dict[str, Any]]:
    client = EventsClient()
    return client, client.put_events(Entries=list(entries))


def deep(levels: int) -> str:
    return '{"a":' * (levels - 1) + "{}" + "}" * (levels - 1)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"Source": "aws.ec2"}, "NotAuthorizedForSourceException"),
        ({"Source": ""}, "InvalidArgument"),
        ({"DetailType": ""}, "InvalidArgument"),
        ({"DetailType": "t" * 129}, "InvalidArgument"),
        ({"Detail": ""}, "InvalidArgument"),
        ({"Detail": "no JSON"}, "MalformedDetail"),
        ({"Detail": "[]"}, "MalformedDetail"),
        ({"Detail": '"text"'}, "MalformedDetail"),
        ({"Detail": json.dumps({"n": 2**63})}, "MalformedDetail"),
        ({"Detail": json.dumps({"deep": [{"n": -(2**63) - 1}]})}, "MalformedDetail"),
        ({"Detail": deep(DEPTH + 1)}, "MalformedDetail"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_entry_that_eventbridge_refuses_fails_alone(changed: dict[str, str], code: str) -> None:
    client, answer = put({**GOOD, **changed}, GOOD)
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][0]["ErrorCode"] == code
    assert "EventId" in answer["Entries"][1]
    assert len(client.accepted_entries) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"Source": "aws"},
        {"DetailType": "t" * 128},
        {"Detail": json.dumps({"n": 2**63 - 1, "m": -(2**63), "f": 1e300, "s": "[[[{{{"})},
        {"EventBusName": "arn:aws:events:eu-central-1:111122223333:event-bus/orders"},
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_entry_at_the_limits_is_taken(changed: dict[str, str]) -> None:
    client, answer = put({**GOOD, **changed})
    assert answer["FailedEntryCount"] == 0
    assert len(client.accepted_entries) == 1


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([GOOD] * 11, "length less than or equal to 10"),
        ([{**GOOD, "EventBusName": "a bus"}], "regular expression pattern"),
        ([{**GOOD, "TraceHeader": "x" * 501}], "length less than or equal to 500"),
        ([{**GOOD, "Detail": json.dumps({"x": "x" * 600_000})}] * 2, "Total size of the entries"),
        ([{"Source": "s"}], "Every entry lacks"),
    ],
    ids=["eleven", "bus", "trace", "size", "lacking"],
)
def test_a_call_that_eventbridge_refuses_fails_whole(entries: list[Any], said: str) -> None:
    with pytest.raises(ClientError, match=f"ValidationException.*{said}"):
        EventsClient().put_events(Entries=entries)


def test_a_bus_that_is_not_there_swallows_events_and_is_missed_only_when_asked_for() -> None:
    client, answer = put({**GOOD, "EventBusName": "other"})
    assert answer["FailedEntryCount"] == 0
    assert client.accepted_entries == []
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client.describe_event_bus(Name="other")
