"""The diff says exactly what changed, no more and no less."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.diff.fields import FieldChange, Lists, compile_diff, differing_names
from bridge.core.pointer import Wanted, below, parse_pointer
from bridge.core.values import plain_item
from tests.builders.strategies import ITEMS, shuffled_item, two_images


def diff(
    before: dict[str, Any],
    after: dict[str, Any],
    *,
    ignore: tuple[tuple[str, ...], ...] = (),
    lists: Lists = "index",
) -> list[FieldChange]:
    return compile_diff(ignore=ignore, lists=lists)(before, after, differing_names(before, after))


def one(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    (change,) = diff({"a": before}, {"a": after})
    return change


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"N": "1.0"}, {"N": "1"}),
        ({"N": "1E+2"}, {"N": "100"}),
        ({"SS": ["a", "b"]}, {"SS": ["b", "a"]}),
        ({"NS": ["1", "2.0"]}, {"NS": ["2", "1"]}),
        ({"B": b"a"}, {"B": "YQ=="}),
        ({"BS": [b"a", b"b"]}, {"BS": ["Yg==", "YQ=="]}),
        ({"M": {"x": {"N": "1"}, "y": {"N": "2"}}}, {"M": {"y": {"N": "2.0"}, "x": {"N": "1"}}}),
    ],
)
def test_equal_values_are_no_change_however_they_are_written(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    assert diff({"a": before}, {"a": after}) == []


def test_true_is_not_1_and_1_is_not_the_text_1() -> None:
    assert one({"BOOL": True}, {"N": "1"}) == {"path": "/a", "op": "replace", "before": True, "after": 1}
    assert one({"N": "1"}, {"S": "1"}) == {"path": "/a", "op": "replace", "before": 1, "after": "1"}


def test_a_set_that_became_a_list_says_its_types_because_its_values_read_the_same() -> None:
    assert one({"SS": ["a"]}, {"L": [{"S": "a"}]}) == {
        "path": "/a",
        "op": "replace",
        "before": ["a"],
        "after": ["a"],
        "types": ["SS", "L"],
    }
    assert one({"B": "YQ=="}, {"S": "YQ=="})["types"] == ["B", "S"]


def test_maps_recurse_and_names_are_escaped_as_rfc_6901_wants() -> None:
    assert one({"M": {"x/y": {"M": {"~": {"S": "1"}}}}}, {"M": {"x/y": {"M": {"~": {"S": "2"}}}}}) == {
        "path": "/a/x~1y/~0",
        "op": "replace",
        "before": "1",
        "after": "2",
    }


def test_lists_change_by_index_and_grow_and_shrink_at_the_tail() -> None:
    def numbers(*values: int) -> dict[str, Any]:
        return {"L": [{"N": str(value)} for value in values]}

    assert diff({"a": numbers(1, 2)}, {"a": numbers(1, 3, 4)}) == [
        {"path": "/a/1", "op": "replace", "before": 2, "after": 3},
        {"path": "/a/2", "op": "add", "after": 4},
    ]
    assert diff({"a": numbers(1, 2, 3)}, {"a": numbers(1)}) == [
        {"path": "/a/2", "op": "remove", "before": 3},
        {"path": "/a/1", "op": "remove", "before": 2},
    ]


def test_lists_can_be_reported_as_one_value() -> None:
    old, new = {"L": [{"N": "1"}]}, {"L": [{"N": "1"}, {"N": "2"}]}
    assert diff({"a": old}, {"a": new}, lists="whole") == [
        {"path": "/a", "op": "replace", "before": [1], "after": [1, 2]}
    ]
    assert diff({"a": {"L": [{"N": "1"}]}}, {"a": {"L": [{"N": "1.0"}]}}, lists="whole") == []


def test_a_set_lists_added_and_removed_members() -> None:
    assert one({"SS": ["b", "a"]}, {"SS": ["c", "a"]}) == {
        "path": "/a",
        "op": "replace",
        "before": ["a", "b"],
        "after": ["a", "c"],
        "added": ["c"],
        "removed": ["b"],
    }


def test_an_attribute_that_became_null_is_replaced_not_removed() -> None:
    assert one({"S": "x"}, {"NULL": True}) == {"path": "/a", "op": "replace", "before": "x", "after": None}


def test_ignored_paths_and_all_below_them_are_silent() -> None:
    ignore = (("updatedAt",), ("lines", "*", "seen"), ("meta",))
    before: dict[str, Any] = {
        "updatedAt": {"N": "1"},
        "meta": {"M": {"x": {"S": "1"}}},
        "lines": {"L": [{"M": {"seen": {"BOOL": False}, "qty": {"N": "1"}}}]},
    }
    after = copy.deepcopy(before)
    after["updatedAt"] = {"N": "2"}
    after["meta"]["M"]["x"] = {"S": "2"}
    after["lines"]["L"][0]["M"]["seen"] = {"BOOL": True}
    assert diff(before, after, ignore=ignore) == []
    after["lines"]["L"][0]["M"]["qty"] = {"N": "2"}
    assert [change["path"] for change in diff(before, after, ignore=ignore)] == ["/lines/0/qty"]


def as_patch(changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"op": c["op"], "path": c["path"]} | ({"value": c["after"]} if c["op"] != "remove" else {})
        for c in changes
    ]


@given(two_images())
def test_applying_the_changes_to_before_gives_after(images: tuple[dict[str, Any], dict[str, Any]]) -> None:
    before, after = images
    ways: tuple[Lists, ...] = ("index", "whole")
    for lists in ways:
        changes = diff(before, after, lists=lists)
        patched = jsonpatch.apply_patch(plain_item(before, "x"), as_patch(changes))
        assert json.dumps(patched, sort_keys=True) == json.dumps(plain_item(after, "x"), sort_keys=True)


@given(two_images())
def test_every_change_carries_the_value_that_stood_before(
    images: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    before, after = images
    old = plain_item(before, "x")
    for change in diff(before, after):
        if "before" in change:
            value: Any = old
            for segment in parse_pointer(change["path"]):
                value = value[int(segment)] if isinstance(value, list) else value[segment]
            assert value == change["before"]


@given(two_images())
def test_a_replace_never_covers_more_than_it_has_to(
    images: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    for change in diff(*images):
        if change["op"] == "replace" and isinstance(change["before"], dict):
            assert not isinstance(change["after"], dict)


@given(st.data())
def test_items_that_differ_in_order_only_do_not_differ(data: st.DataObject) -> None:
    item = data.draw(ITEMS)
    assert diff(item, shuffled_item(data.draw, item)) == []


@given(st.data())
def test_the_order_of_the_changes_does_not_depend_on_the_order_of_the_attributes(
    data: st.DataObject,
) -> None:
    before, after = data.draw(two_images())
    assert diff(before, after) == diff(shuffled_item(data.draw, before), shuffled_item(data.draw, after))


@pytest.mark.parametrize(
    ("wanted", "changed", "touched"),
    [
        ("/plan", "/plan", True),
        ("/plan", "/plan/tier", True),
        ("/plan/tier", "/plan", True),
        ("/plan/tier", "/plan/name", False),
        ("/lines/*/qty", "/lines/3/qty", True),
        ("/lines/*/qty", "/lines/3/sku", False),
        ("/lines/*/qty", "/lines", True),
        ("/plan", "/planet", False),
    ],
)
def test_a_change_touches_what_it_holds_and_what_holds_it(wanted: str, changed: str, touched: bool) -> None:
    assert Wanted(wanted).touched_by(changed) is touched


def test_pointers_are_read_as_rfc_6901_says() -> None:
    assert parse_pointer("/a/b~1c/~0d") == ("a", "b/c", "~d")
    assert below((("a", "b"), ("*", "c"), ("x",)), "a") == (("b",), ("c",))
    for bad in ("a", "", "/a~2"):
        with pytest.raises(ValueError, match="JSON Pointer"):
            parse_pointer(bad)
