"""Translation where a table holds several entities: whose rules, whose error, which image, which reasons."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bridge.core.change import Change
from bridge.core.events.parts import ended, started
from bridge.core.events.translate import Table
from bridge.core.records.decode import decode
from bridge.errors import NoEntity, RecordError, ViewTooNarrow
from tests.builders.bridges import rule, table
from tests.builders.records import lambda_record
from tests.builders.single_table import CONFIG, key, seen, tables

APP = tables()["app-main"]
ORDER, USER = key("USER#u1", "ORDER#7"), key("USER#u1", "PROFILE")
OPEN, PLACED, GONE = {"status": "open"}, {"status": "placed", "total": 5}, {"status": "gone"}


def placed(item: dict[str, Any], before: Any, after: Any, view: str = "NEW_AND_OLD_IMAGES") -> Change:
    return APP.placed(seen(item, before, after, view))


def translated(made: Change, app: Table = APP) -> tuple[list[str], str | None]:
    done = app.translate({}, made, "key")
    return [event.type for event in done.events], done.without


def test_a_change_of_entity_ends_one_item_and_starts_another() -> None:
    types, without = translated(placed(ORDER, OPEN, PLACED))
    assert types == ["com.example.cart.closed.v1", "com.example.order.placed.v1"]
    assert without is None


def test_where_neither_part_has_an_event_the_first_says_why() -> None:
    silent = APP.with_rules(lambda each: False)
    assert translated(placed(ORDER, OPEN, PLACED), silent) == ([], "no_matching_type")
    assert translated(placed(key("TEAM#1", "X"), {"n": 1}, {"n": 2})) == ([], "no_entity")


def test_an_error_says_whose_rules_failed() -> None:
    def failing(entity: str) -> Table:
        assert APP.entities is not None
        bad = rule(validate=refuse)
        by_name = {
            name: replace(each, rules=(bad,)) if name == entity else each
            for name, each in APP.entities.by_name.items()
        }
        return replace(APP, entities=replace(APP.entities, by_name=by_name))

    def refuse(data: Any) -> None:
        raise RecordError("refused")

    for entity, item, images in (("user", USER, ({"n": 1}, {"n": 2})), ("order", ORDER, (OPEN, PLACED))):
        with pytest.raises(RecordError, match="refused") as caught:
            translated(placed(item, *images), failing(entity))
        assert caught.value.entity == entity


def test_what_no_entity_selects_is_an_error_of_other_where_it_is_quarantined() -> None:
    strict = tables(CONFIG + "    other: quarantine\n")["app-main"]
    with pytest.raises(NoEntity, match="no entity selects this item") as caught:
        translated(strict.placed(placed(key("TEAM#1", "X"), {"n": 1}, {"n": 2})), strict)
    assert caught.value.entity == "other"


@pytest.mark.parametrize("view", ["NEW_IMAGE", "OLD_IMAGE", "KEYS_ONLY"])
def test_an_entity_that_a_view_leaves_open_is_an_error_of_where(view: str) -> None:
    with pytest.raises(ViewTooNarrow, match="cannot be decided") as caught:
        translated(placed(ORDER, OPEN, PLACED, view))
    assert caught.value.condition == "where"


def test_the_end_of_an_item_knows_only_what_was_and_its_start_only_what_is() -> None:
    made = placed(ORDER, OPEN, PLACED)._replace(
        current={"x": {"S": "y"}}, fetched=True, published={"status": "hash"}, suffix="~1", id_suffix="~2"
    )
    end, start = ended(made), started(made)
    assert end == made._replace(
        operation="remove",
        after=None,
        current=None,
        fetched=False,
        published=None,
        entity="cart",
        parts=None,
        id_suffix="~2-end",
    )
    assert start == made._replace(
        operation="insert", before=None, published=None, was="order", suffix="~1+", id_suffix="~2-start"
    )
    assert ended(made._replace(before=None)).view == "KEYS_ONLY"


def test_the_rules_before_and_after_a_change_are_those_of_its_entities_or_of_the_table() -> None:
    made = placed(ORDER, OPEN, PLACED)
    assert (APP.rules_before(made).entity, APP.rules_after(made).entity) == ("cart", "order")
    outside = placed(key("TEAM#1", "X"), {"n": 1}, {"n": 2})
    assert APP.rules_before(outside) is APP.rules_after(outside) is APP


def test_a_table_fetches_where_one_of_its_entities_does() -> None:
    assert APP.entities is not None
    user, *others = APP.entities.by_name
    by_name = {**APP.entities.by_name, user: replace(APP.entities.by_name[user], fetch=True)}
    assert others
    assert not APP.fetches
    assert replace(APP, entities=replace(APP.entities, by_name=by_name)).fetches


# --- whether the current item is needed ------------------------------------------------------------


def fetching(*entities: str, accepts: Any = None) -> Table:
    assert APP.entities is not None
    by_name = {name: replace(each, fetch=name in entities) for name, each in APP.entities.by_name.items()}
    return replace(APP, entities=replace(APP.entities, by_name=by_name), accepts=accepts)


def test_the_current_item_is_wanted_for_the_entity_of_the_change_or_for_any_that_is_possible() -> None:
    user, order = placed(USER, {"n": 1}, {"n": 2}, "KEYS_ONLY"), placed(ORDER, OPEN, PLACED, "KEYS_ONLY")
    assert [fetching("user").wants_current({}, each) for each in (user, order)] == [True, True]
    assert [fetching("order").wants_current({}, each) for each in (user, order)] == [False, True]
    assert not fetching().wants_current({}, order)
    outside = placed(key("TEAM#1", "X"), {"n": 1}, {"n": 2}, "KEYS_ONLY")
    assert fetching("user").wants_current({}, outside) is False


def test_the_current_item_is_not_wanted_for_what_the_filter_drops() -> None:
    made = placed(USER, {"n": 1}, {"n": 2}, "KEYS_ONLY")
    for keep in (True, False):
        seen: list[Any] = []

        def accepts(record: Any, keep: bool = keep, seen: list[Any] = seen) -> bool:
            seen.append(record)
            return keep

        assert fetching("user", accepts=accepts).wants_current({"r": 1}, made) is keep
        assert seen == [{"r": 1}]
        one = replace(table(rule()), fetch=True, accepts=accepts)
        assert one.wants_current({"r": 1}, made) is keep


def test_the_current_item_is_wanted_only_for_operations_that_a_rule_has() -> None:
    insert = rule("com.example.a", operations=frozenset({"insert"}))
    modify = rule("com.example.b", operations=frozenset({"modify"}))
    made = placed(USER, {"n": 1}, {"n": 2}, "KEYS_ONLY")
    assert replace(table(insert, modify), fetch=True).wants_current({}, made)
    assert not replace(table(insert), fetch=True).wants_current({}, made)
    assert not replace(table(insert, modify), fetch=True).wants_current({}, placed(USER, {"n": 1}, {"n": 2}))


# --- versions of fingerprints, and the unit of order -----------------------------------------------


@pytest.mark.parametrize(
    ("own", "row", "known"),
    [("v1", "v1", True), ("v1", "v2", False), ("v1", "", True), ("", "v2", True), ("", "", True)],
)
def test_a_fingerprint_is_compared_unless_both_have_versions_that_differ(
    own: str, row: str, known: bool
) -> None:
    assert replace(table(), fingerprint_version=own).knows(row) is known


def test_the_unit_of_order_reads_the_key_alone() -> None:
    """Of an order its user, whatever the images are; of a user its own key."""
    states = [(OPEN, PLACED), (None, PLACED), (PLACED, None), (GONE, OPEN)]
    lanes = {APP.lane(placed(ORDER, *images), "key") for images in states}
    assert len(lanes) == 1
    assert lanes.pop().endswith("u1")
    assert APP.lane(placed(USER, {"n": 1}, {"n": 2}), "key") == "key"
    assert APP.lane(placed(key("TEAM#1", "X"), {"n": 1}, {"n": 2}), "key") == "key"


# --- explanations ----------------------------------------------------------------------------------


def test_an_explanation_says_that_a_record_was_filtered_or_did_not_change() -> None:
    made = placed(USER, {"n": 1}, {"n": 2})
    dropped = replace(APP, accepts=lambda record: False).explain({}, made)
    assert (dropped.without, dropped.rules) == ("filtered", ())
    assert replace(APP, accepts=lambda record: True).explain({}, made).without is None
    same = APP.explain({}, placed(USER, {"n": 1}, {"n": 1}))
    assert (same.without, same.rules) == ("unchanged", ())


def test_an_explanation_has_each_rule_of_the_entity_and_applies_where_one_does() -> None:
    made = APP.explain({}, placed(USER, {"n": 1}, {"n": 2}))
    assert (made.without, made.entities) == (None, ("user",))
    assert [(name.rpartition(".")[2], why is None) for name, why in made.rules] == [
        ("created", False),
        ("changed", True),
        ("deleted", False),
    ]
    none = APP.with_rules(lambda each: each.type.endswith("created")).explain(
        {}, placed(USER, {"n": 1}, {"n": 2})
    )
    assert none.without == "no_matching_type"
    assert len(none.rules) == 1


def test_a_change_of_entity_is_explained_in_both_and_applies_where_one_part_does() -> None:
    def keeping(*types: str) -> Any:
        app = APP.with_rules(lambda each: each.type.removeprefix("com.example.") in types)
        return app.explain({}, placed(ORDER, OPEN, PLACED))

    for types in (("cart.closed",), ("order.placed",), ("cart.closed", "order.placed")):
        made = keeping(*types)
        assert (made.without, made.entities, len(made.rules)) == (None, ("cart", "order"), len(types))
    assert keeping("cart.changed").without == "no_matching_type"


def test_an_item_that_no_entity_selects_is_explained_by_what_each_misses() -> None:
    made = APP.explain({}, placed(key("TEAM#1", "X"), {"n": 1}, {"n": 2}))
    assert (made.without, made.rules) == ("no_entity", ())
    assert [name for name, _ in made.misses] == ["user", "cart", "order"]


def test_of_two_rules_for_one_type_the_second_is_explained_by_the_first() -> None:
    record = lambda_record(op="modify", before={"id": "1", "n": 1}, after={"id": "1", "n": 2})
    two = table(rule(), rule()).explain(record, decode(record))
    assert [why for _, why in two.rules] == [None, "an earlier rule for this type applies"]
