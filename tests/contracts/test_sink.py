"""What every sink promises. A new sink is one entry in ``RIGS``."""

from __future__ import annotations

import io
import json
import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from bridge.delivery.backoff import Backoff
from bridge.delivery.dispatch import Dispatcher
from bridge.edges.eventbridge.classic import EventBridgeSink
from bridge.edges.eventbridge.v2 import EventBridgeV2Sink
from bridge.edges.local.memory import MemorySink
from bridge.edges.local.stdout import StdoutSink
from bridge.edges.sns.topic import SnsSink
from bridge.errors import AccessDenied, EventRefused, EventTooLarge, SinkUnavailable, TargetMissing
from bridge.ports.clock import Deadline
from bridge.ports.sink import Sink
from tests.fakes.clients.batch_peer import BatchPeer, client_error, throttling, timeout
from tests.fakes.clients.events import EventsClient
from tests.fakes.clients.sns import SnsClient
from tests.fakes.clock import FakeClock
from tests.fakes.event_builder import event
from tests.fakes.eventbridge_v2_server import EventBridgeV2Server
from tests.fakes.executor import InlineExecutor

# --- the sinks -----------------------------------------------------------------------------------


@dataclass
class Rig:
    """A sink and the peer it talks to. ``peer`` is None for a sink that cannot fail in parts."""

    sink: Sink
    accepted: Callable[[], Sequence[str]]
    peer: BatchPeer | None = None
    refusal: str = "InvalidArgument"  # the target's code for an entry that it will never take
    max_entries: int = 10
    bytes_inclusive: int = 0  # of one call
    repeats_a_cut_answer: bool = False  # whole, because its results cannot be matched to entries
    clock: FakeClock = field(default_factory=FakeClock)
    close: Callable[[], None] = lambda: None

    def within(self, seconds: float = 60) -> Deadline:
        return Deadline.after(self.clock, seconds)


def _dispatcher() -> Dispatcher:
    return Dispatcher(InlineExecutor(), Backoff(random.Random(7)))


def _memory() -> Rig:
    sink = MemorySink()
    return Rig(sink, lambda: [kept.id for kept in sink.events])


def _stdout() -> Rig:
    stream = io.BytesIO()
    return Rig(
        StdoutSink(stream), lambda: [json.loads(line)["id"] for line in stream.getvalue().splitlines()]
    )


def _eventbridge() -> Rig:
    peer = EventsClient("orders")
    sink = EventBridgeSink(peer, "orders", _dispatcher())
    return Rig(sink, lambda: peer.accepted, peer, bytes_inclusive=1024 * 1024 - 1, repeats_a_cut_answer=True)


def _sns(topic: str) -> Rig:
    peer = SnsClient(topic)
    sink = SnsSink(peer, topic, _dispatcher())
    return Rig(sink, lambda: peer.accepted, peer, refusal="InvalidParameter", bytes_inclusive=256 * 1024)


def _eventbridge_v2(raw: bool) -> Rig:
    peer = EventBridgeV2Server("orders")
    sink = EventBridgeV2Sink(peer.client(), peer.arn, _dispatcher(), raw=raw)
    return Rig(
        sink,
        lambda: peer.accepted,
        peer,
        refusal="InvalidInputException",
        max_entries=100,
        bytes_inclusive=1024 * 1024 - 1,
        repeats_a_cut_answer=True,
        close=peer.close,
    )


RIGS: dict[str, Callable[[], Rig]] = {
    "memory": _memory,
    "stdout": _stdout,
    "eventbridge": _eventbridge,
    "sns": lambda: _sns("arn:aws:sns:eu-central-1:111122223333:orders"),
    "sns-fifo": lambda: _sns("arn:aws:sns:eu-central-1:111122223333:orders.fifo"),
    "eventbridge-v2": lambda: _eventbridge_v2(raw=False),
    "eventbridge-v2-raw": lambda: _eventbridge_v2(raw=True),
}
WITHOUT_A_PEER = {"memory", "stdout"}


@pytest.fixture(params=RIGS)
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    rig = RIGS[request.param]()
    yield rig
    rig.close()


@pytest.fixture(params=[name for name in RIGS if name not in WITHOUT_A_PEER])
def remote(request: pytest.FixtureRequest) -> Iterator[tuple[Rig, BatchPeer]]:
    rig = RIGS[request.param]()
    assert rig.peer is not None
    yield rig, rig.peer
    rig.close()


