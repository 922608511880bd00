"""Values are exact: what DynamoDB holds is what an event says."""

from __future__ import annotations

import json
from base64 import b64decode
from decimal import Decimal
from typing import Any

import orjson
import pytest
from boto3.dynamodb.types import TypeDeserializer
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.values import number, plain, plain_item
from bridge.errors import MalformedRecord
from tests.builders.strategies import ITEMS, number_text, shuffled_item


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-0", 0),
        ("7", 7),
        ("-42", -42),
        ("1.0", 1),
        ("1E+3", 1000),
        ("9007199254740991", 2**53 - 1),
        ("-9007199254740991", -(2**53 - 1)),
        ("9007199254740992", "9007199254740992"),
        ("0.1", 0.1),
        ("3.14159265358979", 3.14159265358979),
        ("3.141592653589793", "3.141592653589793"),
        ("1E-130", 1e-130),
        ("9.99E+125", "9.99E+125"),
        ("1E+16", "1E+16"),
        ("10000000000000000", "10000000000000000"),
        ("-90071992547409920", "-90071992547409920"),
        ("1.5E+1", 15),
        ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
        ("0." + "0" * 45 + "1", 1e-46),
        ("1" + "0" * 44, "1" + "0" * 44),
        ("5.000000000000000000000000000000000000000000000", 5),
    ],
)
def test_a_number_is_exact_or_it_is_text(text: str, value: object) -> None:
    assert number(text) == value
    assert type(number(text)) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        "Infinity",
        "1_000",
        "",
        " ",
        " 1",
        "1 ",
        "١٢",
        "0x10",
        "1e",
        "--1",
        "1E+126",
        "1E-131",
        "1" * 39,
    ],
)
def test_what_dynamodb_never_writes_is_a_malformed_record(text: str) -> None:
    with pytest.raises(MalformedRecord) as caught:
        number(text)
    if text.strip():
        assert text not in str(caught.value)


@given(st.integers(-(10**37), 10**37 - 1), st.integers(0, 20))
def test_whether_an_integer_is_text_depends_on_its_size_alone(digits: int, zeros: int) -> None:
    """An id must not change its JSON type because it ends in zeros."""
    whole = digits * 10 ** min(zeros, 37 - len(str(abs(digits))))
    assert isinstance(number(str(whole)), str) == (abs(whole) >= 2**53)
    assert isinstance(number(f"{digits}E+{zeros}"), str) == (abs(digits * 10**zeros) >= 2**53)


@given(number_text())
def test_no_digit_of_a_number_changes_on_its_way_into_json(text: str) -> None:
    value = number(text)
    written = value if isinstance(value, str) else orjson.dumps(value).decode()
    assert Decimal(written) == Decimal(text)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"X": "1"}, "unknown attribute type"),
        ({"S": 1}, "S is not a string"),
        ({"S": "a", "N": "1"}, "not a typed value"),
        ({}, "not a typed value"),
        ("a", "not a typed value"),
        ({"N": 1}, "N is not a number written as a string"),
        ({"BOOL": 1}, "BOOL is not true or false"),
        ({"NULL": False}, "NULL that is not true"),
        ({"B": "not base64!"}, "B is neither"),
        ({"SS": "a"}, "SS is not a list"),
        ({"SS": []}, "SS is empty"),
        ({"NS": set()}, "NS is empty"),
        ({"L": [{"BS": []}]}, "BS is empty"),
        ({"NS": ["1", "x"]}, "not a DynamoDB number"),
        ({"L": {}}, "L is not a list"),
        ({"M": []}, "M is not a map"),
        ({"L": [{"M": {"deep": {"Q": 1}}}]}, "unknown attribute type"),
    ],
)
def test_an_illegal_value_is_refused_and_its_attribute_named(value: Any, problem: str) -> None:
    with pytest.raises(MalformedRecord, match=problem) as caught:
        plain_item({"price": value}, "NewImage")
    assert "'price'" in str(caught.value)


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {"S": "bottom"}
    for level in range(levels):
        value = {"M": {"a": value}} if level % 2 else {"L": [value]}
    return value


def test_32_levels_are_legal_and_33_are_not() -> None:
    plain_item({"tree": nested(32)}, "NewImage")
    with pytest.raises(MalformedRecord, match="deeper than 32"):
        plain_item({"tree": nested(33)}, "NewImage")


def test_binary_is_the_same_text_from_lambda_and_from_the_streams_api() -> None:
    assert plain({"B": b"\x00\xff"}) == plain({"B": "AP8="}) == "AP8="
    assert plain({"BS": [b"b", b"a"]}) == plain({"BS": ["Yg==", "YQ=="]}) == ["YQ==", "Yg=="]


def test_number_sets_are_sorted_as_numbers() -> None:
    assert plain({"NS": ["10", "9", "-1"]}) == [-1, 9, 10]


@given(st.data())
def test_equal_items_give_equal_bytes_whatever_the_order_of_sets_and_maps(data: st.DataObject) -> None:
    item = data.draw(ITEMS)
    other = shuffled_item(data.draw, item)
    assert orjson.dumps(plain_item(item, "x")) == orjson.dumps(plain_item(other, "x"))


def as_boto3_says(value: dict[str, Any]) -> Any:
    """boto3's answer in our JSON terms; it takes binary as bytes only."""

    def raw(typed: Any) -> Any:
        ((tag, content),) = typed.items()
        if tag == "B":
            return {"B": b64decode(content)}
        if tag == "BS":
            return {"BS": [b64decode(each) for each in content]}
        if tag == "L":
            return {"L": [raw(each) for each in content]}
        if tag == "M":
            return {"M": {name: raw(each) for name, each in content.items()}}
        return typed

    return TypeDeserializer().deserialize(raw(value))


def agrees(ours: Any, theirs: Any) -> bool:
    if isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(agrees(ours[name], theirs[name]) for name in theirs)
    if isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(agrees, ours, theirs))
    if isinstance(theirs, set):
        return len(ours) == len(theirs) and all(any(agrees(o, t) for t in theirs) for o in ours)
    if isinstance(theirs, Decimal):
        return Decimal(json.dumps(ours).strip('"')) == theirs
    if hasattr(theirs, "value"):  # boto3's Binary
        return bool(b64decode(ours) == theirs.value)
    return type(ours) is type(theirs) and ours == theirs


def has_long_number(value: Any) -> bool:
    ((tag, content),) = value.items()
    if tag == "N":
        # boto3 rounds, or raises Rounded, where the text is longer than 38 digits: there it is not right.
        return len(Decimal(content).as_tuple().digits) > 38
    if tag == "NS":
        return any(has_long_number({"N": each}) for each in content)
    if tag == "L":
        return any(map(has_long_number, content))
    if tag == "M":
        return any(map(has_long_number, content.values()))
    return False


@given(ITEMS)
def test_decoding_agrees_with_boto3_wherever_boto3_is_right(item: dict[str, Any]) -> None:
    for value in item.values():
        if not has_long_number(value):
            assert agrees(plain(value), as_boto3_says(value))


@given(ITEMS)
def test_every_item_that_dynamodb_can_hold_is_legal(item: dict[str, Any]) -> None:
    plain_item(item, "NewImage")


@pytest.mark.parametrize("value", ["x", ["a"], 1, None, {}, {"S": "a", "N": "1"}, {"S": 1}, {"N": "x"}])
def test_what_is_no_typed_value_is_refused_with_its_place(value: Any) -> None:
    with pytest.raises(MalformedRecord, match=r"the key's id"):
        plain(value, "the key's id")
