"""The table of named changes: every verdict, every example, and the page with the table."""

from __future__ import annotations

import pytest

from bridge.schemas.compatibility.compare import Comparer
from bridge.schemas.compatibility.prepare import Prepared, text_of
from bridge.schemas.compatibility.verdict import Bump, Mode, Policy, Verdict
from tests.builders.places import ROOT
from tests.schemas.compatibility.changes import CHANGES, Change
from tests.schemas.compatibility.fuzz import Side
from tests.schemas.compatibility.table import write_table

PAGE = ROOT / "docs" / "compatibility.md"
named = pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)


@named
def test_each_change_has_the_verdict_of_the_table(change: Change) -> None:
    comparer = Comparer()
    found = [
        (policy, mode, comparer.compare(change.old, change.new, mode=mode, policy=policy).verdict)
        for policy, mode, _ in change.cells()
    ]
    assert found == list(change.cells())


@named
def test_one_side_may_send_each_example_and_the_other_refuses_it(change: Change) -> None:
    comparer = Comparer()
    for policy in Policy:
        result = comparer.compare(change.old, change.new, mode=Mode.FULL, policy=policy)
        assert (result.verdict is Verdict.INCOMPATIBLE) == bool(result.breaks)
        sides = {
            "old": Side({"$schema": _DIALECT, **change.old}, policy),
            "new": Side({"$schema": _DIALECT, **change.new}, policy),
        }
        for shown in result.breaks:
            other = "new" if shown.produced_by == "old" else "old"
            assert shown.produced_by == ("old" if shown.direction == "backward" else "new")
            assert sides[shown.produced_by].may_send(shown.example)
            assert not sides[other].takes(shown.example)
            assert sides[other].prepared.validator.is_valid(shown.example) is False


@named
def test_an_example_is_as_small_as_possible(change: Change) -> None:
    """No member can be removed: each is needed to be allowed on one side, or to be refused on the other."""
    result = Comparer().compare(change.old, change.new, mode=Mode.FULL, policy=Policy.VIEWS)
    sides = {"old": Side({"$schema": _DIALECT, **change.old}, Policy.VIEWS),
             "new": Side({"$schema": _DIALECT, **change.new}, Policy.VIEWS)}  # fmt: skip
    superfluous = []
    for shown in result.breaks:
        sender, receiver = sides[shown.produced_by], sides["new" if shown.produced_by == "old" else "old"]
        for name in shown.example:
            smaller = {other: value for other, value in shown.example.items() if other != name}
            if sender.may_send(smaller) and not receiver.takes(smaller):
                superfluous.append(name)
    assert superfluous == []


@named
def test_a_version_is_compatible_with_itself(change: Change) -> None:
    for policy in Policy:
        result = Comparer().compare(change.old, change.old, mode=Mode.FULL, policy=policy)
        assert (result.verdict, result.bump) == (Verdict.COMPATIBLE, Bump.NONE)


@named
def test_the_open_reading_accepts_what_the_closed_reading_sends(change: Change) -> None:
    """Otherwise a version would not be compatible with itself under ``views``."""
    for document in (change.old, change.new):
        side = Side({"$schema": _DIALECT, **document}, Policy.VIEWS)
        for event in ({}, {"a": "x"}, {"a": 1}, {"kind": "x"}, {"a": ["x"]}, {"a": {"b": "x"}}, {"b": "x"}):
            if side.may_send(event):
                assert side.takes(event)


def test_there_are_at_least_40_changes_with_different_names() -> None:
    names = [change.name for change in CHANGES]
    assert len(set(names)) == len(names) >= 40


def test_the_page_shows_the_table() -> None:
    """After a change: ``make docs``."""
    page = PAGE.read_text()
    assert write_table() in page, "run `make docs`"


def test_the_text_of_a_document_does_not_depend_on_the_order_of_its_members() -> None:
    one, other = {"type": "object", "required": ["a"]}, {"required": ["a"], "type": "object"}
    assert text_of("", one) == text_of("", other)
    assert Prepared(one, {}, "p-", text_of("", one)).means_the_same(
        Prepared(other, {}, "q-", text_of("", other))
    )


_DIALECT = "https://json-schema.org/draft/2020-12/schema"
