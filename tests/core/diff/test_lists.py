"""Lists whose elements a member identifies: moved, changed, added and removed elements are distinguished."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.diff.fields import FieldChange, compile_diff, differing_names
from bridge.core.diff.lists import ByMember, rearrange
from bridge.core.diff.view import ChangeView
from bridge.core.events.route import Route
from bridge.core.pointer import Segments, Wanted, parse_pointer
from bridge.core.records.decode import decode
from bridge.core.values import plain_item
from bridge.errors import MalformedRecord
from tests.builders.records import lambda_record
from tests.builders.strategies import two_images

BY_SKU = ByMember(("sku",))


def line(sku: str, **members: int) -> dict[str, Any]:
    return {"M": {"sku": {"S": sku}} | {name: {"N": str(n)} for name, n in members.items()}}


def lines(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"lines": {"L": list(elements)}}


def diff(
    before: dict[str, Any], after: dict[str, Any], by: ByMember = BY_SKU, ignore: tuple[Segments, ...] = ()
) -> list[FieldChange]:
    return compile_diff(lists=by, ignore=ignore)(before, after, differing_names(before, after))


def by_index(before: dict[str, Any], after: dict[str, Any]) -> list[FieldChange]:
    return compile_diff()(before, after, differing_names(before, after))


TEA, POT, CUP = line("TEA", qty=1), line("POT", qty=1), line("CUP", qty=4)


def test_a_change_inside_an_element_names_the_element() -> None:
    assert diff(lines(TEA, POT), lines(TEA, line("POT", qty=2))) == [
        {"path": "/lines/1/qty", "op": "replace", "before": 1, "after": 2, "id": "POT"}
    ]


def test_a_removal_at_the_front_is_one_entry() -> None:
    assert diff(lines(TEA, POT, CUP), lines(POT, CUP)) == [
        {"path": "/lines/0", "op": "remove", "before": {"qty": 1, "sku": "TEA"}, "id": "TEA"}
    ]


def test_an_addition_at_the_front_is_one_entry() -> None:
    assert diff(lines(POT, CUP), lines(TEA, POT, CUP)) == [
        {"path": "/lines/0", "op": "add", "after": {"qty": 1, "sku": "TEA"}, "id": "TEA"}
    ]


def test_a_move_has_its_origin_and_no_values() -> None:
    assert diff(lines(TEA, POT, CUP), lines(POT, CUP, TEA)) == [
        {"path": "/lines/2", "op": "move", "from": "/lines/0", "id": "TEA"}
    ]


def test_an_element_that_moved_and_changed_has_two_entries() -> None:
    assert diff(lines(TEA, POT, CUP), lines(CUP, TEA, line("POT", qty=2))) == [
        {"path": "/lines/0", "op": "move", "from": "/lines/2", "id": "CUP"},
        {"path": "/lines/2/qty", "op": "replace", "before": 1, "after": 2, "id": "POT"},
    ]


def test_the_member_may_be_nested() -> None:
    def nested(name: str, qty: int) -> dict[str, Any]:
        return {"M": {"product": {"M": {"a/b": {"S": name}}}, "qty": {"N": str(qty)}}}

    found = diff(
        {"l": {"L": [nested("x", 1), nested("y", 1)]}},
        {"l": {"L": [nested("y", 2)]}},
        ByMember(parse_pointer("/product/a~1b")),
    )
    assert [(each["path"], each["op"], each["id"]) for each in found] == [
        ("/l/0", "remove", "x"),
        ("/l/0/qty", "replace", "y"),
    ]


def test_inside_a_nested_list_the_outer_elements_are_named_too() -> None:
    def box(sku: str, *inner: dict[str, Any]) -> dict[str, Any]:
        return {"M": {"sku": {"S": sku}, "parts": {"L": list(inner)}}}

    before = lines(box("BOX", TEA, POT), box("BAG", CUP))
    after = lines(box("BAG", line("CUP", qty=5)), box("BOX", POT))
    assert diff(before, after) == [
        {"path": "/lines/1", "op": "move", "from": "/lines/0", "id": "BOX"},
        {
            "path": "/lines/0/parts/0/qty",
            "op": "replace",
            "before": 4,
            "after": 5,
            "id": "CUP",
            "within": ["BAG"],
        },
        {
            "path": "/lines/1/parts/0",
            "op": "remove",
            "before": {"qty": 1, "sku": "TEA"},
            "id": "TEA",
            "within": ["BOX"],
        },
    ]


def test_identities_are_equal_as_values_are() -> None:
    one, same = {"M": {"sku": {"N": "1.0"}}}, {"M": {"sku": {"N": "1"}, "new": {"S": "x"}}}
    assert diff(lines(one), lines(same)) == [{"path": "/lines/0/new", "op": "add", "after": "x", "id": 1}]
    text, number = {"M": {"sku": {"S": "1"}}}, {"M": {"sku": {"N": "1"}}}
    assert [each["op"] for each in diff(lines(text), lines(number))] == ["remove", "add"]
    sent, read = {"M": {"sku": {"B": "YQ=="}}}, {"M": {"sku": {"B": b"a"}}}
    assert diff(lines(sent), lines(read)) == []


@pytest.mark.parametrize(
    "odd",
    [
        {"S": "no map"},
        {"M": {"qty": {"N": "1"}}},
        {"M": {"sku": {"M": {}}}},
        {"M": {"sku": {"NULL": True}}},
        {"M": {"sku": {"BOOL": True}}},
        line("TEA", qty=9),
    ],
)
def test_a_list_whose_elements_cannot_be_distinguished_is_compared_by_index(odd: dict[str, Any]) -> None:
    before, after = lines(TEA, POT, odd), lines(POT, TEA, odd)
    assert diff(before, after) == by_index(before, after)
    assert diff(after, lines()) == by_index(after, lines())


def test_a_star_in_ignore_means_the_elements() -> None:
    before, after = lines(TEA, POT), lines(line("POT", qty=7), CUP)
    inside = diff(before, after, ignore=(("lines", "*", "qty"),))
    assert [(each["op"], each["path"]) for each in inside] == [("remove", "/lines/0"), ("add", "/lines/1")]
    assert diff(before, after, ignore=(("lines", "*"),)) == []
    assert diff(before, after, ignore=(("lines",),)) == []


def test_an_illegal_identity_makes_the_record_malformed() -> None:
    illegal: list[Any] = [{"N": "x"}, {"S": []}, {"N": 1}, "text", {}]
    for bad in illegal:
        with pytest.raises(MalformedRecord, match="'lines'"):
            diff(lines(TEA), lines({"M": {"sku": bad}}))


@pytest.mark.parametrize(
    ("changed", "applies"),
    [("/lines", True), ("/lines/*/qty", True), ("/lines/1/qty", True), ("/total", False), ("/line", False)],
)
def test_a_move_touches_its_list_and_everything_in_it(changed: str, applies: bool) -> None:
    change = decode(lambda_record(op="modify", before={}, after={}))
    change = change._replace(before=lines(TEA, POT, CUP), after=lines(POT, CUP, TEA))
    view = ChangeView(change, compile_diff(lists=BY_SKU))
    assert [each["op"] for each in view.changes or ()] == ["move"]
    assert Route(frozenset({"modify"}), (Wanted(changed),)).matches(view) is applies


# --- properties ----------------------------------------------------------------------------------

SKUS = st.text("abcdefgh", min_size=1, max_size=1)


@st.composite
def listings(draw: st.DrawFn, depth: int = 1) -> dict[str, Any]:
    """A list of maps, each with a sku of its own (sometimes not), with lists of the same kind inside."""
    skus = draw(st.lists(SKUS, max_size=7, unique=draw(st.integers(0, 9)) != 0))
    elements = []
    for sku in skus:
        members: dict[str, Any] = {"sku": {"S": sku}, "qty": {"N": str(draw(st.integers(0, 1)))}}
        if depth and draw(st.booleans()):
            members["parts"] = draw(listings(depth - 1))
        elements.append({"M": members})
    return {"L": elements}


def pair() -> st.SearchStrategy[tuple[dict[str, Any], dict[str, Any]]]:
    items = st.fixed_dictionaries({"lines": listings()})
    return st.one_of(st.tuples(items, items), two_images())


def as_patch(changes: list[FieldChange]) -> list[dict[str, Any]]:
    return [
        {"op": c["op"], "path": c["path"]}
        | ({"from": c["from"]} if "from" in c else {})
        | ({"value": c["after"]} if "after" in c else {})
        for c in changes
    ]


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


@given(pair())
def test_applying_the_changes_in_order_to_before_gives_after(
    images: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    before, after = images
    patched = jsonpatch.apply_patch(plain_item(before, "x"), as_patch(diff(before, after)))
    assert canonical(patched) == canonical(plain_item(after, "x"))


@given(pair())
def test_every_entry_has_the_value_that_is_there_when_it_is_applied(
    images: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    before, after = images
    item = plain_item(before, "x")
    for change in diff(before, after):
        if "before" in change:
            value: Any = item
            for segment in parse_pointer(change["path"]):
                value = value[int(segment)] if isinstance(value, list) else value[segment]
            assert canonical(value) == canonical(change["before"])
        item = jsonpatch.apply_patch(item, as_patch([change]))


@given(listings(), st.data())
def test_another_order_gives_only_moves_and_the_same_order_none(
    listing: dict[str, Any], data: st.DataObject
) -> None:
    elements = list({each["M"]["sku"]["S"]: each for each in listing["L"]}.values())
    other = data.draw(st.permutations(elements))
    found = diff(lines(*elements), lines(*copy.deepcopy(other)))
    assert {each["op"] for each in found} <= {"move"}
    assert bool(found) is (other != elements)
    assert len(found) <= max(len(elements) - 1, 0)


@given(pair())
def test_equal_items_have_no_entries_and_different_ones_have_some(
    images: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    before, after = images
    assert diff(before, copy.deepcopy(before)) == []
    assert bool(diff(before, after)) is bool(by_index(before, after))
    assert diff(before, after) == diff(copy.deepcopy(before), copy.deepcopy(after))


@given(st.lists(SKUS, unique=True), st.lists(SKUS, unique=True))
def test_as_few_elements_move_as_can(old: list[str], new: list[str]) -> None:
    steps = rearrange([("S", each) for each in old], [("S", each) for each in new])
    both = [each for each in old if each in new]
    staying = max(
        sum(1 << i & chosen > 0 for i in range(len(both)))
        for chosen in range(1 << len(both))
        if rising([new.index(each) for i, each in enumerate(both) if 1 << i & chosen])
    )
    assert sum(step.op == "move" for step in steps) == len(both) - staying
    assert all(step.place != step.origin for step in steps if step.op == "move")


def rising(numbers: list[int]) -> bool:
    return numbers == sorted(numbers)


def test_a_list_of_twenty_thousand_elements_can_be_reversed() -> None:
    """Each place is found in log n: with a search through the list this test would not end."""
    old = [("S", f"{n}") for n in range(20_000)]
    steps = rearrange(old, old[::-1])
    assert len(steps) == 19_999
    assert {step.op for step in steps} == {"move"}
