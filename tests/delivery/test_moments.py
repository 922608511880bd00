"""Deadlines and waits of a delivery at their exact moments, where the jitter draws the whole interval."""

from __future__ import annotations

import random
from collections.abc import Sequence
from concurrent.futures import Executor, Future
from concurrent.futures import wait as wait_for
from typing import Any

import pytest

from bridge.core.event import Event
from bridge.delivery import dispatch
from bridge.delivery.backoff import Backoff
from bridge.delivery.dispatch import Answer, Dispatcher
from bridge.delivery.patience import Patience
from bridge.errors import EventRefused, SinkUnavailable
from bridge.ports.clock import Deadline
from tests.fakes.clock import FakeClock
from tests.fakes.event_builder import event
from tests.fakes.executor import InlineExecutor


class Longest(random.Random):
    def random(self) -> float:
        return 1.0


class Target:
    """Fails the first ``failures`` calls, and notes when each was made."""

    name = "peer"
    max_entries = 10
    max_bytes = 10_000

    def __init__(self, clock: FakeClock, failures: int, takes_s: float = 0.0) -> None:
        self.clock, self.failures, self.takes_s = clock, failures, takes_s
        self.at: list[float] = []

    def size_of(self, event: Event) -> int:
        return len(event.body)

    def send(self, events: Sequence[Event]) -> list[Answer]:
        self.at.append(self.clock.monotonic())
        self.clock.advance(self.takes_s)
        if len(self.at) <= self.failures:
            raise SinkUnavailable("throttled")
        return [None] * len(events)


def engine(executor: Executor | None = None) -> Dispatcher:
    return Dispatcher(executor or InlineExecutor(), Backoff(Longest(), 1.0, 100.0))


def test_an_event_is_tried_again_after_one_two_four_seconds() -> None:
    clock = FakeClock(0.0)
    target = Target(clock, 4)
    (result,) = engine().publish(target, [event(0)], Deadline(clock, 1_000.0))
    assert result.status == "accepted"
    assert target.at == [0, 1, 3, 7, 15]


@pytest.mark.parametrize(("until_s", "calls"), [(2.9, 2), (3.0, 2), (3.1, 3)])
def test_a_try_that_would_begin_at_the_deadline_is_not_made(until_s: float, calls: int) -> None:
    clock = FakeClock(0.0)
    target = Target(clock, 10)
    (result,) = engine().publish(target, [event(0)], Deadline(clock, until_s))
    assert (result.status, len(target.at)) == ("failed", calls)


@pytest.mark.parametrize(("until_s", "calls"), [(-1.0, 0), (0.0, 0), (0.5, 1)])
def test_without_time_left_no_call_is_made(until_s: float, calls: int) -> None:
    clock = FakeClock(0.0)
    target = Target(clock, 0)
    engine().publish(target, [event(0)], Deadline(clock, until_s))
    assert len(target.at) == calls


def test_patience_waits_one_two_four_seconds_and_not_beyond_its_time() -> None:
    clock = FakeClock(0.0)
    at: list[float] = []

    def work() -> str:
        at.append(clock.monotonic())
        raise SinkUnavailable("down")

    patience = Patience(clock, Backoff(Longest(), 1.0, 100.0), call_s=10.0)
    with pytest.raises(SinkUnavailable):
        patience.call(work)
    assert at == [0, 1, 3, 7, 10]


class Never(Executor):
    """Its calls never end, and cannot be cancelled."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        return future


@pytest.mark.parametrize(("left_s", "waits_s"), [(0.02, 0.02), (-5.0, 0.0)])
def test_a_call_of_an_earlier_batch_is_waited_for_no_longer_than_time_is_left(
    monkeypatch: pytest.MonkeyPatch, left_s: float, waits_s: float
) -> None:
    clock, waited = FakeClock(0.0), []

    def wait(futures: Any, timeout: float) -> Any:
        waited.append(timeout)
        return wait_for(futures, 0)

    monkeypatch.setattr(dispatch, "wait", wait)
    made = engine(Never())
    made.publish(Target(clock, 0), [event(0, "k")], Deadline(clock, 0.01))
    results = made.publish(Target(clock, 0), [event(0, "k")], Deadline(clock, left_s))
    assert [result.status for result in results] == ["skipped"]
    assert waited == [pytest.approx(waits_s)]


def test_events_that_are_refused_and_fail_in_one_call_are_not_taken_for_an_outage() -> None:
    """A call in which some events succeed or are refused ends the trouble of a sink."""
    clock = FakeClock(0.0)

    class Mixed(Target):
        def send(self, events: Sequence[Event]) -> list[Answer]:
            super().send(events)
            return [EventRefused("bad") if each.key == "bad" else None for each in events]

    target = Mixed(clock, 1)
    made = engine().publish(target, [event(0, "bad"), event(1, "good")], Deadline(clock, 100.0))
    assert [result.status for result in made] == ["failed", "accepted"]


def test_entries_of_a_call_are_in_the_order_of_the_batch() -> None:
    """Also after some of them failed and came back later."""
    clock, sent = FakeClock(0.0), []

    class Failing(Target):
        def send(self, events: Sequence[Event]) -> list[Answer]:
            self.at.append(self.clock.monotonic())
            sent.append([each.record_id for each in events])
            return [SinkUnavailable("busy") if len(self.at) == 1 else None for _ in events]

    target = Failing(clock, 0)
    engine().publish(target, [event(number, f"k{number % 3}") for number in range(6)], Deadline(clock, 100.0))
    assert [sorted(each) for each in sent] == sent
    assert sum(map(len, sent)) == 3 + 6
