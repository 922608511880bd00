"""Reconciliation of a table that holds several kinds of items: each by the rules of its entity."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import pytest

from bridge.cli.reconcile.view import report_lines
from bridge.core.keys import key_token
from bridge.edges.local.ledgers import MemoryLedger
from bridge.errors import ReconcileStopped
from bridge.ports.ledger import Announced, Keep, Row
from bridge.ports.table import TableFacts
from bridge.reconcile import Comparer, Reconciler
from bridge.reconcile import Options as ReconcileOptions
from bridge.reconcile.page import render_page
from bridge.relay.watch import _as_before
from tests.builders.bridges import handle, relay
from tests.builders.records import item
from tests.builders.single_table import CONFIG, STREAM_ARN, change, key, tables
from tests.fakes.sink import ScriptedSink
from tests.fakes.stores import MemoryRunStore
from tests.fakes.table_source import FakeTable
from tests.reconcile.rig import SECRET, GivenLag

USER = key("USER#1", "PROFILE")
ORDER = key("USER#1", "ORDER#7")
OTHER = key("CONFIG", "CONFIG")
FACTS = TableFacts("app-main", STREAM_ARN.split("/stream")[0], {"PK": "S", "SK": "S"}, STREAM_ARN)


@dataclass
class Rig:
    """``live`` changes an item; the relay settles the change unless it is ``lost``."""

    config: str = CONFIG
    keep: Keep = "fields"
    sink: ScriptedSink = field(default_factory=ScriptedSink)

    def __post_init__(self) -> None:
        self.ledger = MemoryLedger(keep=self.keep)
        (self.table,) = tables(self.config).values()
        self.relay = relay(self.sink, tables=[self.table], ledger=self.ledger)
        self.source = FakeTable(facts=FACTS, page_items=100)
        self.numbers, self.runs = count(1), count(1)
        self.held: dict[str, Any] = {}

    def live(self, of: dict[str, str], values: dict[str, Any] | None, *, lost: bool = False) -> None:
        token = key_token("app-main", item(of))
        before = self.held.get(token)
        if values is None:
            del self.source.items[token], self.held[token]
        else:
            self.held[token] = values
            self.source.items[token] = item({**of, **values})
        number = next(self.numbers)
        if not lost:
            handle(self.relay, change(number, of, before, values))
        self.sink.accepted.clear()

    def execute(self, mode: Any = "run", **options: Any) -> dict[str, Any]:
        self.sink.accepted.clear()
        given = {"segments": 1, "grace_s": 60.0, "max_rcu": 1e9, "trust_ledger": True, **options}
        reconciler = Reconciler(
            Comparer(self.table, FACTS, self.keep, SECRET),
            self.source,
            self.ledger,
            self.ledger,
            {"domain": self.sink},
            MemoryRunStore(),
            GivenLag(),
            self.relay.clock,
            new_run=lambda: f"run-{next(self.runs)}",
        )
        return reconciler.execute(mode, ReconcileOptions(**given))

    def row(self, of: dict[str, str]) -> Row:
        token = key_token("app-main", item(of))
        return self.ledger.read([token])[token]

    @property
    def published(self) -> list[tuple[str, str]]:
        return [(event.type.split(".", 2)[2], event.subject) for event in self.sink.accepted]


def test_a_missed_change_is_published_by_the_rules_of_its_entity_and_counted_there() -> None:
    rig = Rig()
    rig.live(USER, {"email": "a@example.com", "plan": "free"})
    rig.live(ORDER, {"status": "placed", "total": 1})
    rig.live(USER, {"email": "b@example.com", "plan": "free", "password": "secret"}, lost=True)
    rig.live(ORDER, {"status": "paid", "total": 1}, lost=True)
    rig.live(OTHER, {"x": 1}, lost=True)
    report = rig.execute()
    # The user's e-mail address is masked, so nothing that subscribers could see has changed.
    assert rig.published == [("order.changed.v1", "order/1/7")]
    assert report["by_entity"] == {
        "order": {"differing": 1, "missed": 1, "reemitted": 1},
        "user": {"matching": 1},
    }
    assert report["no_entity"] == 1
    assert "  of no entity, or of one that is not selected: 1 item" in report_lines(report)
    assert "  entity order: differing 1  missed 1  reemitted 1" in report_lines(report)
    page = render_page(report)
    assert "<h2>By entity</h2>" in page
    assert "<td>no entity<td class=n>1" in page
    assert "<td>order<td class=n>differing 1, missed 1, reemitted 1" in page
    assert rig.execute()["differing"] == 0


@pytest.mark.parametrize("keep", ["fingerprint", "fields", "image"])
def test_a_lost_change_of_entity_is_published_as_an_end_and_a_start(keep: Keep) -> None:
    rig = Rig(keep=keep)
    rig.live(ORDER, {"status": "open"})
    rig.live(ORDER, {"status": "placed", "total": 1}, lost=True)
    report = rig.execute()
    assert rig.published == [("cart.closed.v1", "cart/1/7"), ("order.placed.v1", "order/1/7")]
    end, start = rig.sink.accepted
    assert end.sequence < start.sequence
    assert (report["missed"]["modify"], rig.row(ORDER).entity) == (1, "order")
    assert rig.execute()["differing"] == 0
    rig.live(ORDER, {"status": "paid", "total": 1})
    assert rig.row(ORDER).gap is False


def test_an_item_that_no_entity_selects_any_more_has_ended() -> None:
    rig = Rig()
    rig.live(ORDER, {"status": "open"})
    rig.live(ORDER, {"status": "lost"}, lost=True)
    rig.execute()
    assert rig.published == [("cart.closed.v1", "cart/1/7")]
    assert (rig.row(ORDER).entity, rig.row(ORDER).image) == ("*", None)
    assert rig.execute()["differing"] == 0
    rig.live(ORDER, {"status": "open"}, lost=True)
    rig.execute()
    assert rig.published == [("cart.changed.v1", "cart/1/7")]


def test_a_missed_remove_is_published_by_the_entity_that_the_row_names() -> None:
    rig = Rig()
    rig.live(ORDER, {"status": "open"})
    rig.live(ORDER, None, lost=True)
    report = rig.execute()
    assert rig.published == [("cart.closed.v1", "cart/1/7")]
    assert report["by_entity"]["cart"] == {"differing": 1, "missed": 1, "reemitted": 1}


def test_a_run_for_one_entity_leaves_the_others_and_is_no_all_clear() -> None:
    rig = Rig()
    for number in (1, 2):
        rig.live(key(f"USER#{number}", "PROFILE"), {"plan": "free"}, lost=True)
    rig.live(ORDER, {"status": "placed"}, lost=True)
    report = rig.execute(entities=("order",))
    assert rig.published == [("order.placed.v1", "order/1/7")]
    assert (report["whole"], report["by_entity"].keys(), report["no_entity"]) == (False, {"order"}, 2)
    assert rig.execute()["missed"]["insert"] == 2


def test_rows_from_before_the_table_had_entities_are_not_published_again() -> None:
    rig = Rig()
    rig.live(USER, {"plan": "free"})
    rig.ledger.settle([replace(rig.row(USER), entity="")])
    assert rig.execute()["differing"] == 0
    rig.live(USER, {"plan": "pro"}, lost=True)
    rig.execute()
    assert rig.published == [("user.changed.v1", "user/1")]


def test_a_seed_records_the_entity_of_an_item_and_no_item_that_no_entity_selects() -> None:
    rig = Rig()
    rig.live(USER, {"plan": "free"}, lost=True)
    rig.live(OTHER, {"x": 1}, lost=True)
    assert rig.execute("seed")["settled"] == 1
    assert rig.row(USER).entity == "user"
    assert rig.execute()["missed"] == {"insert": 0, "modify": 0, "remove": 0}


SNAPSHOT = """          - {type: com.example.user.deleted, op: remove, versions: ["1.0.0"]}
          - {type: com.example.user.snapshot, op: snapshot, versions: ["1.0.0"]}