Remote = tuple[Rig, BatchPeer]

# --- promises of every sink ------------------------------------------------------------------------


def test_a_sink_answers_one_result_per_event_and_has_them_in_order(rig: Rig) -> None:
    rig.sink.check()
    events = [event(n) for n in range(25)]
    results = rig.sink.publish(events, rig.within())
    assert [result.status for result in results] == ["accepted"] * 25
    assert list(rig.accepted()) == [e.id for e in events]


def test_an_empty_batch_reaches_nobody(rig: Rig) -> None:
    assert rig.sink.publish([], rig.within()) == []
    assert not rig.accepted()


def test_after_the_deadline_nothing_is_sent_and_everything_is_returned_for_retry(rig: Rig) -> None:
    results = rig.sink.publish([event(0), event(1)], rig.within(0))
    assert [result.status for result in results] == ["skipped", "skipped"]
    assert not rig.accepted()


def test_the_size_of_an_event_counts_at_least_its_body(rig: Rig) -> None:
    small, large = event(0), event(0, padding=500)
    assert rig.sink.size_of(small) >= len(small.body)
    assert rig.sink.size_of(large) - rig.sink.size_of(small) == 500
    assert rig.sink.max_bytes >= 256 * 1024


# --- promises of a sink with a peer that can fail ----------------------------------------------------


def test_a_target_that_does_not_exist_is_found_at_start_up(remote: Remote) -> None:
    rig, peer = remote
    peer.exists = False
    with pytest.raises(TargetMissing, match="orders"):
        rig.sink.check()


def test_a_refused_start_up_check_names_action_and_resource(remote: Remote) -> None:
    rig, peer = remote
    peer.denied = True
    with pytest.raises(
        AccessDenied, match=r"access denied to (events:Describe|SNS:Get)\w+ on arn:aws:.*orders"
    ):
        rig.sink.check()


def test_access_denied_fails_the_batch_and_no_record(remote: Remote) -> None:
    rig, peer = remote
    peer.denied = True
    with pytest.raises(AccessDenied, match=r"access denied to \w+:Pu\w+ on arn:aws:.*orders"):
        rig.sink.publish([event(0)], rig.within())


def test_access_denied_for_a_single_entry_fails_the_batch_too(remote: Remote) -> None:
    """A policy that forbids a source or type is a broken configuration, not a broken record."""
    rig, peer = remote
    peer.fail_entry = lambda call, id: "AccessDeniedException" if id.startswith("r3:") else None
    with pytest.raises(AccessDenied):
        rig.sink.publish([event(n) for n in range(5)], rig.within())


def test_only_failed_entries_are_sent_again(remote: Remote) -> None:
    rig, peer = remote
    peer.fail_entry = lambda call, id: "InternalFailure" if call == 0 and id[:3] in ("r2:", "r5:") else None
    events = [event(n) for n in range(8)]
    results = rig.sink.publish(events, rig.within())
    assert {result.status for result in results} == {"accepted"}
    assert [[id[:2] for id in call] for call in peer.calls] == [
        ["r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7"],
        ["r2", "r5"],
    ]


def test_a_retry_is_preceded_by_a_wait(remote: Remote) -> None:
    rig, peer = remote
    peer.fail_call = lambda call, ids: throttling() if call < 3 else None
    rig.sink.publish([event(0)], rig.within())
    assert len(rig.clock.slept) == 3
    waits = zip(rig.clock.slept, (0.1, 0.2, 0.4), strict=True)
    assert {0 < slept <= limit for slept, limit in waits} == {True}


def test_a_call_carries_at_most_one_change_of_a_key(remote: Remote) -> None:
    rig, peer = remote
    events = [event(n, key=f"k{n % 3}") for n in range(12)]
    rig.sink.publish(events, rig.within())
    assert [len(call) for call in peer.calls] == [3, 3, 3, 3]
    assert peer.accepted == [e.id for e in events]


def test_events_of_one_change_share_a_call(remote: Remote) -> None:
    rig, peer = remote
    events = [event(0, "k", record="a", type=f"t{n}.v1") for n in range(4)]
    rig.sink.publish(events, rig.within())
    assert [len(call) for call in peer.calls] == [4]


