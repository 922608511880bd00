"""How an event becomes an entry of PutEvents."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

from bridge.delivery.backoff import Backoff
from bridge.delivery.dispatch import Dispatcher
from bridge.edges.eventbridge.classic import EventBridgeSink
from bridge.ports.clock import Deadline
from tests.fakes.clients.events import EventsClient
from tests.fakes.clock import FakeClock
from tests.fakes.event_builder import TABLE_ARN, event
from tests.fakes.executor import InlineExecutor


def _sink(client: EventsClient) -> EventBridgeSink:
    return EventBridgeSink(client, client.bus, Dispatcher(InlineExecutor(), Backoff(random.Random(0))))


def test_an_entry_carries_the_whole_event_as_detail() -> None:
    client = EventsClient()
    one = event(0, trace_header="Root=1-5759e988-bd862e3fe1be46a994272793")
    _sink(client).publish([one], Deadline.after(FakeClock(), 9))
    assert client.accepted_entries == [
        {
            "Time": datetime(2026, 11, 1, 12, 0, 0, tzinfo=UTC),
            "Source": "com.example.accounts",
            "Resources": [TABLE_ARN],
            "DetailType": "com.example.user.created.v1",
            "Detail": one.body.decode(),
            "EventBusName": "orders",
            "TraceHeader": "Root=1-5759e988-bd862e3fe1be46a994272793",
        }
    ]


def test_an_event_without_a_trace_has_no_trace_header() -> None:
    client = EventsClient()
    _sink(client).publish([event(0)], Deadline.after(FakeClock(), 9))
    assert "TraceHeader" not in client.accepted_entries[0]


def test_an_entry_counts_as_the_documentation_says() -> None:
    one = event(0, type="größe.v1")
    expected = 14 + len(one.body) + len(b"com.example.accounts") + len("größe.v1".encode()) + len(TABLE_ARN)
    assert _sink(EventsClient()).size_of(one) == expected


def test_an_entry_is_accepted_only_when_the_bus_named_an_event_id() -> None:
    class Mute(EventsClient):
        def put_events(self, **parameters: Any) -> dict[str, Any]:
            answer = super().put_events(**parameters)
            return answer if len(self.calls) > 1 else {"FailedEntryCount": 0, "Entries": [{}]}

    client = Mute()
    (result,) = _sink(client).publish([event(0)], Deadline.after(FakeClock(), 9))
    assert result.status == "accepted"
    assert len(client.calls) == 2
