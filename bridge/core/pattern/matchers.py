"""The matchers of the EventBridge pattern language: one leaf value in, yes or no out.

Source: EventBridge user guide, "Comparison operators for use in event patterns"; aws/event-ruler's README.
"""

from __future__ import annotations

import difflib
import ipaddress
import math
import operator as operators
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bridge.core.pattern.text import Match, Refused, affix, equals_ignore_case, text_of, wildcard

NUMBER_LIMIT = 5_000_000_000
"""Numeric bounds are within ±5e9 (user guide, "Numeric matching")."""

OPERATORS = (
    "prefix",
    "suffix",
    "anything-but",
    "numeric",
    "exists",
    "equals-ignore-case",
    "wildcard",
    "cidr",
    "exactly",
)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def compile_matchers(matchers: Sequence[Any], wrong: list[tuple[int, Refused]]) -> tuple[Match, bool]:
    """A test for the list of a leaf, and whether the list accepts an absent field.

    Wrong matchers are added to ``wrong`` with their index.
    """
    plain: list[Any] = []
    tests: list[Match] = []
    absent = False
    for index, matcher in enumerate(matchers):
        try:
            if isinstance(matcher, Mapping):
                test = _compile_operator(matcher)
                if test is None:
                    absent = True
                else:
                    tests.append(test)
            elif matcher is None or isinstance(matcher, str | bool) or _is_finite(matcher):
                plain.append(matcher)
            else:
                raise Refused(
                    "a matcher is a string, a number, true, false, null or an object such as {prefix: …}"
                )
        except Refused as refused:
            wrong.append((index, refused))
    if plain:
        tests.insert(0, _one_of(plain))
    return _any_of(tests), absent


def _compile_operator(matcher: Mapping[Any, Any]) -> Match | None:
    """None for ``{exists: false}``, which no value matches."""
    if len(matcher) != 1:
        raise Refused("a matcher object has exactly one operator")
    ((operator, argument),) = matcher.items()
    if operator == "exists":
        if not isinstance(argument, bool):
            raise Refused("exists takes true or false")
        return _anything if argument else None
    compile_operator = _COMPILERS.get(operator)
    if compile_operator is None:
        close = difflib.get_close_matches(str(operator).lower().replace("_", "-"), OPERATORS, 1)
        meant = _MEANT.get(str(operator).lower()) or (repr(close[0]) if close else "")
        hint = f"did you mean {meant}?" if meant else f"operators are {', '.join(OPERATORS)}"
        raise Refused(f"unknown operator {str(operator)!r} - {hint}")
    return compile_operator(argument)


_MEANT = {
    "startswith": "'prefix'",
    "endswith": "'suffix'",
    "contains": "{wildcard: '*text*'}",
    "not": "'anything-but'",
    "in": "the list itself, without an operator",
}


def _anything(_: Any) -> bool:
    return True


def _any_of(tests: Sequence[Match]) -> Match:
    if len(tests) == 1:
        return tests[0]
    return lambda value: any(test(value) for test in tests)


def _is_finite(value: Any) -> bool:
    """A number that JSON has: no NaN, no infinity."""
    return is_number(value) and (isinstance(value, int) or math.isfinite(value))


def _one_of(wanted: Sequence[Any]) -> Match:
    """Equal as JSON values: 1 is 1.0, but neither true nor "1"."""
    strings = frozenset(each for each in wanted if isinstance(each, str))
    numbers = frozenset(each for each in wanted if is_number(each))
    literals = frozenset(each for each in wanted if each is None or isinstance(each, bool))
    if not numbers and not literals:
        return lambda value: isinstance(value, str) and value in strings

    def match(value: Any) -> bool:
        if isinstance(value, str):
            return value in strings
        if value is None or isinstance(value, bool):
            return value in literals
        return is_number(value) and value in numbers

    return match


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operators.eq,
    ">": operators.gt,
    ">=": operators.ge,
    "<": operators.lt,
    "<=": operators.le,
}