def test_changes_of_a_key_arrive_in_order_although_entries_fail(remote: Remote) -> None:
    rig, peer = remote
    faults = random.Random(1)
    peer.fail_entry = lambda call, id: "InternalFailure" if faults.random() < 0.4 else None
    events = [event(n, key=f"k{n % 4}") for n in range(60)]
    results = rig.sink.publish(events, rig.within(600))
    assert {result.status for result in results} == {"accepted"}
    for key in range(4):
        mine = [e.id for e in events if e.key == f"k{key}"]
        assert [id for id in peer.accepted if id in mine] == mine


def test_a_call_is_never_over_the_limit_of_entries(remote: Remote) -> None:
    rig, peer = remote
    rig.sink.publish([event(n) for n in range(205)], rig.within())
    assert max(len(call) for call in peer.calls) == rig.max_entries
    assert len(peer.calls) == math.ceil(205 / rig.max_entries)


def test_a_call_is_never_over_the_limit_of_bytes_and_uses_all_of_it(remote: Remote) -> None:
    rig, peer = remote
    base = rig.sink.size_of(event(0))
    third = rig.bytes_inclusive // 3
    events = [event(n, padding=third - base) for n in range(7)]
    assert {rig.sink.size_of(e) == third for e in events} == {True}
    results = rig.sink.publish(events, rig.within())
    assert {result.status for result in results} == {"accepted"}
    assert [len(call) for call in peer.calls] == [3, 3, 1]
    assert max(peer.call_bytes) <= rig.bytes_inclusive


def test_the_sink_counts_bytes_as_its_target_does(remote: Remote) -> None:
    rig, peer = remote
    odd = event(0, key="straße-東京", type="com.example.größe.v1")
    rig.sink.publish([odd], rig.within())
    assert peer.call_bytes == [rig.sink.size_of(odd)]


def test_the_largest_event_is_taken_and_one_byte_more_is_too_large(remote: Remote) -> None:
    rig, peer = remote
    padding = rig.sink.max_bytes - rig.sink.size_of(event(1, "k"))
    events = [event(0), event(1, "k", padding=padding), event(2, "k", padding=padding + 1), event(3, "k")]
    results = rig.sink.publish(events, rig.within())
    assert [result.status for result in results] == ["accepted", "accepted", "failed", "skipped"]
    assert isinstance(results[2].error, EventTooLarge)
    assert results[2].error.record_id == "r2"
    assert "r2" not in "".join(peer.accepted)


def test_an_entry_refused_for_good_holds_the_later_changes_of_its_key_back_and_no_others(
    remote: Remote,
) -> None:
    rig, peer = remote
    peer.fail_entry = lambda call, id: rig.refusal if id.startswith("r1:") else None
    events = [event(0, "k"), event(1, "k"), event(2, "k"), event(3, "other")]
    results = rig.sink.publish(events, rig.within())
    assert [result.status for result in results] == ["accepted", "failed", "skipped", "accepted"]
    assert isinstance(results[1].error, EventRefused)
    assert results[1].error.permanent
    assert not [id for id in peer.accepted if id.startswith("r2")]
    assert len(peer.calls) == 2, "what is refused for good is not sent again"


def test_a_call_refused_as_a_whole_is_narrowed_down_to_the_entry_at_fault(remote: Remote) -> None:
    rig, peer = remote
    refusal = client_error("ValidationException", "Any", 400, "Value 'secret' is not valid")
    peer.fail_call = lambda call, ids: refusal if any(id.startswith("r6:") for id in ids) else None
    results = rig.sink.publish([event(n) for n in range(10)], rig.within())
    assert [n for n, result in enumerate(results) if result.status == "failed"] == [6]
    assert isinstance(results[6].error, EventRefused)
    assert "secret" not in str(results[6].error), "AWS's message may quote a value"
    assert len(peer.calls) <= 8, "by halves, not one by one"


def test_a_limit_that_was_lowered_makes_calls_smaller_and_loses_nothing(remote: Remote) -> None:
    rig, peer = remote
    too_long = client_error("RequestEntityTooLarge", "Any", 413)
    peer.fail_call = lambda call, ids: too_long if len(ids) > 2 or "r7:big" in ids else None
    events = [event(n, id="r7:big" if n == 7 else "") for n in range(20)]
    results = rig.sink.publish(events, rig.within())
    assert [n for n, result in enumerate(results) if result.status != "accepted"] == [7]
    assert isinstance(results[7].error, EventTooLarge)


