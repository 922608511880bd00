"""DynamoDB's typed values: are they legal, and what are they as JSON?

The rules stand in DESIGN, "Values". In short: exact or not a JSON number, sets sorted, binary as base64
text whichever way the record came.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bridge.core.change import TypedItem, TypedValue
from bridge.errors import MalformedRecord
from bridge.limits import (
    JSON_DECIMAL_DIGITS,
    JSON_INTEGER_MAX,
    NESTING_MAX,
    NUMBER_MAX_DIGITS,
    NUMBER_MAX_EXPONENT,
    NUMBER_MIN_EXPONENT,
)

# Exponents of more than three digits are out of DynamoDB's range whatever stands before them.
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_SMALL = 15  # integers of up to 15 digits are always within ±(2^53-1)


def number(text: str) -> int | float | str:
    """The JSON value of a DynamoDB number: exact, or DynamoDB's own digits as a string.

    Integers within ±(2^53-1) become ``int``; decimals of at most 15 significant digits become ``float``
    (the shortest JSON text of that double reads back as the same decimal); all else stays text.
    Raises :class:`MalformedRecord` for anything that is not a DynamoDB number.
    """
    if len(text) <= _SMALL and text.isascii() and text.isdigit():
        return int(text)
    digits, exponent = _significant(text)
    if exponent >= 0 and len(digits) + exponent <= _SMALL + 1:
        integer = int(Decimal(text))
        if -JSON_INTEGER_MAX <= integer <= JSON_INTEGER_MAX:
            return integer
    return float(text) if len(digits) <= JSON_DECIMAL_DIGITS else text


def _significant(text: str) -> tuple[str, int]:
    """The significant digits and the power of ten of the last of them; ``("", 0)`` is zero."""
    if not _NUMBER.fullmatch(text):
        raise MalformedRecord("an N value is not a DynamoDB number", hint=_NUMBER_HINT)
    # Decimal built from text is exact whatever the context; only arithmetic would round.
    _, digit_tuple, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int)  # noqa: S101 - the pattern lets no NaN or Infinity through
    digits = "".join(map(str, digit_tuple)).lstrip("0")
    stripped = digits.rstrip("0")
    if not stripped:
        return "", 0
    exponent += len(digits) - len(stripped)
    if len(stripped) > NUMBER_MAX_DIGITS:
        raise MalformedRecord(
            f"an N value has {len(stripped)} significant digits, DynamoDB has at most {NUMBER_MAX_DIGITS}",
            hint=_NUMBER_HINT,
        )
    if not NUMBER_MIN_EXPONENT <= exponent + len(stripped) - 1 <= NUMBER_MAX_EXPONENT:
        raise MalformedRecord("an N value is outside DynamoDB's range", hint=_NUMBER_HINT)
    return stripped, exponent


_NUMBER_HINT = "DynamoDB never writes such a number: look at what produced this record"


def same_number(a: str, b: str) -> bool:
    """Equal as numbers: ``1.0`` is ``1``, whatever the digits they are written with."""
    return a == b or Decimal(a) == Decimal(b)


def base64_text(value: str | bytes) -> str:
    """Binary as base64 text: Lambda hands text over, the Streams API bytes."""
    return value if isinstance(value, str) else b64encode(value).decode("ascii")


# --- legal? ------------------------------------------------------------------------------------


def check_item(item: TypedItem, what: str) -> None:
    """Raise :class:`MalformedRecord`, naming the attribute, unless every value is legal typed JSON."""
    if not isinstance(item, Mapping):
        raise MalformedRecord(f"{what} is not a map of attributes")
    for name, value in item.items():
        problem = _problem(value, 0)
        if problem:
            raise MalformedRecord(f"{what}, attribute {name!r}: {problem}", hint=_NUMBER_HINT)


def _problem(value: Any, depth: int) -> str | None:
    """What is wrong with a typed value, in words that never repeat it; None = nothing."""
    if not isinstance(value, dict) or len(value) != 1:
        return "not a typed value such as {'S': …}"
    for tag, content in value.items():
        if tag == "S":
            return None if type(content) is str else "S is not a string"
        if tag == "N":
            return _number_problem(content)
        if tag == "M":
            return _map_problem(content, depth + 1)
        if tag == "L":
            return _list_problem(content, depth + 1)
        if tag == "BOOL":
            return None if type(content) is bool else "BOOL is not true or false"
        return _rare_problem(tag, content)
    return None


def _number_problem(content: Any) -> str | None:
    if type(content) is not str:
        return "N is not written as a string"
    if len(content) <= _SMALL and content.isascii() and content.isdigit():
        return None
    try:
        _significant(content)
    except MalformedRecord as error:
        return error.message
    return None


def _map_problem(content: Any, depth: int) -> str | None:
    if not isinstance(content, dict):
        return "M is not a map"
    if depth > NESTING_MAX:
        return f"nested deeper than {NESTING_MAX} levels"
    for name, value in content.items():
        if type(name) is not str:
            return "a name in M is not a string"
        problem = _problem(value, depth)
        if problem:
            return problem
    return None


def _list_problem(content: Any, depth: int) -> str | None:
    if not isinstance(content, list):
        return "L is not a list"
    if depth > NESTING_MAX:
        return f"nested deeper than {NESTING_MAX} levels"
    for value in content:
        problem = _problem(value, depth)
        if problem:
            return problem
    return None


def _binary_problem(content: Any) -> str | None:
    if isinstance(content, bytes):
        return None
    if type(content) is str and _BASE64.fullmatch(content):
        return None
    return "B is neither bytes nor base64 text"


def _string_problem(content: Any) -> str | None:
    return None if type(content) is str else "SS holds something that is not a string"


_SETS = {"SS": _string_problem, "NS": _number_problem, "BS": _binary_problem}


def _rare_problem(tag: Any, content: Any) -> str | None:
    if tag == "B":
        return _binary_problem(content)
    if tag == "NULL":
        return None if content is True else "NULL is not true"
    of_member = _SETS.get(tag)
    if of_member is None:
        return f"unknown attribute type {str(tag)[:20]!r}"
    # boto3 resources hold sets as Python sets; the wire has lists.
    if not isinstance(content, list | set | frozenset):
        return f"{tag} is not a list"
    return next((problem for problem in map(of_member, content) if problem), None)


# --- as JSON -----------------------------------------------------------------------------------


def plain(value: TypedValue) -> Any:
    """The JSON value of a checked typed value."""
    for tag, content in value.items():
        if tag == "S" or tag == "BOOL":
            return content
        if tag == "N":
            return number(content)
        if tag == "M":
            # Sorted, so that equal maps give equal bytes whatever order DynamoDB chose.
            return {name: plain(content[name]) for name in sorted(content)}
        if tag == "L":
            return [plain(each) for each in content]
        if tag == "B":
            return base64_text(content)
        if tag == "SS":
            return sorted(content)
        if tag == "NS":
            return [number(text) for text in sorted(content, key=_order_of_number)]
        if tag == "BS":
            return sorted(map(base64_text, content))
    return None


def _order_of_number(text: str) -> tuple[Decimal, str]:
    return Decimal(text), text


def plain_item(item: TypedItem) -> dict[str, Any]:
    """A checked image as a plain JSON object, its attributes in order of their names."""
    return {name: plain(item[name]) for name in sorted(item)}
