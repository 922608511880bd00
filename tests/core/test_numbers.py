"""``numbers: string``: every number as text with DynamoDB's own digits, at the chosen places and no other."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.diff.fields import compile_diff, differing_names
from bridge.core.diff.lists import ByMember
from bridge.core.diff.view import ChangeView, default_data
from bridge.core.mapping.language import compile_mapping
from bridge.core.mapping.project import getter_of
from bridge.core.mapping.subject import compile_subject
from bridge.core.numbers import EVERYWHERE, NumbersAsText
from bridge.core.pattern.matching import compile_pattern
from bridge.core.pointer import below, parse_pointer
from bridge.core.records.decode import decode
from bridge.core.values import plain, plain_item
from bridge.errors import MalformedRecord
from tests.builders.records import lambda_record
from tests.builders.strategies import ITEMS, NAMES, two_images

ORDER: dict[str, Any] = {
    "id": {"N": "7"},
    "total": {"M": {"amount": {"N": "12.50"}, "scale": {"N": "2"}}},
    "lines": {"L": [{"M": {"price": {"N": "1.10"}, "qty": {"N": "3"}}}, {"M": {"qty": {"N": "1E+2"}}}]},
    "seen": {"NS": ["10", "9", "-1.0"]},
    "name": {"S": "7"},
}


def paths(*pointers: str) -> tuple[tuple[str, ...], ...]:
    return tuple(map(parse_pointer, pointers))


def view(before: Any, after: Any, numbers: NumbersAsText) -> ChangeView:
    change = decode(lambda_record(op="modify", before={"id": 7}, after={"id": 7}))
    change = change._replace(key={"id": {"N": "7"}}, before=before, after=after)
    return ChangeView(change, compile_diff(plain_at=numbers.at), numbers.item)


def test_everywhere_means_every_number_and_the_members_of_number_sets_in_order_of_their_numbers() -> None:
    assert NumbersAsText().item(ORDER, "x") == {
        "id": "7",
        "lines": [{"price": "1.10", "qty": "3"}, {"qty": "1E+2"}],
        "name": "7",
        "seen": ["-1.0", "9", "10"],
        "total": {"amount": "12.50", "scale": "2"},
    }


def test_a_path_covers_its_place_and_everything_below_and_nothing_else() -> None:
    numbers = NumbersAsText(paths("/total/amount", "/lines/*/price", "/nowhere/x"))
    assert numbers.item(ORDER, "x") == plain_item(ORDER, "x") | {
        "lines": [{"price": "1.10", "qty": 3}, {"qty": 100}],
        "total": {"amount": "12.50", "scale": 2},
    }
    assert NumbersAsText(paths("/lines", "/seen")).item(ORDER, "x") == plain_item(ORDER, "x") | {
        "lines": [{"price": "1.10", "qty": "3"}, {"qty": "1E+2"}],
        "seen": ["-1.0", "9", "10"],
    }


def test_key_images_changes_subject_mapping_and_patterns_all_see_the_text() -> None:
    after = copy.deepcopy(ORDER)
    after["lines"]["L"][0]["M"]["price"] = {"N": "1.20"}
    after["seen"] = {"NS": ["10"]}
    seen = view(ORDER, after, NumbersAsText())
    assert compile_subject("order/{$.key.id}")(seen) == "order/7"
    assert compile_mapping({"all": "$.after.lines[*].qty"}, getter_of)(seen) == {"all": ["3", "1E+2"]}
    assert compile_pattern({"total": {"amount": ["12.50"]}}).matches(seen.after or {})
    assert not compile_pattern({"total": {"amount": [12.5]}}).matches(seen.after or {})
    data = default_data(seen)
    assert data["key"] == {"id": "7"}
    assert data["before"] == NumbersAsText().item(ORDER, "x")
    assert data["after"] == NumbersAsText().item(after, "x")
    assert data["changes"] == [
        {"path": "/lines/0/price", "op": "replace", "before": "1.10", "after": "1.20"},
        {
            "path": "/seen",
            "op": "replace",
            "before": ["-1.0", "9", "10"],
            "after": ["10"],
            "added": [],
            "removed": ["-1.0", "9"],
        },
    ]


def test_equal_numbers_are_no_change_though_their_digits_differ() -> None:
    assert view({"a": {"N": "1.0"}}, {"a": {"N": "1"}}, NumbersAsText()).changes == []


def test_a_number_that_became_its_own_text_says_its_types() -> None:
    assert view({"a": {"N": "1"}}, {"a": {"S": "1"}}, NumbersAsText()).changes == [
        {"path": "/a", "op": "replace", "before": "1", "after": "1", "types": ["N", "S"]}
    ]


@pytest.mark.parametrize(
    "value", [{"N": "NaN"}, {"N": 1}, {"NS": ["1", "x"]}, {"L": [{"N": "1_0"}]}, {"N": ""}]
)
def test_what_is_no_number_is_refused_as_text_too(value: Any) -> None:
    with pytest.raises(MalformedRecord, match="'price'"):
        NumbersAsText().item({"price": value}, "NewImage")
    with pytest.raises(MalformedRecord):
        NumbersAsText().at(value, "/price")


def numbers_of(typed: Any, at: tuple[tuple[str, ...], ...]) -> list[str]:
    """The digits of every number in a typed value that one of the paths covers, in order."""
    ((tag, content),) = typed.items()
    if tag in ("M", "L"):
        members = sorted(content.items()) if tag == "M" else enumerate(content)
        return [n for name, each in members for n in numbers_of(each, deeper(at, str(name)))]
    if () not in at:
        return []
    return [content] if tag == "N" else sorted(content, key=Decimal) if tag == "NS" else []


def deeper(at: tuple[tuple[str, ...], ...], name: str) -> tuple[tuple[str, ...], ...]:
    return ((),) if () in at else below(at, name)


def restored(exact: Any, text: Any, typed: Any, at: tuple[tuple[str, ...], ...]) -> list[str]:
    """The digits where both differ from each other as ``typed`` and the paths allow; fails elsewhere."""
    ((tag, content),) = typed.items()
    if tag in ("M", "L"):
        names = sorted(content) if tag == "M" else range(len(content))
        assert list(exact) == list(text) if tag == "M" else len(exact) == len(text)
        return [d for n in names for d in restored(exact[n], text[n], content[n], deeper(at, str(n)))]
    if () in at and tag in ("N", "NS"):
        return [text] if tag == "N" else list(text)
    assert (type(exact), exact) == (type(text), text)
    return []


SEGMENTS = st.lists(st.one_of(NAMES, st.sampled_from("*01")), min_size=1, max_size=3).map(tuple)
PATHS = st.one_of(st.just(EVERYWHERE), st.lists(SEGMENTS).map(tuple))


@given(ITEMS, PATHS)
def test_no_digit_changes_where_a_path_covers_and_nothing_changes_elsewhere(
    item: dict[str, Any], at: tuple[tuple[str, ...], ...]
) -> None:
    text = NumbersAsText(at).item(item, "x")
    whole = {"M": item}
    assert restored(plain_item(item, "x"), text, whole, at) == numbers_of(whole, at)


@given(ITEMS, PATHS)
def test_a_value_reads_the_same_in_its_image_and_alone_at_its_place(
    item: dict[str, Any], at: tuple[tuple[str, ...], ...]
) -> None:
    numbers = NumbersAsText(at)
    image = numbers.item(item, "x")
    for name, value in item.items():
        pointer = "/" + name.replace("~", "~0").replace("/", "~1")
        assert numbers.at(value, pointer) == image[name]


@given(two_images(), st.booleans())
def test_applying_the_changes_to_before_gives_after_with_numbers_as_text(
    images: tuple[dict[str, Any], dict[str, Any]], by: bool
) -> None:
    before, after = map(normal, images)
    numbers = NumbersAsText()
    diff = compile_diff(lists=ByMember(("a",)) if by else "index", plain_at=numbers.at)
    changes = diff(before, after, differing_names(before, after))
    patch = [
        {"op": c["op"], "path": c["path"], "from": c.get("from")}
        | ({"value": c["after"]} if "after" in c else {})
        for c in changes
    ]
    patched = jsonpatch.apply_patch(numbers.item(before, "x"), patch)
    assert json.dumps(patched, sort_keys=True) == json.dumps(numbers.item(after, "x"), sort_keys=True)


def normal(value: Any) -> Any:
    """The same with every number written in one way, as DynamoDB does."""
    if isinstance(value, dict):
        if set(value) == {"N"} and isinstance(value["N"], str):
            return {"N": str(Decimal(value["N"]).normalize())}
        if set(value) == {"NS"} and isinstance(value["NS"], list):
            return {"NS": [str(Decimal(each).normalize()) for each in value["NS"]]}
        return {name: normal(each) for name, each in value.items()}
    return [normal(each) for each in value] if isinstance(value, list) else value


def test_the_exact_conversion_is_not_touched() -> None:
    item = copy.deepcopy(ORDER)
    NumbersAsText().item(item, "x")
    assert item == ORDER
    assert plain(ORDER["total"]) == {"amount": 12.5, "scale": 2}
