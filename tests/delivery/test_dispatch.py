"""The dispatcher's own promises, beyond the contract of a sink."""

from __future__ import annotations

import gc
import random
import threading
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core.event import Event
from bridge.delivery.backoff import Backoff
from bridge.delivery.dispatch import Answer, Dispatcher
from bridge.edges.local.clock import SystemClock
from bridge.errors import BatchError, BridgeError, EventRefused, EventTooLarge, SinkUnavailable, TargetMissing
from bridge.ports.clock import Deadline
from tests.fakes.clock import FakeClock
from tests.fakes.event_builder import event
from tests.fakes.executor import InlineExecutor
from tests.fakes.telemetry import KeptTelemetry

POOL = ThreadPoolExecutor(4)


class Peer:
    """A target in memory: keeps order, notes a key that is in two calls at once."""

    name = "peer"

    def __init__(
        self, answer: Callable[[int, Event], Answer], max_entries: int = 10, max_bytes: int = 10_000
    ):
        self.max_entries = max_entries
        self.max_bytes = max_bytes
        self.answer = answer
        self.fail_call: Callable[[int], BridgeError | None] = lambda call: None
        self.calls: list[list[Event]] = []
        self.has: list[Event] = []
        self.collisions = 0
        self._busy: set[str] = set()
        self._lock = threading.Lock()

    def size_of(self, event: Event) -> int:
        return len(event.body)

    def send(self, events: Sequence[Event]) -> list[Answer]:
        keys = {e.key for e in events}
        with self._lock:
            number = len(self.calls)
            self.calls.append(list(events))
            self.collisions += len(keys & self._busy)
            self._busy |= keys
        try:
            if error := self.fail_call(number):
                raise error
            verdicts = [self.answer(number, e) for e in events]
            with self._lock:
                self.has += [e for e, verdict in zip(events, verdicts, strict=True) if verdict is None]
            return verdicts
        finally:
            with self._lock:
                self._busy -= keys


def dispatcher(seed: int = 0, *, max_in_flight: int = 4) -> Dispatcher:
    return Dispatcher(InlineExecutor(), Backoff(random.Random(seed)), max_in_flight=max_in_flight)


@pytest.mark.parametrize(
    ("down_s", "lines"), [(1.0, 0), (12.0, 1), (25.0, 3)], ids=["a moment", "a while", "long"]
)
def test_throttling_that_lasts_is_logged_with_the_sink_and_the_cause(down_s: float, lines: int) -> None:
    telemetry, clock = KeptTelemetry(), FakeClock()
    peer = Peer(
        lambda call, _: SinkUnavailable("throttled", code="Slow") if clock.monotonic() < up_s else None
    )
    up_s = clock.monotonic() + down_s
    work = Dispatcher(InlineExecutor(), Backoff(random.Random(1), cap_s=1.0), telemetry=telemetry)
    results = work.publish(peer, [event(n) for n in range(20)], Deadline.after(clock, 60))
    assert {result.status == "accepted" for result in results} == {True}
    said = [line for line in telemetry.lines if line[1].startswith("nothing was accepted")]
    assert len(said) == lines
    assert [(line[2]["target"], line[2]["code"]) for line in said] == [("sink peer", "Slow")] * lines


def unavailable() -> SinkUnavailable:
    return SinkUnavailable("busy")


Shape = tuple[int, int, int]  # key, events of the change, bytes of padding


