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


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("999999999999999", 999_999_999_999_999),
        ("99999999999999", 99_999_999_999_999),
        ("-99999999999999", -99_999_999_999_999),
        ("-9999999999999.5", -9_999_999_999_999.5),
        ("-.5", -0.5),
        (".5", 0.5),
        ("5.", 5),
        ("0", 0),
        ("-0", 0),
        ("0.00", 0),
        ("0E5", 0),
        ("1E15", 10**15),
        ("9007199254740991", 2**53 - 1),
        ("9007199254740992", "9007199254740992"),
        ("1E16", "1E16"),
        ("12E-1", 1.2),
        ("1200E-2", 12),
        ("0.1E1", 1),
    ],
)
def test_a_number_reads_the_same_by_the_quick_and_the_careful_way(text: str, value: Any) -> None:
    read = number(text)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "-",
        "--5",
        "5-",
        "5-5",
        "1.2.3",
        "-1-2",
        "1..2",
        "+-5",
        "\u0665",
        "\u00b2",
        "1 ",
        "1_0",
        "0x1",
    ],
)
def test_what_dynamodb_writes_as_no_number_is_malformed(text: str) -> None:
    with pytest.raises(MalformedRecord, match="not a DynamoDB number"):
        number(text)


@pytest.mark.parametrize("content", ["YQ", "Y Q==", "YQ==\n", "!!!!", "YQ===", 7, None, ["YQ=="]])
def test_binary_is_bytes_or_strict_base64(content: Any) -> None:
    assert plain_item({"a": {"B": b"a"}}, "item") == plain_item({"a": {"B": "YQ=="}}, "item") == {"a": "YQ=="}
    with pytest.raises(MalformedRecord, match="B is neither bytes nor base64 text"):
        plain_item({"a": {"B": content}}, "item")


@pytest.mark.parametrize(
    "value", [{"SS": ["a", 1]}, {"NS": ["1", 1]}, {"BS": [b"a", 1]}, {"SS": [None]}, {"SS": "ab"}, {"NS": []}]
)
def test_a_set_holds_members_of_its_kind_and_never_none(value: dict[str, Any]) -> None:
    with pytest.raises(MalformedRecord):
        plain_item({"a": value}, "item")