"""


def test_a_backfill_is_refused_for_an_entity_without_a_rule_for_snapshots() -> None:
    rig = Rig(CONFIG.replace(SNAPSHOT.splitlines()[0] + "\n", SNAPSHOT))
    rig.live(USER, {"plan": "free"})
    rig.live(ORDER, {"status": "placed"})
    with pytest.raises(ReconcileStopped, match="entity cart") as caught:
        rig.execute("backfill")
    assert "--entity" in caught.value.hint
    report = rig.execute("backfill", entities=("user",))
    assert rig.published == [("user.snapshot.v1", "user/1")]
    assert report["by_entity"] == {"user": {"snapshots": 1}}


@pytest.mark.parametrize("now", ["placed", "lost", None])
def test_a_lost_change_of_entity_is_ended_although_later_changes_were_published(now: str | None) -> None:
    rig = Rig()
    rig.live(ORDER, {"status": "open"})
    rig.live(ORDER, {"status": "placed"}, lost=True)
    rig.live(ORDER, {"status": "paid"})
    rig.live(ORDER, None if now is None else {"status": now})
    rig.execute()
    assert ("cart.closed.v1", "cart/1/7") in rig.published
    assert [each for each in rig.published if each[1] == "order/1/7" and now != "placed"] == []
    assert rig.row(ORDER).ends == ()
    rig.execute()
    assert rig.published == []


@pytest.mark.parametrize("now", ["open", None])
def test_where_a_change_was_announced_and_never_settled_an_item_ends_in_every_other_entity(
    now: str | None,
) -> None:
    rig = Rig()
    rig.live(ORDER, {"status": "open"})
    token = key_token("app-main", item(ORDER))
    position = rig.row(ORDER).position._replace(number=2)
    rig.ledger.announce([Announced(token, position, "app-main", item(ORDER))])
    rig.live(ORDER, None if now is None else {"status": now}, lost=True)
    rig.execute()
    ends = [each for each in rig.published if each[0].split(".")[1] in ("closed", "deleted")]
    assert ("order.deleted.v1", "order/1/7") in ends
    assert (("cart.closed.v1", "cart/1/7") in ends) == (now is None)


def test_what_a_missing_bus_may_have_lost_of_a_change_of_entity_is_published_again() -> None:
    rig = Rig()
    rig.live(ORDER, {"status": "open"})
    before = rig.row(ORDER)
    rig.live(ORDER, {"status": "placed"})
    given_back = _as_before(rig.row(ORDER), before)
    assert (given_back.entity, given_back.ends) == ("cart", ("order",))
    rig.ledger.settle([given_back])
    rig.execute()
    assert rig.published == [("cart.closed.v1", "cart/1/7"), ("order.placed.v1", "order/1/7")]


def test_a_redriven_end_ends_nothing_that_started_later() -> None:
    rig = Rig()
    rig.live(ORDER, {"status": "open"})
    rig.live(ORDER, {"status": "placed"}, lost=True)
    rig.live(ORDER, {"status": "open"}, lost=True)
    rig.live(ORDER, {"status": "placed"})
    rig.live(ORDER, {"status": "open"}, lost=True)
    rig.live(ORDER, {"status": "open", "n": 1})
    assert (rig.row(ORDER).entity, rig.row(ORDER).ends) == ("cart", ("order",))
    handle(rig.relay, change(3, ORDER, {"status": "placed"}, {"status": "open"}), redriven=True)
    rig.execute()
    assert ("order.deleted.v1", "order/1/7") in rig.published
