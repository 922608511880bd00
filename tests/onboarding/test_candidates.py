"""What a schema says of texts beyond their format."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.onboarding.candidates import CURRENCY, Candidates
from bridge.onboarding.names import domain, withheld


def schema(name: str, values: list[Any], **more: Any) -> dict[str, Any]:
    candidates = Candidates()
    for value in values:
        candidates.add({name: value})
    found: dict[str, Any] = {"properties": {name: {"type": "string", **more}}}
    candidates.decorate(found)
    inner: dict[str, Any] = found["properties"][name]
    return inner


def test_codes_of_currencies_have_a_pattern_and_no_enumeration() -> None:
    assert schema("currency", ["EUR"] * 60) == {
        "type": "string",
        "pattern": CURRENCY,
        "description": "A currency code of ISO 4217.",
    }
    assert schema("unit", ["EUR", "USD", "CHF"] * 30)["pattern"] == CURRENCY


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("currency", ["EUR"] * 4),
        ("currency", [*["EUR"] * 30, "points"]),
        ("currency", [*["EUR"] * 30, None]),
        ("scope", ["ALL"] * 60),
        ("scope", ["ALL", "TOP"] * 30),
    ],
)
def test_few_other_or_unnamed_codes_are_no_currency(name: str, values: list[Any]) -> None:
    assert "pattern" not in schema(name, values)


def test_values_that_repeat_are_named_and_not_asserted() -> None:
    found = schema("status", ["paid", "open"] * 30, **{"$comment": "in 60 of 70 samples"})
    assert found == {"type": "string", "$comment": "in 60 of 70 samples; perhaps an enum: open, paid"}


@pytest.mark.parametrize(
    ("name", "value"), [("pin", "abc"), ("phone", "one"), ("contact", "a@b.test"), ("key", f"AKIA{'A' * 16}")]
)
def test_secret_and_personal_values_are_withheld(name: str, value: str) -> None:
    assert withheld((name,), value)
    assert "$comment" not in schema(name, [value, "other"] * 60)


def test_places_inside_lists_and_maps_are_known_too() -> None:
    candidates = Candidates()
    for number in range(60):
        candidates.add({"lines": [{"unit": {"currency": "EUR", "kind": ("a", "b")[number % 2]}}]})
    unit: dict[str, Any] = {"properties": {"currency": {"type": "string"}, "kind": {"type": "string"}}}
    candidates.decorate({"properties": {"lines": {"items": {"properties": {"unit": unit}}}}})
    assert unit["properties"]["currency"]["pattern"] == CURRENCY
    assert unit["properties"]["kind"]["$comment"] == "perhaps an enum: a, b"


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("app-main", "app"),
        ("prod-shop-single-table", "shop"),
        ("ShopData", "shop"),
        ("main", ""),
        ("billing", "billing"),
        ("SingleTable", ""),
    ],
)
def test_a_table_of_several_kinds_is_named_after_what_it_is_about(table: str, name: str) -> None:
    assert domain(table) == name
