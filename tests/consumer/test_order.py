"""A subscriber's copy: which of two events is newer."""

from __future__ import annotations

import subprocess
import sys
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.consumer import supersedes


def event(sequence: str, second: int = 0, **marks: Any) -> dict[str, Any]:
    return {"sequence": sequence, "time": f"2026-11-01T12:00:{second:02d}Z", **marks}


def held_after(*events: dict[str, Any]) -> dict[str, Any] | None:
    held: dict[str, Any] | None = None
    for each in events:
        if supersedes(each, held):
            held = each
    return held


ACCEPTED_NEVER_SETTLED = event("s/0007", 10)
REEMITTED = event("s/0005~2026-11-01T12:00:20", 20, reconciled=True)
NEXT_CHANGE = event("s/0009", 40)


def test_the_first_event_is_always_applied() -> None:
    assert supersedes(event("s/1"), None)


def test_between_live_events_the_sequence_decides_whatever_their_times_say() -> None:
    assert supersedes(event("s/2", 1), event("s/1", 9))
    assert not supersedes(event("s/1", 9), event("s/2", 1))


def test_the_same_event_again_changes_nothing() -> None:
    for each in (ACCEPTED_NEVER_SETTLED, REEMITTED):
        assert not supersedes(each, dict(each))


def test_a_state_read_later_supersedes_an_event_that_nobody_knows_was_told() -> None:
    assert supersedes(REEMITTED, ACCEPTED_NEVER_SETTLED)


def test_that_event_delivered_late_or_again_does_not_undo_it() -> None:
    assert not supersedes(ACCEPTED_NEVER_SETTLED, REEMITTED)


def test_a_re_emission_delivered_after_newer_live_events_is_not_applied() -> None:
    assert not supersedes(REEMITTED, NEXT_CHANGE)
    assert supersedes(NEXT_CHANGE, REEMITTED)


def test_within_the_second_of_the_read_the_sequence_decides() -> None:
    same_second = event("s/0007", 20)
    assert not supersedes(REEMITTED, same_second)
    assert supersedes(same_second, REEMITTED)


def test_of_two_re_emissions_the_one_read_later_is_newer() -> None:
    later = event("s/0003~2026-11-01T12:00:30", 30, reconciled=True)
    assert supersedes(later, REEMITTED)
    assert not supersedes(REEMITTED, later)


@pytest.mark.parametrize("time", [None, "", "yesterday", 5])
def test_without_a_time_the_sequence_decides(time: object) -> None:
    assert not supersedes({**REEMITTED, "time": time}, ACCEPTED_NEVER_SETTLED)


def test_times_are_compared_as_times_not_as_text() -> None:
    later = {**REEMITTED, "time": "2026-11-01T13:00:20+01:00"}
    assert supersedes(later, ACCEPTED_NEVER_SETTLED)
    assert supersedes({**REEMITTED, "time": "2026-11-01T12:00:20"}, ACCEPTED_NEVER_SETTLED)


@given(
    st.lists(st.integers(0, 3), min_size=3, max_size=4),  # seconds between the changes
    st.integers(0, 3),
    st.integers(0, 6),
)
def test_the_same_event_is_held_whatever_the_order_of_arrival(gaps: list[int], base: int, pause: int) -> None:
    """Changes in the order of time, and a re-emission that saw all before it and none of the next."""
    second, events = 0, []
    for number, gap in enumerate(gaps):
        second += gap
        events.append(event(f"s/{number:04d}", second))
    base = min(base, len(events) - 1)
    events.append(event(f"s/{base:04d}~", second + 1 + pause, reconciled=True))
    events.append(event("s/0100", second + 40))
    held = {repr(held_after(*order)) for order in permutations(events[:-1])}
    assert held == {repr(events[-2])}
    assert {repr(held_after(*order)) for order in permutations(events[-3:])} == {repr(events[-1])}


def test_the_kit_needs_nothing_but_the_standard_library() -> None:
    code = (
        "import sys, bridge.consumer; "
        "print([m for m in ('boto3', 'botocore', 'orjson', 'pydantic', 'bridge.ports') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
