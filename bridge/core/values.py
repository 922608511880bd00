"""DynamoDB's typed values: checking that they are legal, and converting them to JSON.

A number is exact or not a JSON number, sets are sorted, binary is base64 text however the record came.
Checking and converting are one pass: a value that is converted was legal at every level.
"""

from __future__ import annotations

import re
from base64 import b64encode
from binascii import a2b_base64
from collections.abc import Callable, Iterable
from contextlib import suppress
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

# Exponents of more than three digits are outside DynamoDB's range whatever the digits before them.
_NUMBER = re.compile(r"[+-]?(?=\.?[0-9])([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,3}))?").fullmatch

_UNTYPED = "not a typed value such as {'S': …}"
_HINT = "DynamoDB never writes such a value: check what produced this record"


def number(text: str) -> int | float | str:
    """The JSON value of a DynamoDB number: exact, or DynamoDB's own digits as a string.

    Integers within ±(2^53-1) become ``int``; any other integer stays text, however few of its digits are
    significant, because an id must not change its type where it ends in zeros. Decimals with a fraction and
    at most 15 significant digits become ``float`` (the shortest JSON text of that double reads back as the
    same decimal); all else stays text.
    Raises :class:`MalformedRecord` for anything that is not a DynamoDB number.
    """
    if len(text) <= JSON_DECIMAL_DIGITS and text.isascii():
        # At most 15 digits and no exponent: always legal, and exact as int or float.
        if text.isdigit():
            return int(text)
        if text.replace(".", "", 1).replace("-", "", 1).isdigit() and text.rfind("-") <= 0:
            decimal = float(text)
            return int(decimal) if decimal.is_integer() else decimal
    digits, exponent = _significant(text)
    if exponent >= 0:
        if len(digits) + exponent <= JSON_DECIMAL_DIGITS + 1:
            integer = int(Decimal(text))
            if -JSON_INTEGER_MAX <= integer <= JSON_INTEGER_MAX:
                return integer
        return text
    return float(text) if len(digits) <= JSON_DECIMAL_DIGITS else text


def _significant(text: str) -> tuple[str, int]:
    """The significant digits and the power of ten of the last of them; ``("", 0)`` is zero."""
    match = _NUMBER(text)
    if match is None:
        raise MalformedRecord("an N value is not a DynamoDB number", hint=_HINT)
    whole, fraction, power = match.group(1), match.group(2) or "", match.group(3)
    leading = (whole + fraction).lstrip("0")
    digits = leading.rstrip("0")
    if not digits:
        return "", 0
    exponent = (int(power) if power else 0) - len(fraction) + len(leading) - len(digits)
    if len(digits) > NUMBER_MAX_DIGITS:
        raise MalformedRecord(
            f"an N value has {len(digits)} significant digits, DynamoDB has at most {NUMBER_MAX_DIGITS}",
            hint=_HINT,
        )
    if not NUMBER_MIN_EXPONENT <= exponent + len(digits) - 1 <= NUMBER_MAX_EXPONENT:
        raise MalformedRecord("an N value is outside DynamoDB's range", hint=_HINT)
    return digits, exponent


def same_number(a: str, b: str) -> bool:
    """Whether two texts are equal as numbers: ``1.0`` equals ``1``."""
    return a == b or Decimal(a) == Decimal(b)


def base64_text(value: str | bytes) -> str:
    """Binary as base64 text: Lambda gives text, the Streams API bytes."""
    return value if isinstance(value, str) else b64encode(value).decode("ascii")


def plain_item(item: TypedItem, what: str) -> dict[str, Any]:
    """An image as a plain JSON object, its attributes in the order of their names.

    ``what`` names the image in errors. Raises :class:`MalformedRecord` unless every value is legal typed
    JSON; the error names the attribute and never a value.
    """
    result: dict[str, Any] = {}
    try:
        _convert(result, sorted(item), item, 0)
    except (MalformedRecord, TypeError, AttributeError) as error:
        problem = error.message if isinstance(error, MalformedRecord) else _UNTYPED
        where = f"{what}, attribute {_missing(item, result)}"
        raise MalformedRecord(f"{where}: {problem}", hint=_HINT) from error
    return result


def _missing(item: TypedItem, result: dict[str, Any]) -> str:
    """The attribute at which a conversion stopped."""
    return repr(next((name for name in sorted(item, key=str) if name not in result), ""))


