"""A part of the hard pairs; ``make fuzz-schemas`` asks all of them, and draws new ones."""

from __future__ import annotations

import pytest

from bridge.schemas.compatibility.proving import keywords
from tests.schemas.compatibility.hard.drawn import Drawer
from tests.schemas.compatibility.hard.every import Report, every_pair

PAIRS = list(every_pair())
PARTS = 8
EVERY = 3
"""One of so many pairs of each kind is asked here."""


@pytest.mark.parametrize("part", range(PARTS))
def test_hard_pairs_have_the_right_verdicts_and_none_is_unproven(part: int) -> None:
    report = Report()
    for pair in PAIRS[::EVERY][part::PARTS]:
        report.ask(pair)
    assert report.wrong == []
    assert report.listed == []


def test_the_hard_pairs_are_of_each_kind_and_many() -> None:
    assert len(PAIRS) >= 500
    asked = {pair.kind for pair in PAIRS[::EVERY]}
    assert asked == {pair.kind for pair in PAIRS}
    assert {letters for pair in PAIRS for letters in pair.expected} == {"c", "i", "u"}


def test_no_verdict_about_a_drawn_pair_is_wrong() -> None:
    report = Drawer(seed=20261201).run(80)
    assert report.wrong == []
    assert report.broken > 20
    assert sum(report.unproven.values()) <= 4


def test_the_drawn_pairs_show_an_error_in_the_prover(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(keywords._CHECKS, "pattern", lambda parts, value: True)
    assert Drawer(seed=1).run(60).wrong
