"""What a reconciliation publishes of partly published losses: overtaken, undecidable, or in doubt."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.core.events.rules import EventRule
from bridge.core.healing import time_text
from bridge.ports.ledger import Keep, Row
from tests.builders.bridges import rule, table
from tests.reconcile.rig import Rig

ITEM, PLAN, NAME = "com.example.item", "com.example.plan", "com.example.name"
MODIFY = frozenset({"modify"})


def on(type: str, *changed: str, **parts: Any) -> EventRule:
    return rule(type, operations=MODIFY, changed=changed, **parts)


def rig_of(*rules: EventRule, keep: Keep = "fields") -> Rig:
    rig = Rig(rules=table(*rules), keep=keep)
    rig.settled("a", "b", "c")
    rig.live("a", {"name": "x", "plan": "pro"})
    return rig


def mark(rig: Rig, names: tuple[str, ...] | None) -> None:
    row = rig.row("a")
    assert row is not None
    rig.ledger.settle([replace(row, gap=True, gap_names=names)])


def published(rig: Rig) -> list[tuple[str, Any]]:
    return [(event["type"], event["data"].get("changes")) for event in rig.events]


# --- a loss that later changes overtook ---------------------------------------------------------------


@pytest.mark.parametrize("keep", ["fields", "image"])
def test_types_on_the_lost_attributes_are_published_and_no_others(keep: Keep) -> None:
    rig = rig_of(rule(ITEM), on(PLAN, "/plan"), on(NAME, "/name"), keep=keep)
    mark(rig, ("plan",))
    report = rig.execute()
    assert published(rig) == [(f"{PLAN}.v1", [{"path": "/plan", "op": "replace", "after": "pro"}])]
    assert rig.events[0]["reconciled"] is True
    assert "before" not in rig.events[0]["data"]
    assert (report["missed"]["modify"], report["gaps"], report["notes"]) == (1, 0, [])
    row = rig.row("a")
    assert row is not None
    assert (row.gap, row.gap_names) == (False, None)
    assert rig.execute()["differing"] == 0


def test_an_attribute_that_is_gone_by_now_is_published_as_removed() -> None:
    rig = rig_of(on(PLAN, "/trial"))
    mark(rig, ("trial",))
    rig.execute()
    assert published(rig) == [(f"{PLAN}.v1", [{"path": "/trial", "op": "remove"}])]


def test_an_overtaken_loss_that_no_type_is_about_is_only_settled() -> None:
    rig = rig_of(rule(ITEM), on(PLAN, "/plan"))
    mark(rig, ("name",))
    report = rig.execute()
    assert rig.events == []
    assert (report["without_event"], report["gaps"]) == (1, 0)
    assert rig.execute()["differing"] == 0


@pytest.mark.parametrize("keep", ["fingerprint", "fields"])
def test_where_nobody_knows_what_was_lost_the_report_says_so(keep: Keep) -> None:
    rig = rig_of(rule(ITEM), on(PLAN, "/plan"), keep=keep)
    mark(rig, None)
    report = rig.execute()
    assert rig.events == []
    assert report["gaps"] == 1
    assert "keep: fields" in report["notes"][0]
    assert rig.execute()["differing"] == 0


@pytest.mark.parametrize("keep", ["fields", "image"])
def test_a_loss_after_an_overtaken_one_publishes_both(keep: Keep) -> None:
    rig = rig_of(rule(ITEM), on(PLAN, "/plan"), on(NAME, "/name"), keep=keep)
    mark(rig, ("plan",))
    rig.live("a", {"name": "y", "plan": "pro"}, lost=True)
    rig.execute()
    assert sorted(type for type, _ in published(rig)) == [f"{ITEM}.v1", f"{NAME}.v1", f"{PLAN}.v1"]
    assert len({event["id"] for event in rig.events}) == 3
    assert rig.execute()["differing"] == 0


# --- a condition that nobody can decide ------------------------------------------------------------------


def test_a_type_that_cannot_be_decided_blocks_only_itself() -> None:
    rig = rig_of(on(PLAN, "/plan"), rule(ITEM), on(NAME, "/name"), keep="fingerprint")
    rig.live("a", {"name": "y", "plan": "pro"}, lost=True)
    report = rig.execute()
    assert [type for type, _ in published(rig)] == [f"{ITEM}.v1"]
    assert report["blocked"]["by_reason"] == {"view_too_narrow": 2}
    assert {each["type"] for each in report["blocked"]["examples"]} == {f"{PLAN}.v1", f"{NAME}.v1"}
    assert "keep: fields" in report["blocked"]["examples"][0]["hint"]
    again = rig.execute()
    assert (again["differing"], again["blocked"]["count"]) == (0, 0)


def test_an_undecided_rule_blocks_its_whole_type() -> None:
    """A later rule of that type might publish something else."""
    rig = rig_of(on(PLAN, "/plan"), rule(PLAN), keep="fingerprint")
    rig.live("a", {"name": "y", "plan": "pro"}, lost=True)
    rig.execute()
    assert rig.events == []


def test_a_type_that_was_not_asked_for_stays_missed_even_if_nobody_can_decide_it() -> None:
    rig = rig_of(on(PLAN, "/plan"), rule(ITEM), keep="fingerprint")
    rig.live("a", {"name": "y", "plan": "pro"}, lost=True)
    assert rig.execute(only_types=(ITEM,))["blocked"]["count"] == 0
    assert rig.execute()["blocked"]["count"] == 1


# --- quarantined changes -----------------------------------------------------------------------------------


def in_doubt(rig: Rig) -> Row:
    row = rig.row("a")
    assert row is not None
    rig.ledger.settle([replace(row, live=False, fingerprint="", fields=None, doubt=True)])
    return row


def test_an_item_in_doubt_is_published_as_removed_once_it_is_gone() -> None:
    rig = rig_of(rule(ITEM))
    in_doubt(rig)
    rig.source.delete("a")
    assert rig.execute()["reemitted"] == {"remove": 1}
    row = rig.row("a")
    assert row is not None
    assert (row.live, row.doubt) == (False, False)
    assert rig.execute()["differing"] == 0


def test_an_item_in_doubt_that_exists_is_published_as_an_insert() -> None:
    rig = rig_of(rule(ITEM))
    in_doubt(rig)
    assert rig.execute()["reemitted"] == {"insert": 1}
    assert rig.execute()["differing"] == 0


def test_an_item_in_doubt_is_found_by_its_key_too() -> None:
    rig = rig_of(rule(ITEM))
    in_doubt(rig)
    rig.source.delete("a")
    assert rig.execute(keys=({"id": {"S": "a"}},))["reemitted"] == {"remove": 1}


# --- when a state was true ---------------------------------------------------------------------------------


def test_a_row_says_when_its_item_was_read_first_not_when_that_was_confirmed() -> None:
    """Found by the simulation, seed 2345: an item that changed and changed back while the run waited. The
    change back counted as published, because it came before the confirmation, and the change was not undone.
    """
    rig = rig_of(rule(ITEM))
    rig.live("a", {"name": "y"}, lost=True)
    began_s = rig.clock.now()
    rig.execute(grace_s=60.0)
    row = rig.row("a")
    assert row is not None
    assert row.as_of == time_text(datetime.fromtimestamp(began_s, UTC))
    assert rig.clock.now() >= began_s + 60
