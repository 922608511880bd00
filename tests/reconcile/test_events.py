"""What a re-emission looks like, and its position in the order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.change import Position
from bridge.core.fingerprint import compile_fingerprint
from bridge.core.jsonpath import parse_path
from bridge.core.pattern.matching import compile_pattern
from bridge.core.redact import RedactRule
from bridge.errors import LedgerUnavailable
from bridge.ports.ledger import Row
from bridge.reconcile.comparer import NEVER_SETTLED
from tests.builders.bridges import rule, table
from tests.fakes.table_source import FACTS, FakeTable
from tests.reconcile.rig import LABEL, Rig

NUMBERS = st.integers(0, 10**40 - 1)


def one_lost(rig: Rig) -> None:
    rig.settled("a", "b", "c")
    rig.live("a", {"name": "changed"}, lost=True)


def test_it_says_that_it_is_reconciled_and_by_which_run() -> None:
    rig = Rig()
    one_lost(rig)
    rig.execute()
    (event,) = rig.events
    assert event["reconciled"] is True
    assert event["reconcilerun"] == "run-1"
    assert event["id"].startswith("reconciled-")
    assert event["time"] == "2026-11-20T12:00:00Z", "of the first read, not of the confirmation"


def test_its_sequence_stands_after_the_last_settled_change_and_before_the_next() -> None:
    rig = Rig()
    one_lost(rig)
    row = rig.row("a")
    assert row is not None
    rig.execute()
    (event,) = rig.events
    after = Position(LABEL, row.position.number + 1)
    assert row.position.sequence < event["sequence"] < after.sequence
    assert event["sequence"] < Position("2026-11-01T10:00:00.001", 0).sequence


@given(st.sampled_from(["", LABEL, "2026-11-20T00:00:00.000000"]), NUMBERS, NUMBERS)
def test_suffixed_sequences_sort_between_any_two_positions(label: str, one: int, other: int) -> None:
    low, high = sorted((one, other))
    suffixed = Position(label, low).sequence + "~2026-11-20T12:00:00.000000Z"
    assert Position(label, low).sequence < suffixed
    if low < high:
        assert suffixed < Position(label, high).sequence
    for later in ("2026-12-01T10:00:00.000", "2026-12-01T10:00:00.000000"):
        assert suffixed < Position(later, 0).sequence
    assert NEVER_SETTLED.sequence + "~2026" < Position(LABEL, 0).sequence


def test_a_second_loss_after_a_first_sorts_after_it() -> None:
    rig = Rig()
    one_lost(rig)
    rig.execute()
    rig.live("a", {"name": "again"}, lost=True)
    rig.execute()
    first, second = rig.events
    assert first["sequence"] < second["sequence"]
    assert first["id"] != second["id"]


def settles_nothing(row: Row, expected: Row | None) -> bool:
    raise LedgerUnavailable("the process died before it could settle")


def test_a_resumed_run_sends_the_very_same_bytes_again() -> None:
    rig = Rig()
    one_lost(rig)
    settle_if = rig.ledger.settle_if
    rig.ledger.settle_if = settles_nothing  # type: ignore[method-assign]
    with pytest.raises(LedgerUnavailable):
        rig.execute()
    rig.clock.advance(1000)
    rig.ledger.settle_if = settle_if  # type: ignore[method-assign]
    rig.resume()
    first, second = rig.sink.accepted
    assert first.body == second.body


@pytest.mark.parametrize("seen", [1, 2])
def test_one_id_never_says_two_things(seen: int) -> None:
    """The second state differs in an ignored attribute only, or in nothing but the time of the read."""
    rig = Rig(ignore=(("seen",),))
    rig.settled("a", "b", "c")
    rig.live("a", {"name": "changed", "seen": 1}, lost=True)
    settle_if = rig.ledger.settle_if
    rig.ledger.settle_if = settles_nothing  # type: ignore[method-assign]
    with pytest.raises(LedgerUnavailable):
        rig.execute()
    rig.ledger.settle_if = settle_if  # type: ignore[method-assign]
    rig.clock.advance(1000)
    rig.live("a", {"name": "changed", "seen": seen}, lost=True)
    if seen == 1:
        rig.execute()
    else:
        rig.resume()
    first, second = rig.events
    assert first["id"] != second["id"]
    assert first["sequence"] <= second["sequence"]


def test_with_kept_images_before_and_changes_are_published() -> None:
    rig = Rig(keep="image", rules=table(rule(changed=["/name"])))
    one_lost(rig)
    rig.execute()
    (event,) = rig.events
    assert event["data"]["before"]["name"] == "a"
    assert event["data"]["changes"] == [{"path": "/name", "op": "replace", "before": "a", "after": "changed"}]


@pytest.mark.parametrize(("keep", "blocked"), [("fingerprint", 1), ("fields", 1), ("image", 0)])
def test_the_reason_of_an_undecided_remove_is_what_the_ledger_keeps_and_not_the_stream_view(
    keep: Any, blocked: int
) -> None:
    gone = rule(operations=frozenset({"remove"}))
    route = replace(gone.route, before=compile_pattern({"name": ["a"]}))
    rig = Rig(keep=keep, rules=table(replace(gone, route=route)))
    rig.settled("a")
    rig.live("a", None, lost=True)
    report = rig.execute()
    assert (report["blocked"]["count"], len(rig.events)) == (blocked, 1 - blocked)
    for example in report["blocked"]["examples"]:
        assert "stream view" not in example["hint"]
        assert f"(ledger.keep is {keep}); with keep: image" in example["hint"]


def test_the_reason_of_an_undecided_change_is_the_stream_view_where_it_is_too_narrow() -> None:
    rig = Rig(FakeTable(facts=replace(FACTS, view="KEYS_ONLY")), rules=table(rule(changed=["/name"])))
    rig.settled("a")
    rig.live("a", None, lost=True)
    (example,) = rig.execute()["blocked"]["examples"]
    assert "the stream view is KEYS_ONLY" in example["hint"]


def test_with_kept_field_hashes_the_changed_attributes_are_named() -> None:
    rig = Rig(keep="fields", rules=table(rule(changed=["/name"])))
    one_lost(rig)
    rig.execute()
    (event,) = rig.events
    assert "before" not in event["data"]
    assert event["data"]["changes"] == [{"path": "/name", "op": "replace", "after": "changed"}]


def test_a_condition_that_nobody_can_decide_blocks_and_names_the_fix() -> None:
    rig = Rig(rules=table(rule(changed=["/name"])))
    one_lost(rig)
    report = rig.execute()
    assert rig.events == []
    assert report["blocked"]["by_reason"] == {"view_too_narrow": 1}
    assert "ledger.keep" in report["blocked"]["examples"][0]["hint"]


def test_redacted_values_are_redacted_once_in_events_and_never_in_reports() -> None:
    redact = (RedactRule(parse_path("$.name"), "hmac", b"pii"),)
    rig = Rig(keep="image", rules=table(redact=redact))
    rig.settled("a", "b", "c")
    rig.live("a", {"name": "a", "plan": "pro"}, lost=True)
    report = rig.execute()
    (event,) = rig.events
    assert event["data"]["before"]["name"] == event["data"]["after"]["name"]
    once = rig.comparer.redacted({"name": {"S": "a"}})["name"]["S"]
    assert event["data"]["after"]["name"] == once
    assert [change["path"] for change in event["data"]["changes"]] == ["/plan"]
    assert "pro" not in str(report)


def test_a_change_of_ignored_fields_only_is_matching() -> None:
    ignore = (("seen",),)
    rig = Rig(rules=table(ignore=ignore))
    rig.rules = replace(rig.rules, fingerprint=compile_fingerprint(b"test", ignore))
    rig.settled("a", "b", "c")
    rig.live("a", {"name": "a", "seen": 7}, lost=True)
    assert rig.execute()["differing"] == 0
