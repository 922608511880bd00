"""What the calls of a batch amounted to is counted: calls, entries sent again, entries that failed, bytes."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest

from bridge.core.event import Event
from bridge.delivery.backoff import Backoff
from bridge.delivery.dispatch import Answer, Dispatcher
from bridge.errors import BridgeError, EventRefused, EventTooLarge, SinkUnavailable, TargetMissing
from bridge.ports.clock import Deadline
from tests.fakes.clock import FakeClock
from tests.fakes.event_builder import event
from tests.fakes.executor import InlineExecutor
from tests.fakes.telemetry import KeptTelemetry

Send = Callable[[int, Sequence[Event]], Sequence[Answer]]


class Scripted:
    name = "peer"
    max_entries = 4
    max_bytes = 1_000_000

    def __init__(self, send: Send) -> None:
        self.calls = 0
        self._send = send

    def size_of(self, event: Event) -> int:
        return 100

    def send(self, events: Sequence[Event]) -> Sequence[Answer]:
        self.calls += 1
        return self._send(self.calls, events)


def raising(error: BridgeError) -> Sequence[Answer]:
    raise error


def once(first: Callable[[Sequence[Event]], Sequence[Answer]]) -> Send:
    return lambda call, events: first(events) if call == 1 else [None] * len(events)


BUSY, REFUSED = SinkUnavailable("busy"), EventRefused("no")


@pytest.mark.parametrize(
    ("send", "calls", "again", "failed", "accepted"),
    [
        (lambda call, events: [None] * len(events), 2, 0, 0, 6),
        (once(lambda events: [BUSY, None, None, None]), 3, 1, 1, 6),
        (once(lambda events: [BUSY, None, None]), 3, 2, 2, 6),
        (once(lambda events: raising(BUSY)), 3, 4, 4, 6),
        (once(lambda events: raising(EventTooLarge("all"))), 4, 4, 4, 6),
        (once(lambda events: [REFUSED, None, None, REFUSED]), 2, 0, 2, 4),
    ],
    ids=["fine", "one busy", "one unanswered", "call failed", "call halved", "two refused"],
)
def test_a_batch_of_six_is_counted(send: Send, calls: int, again: int, failed: int, accepted: int) -> None:
    telemetry, clock = KeptTelemetry(), FakeClock()
    work = Dispatcher(InlineExecutor(), Backoff(random.Random(1)), max_in_flight=1, telemetry=telemetry)
    results = work.publish(Scripted(send), [event(n) for n in range(6)], Deadline.after(clock, 60))
    assert sum(result.status == "accepted" for result in results) == accepted
    assert dict(telemetry.counts) == {
        "SinkCalls": calls,
        "SinkRetries": again,
        "SinkEntriesFailed": failed,
        "SinkBytes": 100 * accepted,
    }
    assert len(telemetry.samples["PublishLatency"]) == calls
    assert telemetry.dimensions["SinkCalls"] == {(("sink", "peer"),)}


def test_a_call_that_ends_the_batch_counts_its_entries_as_failed() -> None:
    telemetry, clock = KeptTelemetry(), FakeClock()
    work = Dispatcher(InlineExecutor(), Backoff(random.Random(1)), max_in_flight=1, telemetry=telemetry)
    with pytest.raises(TargetMissing):
        work.publish(
            Scripted(lambda call, events: raising(TargetMissing("gone"))),
            [event(n) for n in range(6)],
            Deadline.after(clock, 60),
        )
    assert (telemetry.counts["SinkCalls"], telemetry.counts["SinkEntriesFailed"]) == (1, 4)
    assert telemetry.counts["SinkBytes"] == 0
