"""Rows that were settled under another diff.ignore, redact or hash_key: reported as such, never as missed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bridge.core.change import Position
from bridge.core.fingerprint import compile_field_hashes, compile_fingerprint, fingerprint_version_of
from bridge.ports.ledger import Row
from tests.reconcile.rig import LABEL, Rig, opts

NEW = b"another key"


def before_and_after(**parts: Any) -> Rig:
    """Ten items settled under the fingerprint version ``old``; then the configuration changed. Two lost
    changes can be seen anyway: an insert and a remove."""
    rig = Rig(**parts)
    for number in range(10):
        rig.live(f"u{number}", {"name": "x"})
    relabel(rig, "old")
    change_fingerprint_version(rig)
    rig.live("new", {"name": "x"}, lost=True)
    rig.live("u9", None, lost=True)
    return rig


def relabel(rig: Rig, fingerprint_version: str) -> None:
    rows = [rig.row(f"u{number}") for number in range(10)]
    rig.ledger.settle(
        [replace(row, fingerprint_version=fingerprint_version) for row in rows if row is not None]
    )


def change_fingerprint_version(rig: Rig) -> None:
    rig.rules = replace(
        rig.rules,
        fingerprint=compile_fingerprint(NEW),
        field_hashes=compile_field_hashes(NEW),
        fingerprint_version="new",
    )


def test_what_can_be_compared_is_and_the_rest_is_counted_and_not_called_missed() -> None:
    rig = before_and_after()
    report = rig.execute("plan")
    assert report["missed"] == {"insert": 1, "modify": 0, "remove": 1}
    assert report["not_comparable"] == 9
    assert report["matching"] == 0


def test_it_is_reported_with_its_fix_before_anything_is_sent() -> None:
    rig = before_and_after()
    published: list[tuple[str, int]] = []
    for progress in rig.reconciler.steps("run", opts()):
        if progress.notice:
            published.append((progress.notice, len(rig.events)))
    ((notice, sent),) = published
    assert sent == 0
    assert notice.startswith("9 rows of Users were settled under another diff.ignore, redact or hash_key")
    assert "seed --refresh --table Users" in notice
    assert len(rig.events) == 2
    assert notice in rig.reconciler.report()["notes"]  # type: ignore[index]


def test_a_run_that_could_not_compare_everything_is_no_complete_one() -> None:
    rig = before_and_after()
    rig.execute()
    rig.clock.advance(3_600)
    report = rig.execute()
    assert not report["whole"]
    assert report["last_complete"] is None


def test_a_refreshing_seed_fixes_it_sends_nothing_and_then_losses_are_seen_again() -> None:
    rig = before_and_after()
    rig.execute()
    rig.sink.accepted.clear()
    report = rig.execute("seed", refresh=True)
    assert (report["refreshed"], report["not_comparable"]) == (9, 0)
    assert rig.events == []
    assert rig.execute()["matching"] == 10
    rig.live("u3", {"name": "lost"}, lost=True)
    assert rig.execute()["reemitted"] == {"modify": 1}
    assert rig.execute()["whole"]


def test_a_refreshed_row_suppresses_no_more_than_it_did_before() -> None:
    """A refresh publishes nothing, so what is still on its way must be."""
    rig = Rig()
    for number in range(10):
        rig.live(f"u{number}", {"name": "x"})
    rig.live("seeded", {"name": "x"}, lost=True)
    rig.execute("seed")
    first = rig.row("seeded")
    assert first is not None
    rig.ledger.settle([replace(first, fingerprint_version="old")])
    relabel(rig, "old")
    change_fingerprint_version(rig)
    rig.clock.advance(60)
    assert rig.execute("seed", refresh=True)["refreshed"] == 11
    again, published = rig.row("seeded"), rig.row("u1")
    assert again is not None
    assert published is not None
    assert (again.refreshed, again.as_of) == (False, first.as_of)
    assert published.refreshed


def test_a_seed_that_is_not_asked_to_refresh_leaves_such_rows_as_they_are() -> None:
    rig = before_and_after()
    report = rig.execute("seed")
    assert (report["refreshed"], report["not_comparable"], report["settled"]) == (0, 9, 1)
    row = rig.row("u1")
    assert row is not None
    assert row.fingerprint_version == "old"


def test_a_refresh_that_was_interrupted_is_resumed_as_one() -> None:
    rig = before_and_after()
    rig.steps(2, "seed", refresh=True)
    rig.clock.advance(700)
    rig.resume()
    assert {row.fingerprint_version for n in range(9) if (row := rig.row(f"u{n}"))} == {"new"}


def test_a_live_change_that_settles_first_wins_over_a_refresh() -> None:
    rig = before_and_after()
    real, live = rig.ledger.settle_if, Position(LABEL, 99)

    def race(row: Row, expected: Row | None) -> bool:
        if row.item_key == {"id": {"S": "u4"}}:
            rig.settle("u4", live)
        return real(row, expected)

    rig.ledger.settle_if = race  # type: ignore[method-assign]
    report = rig.execute("seed", refresh=True)
    assert (report["refreshed"], report["overtaken"]) == (8, 1)
    row = rig.row("u4")
    assert row is not None
    assert row.position == live


def test_a_refreshed_row_keeps_its_position_and_a_gap_that_it_notes() -> None:
    rig = before_and_after()
    before = rig.row("u5")
    assert before is not None
    rig.ledger.settle([replace(before, gap=True, gap_names=("name",))])
    rig.execute("seed", refresh=True)
    after = rig.row("u5")
    assert after is not None
    assert (after.position, after.recent, after.gap, after.gap_names) == (
        before.position,
        before.recent,
        True,
        ("name",),
    )


def test_a_row_without_a_fingerprint_version_is_compared_as_before() -> None:
    rig = Rig()
    rig.settled("a", "b")
    rig.live("a", {"name": "lost"}, lost=True)
    rig.rules = replace(rig.rules, fingerprint_version="new")
    assert rig.execute("plan")["missed"]["modify"] == 1


@pytest.mark.parametrize("keep", ["fields", "image"])
def test_what_such_a_row_keeps_is_shown_to_nobody(keep: Any) -> None:
    """Its image was redacted by other rules: it may hold what must not be seen any more."""
    rig = before_and_after(keep=keep)
    report = rig.execute()
    assert report["reemitted"] == {"insert": 1, "remove": 1}
    removed = next(event for event in rig.events if event["data"]["operation"] == "remove")
    assert "before" not in removed["data"]


def test_a_settled_row_has_its_fingerprint_version() -> None:
    rig = before_and_after()
    rig.execute()
    row = rig.row("new")
    assert row is not None
    assert row.fingerprint_version == "new"


@pytest.mark.parametrize(
    "other",
    [
        (b"other", ["/a", "/b"], [("$.x", "hmac", b"k")]),
        (b"key", ["/a"], [("$.x", "hmac", b"k")]),
        (b"key", ["/a", "/b"], []),
        (b"key", ["/a", "/b"], [("$.y", "hmac", b"k")]),
        (b"key", ["/a", "/b"], [("$.x", "drop", b"k")]),
        (b"key", ["/a", "/b"], [("$.x", "hmac", b"l")]),
    ],
)
def test_the_fingerprint_version_changes_with_whatever_changes_every_fingerprint(other: Any) -> None:
    fingerprint_version = fingerprint_version_of(b"key", ["/a", "/b"], [("$.x", "hmac", b"k")])
    assert fingerprint_version != fingerprint_version_of(*other)
    assert fingerprint_version == fingerprint_version_of(b"key", ["/b", "/a", "/a"], [("$.x", "hmac", b"k")])
