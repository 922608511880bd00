"""What is read of a record before it is decoded: its number, its time, its key, from any JSON at all."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.core.records.decode import EPOCH_MAX_S
from bridge.core.records.dialect import identifier_at, order_key_at, seconds_at

NO_PART: list[Any] = [None, "text", 5, [], {}, {"part": None}, {"part": []}, {"part": "text"}, {"part": {}}]


@pytest.mark.parametrize("record", NO_PART)
def test_a_record_without_the_member_has_no_number_and_no_time(record: Any) -> None:
    assert identifier_at("part", "name")(record) is None
    assert seconds_at("part", "name")(record) is None
    assert order_key_at("part", "name")(record) == b"null"


@pytest.mark.parametrize(
    ("value", "number"), [("1", "1"), ("", None), (1, None), (None, None), (["1"], None)]
)
def test_a_number_is_a_text_that_is_not_empty(value: Any, number: str | None) -> None:
    assert identifier_at("part", "name")({"part": {"name": value}}) == number


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        (0, True), (0.0, True), (0.5, True), (EPOCH_MAX_S, True), (EPOCH_MAX_S + 1, False), (-1, False),
        (-0.5, False), (float("nan"), False), (float("inf"), False), (True, False), (False, False), ("1",
        False),
        (None, False),
    ],
)  # fmt: skip
def test_a_time_is_a_number_of_seconds_that_a_date_can_have(value: Any, fits: bool) -> None:
    assert seconds_at("part", "name")({"part": {"name": value}}) == (value if fits else None)


def test_the_same_key_in_another_order_has_the_same_order_key() -> None:
    read = order_key_at("dynamodb", "Keys")
    one = {"dynamodb": {"Keys": {"a": {"S": "1"}, "b": {"S": "2"}}}}
    other = {"dynamodb": {"Keys": {"b": {"S": "2"}, "a": {"S": "1"}}}}
    assert read(one) == read(other) != read({"dynamodb": {"Keys": {"a": {"S": "1"}}}})
