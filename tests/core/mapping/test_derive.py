"""A function of the project's own derives what no mapping can; nothing it does gets past us."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from bridge.core.mapping.derive import by_function
from bridge.errors import MappingFailed

SECRET = "s3cret-value"


def derive(function: Callable[[Any], Any], data: dict[str, Any] | None = None) -> Any:
    return by_function(function, "shop.plans:older")({"plan": {"to": "pro"}} if data is None else data)


def test_it_gets_the_newer_data_and_returns_the_older() -> None:
    assert derive(lambda data: {"plan": data["plan"]["to"]}) == {"plan": "pro"}


def test_it_cannot_change_what_the_newer_event_says() -> None:
    def change(data: dict[str, Any]) -> dict[str, Any]:
        data["plan"]["to"] = "other"
        return data

    newer = {"plan": {"to": "pro"}}
    assert derive(change, newer) == {"plan": {"to": "other"}}
    assert newer == {"plan": {"to": "pro"}}


def raising(data: Any) -> Any:
    raise KeyError(SECRET)


def endless(data: Any) -> Any:
    data["self"] = data
    return data


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (raising, "raised KeyError"),
        (endless, "raised RecursionError"),
        (lambda data: None, "answered NoneType, not a dict"),
        (lambda data: [SECRET], "answered list, not a dict"),
        (lambda data: {"at": datetime.now(UTC)}, "answered a value of type datetime at /*"),
        (lambda data: {"price": [Decimal(1)]}, "answered a value of type Decimal at /*/*"),
        (lambda data: {"n": float("nan")}, "answered a value of type float"),
        (lambda data: {"n": 2**53}, "answered a value of type int"),
        (lambda data: {"s": {1}}, "answered a value of type set"),
        (lambda data: {1: "a"}, "answered a member name of type int at its top"),
        (lambda data: {"t": (1, 2)}, "answered a value of type tuple"),
    ],
)
def test_exceptions_and_answers_that_are_not_data_fail_that_record_without_a_value(
    function: Callable[[Any], Any], message: str
) -> None:
    with pytest.raises(MappingFailed, match=r"^shop\.plans:older ") as caught:
        derive(function)
    assert message in caught.value.message
    assert SECRET not in str(caught.value)


def test_json_of_every_kind_is_data() -> None:
    every = {"a": [1, 1.5, "x", True, None, {"b": []}], "n": -(2**53) + 1}
    assert derive(lambda data: every) == every
