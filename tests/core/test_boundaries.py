"""The limits of values, each at its last legal value and at the first that is not."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.core.fingerprint import compile_fingerprint, field_hashes, fingerprint_version_of
from bridge.core.keys import KEY_BYTES, key_hash
from bridge.core.values import number, plain_item
from bridge.errors import MalformedRecord
from bridge.limits import (
    JSON_DECIMAL_DIGITS,
    JSON_INTEGER_MAX,
    NESTING_MAX,
    NUMBER_MAX_DIGITS,
    NUMBER_MAX_EXPONENT,
    NUMBER_MIN_EXPONENT,
)


def nested(tags: str, levels: int) -> dict[str, Any]:
    """A text inside ``levels`` maps and lists, whose kinds repeat ``tags``."""
    value: dict[str, Any] = {"S": "x"}
    for level in range(levels):
        value = {"M": {"m": value}} if tags[level % len(tags)] == "M" else {"L": [value]}
    return value


def depth_of(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + depth_of(value["m"])
    return 1 + depth_of(value[0]) if isinstance(value, list) else 0


@pytest.mark.parametrize("tags", ["M", "L", "ML", "LM"])
def test_maps_and_lists_are_nested_32_deep_and_no_deeper(tags: str) -> None:
    for levels in (NESTING_MAX - 1, NESTING_MAX):
        assert depth_of(plain_item({"a": nested(tags, levels)}, "item")["a"]) == levels
    with pytest.raises(MalformedRecord, match=f"nested deeper than {NESTING_MAX} levels"):
        plain_item({"a": nested(tags, NESTING_MAX + 1)}, "item")


@pytest.mark.parametrize("sign", ["", "-"])
def test_a_number_has_38_digits_and_no_more(sign: str) -> None:
    for digits in (NUMBER_MAX_DIGITS - 1, NUMBER_MAX_DIGITS):
        assert number(sign + "7" * digits) == sign + "7" * digits
    with pytest.raises(MalformedRecord, match="39 significant digits"):
        number(sign + "7" * (NUMBER_MAX_DIGITS + 1))


def test_the_size_of_a_number_is_bounded_on_both_sides() -> None:
    for exponent in (NUMBER_MAX_EXPONENT, NUMBER_MIN_EXPONENT):
        assert number(f"9E{exponent}") is not None
    for exponent in (NUMBER_MAX_EXPONENT + 1, NUMBER_MIN_EXPONENT - 1):
        with pytest.raises(MalformedRecord, match="outside DynamoDB's range"):
            number(f"1E{exponent}")


@pytest.mark.parametrize("sign", [1, -1])
def test_integers_are_json_integers_up_to_two_to_the_53rd_less_one(sign: int) -> None:
    for exact in (JSON_INTEGER_MAX - 1, JSON_INTEGER_MAX):
        assert number(str(sign * exact)) == sign * exact
    assert number(str(sign * (JSON_INTEGER_MAX + 1))) == str(sign * (JSON_INTEGER_MAX + 1))


def test_fractions_are_json_numbers_with_15_digits_and_texts_with_more() -> None:
    for digits in (JSON_DECIMAL_DIGITS - 1, JSON_DECIMAL_DIGITS):
        text = "1." + "7" * (digits - 1)
        assert number(text) == float(text)
    longer = "1." + "7" * JSON_DECIMAL_DIGITS
    assert number(longer) == longer


@pytest.mark.parametrize("length", [KEY_BYTES - 1, KEY_BYTES, KEY_BYTES + 1, 4 * KEY_BYTES])
def test_a_hash_key_may_be_longer_than_the_hash_function_takes(length: int) -> None:
    """A key of any length works wherever one is used, and its first 64 bytes decide."""
    secret, item = b"k" * length, {"id": {"S": "a"}}
    shorter = secret[:KEY_BYTES]
    assert key_hash("token", secret) == key_hash("token", shorter) != key_hash("token", b"other")
    assert compile_fingerprint(secret)(item) == compile_fingerprint(shorter)(item)
    assert field_hashes(secret, item) == field_hashes(shorter, item)
    rules = [("$.a", "hmac", secret)]
    assert len(fingerprint_version_of(secret, (), rules)) == 8