def test_throttled_for_ever_hands_back_within_the_deadline(remote: Remote) -> None:
    rig, peer = remote
    peer.fail_call = lambda call, ids: throttling()
    deadline = rig.within(20)
    results = rig.sink.publish([event(n, key=f"k{n % 2}") for n in range(4)], deadline)
    assert [result.status for result in results] == ["failed", "failed", "skipped", "skipped"]
    assert {isinstance(result.error, SinkUnavailable) for result in results[:2]} == {True}
    assert deadline.remaining_s() > 0, "it never sleeps past the deadline"
    assert len(peer.calls) > 5, "it used the time it had"


def test_time_that_runs_out_in_a_call_starts_no_other(remote: Remote) -> None:
    rig, peer = remote
    peer.on_call = lambda: rig.clock.advance(4)
    results = rig.sink.publish([event(n, "k") for n in range(9)], rig.within(10))
    assert [result.status for result in results] == ["accepted"] * 3 + ["skipped"] * 6
    assert len(peer.calls) == 3


def test_a_lost_answer_is_repeated_with_the_same_ids(remote: Remote) -> None:
    rig, peer = remote
    peer.lose_answer = lambda call, ids: timeout() if call == 0 else None
    events = [event(n) for n in range(3)]
    results = rig.sink.publish(events, rig.within())
    assert {result.status for result in results} == {"accepted"}
    assert peer.accepted == [e.id for e in events] * 2
    if isinstance(peer, SnsClient) and peer.fifo:
        assert peer.delivered == [e.id for e in events], "the topic drops the repeat"


def test_an_entry_that_the_answer_does_not_mention_is_sent_again(remote: Remote) -> None:
    rig, peer = remote
    peer.cut_answer = lambda call: 2 if call == 0 else 0
    results = rig.sink.publish([event(n) for n in range(5)], rig.within())
    assert {result.status for result in results} == {"accepted"}
    assert [len(call) for call in peer.calls] == [5, 5 if rig.repeats_a_cut_answer else 2]


def test_a_key_that_is_retried_does_not_hold_up_others(remote: Remote) -> None:
    rig, peer = remote
    peer.fail_entry = lambda call, id: "InternalFailure" if id.startswith("r0:") else None
    events = [event(0, "stuck"), *(event(n) for n in range(1, 30)), event(30, "stuck")]
    results = rig.sink.publish(events, rig.within(5))
    assert results[0].status == "failed"
    assert {result.status for result in results[1:30]} == {"accepted"}
    assert results[30].status == "skipped"


@pytest.mark.parametrize("permanent", [True, False])
def test_with_halt_on_failure_no_call_starts_after_the_first_failure(remote: Remote, permanent: bool) -> None:
    rig, peer = remote
    code = rig.refusal if permanent else "InternalFailure"
    peer.fail_entry = lambda call, id: code if id.startswith("r2:") else None
    events = [event(n, "k" if n < 4 else "") for n in range(6)]
    results = rig.sink.publish(events, rig.within(5), halt_on_failure=True)
    assert [result.status for result in results[:4]] == ["accepted", "accepted", "failed", "skipped"]
    assert {id.startswith("r3:") for call in peer.calls for id in call} == {False}


def test_with_halt_on_failure_events_before_one_that_is_too_large_are_still_sent(remote: Remote) -> None:
    """Otherwise the same batch, returned for retry, would end at the same event for ever."""
    rig, _ = remote
    events = [event(0), event(1), event(2, padding=rig.sink.max_bytes), event(3)]
    results = rig.sink.publish(events, rig.within(), halt_on_failure=True)
    assert [result.status for result in results] == ["accepted", "accepted", "failed", "skipped"]


def test_results_never_claim_what_the_target_does_not_have(remote: Remote) -> None:
    """Accepted means: the peer has it; and the other way round where no answer was lost."""
    rig, peer = remote
    faults = random.Random(3)
    codes = [None, None, None, "InternalFailure", rig.refusal]
    peer.fail_entry = lambda call, id: faults.choice(codes)
    peer.fail_call = lambda call, ids: throttling() if faults.random() < 0.3 else None
    events = [event(n, key=f"k{n % 7}") for n in range(100)]
    results = rig.sink.publish(events, rig.within(8))
    has = set(peer.accepted)
    assert {e.id for e, result in zip(events, results, strict=True) if result.status == "accepted"} == has
    for one, next_one in pairwise([n for n, e in enumerate(events) if e.key == "k0"]):
        given_up = results[one].status != "accepted" and not getattr(results[one].error, "permanent", False)
        assert not given_up or results[next_one].status == "skipped"
