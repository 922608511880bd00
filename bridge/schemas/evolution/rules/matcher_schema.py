"""A matcher of the rule pattern language as JSON Schema: at least the scalars that the matcher accepts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

SCALARS: Final = ("string", "number", "boolean", "null")
_SPECIAL: Final = re.compile(r"[\\^$.*+?()\[\]{}|/]")
_BOUNDS: Final = {">": "exclusiveMinimum", ">=": "minimum", "<": "exclusiveMaximum", "<=": "maximum"}
_ANY_TEXT: Final[Mapping[str, Any]] = {"type": "string"}


def schema_of(matcher: Any) -> dict[str, Any]:
    """Never refuses a value that the matcher accepts. It may take more: ``cidr`` becomes any text."""
    if not isinstance(matcher, Mapping):
        return {"const": matcher}
    ((operator, argument),) = matcher.items()
    if operator == "numeric":
        return _range(argument)
    if operator == "anything-but":
        return {"type": list(SCALARS), **_but(argument)}
    if operator == "exists":
        return {"type": list(SCALARS)}
    return _text(operator, argument)


def _range(comparisons: Sequence[Any]) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "number"}
    for at in range(0, len(comparisons), 2):
        operator, bound = comparisons[at], comparisons[at + 1]
        schema |= {"const": bound} if operator == "=" else {_BOUNDS[operator]: bound}
    return schema


def _but(argument: Any) -> dict[str, Any]:
    if not isinstance(argument, Mapping):
        return {"not": {"enum": list(argument) if isinstance(argument, list | tuple) else [argument]}}
    ((operator, inner),) = argument.items()
    values = inner if isinstance(inner, list | tuple) else [inner]
    excluded = [_text(operator, value) for value in values]
    # Only what the schema expresses exactly may be excluded: a text too many would be refused here.
    exact = [each for each in excluded if each != _ANY_TEXT]
    return {"not": {"anyOf": exact}} if exact else {}


def _text(operator: str, argument: Any) -> dict[str, Any]:
    if operator == "exactly":
        return {"const": argument}
    expression = _expression(operator, argument)
    return dict(_ANY_TEXT) if expression is None else {"type": "string", "pattern": expression}


def _expression(operator: str, argument: Any) -> str | None:
    if operator == "wildcard":
        return f"^{_wildcard(argument)}$"
    either = operator == "equals-ignore-case"
    if isinstance(argument, Mapping):
        either, argument = True, argument["equals-ignore-case"]
    if operator not in ("prefix", "suffix", "equals-ignore-case"):
        return None
    body = "".join(map(_either, argument)) if either else _escaped(argument)
    return ("" if operator == "suffix" else "^") + body + ("" if operator == "prefix" else "$")


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)


def _either(character: str) -> str:
    """AWS accepts the lower or the upper case of each character of the pattern."""
    cases = dict.fromkeys((character.lower(), character.upper()))
    return f"({'|'.join(map(_escaped, cases))})" if len(cases) > 1 else _escaped(*cases)


def _wildcard(text: str) -> str:
    parts = re.findall(r"\\[*\\]|\*|[^*\\]", text, re.DOTALL)
    return "".join(r"[\s\S]*" if part == "*" else _escaped(part[-1]) for part in parts)
