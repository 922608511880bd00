"""An event and a call of exactly the largest size are sent; one byte more is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.edges.local.memory import MemoryClaimCheck
from bridge.errors import EventTooLarge
from bridge.ports.clock import Deadline
from tests.builders.bridges import handle, relay
from tests.builders.records import lambda_record
from tests.delivery.test_dispatch import Peer, dispatcher
from tests.fakes.clock import FakeClock
from tests.fakes.event_builder import event
from tests.fakes.sink import ScriptedSink


@pytest.mark.parametrize(("more", "status"), [(-1, "failed"), (0, "accepted"), (1, "accepted")])
def test_an_event_may_be_exactly_as_large_as_a_call(more: int, status: str) -> None:
    one = event(0)
    peer = Peer(lambda call, e: None, max_bytes=len(one.body) + more)
    (result,) = dispatcher().publish(peer, [one], Deadline.after(FakeClock(), 10))
    assert result.status == status
    assert isinstance(result.error, EventTooLarge) is (status == "failed")


class TickingClock(FakeClock):
    """Every look at it takes a moment, so that a loop without work comes to the deadline."""

    def monotonic(self) -> float:
        self.advance(0.01)
        return super().monotonic()


def test_an_event_of_exactly_the_limit_is_sent_in_one_call_long_before_the_deadline() -> None:
    one, clock = event(0), TickingClock()
    peer = Peer(lambda call, e: None, max_bytes=len(one.body))
    deadline = Deadline.after(clock, 10)
    (result,) = dispatcher().publish(peer, [one], deadline)
    assert (result.status, len(peer.calls)) == ("accepted", 1)
    assert deadline.remaining_s() > 9


def test_a_sink_whose_calls_hold_nothing_is_a_bug_and_no_loop_until_the_deadline() -> None:
    deadline = Deadline.after(TickingClock(), 10)
    peer = Peer(lambda call, e: None, max_entries=0)
    with pytest.raises(RuntimeError, match="sink peer: a change fits no call"):
        dispatcher().publish(peer, [event(0)], deadline)
    assert deadline.remaining_s() > 9


@pytest.mark.parametrize(("more", "calls"), [(-1, [2, 1]), (0, [3]), (1, [3])])
def test_events_fill_a_call_exactly(more: int, calls: list[int]) -> None:
    three = [event(number) for number in range(3)]
    peer = Peer(lambda call, e: None, max_bytes=sum(len(e.body) for e in three) + more)
    dispatcher(max_in_flight=1).publish(peer, three, Deadline.after(FakeClock(), 10))
    assert [len(call) for call in peer.calls] == calls


@pytest.mark.parametrize(("more", "calls"), [(-1, [2, 1]), (0, [3]), (1, [3])])
def test_entries_fill_a_call_exactly(more: int, calls: list[int]) -> None:
    peer = Peer(lambda call, e: None, max_entries=3 + more)
    dispatcher(max_in_flight=1).publish(peer, [event(n) for n in range(3)], Deadline.after(FakeClock(), 10))
    assert [len(call) for call in peer.calls] == calls


@pytest.mark.parametrize(("more", "stored"), [(-1, 1), (0, 0), (1, 0)])
def test_only_an_event_above_the_limit_goes_to_the_claim_check(more: int, stored: int) -> None:
    put = lambda_record(op="insert", key={"id": "a"}, after={"id": "a", "text": "x" * 2_000})
    whole = ScriptedSink()
    handle(relay(whole), put)
    sink, claims = ScriptedSink(max_bytes=len(whole.accepted[0].body) + more), MemoryClaimCheck()
    handle(replace(relay(sink), claim_check=claims), put)
    assert [b"dataref" in event.body for event in sink.accepted] == [bool(stored)]
