"""The matchers of the EventBridge pattern language: one leaf value in, yes or no out.

Source: EventBridge user guide, "Comparison operators for use in event patterns"; aws/event-ruler's README.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Callable
from typing import Any

Match = Callable[[Any], bool]

NUMBER_LIMIT = 5_000_000_000
"""Numeric bounds lie within ±5e9 (user guide, "Numeric matching")."""

OPERATORS = (
    "prefix",
    "suffix",
    "anything-but",
    "numeric",
    "exists",
    "equals-ignore-case",
    "wildcard",
    "cidr",
)


class Refused(ValueError):
    """A matcher that is not valid; says why."""


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def compile_matcher(matcher: Any) -> Match:
    """One element of a leaf's list. ``exists`` is not one of these: it looks at the field, not at a value.

    Raises :class:`Refused`.
    """
    if matcher is None or isinstance(matcher, str | bool) or is_number(matcher):
        return _exactly(matcher)
    if not isinstance(matcher, dict):
        raise Refused("a matcher is a string, a number, true, false, null or an object such as {prefix: …}")
    if len(matcher) != 1:
        raise Refused("a matcher object has exactly one operator")
    ((operator, argument),) = matcher.items()
    compile_operator = _COMPILERS.get(operator)
    if compile_operator is None:
        close = difflib.get_close_matches(str(operator), OPERATORS, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"operators are {', '.join(OPERATORS)}"
        raise Refused(f"unknown operator {str(operator)!r} - {hint}")
    return compile_operator(argument)


def _exactly(wanted: Any) -> Match:
    if is_number(wanted):
        return lambda value: is_number(value) and value == wanted
    if isinstance(wanted, str):
        return lambda value: isinstance(value, str) and value == wanted
    return lambda value: value is wanted  # true, false, null


def _text(argument: Any, operator: str) -> str:
    if not isinstance(argument, str):
        raise Refused(f"{operator} takes a string")
    return argument


def _affix(operator: str) -> Callable[[Any], Match]:
    def compile_affix(argument: Any) -> Match:
        if isinstance(argument, dict):
            if list(argument) != ["equals-ignore-case"]:
                raise Refused(f"{operator} takes a string or {{equals-ignore-case: …}}")
            folded = _text(argument["equals-ignore-case"], operator).lower()
            if operator == "prefix":
                return lambda value: isinstance(value, str) and value.lower().startswith(folded)
            return lambda value: isinstance(value, str) and value.lower().endswith(folded)
        affix = _text(argument, operator)
        if operator == "prefix":
            return lambda value: isinstance(value, str) and value.startswith(affix)
        return lambda value: isinstance(value, str) and value.endswith(affix)

    return compile_affix


def _equals_ignore_case(argument: Any) -> Match:
    folded = _text(argument, "equals-ignore-case").lower()
    return lambda value: isinstance(value, str) and value.lower() == folded


def _wildcard(argument: Any) -> Match:
    """``*`` stands for any characters; ``\\*`` and ``\\\\`` are the characters themselves."""
    text = _text(argument, "wildcard")
    parts, literal, index = [], "", 0
    while index < len(text):
        character = text[index]
        if character == "\\":
            if text[index + 1 : index + 2] not in ("*", "\\"):
                raise Refused(f"wildcard: a backslash at position {index} escapes neither * nor \\")
            literal += text[index + 1]
            index += 2
            continue
        if character == "*":
            if text[index + 1 : index + 2] == "*":
                raise Refused(f"wildcard: two * in a row at position {index}")
            parts.append(literal)
            literal = ""
        else:
            literal += character
        index += 1
    parts.append(literal)
    return _matches_parts(parts)


def _matches_parts(parts: list[str]) -> Match:
    """Literal parts with anything between them, found from the left: linear, whatever the pattern."""
    if len(parts) == 1:
        return lambda value: isinstance(value, str) and value == parts[0]
    first, *middle, last = parts

    def match(value: Any) -> bool:
        if not isinstance(value, str) or len(value) < len(first) + len(last):
            return False
        if not value.startswith(first) or not value.endswith(last):
            return False
        at, end = len(first), len(value) - len(last)
        for part in middle:
            at = value.find(part, at, end)
            if at < 0:
                return False
            at += len(part)
        return True

    return match


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda value, bound: bool(value == bound),
    ">": lambda value, bound: bool(value > bound),
    ">=": lambda value, bound: bool(value >= bound),
    "<": lambda value, bound: bool(value < bound),
    "<=": lambda value, bound: bool(value <= bound),
}


def _numeric(argument: Any) -> Match:
    if not isinstance(argument, list) or len(argument) not in (2, 4):
        raise Refused("numeric takes one comparison or two, such as ['>', 0, '<=', 5]")
    pairs = [(argument[at], argument[at + 1]) for at in range(0, len(argument), 2)]
    for operator, bound in pairs:
        if operator not in _COMPARISONS:
            raise Refused(f"numeric: {str(operator)!r} is not one of {' '.join(_COMPARISONS)}")
        if not is_number(bound):
            raise Refused(f"numeric: the bound after {operator} is not a number")
        if not -NUMBER_LIMIT <= bound <= NUMBER_LIMIT:
            raise Refused(f"numeric: bounds lie within ±{NUMBER_LIMIT}")
    if len(pairs) == 2:
        (lower, low), (upper, high) = pairs
        if lower not in (">", ">=") or upper not in ("<", "<="):
            raise Refused("numeric: a range is a lower bound (> or >=) and then an upper one (< or <=)")
        if low >= high:
            raise Refused("numeric: the lower bound is not below the upper one")
    tests = [(_COMPARISONS[operator], bound) for operator, bound in pairs]
    return lambda value: is_number(value) and all(test(value, bound) for test, bound in tests)


def _cidr(argument: Any) -> Match:
    text = _text(argument, "cidr")
    if not re.fullmatch(r"[^/]+/[0-9]+", text):
        raise Refused("cidr takes an address and a prefix length, such as 10.0.0.0/8")
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise Refused(f"cidr: {error}") from error

    def match(value: Any) -> bool:
        if not isinstance(value, str):
            return False
        try:
            return ipaddress.ip_address(value) in network
        except ValueError:
            return False  # not an address, so not in the network

    return match


def _anything_but(argument: Any) -> Match:
    if isinstance(argument, dict):
        matchers = _but_operator(argument)
    elif isinstance(argument, list):
        strings = all(isinstance(each, str) for each in argument)
        if not argument or not (strings or all(map(is_number, argument))):
            raise Refused(
                "anything-but takes a list of strings or a list of numbers, not empty and not mixed"
            )
        matchers = [_exactly(each) for each in argument]
    elif isinstance(argument, str) or is_number(argument):
        matchers = [_exactly(argument)]
    else:
        raise Refused(
            "anything-but takes a string, a number, a list of them, or an object such as {prefix: …}"
        )
    return lambda value: not any(match(value) for match in matchers)


_BUT = ("prefix", "suffix", "equals-ignore-case", "wildcard")


def _but_operator(argument: dict[str, Any]) -> list[Match]:
    if len(argument) != 1 or next(iter(argument)) not in _BUT:
        raise Refused(f"anything-but takes one of {', '.join(_BUT)}")
    ((operator, inner),) = argument.items()
    each = inner if isinstance(inner, list) else [inner]
    if not each:
        raise Refused(f"anything-but: {operator} has an empty list")
    if operator in ("prefix", "suffix") and "" in each:
        raise Refused(f"anything-but: an empty {operator} would match nothing")
    return [_COMPILERS[operator](_text(one, operator)) for one in each]


_COMPILERS: dict[Any, Callable[[Any], Match]] = {
    "prefix": _affix("prefix"),
    "suffix": _affix("suffix"),
    "equals-ignore-case": _equals_ignore_case,
    "wildcard": _wildcard,
    "numeric": _numeric,
    "cidr": _cidr,
    "anything-but": _anything_but,
}