@given(
    shapes=st.lists(st.tuples(st.integers(0, 4), st.integers(1, 4), st.integers(0, 900)), max_size=25),
    max_entries=st.integers(1, 12),
    fault_seed=st.integers(0, 2**32),
    fault_share=st.sampled_from([0.0, 0.2, 0.6]),
    time_s=st.sampled_from([0.05, 1.0, 30.0]),
    halt=st.booleans(),
    threads=st.booleans(),
)
@settings(max_examples=120, deadline=None)
def test_no_event_is_lost_and_no_key_is_out_of_order(
    shapes: list[Shape],
    max_entries: int,
    fault_seed: int,
    fault_share: float,
    time_s: float,
    halt: bool,
    threads: bool,
) -> None:
    """For any keys and faults: accepted is exactly what the peer has, a key's changes reach it in order,
    no call breaks a limit, and nothing follows a change of its key that was returned."""
    events = [
        event(n, f"k{key}", record=f"r{n:03}", type=f"t{part}.v1", padding=padding)
        for n, (key, parts, padding) in enumerate(shapes)
        for part in range(parts)
    ]
    faults = random.Random(fault_seed)
    lock = threading.Lock()

    def draw() -> float:
        with lock:
            return faults.random()

    def answer(call: int, e: Event) -> Answer:
        if draw() >= fault_share:
            return None
        return unavailable() if draw() < 0.7 else EventRefused("no")

    def fail_call(call: int) -> BridgeError | None:
        if draw() >= fault_share / 2:
            return None
        return [unavailable(), EventTooLarge("long"), EventRefused("odd")][int(draw() * 3)]

    peer = Peer(answer, max_entries, max_bytes=1_000)
    peer.fail_call = fail_call
    # Real threads need a real clock: then the delays are made small instead.
    clock = SystemClock() if threads else FakeClock()
    backoff = Backoff(random.Random(fault_seed), *((0.0002, 0.001) if threads else (0.1, 5.0)))
    engine = Dispatcher(POOL if threads else InlineExecutor(), backoff, max_in_flight=3)
    deadline = Deadline.after(clock, 60.0 if threads else time_s)

    results = engine.publish(peer, events, deadline, halt_on_failure=halt)

    assert len(results) == len(events)
    accepted = [e for e, result in zip(events, results, strict=True) if result.status == "accepted"]
    assert sorted(e.id for e in accepted) == sorted(e.id for e in peer.has)
    assert peer.collisions == 0
    for call in peer.calls:
        assert len(call) <= max_entries
        assert sum(peer.size_of(e) for e in call) <= 1_000
        assert len({e.record_id for e in call}) == len({e.key for e in call})
    for key in {e.key for e in events}:
        arrived = [record for record, _ in groupby(e.record_id for e in peer.has if e.key == key)]
        assert arrived == sorted(set(arrived)), "a later change came before an earlier one"
        returned = False
        for record, group in groupby(
            (pair for pair in zip(events, results, strict=True) if pair[0].key == key),
            key=lambda pair: pair[0].record_id,
        ):
            statuses = [result for _, result in group]
            assert not returned or {result.status for result in statuses} == {"skipped"}, record
            returned = returned or any(
                result.status == "skipped" or (result.error is not None and not result.error.permanent)
                for result in statuses
            )


@given(st.integers(0, 2**32))
@settings(max_examples=20, deadline=None)
def test_the_same_seed_replays_the_same_calls(seed: int) -> None:
    def run() -> tuple[list[list[str]], list[float]]:
        faults = random.Random(seed)
        peer = Peer(lambda call, e: unavailable() if faults.random() < 0.4 else None)
        clock = FakeClock()
        dispatcher(seed).publish(peer, [event(n, f"k{n % 5}") for n in range(30)], Deadline.after(clock, 30))
        return [[e.id for e in call] for call in peer.calls], clock.slept

    assert run() == run()


def test_entries_that_failed_together_are_sent_again_together() -> None:
    """A throttled call comes back as one call, not as ten."""
    peer = Peer(lambda call, e: None)
    peer.fail_call = lambda call: unavailable() if call == 0 else None
    dispatcher().publish(peer, [event(n) for n in range(10)], Deadline.after(FakeClock(), 10))
    assert [len(call) for call in peer.calls] == [10, 10]


class Halfway(random.Random):
    """Draws the middle of every interval."""

    def random(self) -> float:
        return 0.5


def test_delays_double_up_to_the_cap_and_start_anew_with_the_next_change() -> None:
    peer = Peer(lambda call, e: None)
    peer.fail_call = lambda call: unavailable() if call not in (4, 6) else None
    clock = FakeClock()
    engine = Dispatcher(InlineExecutor(), Backoff(Halfway(), base_s=0.2, cap_s=1.0))
    results = engine.publish(peer, [event(0, "k"), event(1, "k")], Deadline.after(clock, 60))
    assert {result.status for result in results} == {"accepted"}
    assert clock.slept == pytest.approx([0.1, 0.2, 0.4, 0.5, 0.1])


def test_with_halt_on_failure_it_stops_at_a_change_that_it_gives_up() -> None:
    peer = Peer(lambda call, e: unavailable() if e.key == "stuck" else None, max_entries=1)
    engine = Dispatcher(InlineExecutor(), Backoff(Halfway(), base_s=100, cap_s=100), max_in_flight=1)
    events = [event(0, "stuck"), event(1), event(2)]
    results = engine.publish(peer, events, Deadline.after(FakeClock(), 10), halt_on_failure=True)
    assert [result.status for result in results] == ["failed", "skipped", "skipped"]
    assert len(peer.calls) == 1