def plain(value: TypedValue, where: str = "a value") -> Any:
    """The JSON value of one typed value. ``where`` names its place in errors. Raises
    :class:`MalformedRecord` unless it is legal."""
    if type(value) is dict and len(value) == 1:
        if type(text := value.get("S")) is str:
            return text  # most values are
        if type(text := value.get("N")) is str:
            with suppress(MalformedRecord):  # raised below, with its place
                return number(text)
    return plain_item({"value": value}, where)["value"]


def _convert(result: Any, slots: Iterable[Any], content: Any, depth: int) -> None:
    """Put the JSON value of ``content[slot]`` into ``result[slot]`` for every slot of a map or a list.

    One loop without a call for each value, and ``in`` where an iterator would be easier to read: the pipeline
    spends most of its time here.
    """
    for slot in slots:
        value = content[slot]
        if len(value) != 1:
            raise MalformedRecord(_UNTYPED, hint=_HINT)
        if "S" in value:
            inner = value["S"]
            if type(inner) is not str:
                raise MalformedRecord("S is not a string", hint=_HINT)
            result[slot] = inner
        elif "N" in value:
            inner = value["N"]
            if type(inner) is not str:
                raise MalformedRecord("N is not a number written as a string", hint=_HINT)
            result[slot] = number(inner)
        elif "M" in value:
            inner = value["M"]
            if type(inner) is not dict or depth >= NESTING_MAX:
                raise _not_nested("M", "a map", type(inner) is dict)
            members: dict[str, Any] = {}
            # Sorted, so that equal maps give equal bytes whatever DynamoDB's order.
            _convert(members, sorted(inner), inner, depth + 1)
            result[slot] = members
        elif "L" in value:
            inner = value["L"]
            if type(inner) is not list or depth >= NESTING_MAX:
                raise _not_nested("L", "a list", type(inner) is list)
            elements: list[Any] = [None] * len(inner)
            _convert(elements, range(len(inner)), inner, depth + 1)
            result[slot] = elements
        elif "BOOL" in value:
            inner = value["BOOL"]
            if type(inner) is not bool:
                raise MalformedRecord("BOOL is not true or false", hint=_HINT)
            result[slot] = inner
        else:
            ((tag, inner),) = value.items()
            result[slot] = _rare(tag, inner)


def _not_nested(tag: str, wanted: str, right_type: bool) -> MalformedRecord:
    problem = f"nested deeper than {NESTING_MAX} levels" if right_type else f"{tag} is not {wanted}"
    return MalformedRecord(problem, hint=_HINT)


def _rare(tag: Any, content: Any) -> Any:
    """Binary, null and the sets."""
    if tag == "NULL" and content is True:
        return None
    if tag == "B":
        return _binary(content)
    of_member = _MEMBERS.get(tag)
    if of_member is None:
        raise MalformedRecord(
            f"unknown attribute type {str(tag)[:20]!r}, or NULL that is not true", hint=_HINT
        )
    # boto3 resources hold sets as Python sets; the API has lists.
    if not isinstance(content, list | set | frozenset):
        raise MalformedRecord(f"{tag} is not a list", hint=_HINT)
    if not content:
        raise MalformedRecord(f"{tag} is empty, and DynamoDB has no empty set", hint=_HINT)
    return of_member(content)


def _binary(content: Any) -> str:
    if isinstance(content, bytes):
        return b64encode(content).decode("ascii")
    if type(content) is str:
        try:
            a2b_base64(content, strict_mode=True)
            return content
        except ValueError as error:
            raise MalformedRecord("B is neither bytes nor base64 text", hint=_HINT) from error
    raise MalformedRecord("B is neither bytes nor base64 text", hint=_HINT)


def _texts(content: Iterable[Any]) -> list[str]:
    texts = list(content)
    for each in texts:
        if type(each) is not str:
            raise MalformedRecord("a set holds something that is not a string", hint=_HINT)
    return texts


def _strings(content: Iterable[Any]) -> list[str]:
    return sorted(_texts(content))


def _numbers(content: Iterable[Any]) -> list[int | float | str]:
    texts = _texts(content)
    values = [number(text) for text in texts]
    if str not in map(type, values):
        return sorted(values)  # int and float compare exactly
    return [value for _, value in sorted(zip(map(Decimal, texts), values, strict=True), key=_first)]


def _first(pair: tuple[Decimal, Any]) -> Decimal:
    return pair[0]


def _binaries(content: Iterable[Any]) -> list[str]:
    return sorted(map(_binary, content))


_MEMBERS: dict[Any, Callable[[Iterable[Any]], list[Any]]] = {
    "SS": _strings,
    "NS": _numbers,
    "BS": _binaries,
}
