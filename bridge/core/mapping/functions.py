"""The functions of mappings: from a JSON value to text, a number or a date, or to :data:`MISSING`.

Each is total: any JSON value is taken, nothing is raised, and what a function cannot use gives
:data:`MISSING`. Each takes time that is linear in its input: it reads a text a fixed number of times, uses no
regular expression that can backtrack, and converts only numbers of bounded length. A list is mapped one level
deep, so that no input can exhaust the stack. ``$join`` and ``$concat`` take the list as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor, isfinite
from typing import Any, Final

from bridge.core.values import number
from bridge.errors import MalformedRecord

MISSING: Any = object()

Apply = Callable[[Any], Any]
"""From a JSON value, or :data:`MISSING`, to a JSON value, or :data:`MISSING`."""

NUMBER_TEXT_MAX: Final = 200
"""Characters of a text that may be a number: DynamoDB's range in plain digits needs 172."""
SECONDS_BELOW: Final = 10**11
"""A date without ``$unit`` is in seconds below this magnitude (the year 5138), else in milliseconds."""

_INTEGER_BITS: Final = 1100  # the widest double has 1,024
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_FIRST: Final = (datetime(1, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LAST: Final = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND


class ArgumentError(ValueError):
    """A wrong argument of a function; ``argument`` is its name."""

    def __init__(self, argument: str, message: str, suggestion: str = "") -> None:
        super().__init__(message)
        self.argument = argument
        self.message = message
        self.suggestion = suggestion


@dataclass(frozen=True, slots=True)
class Function:
    """``make`` gives the function for its checked arguments. ``result``: text, number or date-time.
    ``whole``: a list is taken as a whole, not element by element."""

    make: Callable[[Mapping[str, Any]], Apply]
    result: str
    arguments: tuple[str, ...] = ()
    whole: bool = False


# --- from one value to one value -------------------------------------------------------------------


def text_of(value: Any) -> str | None:
    """A text, or a number as text: every digit, no exponent. None: the value is neither."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return str(value) if value.bit_length() <= _INTEGER_BITS else None
    if isinstance(value, float) and isfinite(value):
        return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
    return None


def _to_string(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = text_of(value)
    return MISSING if text is None else text


def _to_number(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return number(value) if len(value) <= NUMBER_TEXT_MAX else MISSING
        except MalformedRecord:
            return MISSING
    return MISSING if isinstance(value, bool) or text_of(value) is None else value


def _on_text(change: Callable[[str], Any]) -> Apply:
    def apply(value: Any) -> Any:
        text = text_of(value)
        return MISSING if text is None else change(text)

    return apply


def _each(apply: Apply) -> Apply:
    """``apply`` to a value, or to each element of a list; elements that give nothing are left out."""

    def get(value: Any) -> Any:
        if isinstance(value, list):
            return [made for each in value if (made := apply(each)) is not MISSING]
        return apply(value)

    return get


def _split(said: Mapping[str, Any]) -> Apply:
    by = _separator(said, "$split")
    if "$index" not in said:
        return _each(_on_text(lambda text: text.split(by)))
    index = said["$index"]
    if isinstance(index, bool) or not isinstance(index, int):
        raise ArgumentError("$index", "is a whole number: 0 is the first part, -1 the last")

    def part(text: str) -> Any:
        parts = text.split(by)
        return parts[index] if -len(parts) <= index < len(parts) else MISSING

    return _each(_on_text(part))


def _date(said: Mapping[str, Any]) -> Apply:
    unit = said.get("$unit")
    if "$unit" in said and unit not in ("s", "ms"):
        raise ArgumentError("$unit", "is s (seconds) or ms (milliseconds)")

    def at(value: Any) -> Any:
        text = text_of(_to_number(value))
        if text is None:
            return MISSING
        exact = Decimal(text)
        scale = 10**6 if unit == "s" or (unit is None and abs(exact) < SECONDS_BELOW) else 10**3
        # Compared before it is multiplied, so that the integers stay small.
        if abs(exact) > _LAST:
            return MISSING
        microseconds = floor(Fraction(exact) * scale)
        return _rfc3339(microseconds) if _FIRST <= microseconds <= _LAST else MISSING

    return _each(at)


def _rfc3339(microseconds: int) -> str:
    moment = _EPOCH + timedelta(microseconds=microseconds)
    fraction = moment.microsecond
    spec = "microseconds" if fraction % 1000 else "milliseconds" if fraction else "seconds"
    return moment.replace(tzinfo=None).isoformat(timespec=spec) + "Z"


# --- from a list to one text ------------------------------------------------------------------------


def _join(said: Mapping[str, Any]) -> Apply:
    return _joined(_separator(said, "$join"))


def _joined(by: str) -> Apply:
    def apply(value: Any) -> Any:
        if not isinstance(value, list):
            return MISSING
        texts = [text for each in value if (text := text_of(each)) is not None]
        return by.join(texts) if len(texts) == len(value) else MISSING

    return apply


def _separator(said: Mapping[str, Any], name: str) -> str:
    by = said.get("$by")
    if not isinstance(by, str):
        raise ArgumentError("$by", f"{name} needs a separator, which is text", 'write $by: "#"')
    if by == "":
        advice = "use $concat to join without a separator" if name == "$join" else ""
        raise ArgumentError("$by", "is empty, and a separator has at least one character", advice)
    if by.startswith("$") and not by.startswith("$$"):
        raise ArgumentError("$by", "is text as written, and no path", f"write '${by}' for this text")
    return by[1:] if by.startswith("$") else by


def _plain(apply: Apply) -> Callable[[Mapping[str, Any]], Apply]:
    return lambda said: apply


FUNCTIONS: Final[Mapping[str, Function]] = {
    "$upper": Function(_plain(_each(_on_text(str.upper))), "text"),
    "$lower": Function(_plain(_each(_on_text(str.lower))), "text"),
    "$trim": Function(_plain(_each(_on_text(str.strip))), "text"),
    "$split": Function(_split, "text", ("$by", "$index")),
    "$join": Function(_join, "text", ("$by",), whole=True),
    "$concat": Function(_plain(_joined("")), "text", whole=True),
    "$number": Function(_plain(_each(_to_number)), "number"),
    "$string": Function(_plain(_each(_to_string)), "text"),
    "$date": Function(_date, "date-time", ("$unit",)),
}
ARGUMENTS: Final = tuple(dict.fromkeys(name for each in FUNCTIONS.values() for name in each.arguments))


def function_of(said: Mapping[str, Any]) -> str | None:
    """The name of the first function that an object of a mapping writes."""
    return next((name for name in said if name in FUNCTIONS), None)