def test_no_call_starts_after_the_deadline_although_more_could_be_in_flight() -> None:
    clock = FakeClock()

    def slow(call: int, e: Event) -> Answer:
        clock.advance(6)
        return None

    peer = Peer(slow, max_entries=1)
    results = dispatcher().publish(peer, [event(n) for n in range(8)], Deadline.after(clock, 10))
    assert [result.status for result in results] == ["accepted"] * 2 + ["skipped"] * 6


def test_a_change_that_does_not_fit_one_call_finishes_before_the_next_change() -> None:
    peer = Peer(lambda call, e: None, max_entries=3)
    events = [event(0, "k", record="a", type=f"t{n}.v1") for n in range(7)] + [event(1, "k", record="b")]
    dispatcher().publish(peer, events, Deadline.after(FakeClock(), 10))
    assert [[e.record_id for e in call] for call in peer.calls] == [["a"] * 3, ["a"] * 3, ["a"], ["b"]]


def test_no_more_calls_are_in_flight_than_allowed() -> None:
    """Four threads could, two may: the third call waits until one of the two has answered."""
    active, most, lock = 0, 0, threading.Lock()
    both = threading.Barrier(2)

    class Slow(Peer):
        def send(self, events: Sequence[Event]) -> list[Answer]:
            nonlocal active, most
            with lock:
                active += 1
                most = max(most, active)
            both.wait(10)
            with lock:
                active -= 1
            return [None] * len(events)

    engine = Dispatcher(POOL, Backoff(random.Random(0)), max_in_flight=2)
    peer = Slow(lambda call, e: None)
    results = engine.publish(peer, [event(n) for n in range(80)], Deadline.after(SystemClock(), 30))
    assert {result.status for result in results} == {"accepted"}
    assert most == 2


def test_a_batch_error_is_raised_after_the_calls_in_flight_have_ended() -> None:
    other_started, release = threading.Event(), threading.Event()
    ended: list[str] = []

    class Peers(Peer):
        def send(self, events: Sequence[Event]) -> list[Answer]:
            if events[0].id.startswith("r0:"):
                other_started.wait(10)
                release.set()
                raise TargetMissing("gone")
            other_started.set()
            release.wait(10)
            ended.append(events[0].id)
            return [None] * len(events)

    engine = Dispatcher(POOL, Backoff(random.Random(0)), max_in_flight=2)
    peer = Peers(lambda call, e: None, max_entries=1)
    with pytest.raises(TargetMissing, match="gone"):
        engine.publish(peer, [event(n) for n in range(5)], Deadline.after(SystemClock(), 30))
    assert ended == ["r1:com.example.user.created.v1"], "the other call ended, and no third was started"


def test_a_bug_in_a_sink_never_counts_as_a_failed_entry() -> None:
    def broken(call: int, e: Event) -> Answer:
        raise KeyError("oops")

    with pytest.raises(KeyError, match="oops"):
        dispatcher().publish(Peer(broken), [event(0)], Deadline.after(FakeClock(), 10))


def test_a_batch_error_inside_an_answer_counts_as_raised() -> None:
    peer = Peer(lambda call, e: BatchError("denied") if e.record_id == "r1" else None)
    with pytest.raises(BatchError, match="denied"):
        dispatcher().publish(peer, [event(n) for n in range(3)], Deadline.after(FakeClock(), 10))


def test_a_call_without_an_answer_at_the_deadline_fails_and_keeps_its_key_out_of_later_calls() -> None:
    release = threading.Event()

    class Stuck(Peer):
        def send(self, events: Sequence[Event]) -> list[Answer]:
            answers = super().send(events)
            if len(self.calls) == 1:
                release.wait(10)
            return answers

    peer = Stuck(lambda call, e: None, max_entries=1)
    engine = Dispatcher(POOL, Backoff(random.Random(0)), max_in_flight=1)
    clock = FakeClock()  # it stands still: the call always starts, and only the wait for it is real
    first = engine.publish(peer, [event(0, "k"), event(1, "k")], Deadline.after(clock, 0.05))
    assert [result.status for result in first] == ["failed", "skipped"]
    assert isinstance(first[0].error, SinkUnavailable)

    again = engine.publish(peer, [event(0, "k")], Deadline.after(clock, 0.05))
    other = engine.publish(peer, [event(2, "other")], Deadline.after(clock, 5))
    assert [again[0].status, other[0].status] == ["skipped", "accepted"]

    release.set()
    after = engine.publish(peer, [event(0, "k"), event(1, "k")], Deadline.after(clock, 5))
    assert [result.status for result in after] == ["accepted", "accepted"]