def _numeric(argument: Any) -> Match:
    if not isinstance(argument, list) or len(argument) not in (2, 4):
        raise Refused("numeric takes one comparison or two, such as ['>', 0, '<=', 5]")
    pairs = [(argument[at], argument[at + 1]) for at in range(0, len(argument), 2)]
    for operator, bound in pairs:
        if not isinstance(operator, str) or operator not in _COMPARISONS:
            raise Refused(f"numeric: {str(operator)!r} is not one of {' '.join(_COMPARISONS)}")
        if not _is_finite(bound):
            raise Refused(f"numeric: the bound after {operator} is not a number")
        if not -NUMBER_LIMIT <= bound <= NUMBER_LIMIT:
            raise Refused(f"numeric: bounds must be within ±{NUMBER_LIMIT}")
    if len(pairs) == 2:
        (lower, low), (upper, high) = pairs
        if lower not in (">", ">=") or upper not in ("<", "<="):
            raise Refused("numeric: a range is a lower bound (> or >=) and then an upper one (< or <=)")
        if low >= high:
            raise Refused("numeric: the lower bound is not below the upper one")
        over, under = _COMPARISONS[lower], _COMPARISONS[upper]
        return lambda value: is_number(value) and over(value, low) and under(value, high)
    ((operator, only),) = pairs
    compare = _COMPARISONS[operator]
    return lambda value: is_number(value) and compare(value, only)


_IPV4 = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,10}){3}")
_IPV6 = re.compile(r"(?=.*:)[0-9a-fA-F:]{2,45}")
_BITS = {4: 32, 6: 128}


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address as AWS reads it: octets are decimal even with leading zeros; no zones, no mixed form."""
    if _IPV4.fullmatch(text):
        text = ".".join(str(int(octet)) for octet in text.split("."))
    elif not _IPV6.fullmatch(text):
        return None
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _cidr(argument: Any) -> Match:
    text, slash, length = text_of(argument, "cidr").partition("/")
    if not slash or not re.fullmatch("[0-9]{1,3}", length):
        raise Refused("cidr takes an address and a prefix length, such as 10.0.0.0/8")
    address = _address(text)
    if address is None:
        raise Refused("cidr: the text before the / is not an IPv4 or IPv6 address")
    version, bits = address.version, _BITS[address.version]
    if int(length) >= bits:
        raise Refused(
            f"cidr: AWS takes a prefix length up to {bits - 1}; for one address name the address itself"
        )
    shift = bits - int(length)
    network = int(address) >> shift

    def match(value: Any) -> bool:
        found = _address(value) if isinstance(value, str) else None
        return found is not None and found.version == version and int(found) >> shift == network

    return match


def _anything_but(argument: Any) -> Match:
    if isinstance(argument, Mapping):
        excluded = _but_operator(argument)
    elif isinstance(argument, list | tuple):
        strings = all(isinstance(each, str) for each in argument)
        if not argument or not (strings or all(map(_is_finite, argument))):
            raise Refused(
                "anything-but takes a list of strings or a list of numbers, not empty and not mixed"
            )
        excluded = _one_of(argument)
    elif isinstance(argument, str) or _is_finite(argument):
        excluded = _one_of([argument])
    else:
        raise Refused(
            "anything-but takes a string, a number, a list of them, or an object such as {prefix: …}"
        )
    return lambda value: not excluded(value)


_BUT = ("prefix", "suffix", "equals-ignore-case", "wildcard")


def _but_operator(argument: Mapping[str, Any]) -> Match:
    if len(argument) != 1 or next(iter(argument)) not in _BUT:
        raise Refused(f"anything-but takes one of {', '.join(_BUT)}")
    ((operator, inner),) = argument.items()
    each = inner if isinstance(inner, list | tuple) else [inner]
    if not each:
        raise Refused(f"anything-but: {operator} has an empty list")
    if operator in ("prefix", "suffix") and "" in each:
        raise Refused(f"anything-but: an empty {operator} would match nothing")
    return _any_of([_COMPILERS[operator](text_of(one, operator)) for one in each])


_COMPILERS: dict[Any, Callable[[Any], Match]] = {
    "prefix": affix("prefix"),
    "suffix": affix("suffix"),
    "equals-ignore-case": equals_ignore_case,
    "wildcard": wildcard,
    "numeric": _numeric,
    "cidr": _cidr,
    "anything-but": _anything_but,
    "exactly": lambda argument: _one_of([text_of(argument, "exactly")]),
}
