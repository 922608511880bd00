"""A test whose planned fault never happens fails, whatever else it asserts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import SourceUnavailable
from tests.fakes.clients.batch_peer import throttling
from tests.fakes.clients.s3 import S3Client
from tests.fakes.clock import FakeClock
from tests.fakes.faults import FOR_EVER, Countdown, Fault, Plan, Planned, Switch, acts, sometimes
from tests.fakes.stream import FakeStream
from tests.plugins.planned import never_happened

fails = pytest.mark.xfail(raises=pytest.fail.Exception, reason="this test cannot fail otherwise", strict=True)


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> Planned:
    """The plans of a test of its own, which is not this one."""
    kept = Planned()
    kept.begin()
    monkeypatch.setattr("tests.fakes.faults.PLANNED", kept)
    return kept


class Peer:
    fail = Fault[type](bool)
    lose = Fault[type](bool)
    ends = Countdown()
    open = Switch(True)


def missing(plans: Planned, *, together: bool = False) -> list[str]:
    begun = "planned, but it never happened: "
    return [each.removeprefix(begun) for each in never_happened(plans.end(), together=together)]


def test_a_plan_that_never_answers_with_a_fault_is_named_with_its_fake_and_hook(plans: Planned) -> None:
    peer = Peer()
    peer.fail = peer.lose = bool
    assert not peer.fail()
    assert missing(plans) == ["Peer.fail", "Peer.lose"]


def answer(fault: object) -> Plan:
    return Plan("Peer.fail", lambda *_: fault, lambda answer, *_: bool(answer))


@pytest.mark.parametrize(("fault", "fired"), [(None, False), (0, False), (7, True), (OSError(), True)])
def test_a_plan_happened_when_it_answered_with_a_fault(fault: object, fired: bool) -> None:
    plan = answer(fault)
    assert not plan.fired
    assert plan() is fault
    assert plan.fired is fired


def test_a_plan_that_raises_has_happened() -> None:
    plan = Plan("Peer.fail", lambda: 1 / 0, bool)
    with pytest.raises(ZeroDivisionError):
        plan()
    assert plan.fired


def test_each_plan_counts_also_when_another_replaces_it_or_it_is_taken_back(plans: Planned) -> None:
    client = S3Client()
    for code in ("A", "B"):
        client.refuse_key = lambda key, code=code: code if key == "x" else None  # type: ignore[misc]
    assert client.refuse_key("x") == "B"
    del client.refuse_key
    assert client.refuse_key("x") is None
    assert missing(plans) == ["S3Client.refuse_key"]


def test_in_a_property_test_one_example_is_enough(plans: Planned) -> None:
    for number in range(3):
        client = S3Client()
        client.conflict = lambda call, number=number: number == 1  # type: ignore[misc]
        client.refuse_key = lambda key: None
        client.conflict(0)
    assert missing(plans, together=True) == ["S3Client.refuse_key"]


def test_what_may_happen_sometimes_need_not(plans: Planned) -> None:
    client = S3Client()
    client.fail = sometimes(lambda operation, call: throttling(operation) if call > 5 else None)
    assert client.fail("PutObject", 6) is not None
    assert missing(plans) == []


@pytest.mark.parametrize(("call", "left"), [(0, ["S3Client.fail"]), (1, [])])
def test_what_acts_must_have_had_its_moment_and_is_no_fault(plans: Planned, call: int, left: object) -> None:
    client = S3Client()
    client.fail = acts(lambda operation, call: call == 1)
    assert client.fail("PutObject", call) is None
    assert missing(plans) == left


@pytest.mark.parametrize(
    ("ends", "taken", "left"),
    [(3, 3, []), (3, 2, ["Peer.ends"]), (FOR_EVER, 1, []), (FOR_EVER, 0, ["Peer.ends"])],
)
def test_all_faults_of_a_number_must_come(plans: Planned, ends: int, taken: int, left: object) -> None:
    peer = Peer()
    peer.ends = ends
    for _ in range(taken):
        peer.ends -= 1
    assert missing(plans) == left


def test_a_switch_must_be_looked_at_while_it_is_turned(plans: Planned) -> None:
    peer, other = Peer(), Peer()
    assert peer.open
    peer.open = False
    other.open = False
    assert not peer.open
    assert missing(plans) == ["Peer.open = False"]


def test_each_error_that_waits_for_a_call_must_be_raised(plans: Planned) -> None:
    stream = FakeStream(FakeClock())
    stream.fail("shards", SourceUnavailable("one"), SourceUnavailable("two"))
    with pytest.raises(SourceUnavailable, match="one"):
        stream.shards()
    (left,) = missing(plans)
    assert left.startswith("FakeStream.fail('shards', ")
    assert "two" in left


def test_outside_tests_nothing_is_kept() -> None:
    plans = Planned()
    plans.add(answer(None))
    assert plans.end() == []


@fails
def test_a_test_whose_fault_never_happens_fails() -> None:
    S3Client().fail = lambda operation, call: throttling(operation) if call > 5 else None
    assert throttling()


@fails
@settings(max_examples=20)
@given(st.integers(0, 10**9))
def test_a_property_whose_fault_never_happens_fails(number: int) -> None:
    client = S3Client()
    client.lose = lambda operation, call: throttling(operation) if number < 0 else None
    assert client.lose("PutObject", 0) is None


@settings(max_examples=50)
@given(st.booleans())
def test_a_property_whose_fault_happens_in_some_examples_passes(bad: bool) -> None:
    client = S3Client()
    client.lose = lambda operation, call: throttling(operation) if bad else None
    assert (client.lose("PutObject", 0) is not None) is bad