def test_a_call_that_was_left_behind_is_forgotten_once_it_has_ended() -> None:
    """A process that runs for months must not collect them."""
    release, ended = threading.Event(), threading.Event()
    kept: list[weakref.ref[Any]] = []

    class Answered(list[Answer]):
        """An answer that can be watched."""

    class Stuck(Peer):
        def send(self, events: Sequence[Event]) -> list[Answer]:
            answers = Answered(super().send(events))
            kept.append(weakref.ref(answers))
            if len(self.calls) == 1:
                release.wait(10)
                ended.set()
            return answers

    peer = Stuck(lambda call, e: None, max_entries=1)
    clock = FakeClock()
    with ThreadPoolExecutor(max_workers=2) as pool:
        engine = Dispatcher(pool, Backoff(random.Random(0)), max_in_flight=1)
        engine.publish(peer, [event(0, "k")], Deadline.after(clock, 0.05))
        release.set()
        ended.wait(10)
        for number in (1, 2):  # the first waits for it, the second sees that it has ended
            engine.publish(peer, [event(number, "k")], Deadline.after(clock, 5))
    gc.collect()
    assert [each() for each in kept] == [None, None, None]


def test_a_hot_key_in_a_full_batch_reads_each_event_only_once() -> None:
    """10,000 changes of one key: one call each, each event measured once."""

    class Counting(Peer):
        measured = 0

        def size_of(self, event: Event) -> int:
            self.measured += 1
            return 100

    peer = Counting(lambda call, e: None)
    results = dispatcher().publish(
        peer, [event(n, "hot") for n in range(10_000)], Deadline.after(FakeClock(), 9)
    )
    assert {result.status for result in results} == {"accepted"}
    assert (len(peer.calls), peer.measured) == (10_000, 10_000)


def test_a_dispatcher_without_a_call_to_make_is_refused() -> None:
    with pytest.raises(ValueError, match="max_in_flight"):
        dispatcher(max_in_flight=0)


@pytest.mark.parametrize("first_try", ["too large for this call", "fails at first"])
def test_with_halt_on_failure_a_refusal_keeps_nothing_back_that_comes_before_it(first_try: str) -> None:
    """Otherwise the batch, returned for retry, would end at the same place for ever."""
    large = 850 if first_try == "too large for this call" else 0
    one, two = event(1, "a", record="r1"), event(1, "a", record="r1", type="t2.v1", padding=large)
    refused, after = event(3, "b", record="r2"), event(4, "c", record="r3", padding=850)

    def answer(call: int, e: Event) -> Answer:
        if e is refused:
            return EventRefused("no")
        return unavailable() if e is two and call == 0 else None

    peer = Peer(answer, max_bytes=1_000)
    events = [one, two, refused, after]
    engine = dispatcher(max_in_flight=1)
    results = engine.publish(peer, events, Deadline.after(FakeClock(), 60), halt_on_failure=True)
    assert peer.has == [one, two]
    assert [result.status for result in results] == ["accepted", "accepted", "failed", "skipped"]


def test_with_halt_on_failure_nothing_waits_that_comes_after_the_failure() -> None:
    """What waits for another try is given up, once something before it was refused."""
    clock = FakeClock()

    def answer(call: int, e: Event) -> Answer:
        if e.key == "slow":
            return unavailable()
        return (unavailable() if call == 0 else EventRefused("no")) if e.key == "bad" else None

    peer = Peer(answer, max_entries=1)
    engine = Dispatcher(InlineExecutor(), Backoff(Halfway(), base_s=1, cap_s=1), max_in_flight=1)
    events = [event(1, "bad"), event(2, "slow")]
    results = engine.publish(peer, events, Deadline.after(clock, 60), halt_on_failure=True)
    assert [result.status for result in results] == ["failed", "failed"]
    assert len(peer.calls) == 3
    assert clock.slept == pytest.approx([0.5])


def test_with_halt_on_failure_a_later_refusal_keeps_no_half_of_an_earlier_record_back() -> None:
    """The end of an item in one entity and its start in another are one record. Without its second half the
    batch, returned for retry, would end at the same place for ever."""
    end, start, later = event(1, "a", record="r1"), event(2, "a", record="r1"), event(3, "b", record="r2")
    start = start._replace(sequence=end.sequence + "+")
    peer = Peer(lambda call, e: EventRefused("no") if e is later else None)
    dispatcher().publish(peer, [end, start, later], Deadline.after(FakeClock(), 10), halt_on_failure=True)
    assert peer.has == [end, start]
