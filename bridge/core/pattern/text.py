"""The matchers of the pattern language for text: prefix, suffix, wildcard, either case.

They match only strings. Source: EventBridge user guide, "Comparison operators for use in event patterns".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Match = Callable[[Any], bool]
"""Whether a scalar matches."""


class Refused(ValueError):
    """A matcher that is not valid; says why."""


def text_of(argument: Any, operator: str) -> str:
    if not isinstance(argument, str):
        raise Refused(f"{operator} takes a string")
    return argument


def affix(operator: str) -> Callable[[Any], Match]:
    at_start = operator == "prefix"

    def compile_affix(argument: Any) -> Match:
        if isinstance(argument, Mapping):
            if list(argument) != ["equals-ignore-case"]:
                raise Refused(f"{operator} takes a string or {{equals-ignore-case: …}}")
            expression, longest = _either_case(text_of(argument["equals-ignore-case"], operator))
            if at_start:
                begins = re.compile(expression).match
                return lambda value: isinstance(value, str) and begins(value) is not None
            ends = re.compile(rf"(?:{expression})\Z").search
            return lambda value: isinstance(value, str) and ends(value[-longest:]) is not None
        wanted = text_of(argument, operator)
        if at_start:
            return lambda value: isinstance(value, str) and value.startswith(wanted)
        return lambda value: isinstance(value, str) and value.endswith(wanted)

    return compile_affix


def equals_ignore_case(argument: Any) -> Match:
    equal = re.compile(_either_case(text_of(argument, "equals-ignore-case"))[0]).fullmatch
    return lambda value: isinstance(value, str) and equal(value) is not None


def _either_case(text: str) -> tuple[str, int]:
    """A regular expression for ``text`` in any mix of cases, and the most characters that it matches.

    AWS accepts the lower or the upper case of each character of the *pattern*: ``ß`` matches ``SS``, but
    ``k`` does not match the Kelvin sign. Folding both sides would do neither.
    """
    cases = [(character.lower(), character.upper()) for character in text]
    expression = "".join(
        f"(?:{re.escape(low)}|{re.escape(up)})" if low != up else re.escape(low) for low, up in cases
    )
    return expression, sum(max(len(low), len(up)) for low, up in cases)


def wildcard(argument: Any) -> Match:
    """``*`` matches any characters; ``\\*`` and ``\\\\`` are the characters themselves."""
    text = text_of(argument, "wildcard")
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
