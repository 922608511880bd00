"""A version against those before it: numbers, transitive modes, waivers."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bridge.schemas.compatibility.history import Waiver, check_version
from bridge.schemas.compatibility.verdict import Bump, Mode, Policy, Verdict
from bridge.schemas.semver import Version

TODAY = date(2026, 6, 1)
FIRST, SECOND, THIRD = Version(1, 0, 0), Version(1, 1, 0), Version(1, 2, 0)


def thing(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("new", "number", "required", "accepted"),
    [
        ({**thing(a=TEXT), "title": "T"}, "1.0.1", "1.0.1", True),
        ({**thing(a=TEXT), "title": "T"}, "1.1.0", "1.0.1", True),
        (thing(a=TEXT, b=TEXT), "1.0.1", "1.1.0", False),
        (thing(a=TEXT, b=TEXT), "1.1.0", "1.1.0", True),
        (thing(a={"type": "integer"}), "1.1.0", "2.0.0", False),
    ],
)
def test_a_number_below_the_needed_bump_is_refused(
    new: Any, number: str, required: str, accepted: bool
) -> None:
    found = check_version(Version.parse(number), new, [(FIRST, thing(a=TEXT))])
    assert str(found.required_version) == required
    assert found.accepted is accepted


def test_a_new_major_is_compared_with_nothing_and_promises_nothing() -> None:
    found = check_version(Version(2, 0, 0), thing(a={"type": "integer"}), [(FIRST, thing(a=TEXT))])
    assert (found.accepted, found.steps, found.bump) == (True, (), Bump.MAJOR)


def test_transitive_modes_ask_every_earlier_version_others_the_last() -> None:
    """What was removed and comes back as something else breaks the version before the last."""
    earlier = [(FIRST, thing(a=TEXT, b=TEXT)), (SECOND, thing(a=TEXT))]
    new = thing(a=TEXT, b={"type": "integer"})
    last = check_version(THIRD, new, earlier, mode=Mode.FULL)
    assert (last.accepted, [step.old for step in last.steps]) == (True, [SECOND])
    every = check_version(THIRD, new, earlier, mode=Mode.FULL_TRANSITIVE)
    assert (every.accepted, [step.old for step in every.steps]) == (False, [FIRST, SECOND])
    assert every.steps[0].comparison.verdict is Verdict.INCOMPATIBLE


def test_a_published_number_is_not_taken_again_and_numbers_go_up() -> None:
    earlier = [(FIRST, thing(a=TEXT)), (SECOND, thing(a=TEXT, b=TEXT))]
    assert "published already" in check_version(SECOND, thing(a=TEXT), earlier).problem
    assert "go up" in check_version(Version(1, 0, 1), thing(a=TEXT), earlier).problem


PATTERNS = [thing(a={"type": "string", "pattern": p}) for p in ("^(?=a)[a-z]+$", "^(?=a)[a-z]{1,}$")]


def waiver(direction: Any, until: date = date(2026, 12, 31), old: Version = FIRST) -> Waiver:
    return Waiver("user.created", old, SECOND, direction, "Ada", "the two patterns match the same", until)


@pytest.mark.parametrize(
    ("waivers", "accepted"),
    [
        ([], False),
        ([waiver("backward")], False),
        ([waiver("backward"), waiver("forward")], True),
        ([waiver("backward"), waiver("forward", date(2026, 5, 31))], False),
        ([waiver("backward"), waiver("forward", TODAY)], True),
        ([waiver("backward", old=THIRD), waiver("forward", old=THIRD)], False),
    ],
)
def test_what_is_unproven_is_accepted_with_a_waiver_until_its_last_day(
    waivers: list[Waiver], accepted: bool
) -> None:
    found = check_version(
        SECOND,
        PATTERNS[1],
        [(FIRST, PATTERNS[0])],
        type_name="user.created",
        waivers=waivers,
        today=TODAY,
    )
    assert found.accepted is accepted
    assert len(found.steps[0].expired) == sum(each.until < TODAY and each.old == FIRST for each in waivers)


def test_a_break_is_never_waived() -> None:
    found = check_version(
        SECOND,
        thing(a={"type": "integer"}),
        [(FIRST, thing(a=TEXT))],
        policy=Policy.VIEWS,
        type_name="user.created",
        waivers=[waiver("backward"), waiver("forward")],
        today=TODAY,
    )
    assert not found.accepted
