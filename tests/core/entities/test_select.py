"""Which entity a change is of, before and after it, and what is said where none selects it."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.core.change import Change
from bridge.core.entities.explaining import misses
from bridge.core.entities.select import NO_ENTITY, UNDECIDED, Selector, attributes_of
from tests.builders.single_table import key, seen, tables

SELECTOR = tables()["app-main"].entities.selector  # type: ignore[union-attr]
ORDER, USER = key("USER#u1", "ORDER#7"), key("USER#u1", "PROFILE")
OPEN, PLACED, GONE = {"status": "open"}, {"status": "placed"}, {"status": "gone"}


def placed(item: dict[str, Any], before: Any, after: Any, view: str = "NEW_AND_OLD_IMAGES") -> Change:
    return SELECTOR.placed(seen(item, before, after, view))


def entities(made: Change) -> tuple[str | None, str | None]:
    return made.was, made.entity


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        (OPEN, PLACED, ("cart", "order")),
        (PLACED, OPEN, ("order", "cart")),
        (PLACED, {"status": "paid"}, ("order", "order")),
        (PLACED, GONE, ("order", NO_ENTITY)),
        (GONE, OPEN, (NO_ENTITY, "cart")),
        ({**OPEN, "n": 1}, {**OPEN, "n": 2}, ("cart", "cart")),
        (None, OPEN, ("cart", "cart")),
        (PLACED, None, ("order", "order")),
    ],
)
def test_where_decides_before_and_after_a_change(before: Any, after: Any, named: Any) -> None:
    assert entities(placed(ORDER, before, after)) == named


def test_the_parts_are_those_of_the_later_entity() -> None:
    assert placed(USER, {"n": 1}, {"n": 2}).parts == {"userId": "u1"}
    assert placed(ORDER, OPEN, PLACED).parts == {"userId": "u1", "orderId": "7"}
    assert placed(ORDER, PLACED, GONE).parts is None
    assert placed(key("TEAM#1", "X"), {"n": 1}, {"n": 2}).parts is None


def test_an_image_that_is_missing_leaves_its_side_undecided() -> None:
    assert entities(placed(ORDER, OPEN, PLACED, view="NEW_IMAGE")) == (UNDECIDED, "order")
    assert entities(placed(ORDER, OPEN, PLACED, view="OLD_IMAGE")) == ("cart", UNDECIDED)
    assert entities(placed(ORDER, OPEN, PLACED, view="KEYS_ONLY")) == (UNDECIDED, UNDECIDED)
    assert entities(placed(USER, {"n": 1}, {"n": 2}, view="KEYS_ONLY")) == ("user", "user")


@pytest.mark.parametrize(
    ("view", "known", "named"),
    [
        ("NEW_IMAGE", "cart", ("cart", "order")),
        ("NEW_IMAGE", None, ("order", "order")),
        ("OLD_IMAGE", "order", ("cart", "cart")),
        ("OLD_IMAGE", None, ("cart", "cart")),
        ("KEYS_ONLY", "cart", ("cart", "cart")),
        ("KEYS_ONLY", None, (UNDECIDED, UNDECIDED)),
    ],
)
def test_what_a_view_does_not_show_is_taken_from_the_settled_state_or_the_other_side(
    view: str, known: str | None, named: Any
) -> None:
    made = SELECTOR.decided(placed(ORDER, OPEN, PLACED, view=view), known)
    assert entities(made) == named
    assert made.parts is None, "they are those of the entity that was not known"


def test_a_change_that_shows_its_entities_and_an_insert_stay_as_they_are() -> None:
    shown = placed(ORDER, OPEN, PLACED)
    assert SELECTOR.decided(shown, "user") is shown
    inserted = placed(ORDER, None, PLACED, view="KEYS_ONLY")
    assert SELECTOR.decided(inserted, "cart") is inserted


def test_a_whole_item_has_the_entity_of_its_key_and_its_attributes() -> None:
    typed = {name: {"S": text} for name, text in {**ORDER, "status": "open"}.items()}
    assert SELECTOR.of_item(typed) == "cart"
    assert SELECTOR.of_item({**typed, "SK": {"S": "PROFILE"}}) == "user"
    assert SELECTOR.of_item({**typed, "PK": {"S": "X"}}) == NO_ENTITY
    last = Selector(SELECTOR.entities[:1])
    assert last.of_item({**typed, "SK": {"S": "PROFILE"}}) == "user"


@pytest.mark.parametrize(
    ("where", "reads"),
    [
        ({"a": ["x"], "b": ["y"]}, ("a", "b")),
        ({"a.b": ["x"], "c": ["y"]}, None),
        ({"c": ["y"], "$or": []}, None),
        ({"$or": []}, None),
        ({}, ()),
    ],
)
def test_the_attributes_of_a_pattern_are_its_members_unless_one_is_no_attribute(
    where: dict[str, Any], reads: tuple[str, ...] | None
) -> None:
    assert attributes_of(where) == reads


# --- why no entity selects an item -----------------------------------------------------------------


def why(made: Change) -> dict[str, str]:
    return dict(misses(SELECTOR, made))


def test_each_entity_says_what_it_misses() -> None:
    assert why(placed(ORDER, OPEN, GONE)) == {
        "user": "SK is not like PROFILE",
        "cart": 'where.status: no match, wanted ["open"]',
        "order": 'where.status: no match, wanted ["placed", "paid"]',
    }
    missed = why(placed(key("TEAM#1", "META"), {"n": 1}, {"n": 2}))
    assert missed["user"] == "PK is not like USER#{userId} and SK is not like PROFILE"
    assert missed["order"] == "PK is not like USER#{userId} and SK is not like ORDER#{orderId}"


def test_an_entity_that_selects_the_item_misses_nothing() -> None:
    assert set(why(placed(USER, {"n": 1}, {"n": 2}))) == {"cart", "order"}
    assert set(why(placed(ORDER, GONE, PLACED))) == {"user", "cart"}


def test_without_an_image_it_says_that_where_cannot_be_decided() -> None:
    undecided = "where cannot be decided: the record has no image"
    assert why(placed(ORDER, OPEN, GONE, view="KEYS_ONLY")) == {
        "user": "SK is not like PROFILE",
        "cart": undecided,
        "order": undecided,
    }


def test_a_key_with_other_attributes_is_said_by_their_names() -> None:
    made = placed({"id": "x"}, {"n": 1}, {"n": 2})
    assert why(made)["user"] == "the key has the attributes id, not PK and SK"
