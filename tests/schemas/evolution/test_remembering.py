"""A verdict is remembered exactly as long as nothing changed that it depends on, and never on trust."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bridge.schemas.compatibility.compare import Comparer
from bridge.schemas.compatibility.decide import ONE_GAP_S, PROOF_S, SEARCH_S
from bridge.schemas.compatibility.verdict import Bump, Comparison, Mode, Policy, Unproven, Verdict
from bridge.schemas.evolution.closures import Closures
from bridge.schemas.evolution.remembering import QUICK_S, Remembering, as_answer, read_answer
from tests.fakes.clock import FakeClock
from tests.schemas.folders import BASE, TYPE, schema

MONEY = "com.example.money"
FULL, VIEWS = Mode.FULL_TRANSITIVE, Policy.VIEWS


def documents() -> dict[str, Any]:
    """Two versions that refer to another document, which refers to a third one."""
    lines: dict[str, Any] = {"properties": {"total": {"$ref": f"../{MONEY}/1.0.0.json"}}}
    every = [
        schema(**lines),
        schema("1.1.0", **lines, title="New"),
        schema(of=MONEY, properties={"currency": {"$ref": "../com.example.code/1.0.0.json#/$defs/code"}}),
        schema(of="com.example.code", defs={"code": {"type": "string"}}),
        schema(of="com.example.other"),
    ]
    return {each["$id"]: each for each in every}


OLD, NEW = f"{BASE}/{TYPE}/1.0.0.json", f"{BASE}/{TYPE}/1.1.0.json"


class Counting:
    """A comparison that takes ``took_s`` on the clock and gives ``answer``, or the real one."""

    def __init__(self, clock: FakeClock, known: dict[str, Any], answer: Comparison | None = None) -> None:
        self.calls = 0
        self.took_s = 0.0
        self.answer = answer
        self._clock = clock
        self._comparer = Comparer(known)

    def compare(self, old: Any, new: Any, *, mode: Mode, policy: Policy) -> Comparison:
        self.calls += 1
        self._clock.advance(self.took_s)
        return self.answer or self._comparer.compare(old, new, mode=mode, policy=policy)


def run(
    known: dict[str, Any],
    kept: dict[str, Any],
    answer: Comparison | None = None,
    *,
    took_s: float = 0.0,
    mode: Mode = FULL,
    policy: Policy = VIEWS,
) -> tuple[Comparison, int]:
    """One run of a program that compares the two versions. Returns the verdict and how often it compared."""
    clock = FakeClock()
    counting = Counting(clock, known, answer)
    counting.took_s = took_s
    remembering = Remembering(counting.compare, known, clock, kept, {})
    found = remembering.compare(known[OLD], known[NEW], mode=mode, policy=policy)
    assert remembering.compare(known[OLD], known[NEW], mode=mode, policy=policy) == found
    return found, counting.calls


def test_a_second_run_gives_the_same_verdict_without_comparing() -> None:
    kept: dict[str, Any] = {}
    first, calls = run(documents(), kept)
    assert (first.verdict, calls) == (Verdict.COMPATIBLE, 1)
    assert run(documents(), kept) == (first, 0)


def test_a_break_comes_back_whole_with_its_event() -> None:
    known = documents()
    known[NEW]["required"] = ["total"]
    kept: dict[str, Any] = {}
    first, _ = run(known, kept)
    assert (first.verdict, len(first.breaks)) == (Verdict.INCOMPATIBLE, 1)
    assert run(known, kept) == (first, 0)


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "the older version": lambda known: known[OLD].update(title="x"),
    "the newer version": lambda known: known[NEW]["properties"].update(more={}),
    "a document that it refers to": lambda known: known[f"{BASE}/{MONEY}/1.0.0.json"].update(type="string"),
    "a document that this one refers to": lambda known: known[f"{BASE}/com.example.code/1.0.0.json"][
        "$defs"
    ].update(code={"type": "integer"}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_pair_is_compared_again_after_a_change_of(name: str) -> None:
    kept: dict[str, Any] = {}
    run(documents(), kept)
    known = copy.deepcopy(documents())
    CHANGES[name](known)
    assert run(known, kept)[1] == 1


def test_a_change_of_a_document_that_it_does_not_refer_to_costs_nothing() -> None:
    kept: dict[str, Any] = {}
    run(documents(), kept)
    known = documents()
    known[f"{BASE}/com.example.other/1.0.0.json"]["type"] = "string"
    assert run(known, kept)[1] == 0


@pytest.mark.parametrize("reference", ["$dynamicRef", "$recursiveRef"])
def test_with_a_dynamic_reference_every_document_counts(reference: str) -> None:
    def with_reference() -> dict[str, Any]:
        known = documents()
        known[OLD]["properties"]["total"] = {reference: "#x"}
        return known

    before, after = with_reference(), with_reference()
    after[f"{BASE}/com.example.other/1.0.0.json"]["$dynamicAnchor"] = "x"
    assert Closures(before).digest(before[OLD]) != Closures(after).digest(after[OLD])


def test_a_reference_is_found_however_it_is_escaped() -> None:
    known = documents()
    known[OLD]["properties"] = {"a": {"$ref": f'../{MONEY}/1.0.0.json#/a%22\\"b'}}
    other = copy.deepcopy(known)
    other[f"{BASE}/{MONEY}/1.0.0.json"]["title"] = "x"
    assert Closures(known).digest(known[OLD]) != Closures(other).digest(other[OLD])


@pytest.mark.parametrize("given", [{"mode": Mode.BACKWARD}, {"policy": Policy.STRICT}])
def test_another_mode_or_policy_is_another_question(given: dict[str, Any]) -> None:
    kept: dict[str, Any] = {}
    run(documents(), kept)
    assert run(documents(), kept, **given)[1] == 1


UNPROVEN = Comparison(
    Verdict.UNPROVEN,
    FULL,
    VIEWS,
    unproven=(Unproven("backward", "time-limit", "the time limit was reached"),),
)
BROKEN = Comparer().compare({"type": "string"}, {"type": "integer"}, mode=FULL, policy=VIEWS)
ONE_WAY = Comparison(Verdict.COMPATIBLE, Mode.BACKWARD, VIEWS, bump=Bump.MAJOR)
PROVEN = Comparison(Verdict.COMPATIBLE, FULL, VIEWS, bump=Bump.MINOR)
SLOW = 2 * QUICK_S
TIMED: dict[str, tuple[Comparison, float, bool]] = {
    "unproven, at once": (UNPROVEN, 0, False),
    "unproven after a while": (UNPROVEN, SLOW, False),
    "unusable input": (Comparison(Verdict.INVALID, FULL, VIEWS, problem="x"), 0, False),
    "proven, at once": (PROVEN, 0, True),
    "proven after a while": (PROVEN, SLOW, True),
    "broken, at once": (BROKEN, 0, True),
    "broken after a while: perhaps not every break was found": (BROKEN, SLOW, False),
    "one direction proven, at once": (ONE_WAY, 0, True),
    "one direction proven after a while: the other may be undecided": (ONE_WAY, SLOW, False),
    "nothing was asked, and no direction decided": (replace(ONE_WAY, mode=Mode.NONE), 0, False),
}


@pytest.mark.parametrize("name", TIMED)
def test_only_what_no_time_limit_can_have_shaped_is_kept_for_other_runs(name: str) -> None:
    answer, took_s, kept_for_others = TIMED[name]
    kept: dict[str, Any] = {}
    assert run(documents(), kept, answer, took_s=took_s, mode=answer.mode) == (answer, 1)
    assert bool(kept) is kept_for_others


def test_a_quick_comparison_met_none_of_the_time_limits_of_the_prover() -> None:
    assert min(ONE_GAP_S, PROOF_S, SEARCH_S) > QUICK_S


BAD: dict[str, Any] = {
    "nothing": None,
    "a number": 1,
    "a list": [],
    "an empty answer": {},
    "an unknown verdict": {**as_answer(PROVEN), "verdict": "fine"},
    "an answer to another question": as_answer(ONE_WAY),
    "an unproven answer": as_answer(UNPROVEN),
    "incompatible without a break": {**as_answer(BROKEN), "breaks": []},
    "compatible with a break": {**as_answer(BROKEN), "verdict": "compatible"},
    "a break that is none": {**as_answer(BROKEN), "breaks": [{"rule": "x"}]},
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_answer_to_the_question_is_not_believed(name: str) -> None:
    assert read_answer(BAD[name], FULL, VIEWS) is None


def test_a_document_that_is_nested_too_deep_for_a_digest_is_compared_each_time() -> None:
    deep: dict[str, Any] = {}
    for _ in range(2_000):
        deep = {"not": deep}
    counting = Counting(FakeClock(), {}, PROVEN)
    remembering = Remembering(counting.compare, {}, FakeClock(), {}, {})
    for _ in range(2):
        assert remembering.compare(deep, deep, mode=FULL, policy=VIEWS) is PROVEN
    assert counting.calls == 2
