"""What a table that holds several kinds of items publishes, and what its ledger remembers."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bridge.core.keys import key_token
from bridge.edges.local.ledgers import MemoryLedger
from bridge.edges.local.memory import MemoryQuarantine
from bridge.errors import SinkUnavailable, ViewTooNarrow
from bridge.ports.ledger import Keep, Row
from bridge.relay.relay import Relay
from bridge.relay.settling import Heal
from tests.builders.bridges import handle, relay
from tests.builders.records import item
from tests.builders.single_table import CONFIG, change, key, tables
from tests.fakes.sink import ScriptedSink

USER = key("USER#1", "PROFILE")
ORDER = key("USER#1", "ORDER#7")
OTHER = key("CONFIG", "CONFIG")


def bridge(
    config: str = CONFIG, *, keep: Keep = "fields", heal: Heal = "report"
) -> tuple[Relay, ScriptedSink]:
    sink = ScriptedSink()
    made = relay(sink, tables=list(tables(config).values()), ledger=MemoryLedger(keep=keep))
    return replace(made, heal=heal), sink


def events(sink: ScriptedSink) -> list[dict[str, Any]]:
    return [json.loads(event.body) for event in sink.accepted]


def row_of(relay_: Relay, of: dict[str, str]) -> Row:
    token = key_token("app-main", item(of))
    return relay_.ledger.read([token])[token]


def test_each_item_is_published_by_the_rules_of_its_entity() -> None:
    relay_, sink = bridge()
    handle(
        relay_,
        change(1, USER, None, {"email": "a@example.com", "password": "x", "plan": "free"}),
        change(2, ORDER, None, {"status": "placed", "total": 5}),
    )
    user, order = events(sink)
    assert (user["type"], user["subject"], user["partitionkey"]) == (
        "com.example.user.created.v1",
        "user/1",
        "1",
    )
    assert user["data"]["id"] == {"userId": "1"}
    assert user["data"]["after"] == {**USER, "email": "***", "plan": "free"}
    assert (order["subject"], order["partitionkey"]) == ("order/1/7", "1")
    assert order["data"] == {"order": "7", "user": "1", "total": 5}


def test_parts_are_the_partition_key_where_no_template_is_set() -> None:
    relay_, sink = bridge()
    handle(relay_, change(1, key("USER#a/b", "ORDER#7"), None, {"status": "open"}))
    assert events(sink)[0]["partitionkey"] == "a%2Fb/7"


def test_an_item_that_no_entity_selects_has_no_event() -> None:
    relay_, sink = bridge()
    outcome = handle(relay_, change(1, OTHER, None, {"x": 1}), change(2, ORDER, None, {"status": "lost"}))
    assert (events(sink), outcome.reasons) == ([], {"without_event": {"no_entity": 2}})


@pytest.mark.parametrize(
    "status", [{}, {"status": None}, {"status": 1}, {"status": ["open"]}, {"status": ""}]
)
@pytest.mark.parametrize("other", ["ignore", "quarantine"])
def test_an_item_whose_entity_attribute_is_missing_or_of_another_kind_is_accounted_for(
    status: dict[str, Any], other: str
) -> None:
    relay_, sink = bridge(CONFIG + f"    other: {other}\n")
    outcome = handle(relay_, change(1, ORDER, None, {"total": 1, **status}))
    if status == {"status": ["open"]}:  # a pattern matches a list that holds the value
        assert [each["subject"] for each in events(sink)] == ["cart/1/7"]
        return
    assert (outcome.without_event, outcome.quarantined) == ((1, 0) if other == "ignore" else (0, 1))
    assert events(sink) == []


def test_an_item_that_no_entity_selects_is_quarantined_on_request() -> None:
    relay_, sink = bridge(CONFIG + "    other: quarantine\n")
    handle(relay_, change(1, OTHER, None, {"x": 1}))
    assert isinstance(relay_.quarantine, MemoryQuarantine)
    (entry,) = relay_.quarantine.entries()
    assert (entry.reason, events(sink)) == ("no_entity", [])


def test_an_item_that_changes_its_entity_ends_in_the_old_and_starts_in_the_new() -> None:
    relay_, sink = bridge()
    handle(
        relay_,
        change(1, ORDER, None, {"status": "open", "n": 1}),
        change(2, ORDER, {"status": "open", "n": 1}, {"status": "placed", "total": 3}),
        change(3, ORDER, {"status": "placed", "total": 3}, {"status": "gone"}),
        change(4, ORDER, {"status": "gone"}, {"status": "paid"}),
    )
    assert [(each["id"], each["subject"], each["data"].get("operation")) for each in events(sink)] == [
        ("e1:com.example.cart.changed.v1", "cart/1/7", "insert"),
        ("e2-end:com.example.cart.closed.v1", "cart/1/7", "remove"),
        ("e2-start:com.example.order.placed.v1", "order/1/7", None),
        ("e3-end:com.example.order.deleted.v1", "order/1/7", "remove"),
        ("e4-start:com.example.order.placed.v1", "order/1/7", None),
    ]
    sequences = [each["sequence"] for each in events(sink)]
    assert sequences == sorted(sequences)
    assert len(set(sequences)) == len(sequences)
    assert row_of(relay_, ORDER).entity == "order"


def test_a_change_of_entity_is_no_gap_and_a_lost_change_of_entity_is_one() -> None:
    relay_, sink = bridge()
    handle(relay_, change(1, ORDER, None, {"status": "open"}))
    handle(relay_, change(2, ORDER, {"status": "open"}, {"status": "placed"}))
    handle(relay_, change(4, ORDER, {"status": "open"}, {"status": "open", "n": 2}))  # 3 was lost
    assert ["gap" in each for each in events(sink)] == [False, False, False, True]
    assert row_of(relay_, ORDER).entity == "cart"


@pytest.mark.parametrize("keep", ["fingerprint", "fields", "image"])
@pytest.mark.parametrize("heal", ["report", "emit"])
def test_a_loss_is_told_also_where_the_item_had_no_entity_and_no_fingerprint(keep: Keep, heal: Heal) -> None:
    """Such an item is made into no event, so that nothing else says what is wrong with it."""
    relay_, sink = bridge(keep=keep, heal=heal)
    handle(relay_, change(1, ORDER, None, {"status": "open"}))
    never: dict[str, Any] = {"status": "lost", "n": Decimal("NaN")}
    handle(relay_, change(4, ORDER, never, {"status": "open", "n": 2}))  # 2 and 3 were lost
    assert [each for each in events(sink) if "gap" in each or "reconciled" in each]
    handle(relay_, change(5, ORDER, {"status": "open", "n": 2}, never))
    sink.accepted.clear()
    handle(relay_, change(8, ORDER, {"status": "placed"}, {"status": "paid"}))  # 6 and 7 were lost
    assert [each for each in events(sink) if "gap" in each or "reconciled" in each]


def test_without_a_loss_nothing_is_told_of_an_item_that_had_no_entity_and_no_fingerprint() -> None:
    relay_, sink = bridge()
    never: dict[str, Any] = {"status": "lost", "n": Decimal("NaN")}
    handle(relay_, change(1, ORDER, None, {"status": "open"}))
    handle(relay_, change(2, ORDER, {"status": "open"}, never))
    handle(relay_, change(3, ORDER, never, {**never, "m": 1}))
    handle(relay_, change(4, ORDER, {**never, "m": 1}, {"status": "open"}))
    assert [each for each in events(sink) if "gap" in each] == []


def test_the_fields_that_one_entity_ignores_are_changes_of_another() -> None:
    relay_, sink = bridge()
    handle(
        relay_,
        change(1, ORDER, {"status": "open", "seen": 1}, {"status": "open", "seen": 2}),
        change(2, key("USER#1", "ORDER#8"), {"status": "paid", "seen": 1}, {"status": "paid", "seen": 2}),
    )
    assert [each["subject"] for each in events(sink)] == ["order/1/8"]


@pytest.mark.parametrize("known", [True, False])
def test_without_an_image_the_ledger_says_which_entity_an_item_had(known: bool) -> None:
    relay_, sink = bridge()
    if known:
        handle(relay_, change(1, ORDER, None, {"status": "open"}))
        sink.accepted.clear()
        handle(relay_, change(2, ORDER, None, None, op="remove", view="NEW_IMAGE"))
        assert [each["type"] for each in events(sink)] == ["com.example.cart.closed.v1"]
        return
    with pytest.raises(ViewTooNarrow, match="NEW_IMAGE"):
        handle(relay_, change(2, ORDER, None, None, op="remove", view="NEW_IMAGE"))


def test_an_order_is_held_back_with_the_whole_partition_where_partitionkey_is_a_template() -> None:
    relay_, sink = bridge()
    sink.fails = lambda event: SinkUnavailable("down") if event.record_id == "e1" else None
    outcome = handle(
        relay_,
        change(1, ORDER, None, {"status": "placed"}),
        change(2, key("USER#1", "ORDER#8"), None, {"status": "placed"}),
        change(3, key("USER#2", "ORDER#9"), None, {"status": "placed"}),
        change(4, USER, None, {}),
    )
    assert outcome.returned == 2
    assert sorted(each["subject"] for each in events(sink)) == ["order/2/9", "user/1"]


def test_what_no_rule_redacts_is_not_kept_in_the_ledger() -> None:
    relay_, _ = bridge(keep="image")
    handle(relay_, change(1, OTHER, None, {"secret": "x"}), change(2, USER, None, {"password": "x"}))
    assert row_of(relay_, OTHER).image is None
    assert row_of(relay_, USER).image == item(USER)


def test_the_start_of_an_item_waits_until_a_sink_has_its_end() -> None:
    relay_, sink = bridge()
    sink.fails = lambda event: SinkUnavailable("down") if event.id.startswith("e2-end") else None
    handle(
        relay_,
        change(1, ORDER, None, {"status": "open"}),
        change(2, ORDER, {"status": "open"}, {"status": "placed"}),
    )
    assert [each["id"].partition(":")[0] for each in events(sink)] == ["e1"]


def test_a_change_of_entity_keeps_the_order_of_the_partition_of_either_entity() -> None:
    relay_, sink = bridge()  # only orders have a template, and carts have the keys of orders
    sink.fails = lambda event: SinkUnavailable("down") if event.record_id == "e1" else None
    handle(
        relay_,
        change(1, ORDER, None, {"status": "placed"}),
        change(2, ORDER, {"status": "placed"}, {"status": "open"}),
        change(3, key("USER#1", "ORDER#8"), None, {"status": "open"}),
        change(4, key("USER#2", "ORDER#8"), None, {"status": "open"}),
    )
    assert [each["subject"] for each in events(sink)] == ["cart/2/8"]


def test_a_missing_remove_in_another_entity_is_the_end_there_and_nothing_else() -> None:
    relay_, sink = bridge(heal="emit")
    handle(relay_, change(1, ORDER, None, {"status": "open"}))
    sink.accepted.clear()
    handle(relay_, change(3, ORDER, None, {"status": "placed"}))
    assert [(each["type"].split(".")[2:4], "reconciled" in each) for each in events(sink)] == [
        (["cart", "closed"], True),
        (["order", "placed"], False),
    ]


def test_a_missing_insert_in_another_entity_than_before_ends_nothing() -> None:
    relay_, sink = bridge(heal="emit")
    handle(
        relay_,
        change(1, ORDER, None, {"status": "open"}),
        change(2, ORDER, {"status": "open"}, None),
    )
    sink.accepted.clear()
    handle(relay_, change(4, ORDER, {"status": "paid"}, {"status": "placed"}))
    assert [each["type"].split(".")[2:4] for each in events(sink)] == [
        ["order", "placed"],
        ["order", "changed"],
    ]


def test_a_row_names_the_entities_in_which_subscribers_may_still_have_the_item() -> None:
    relay_, _ = bridge()
    handle(relay_, change(1, ORDER, None, {"status": "open"}))
    handle(relay_, change(3, ORDER, {"status": "paid"}, {"status": "placed"}))  # 2 was lost
    assert (row_of(relay_, ORDER).entity, row_of(relay_, ORDER).ends) == ("order", ("cart",))
    handle(relay_, change(4, ORDER, {"status": "placed"}, {"status": "open"}))
    assert (row_of(relay_, ORDER).entity, row_of(relay_, ORDER).ends) == ("cart", ())
