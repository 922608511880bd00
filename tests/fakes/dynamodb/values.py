"""DynamoDB's attribute values: which ones it refuses, how large they are, how they compare.

The messages are DynamoDB's, as mhart/dynalite recorded them from the service; those of the item and of its
nesting are the developer guide's.
"""

from __future__ import annotations

import base64
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from bridge.limits import (
    ITEM_MAX_BYTES,
    NESTING_MAX,
    NUMBER_MAX_DIGITS,
    NUMBER_MAX_EXPONENT,
    NUMBER_MIN_EXPONENT,
)

Value = dict[str, Any]
Item = dict[str, Value]
TYPES = frozenset({"S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"})
_SETS = {"SS": "An string set  may not be empty", "NS": "An number set  may not be empty"}
_INVALID = "One or more parameter values were invalid: "


class Refused(Exception):
    """What DynamoDB answers with ``ValidationException``."""


@lru_cache(maxsize=4096)
def number(text: str) -> Decimal:
    """The value of a number that DynamoDB takes."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or text != text.strip() or "_" in text:
        said = f": {text}" if text else ""
        raise Refused(f"The parameter cannot be converted to a numeric value{said}")
    check_number(value)
    return value


def check_number(value: Decimal) -> None:
    if value == 0:
        return
    digits = "".join(map(str, value.as_tuple().digits)).strip("0")
    if len(digits) > NUMBER_MAX_DIGITS:
        raise Refused("Attempting to store more than 38 significant digits in a Number")
    if value.adjusted() > NUMBER_MAX_EXPONENT:
        raise Refused(
            "Number overflow. Attempting to store a number with magnitude larger than supported range"
        )
    if value.adjusted() < NUMBER_MIN_EXPONENT:
        raise Refused(
            "Number underflow. Attempting to store a number with magnitude smaller than supported range"
        )


def check_item(item: Item) -> None:
    for value in item.values():
        check_value(value)
    if item_size(item) > ITEM_MAX_BYTES:
        raise Refused("Item size has exceeded the maximum allowed size")


def check_value(value: Value, depth: int = 0) -> None:
    if len(value) != 1:
        many = "has more than one datatypes set" if value else "is empty"
        raise Refused(f"Supplied AttributeValue {many}, must contain exactly one of the supported datatypes")
    ((tag, content),) = value.items()
    if tag == "N":
        number(content)
    elif tag == "NULL" and content is not True:
        raise Refused(_INVALID + "Null attribute value types must have the value of true")
    elif tag in ("SS", "NS", "BS"):
        _check_set(tag, content)
    elif tag in ("L", "M"):
        if depth == NESTING_MAX:
            raise Refused(
                "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels"
                " beyond supported limit"
            )
        for each in content if tag == "L" else content.values():
            check_value(each, depth + 1)


def _check_set(tag: str, content: list[Any]) -> None:
    if not content:
        raise Refused(_INVALID + _SETS.get(tag, "Binary sets should not be empty"))
    members = [number(each) for each in content] if tag == "NS" else content
    if len(set(members)) != len(members):
        if tag == "NS":
            raise Refused("Input collection contains duplicates")
        listed = f"[{', '.join(map(str, content))}]" + ("of type BS" if tag == "BS" else "")
        raise Refused(_INVALID + f"Input collection {listed} contains duplicates.")


# --- sizes ---------------------------------------------------------------------------------------------


def item_size(item: Item) -> int:
    """docs: "DynamoDB item sizes and formats"."""
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def value_size(value: Value) -> int:
    ((tag, content),) = value.items()
    if tag == "S":
        return len(content.encode())
    if tag == "N":
        return _number_size(content)
    if tag == "B":
        return len(binary(content))
    if tag in ("BOOL", "NULL"):
        return 1
    if tag == "L":
        return 3 + sum(1 + value_size(each) for each in content)
    if tag == "M":
        return 3 + sum(1 + len(name.encode()) + value_size(each) for name, each in content.items())
    return sum(value_size({tag[0]: each}) for each in content)


def _number_size(text: str) -> int:
    digits = text.lstrip("-").replace(".", "").strip("0")
    return (len(digits) + 1) // 2 + 1 + text.startswith("-")


def binary(content: Any) -> bytes:
    """Binary values are bytes, or base64 text where they come from an answer that botocore did not parse."""
    return base64.b64decode(content) if isinstance(content, str) else bytes(content)


# --- comparisons ---------------------------------------------------------------------------------------


def comparable(value: Value) -> Any:
    """Equal where DynamoDB takes the values for equal; greater or less between texts, numbers or binaries."""
    ((tag, content),) = value.items()
    if tag == "S":
        return tag, content.encode()
    if tag == "N":
        return tag, number(content)
    if tag == "B":
        return tag, binary(content)
    if tag == "L":
        return tag, tuple(comparable(each) for each in content)
    if tag == "M":
        return tag, tuple(sorted((name, comparable(each)) for name, each in content.items()))
    if tag in ("SS", "NS", "BS"):
        return tag, frozenset(comparable({tag[0]: each}) for each in content)
    return tag, content


def equal(left: Value | None, right: Value | None) -> bool:
    return left is not None and right is not None and bool(comparable(left) == comparable(right))


def ordered(left: Value | None, right: Value | None) -> int | None:
    """-1, 0 or 1; None where there is no order between the two."""
    if left is None or right is None or left.keys() != right.keys() or not left.keys() & {"S", "N", "B"}:
        return None
    one, other = comparable(left)[1], comparable(right)[1]
    return int(one > other) - int(one < other)
