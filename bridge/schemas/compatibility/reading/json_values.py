"""JSON values: their types, when JSON Schema treats them as equal, and what they contain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import jsonschema_rs

_JSON_TYPES: Final[tuple[tuple[type, str], ...]] = (
    (bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (list, "array"),
    (dict, "object"), (type(None), "null"),
)  # fmt: skip


def type_of(value: Any) -> str:
    """The JSON Schema type of a value; ``1.0`` is an integer (as since draft 6)."""
    if isinstance(value, float) and value.is_integer():
        return "integer"
    return next(name for kind, name in _JSON_TYPES if isinstance(value, kind))


def types_of(values: list[Any]) -> list[str]:
    types = {type_of(value) for value in values}
    return sorted(types - {"integer"} if "number" in types else types)


def key_of(value: Any) -> str:
    """One text for all values that JSON Schema treats as equal: ``1`` equals ``1.0`` and not ``true``."""
    return jsonschema_rs.canonical.json.to_string(value)


def has_integral_float(value: Any) -> bool:
    """Whether it contains a number such as ``1.0``: an integer since draft 6, but not in draft 4."""
    if isinstance(value, float):
        return value.is_integer()
    if isinstance(value, dict):
        return any(map(has_integral_float, value.values()))
    return isinstance(value, list) and any(map(has_integral_float, value))


def objects_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a value, the value included. In a schema these are schemas for the most part."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            yield each
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each


def mentions(value: Any, keywords: frozenset[str]) -> bool:
    """Whether any object in it has one of ``keywords``."""
    return any(not keywords.isdisjoint(each) for each in objects_in(value))
