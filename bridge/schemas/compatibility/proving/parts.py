"""A conjunction of schemas, split into what it asserts at one place, keyword by keyword."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import jsonschema_rs

from bridge.schemas.compatibility.reading.complexity import TooComplex
from bridge.schemas.compatibility.reading.json_values import type_of
from bridge.schemas.compatibility.reading.normal import DEFS, Schema, in_place

TYPES: Final = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})
"""``number`` means the numbers that are not integers here."""
MAX_PARTS: Final = 4_000


@dataclass(slots=True)
class Parts:
    """All of ``nodes`` must hold, and all entries of every list. ``choices`` are nodes with alternatives."""

    defs: Mapping[str, Schema] = field(repr=False)
    nodes: list[dict[str, Any]] = field(default_factory=list)
    types: frozenset[str] = TYPES
    strict_integer: bool = False
    enums: list[list[Any]] = field(default_factory=list)
    lower: list[tuple[Any, bool]] = field(default_factory=list)
    upper: list[tuple[Any, bool]] = field(default_factory=list)
    multiples: list[Any] = field(default_factory=list)
    smallest: dict[str, int] = field(default_factory=dict)
    largest: dict[str, int] = field(default_factory=dict)
    patterns: set[str] = field(default_factory=set)
    formats: set[str] = field(default_factory=set)
    required: set[str] = field(default_factory=set)
    needs: dict[str, set[str]] = field(default_factory=dict)
    objects: list[dict[str, Any]] = field(default_factory=list)
    arrays: list[dict[str, Any]] = field(default_factory=list)
    unique: bool = False
    never: bool = False
    values: list[Any] | None = None
    choices: list[tuple[dict[str, Any], str]] = field(default_factory=list)


def take_apart(defs: Mapping[str, Schema], schemas: tuple[Schema, ...]) -> Parts:
    """``$ref`` and ``allOf`` are followed. Raises :class:`TooComplex`."""
    parts = Parts(defs)
    waiting = list(reversed(schemas))
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, bool):
            parts.never = parts.never or not node
            continue
        if id(node) in seen:
            continue
        seen.add(id(node))
        if len(seen) > MAX_PARTS:
            raise TooComplex("too many schemas describe one place")
        _add(parts, node)
        waiting += reversed(node.get("allOf", ()))
        if "$ref" in node:
            waiting.append(defs[node["$ref"].removeprefix(DEFS)])
    return parts


def _add(parts: Parts, node: dict[str, Any]) -> None:
    parts.nodes.append(node)
    for keyword, value in node.items():
        handler = _TAKE.get(keyword)
        if handler is not None:
            handler(parts, node, value)
    if not _OBJECT.isdisjoint(node):
        parts.objects.append(node)
    if not _ARRAY.isdisjoint(node):
        parts.arrays.append(node)


def _type(parts: Parts, node: dict[str, Any], value: Any) -> None:
    names = {value} if isinstance(value, str) else set(value)
    if "number" in names:
        names.add("integer")
    parts.types &= names
    if "x-draft4-integer" in node:
        parts.strict_integer = True


def _lowest(name: str) -> Any:
    def take(parts: Parts, _: dict[str, Any], value: Any) -> None:
        parts.smallest[name] = max(parts.smallest.get(name, 0), int(value))

    return take


def _highest(name: str) -> Any:
    def take(parts: Parts, _: dict[str, Any], value: Any) -> None:
        parts.largest[name] = min(parts.largest.get(name, int(value)), int(value))

    return take


def _needs(parts: Parts, _: dict[str, Any], value: Any) -> None:
    for name, needed in value.items():
        parts.needs.setdefault(name, set()).update(needed)


def _unique(parts: Parts, _: dict[str, Any], value: Any) -> None:
    parts.unique = parts.unique or bool(value)


_TAKE: Final = {
    "type": _type,
    "enum": lambda parts, _, value: parts.enums.append(value),
    "minimum": lambda parts, _, value: parts.lower.append((value, False)),
    "exclusiveMinimum": lambda parts, _, value: parts.lower.append((value, True)),
    "maximum": lambda parts, _, value: parts.upper.append((value, False)),
    "exclusiveMaximum": lambda parts, _, value: parts.upper.append((value, True)),
    "multipleOf": lambda parts, _, value: parts.multiples.append(value),
    "minLength": _lowest("Length"),
    "maxLength": _highest("Length"),
    "minItems": _lowest("Items"),
    "maxItems": _highest("Items"),
    "minProperties": _lowest("Properties"),
    "maxProperties": _highest("Properties"),
    "pattern": lambda parts, _, value: parts.patterns.add(value),
    "format": lambda parts, _, value: parts.formats.add(value),
    "required": lambda parts, _, value: parts.required.update(value),
    "dependentRequired": _needs,
    "uniqueItems": _unique,
    "anyOf": lambda parts, node, _: parts.choices.append((node, "anyOf")),
    "oneOf": lambda parts, node, _: parts.choices.append((node, "oneOf")),
    "if": lambda parts, node, _: parts.choices.append((node, "if")),
}
_OBJECT: Final = frozenset(
    {"properties", "patternProperties", "additionalProperties", "unevaluatedProperties", "propertyNames"}
)
_ARRAY: Final = frozenset({"prefixItems", "items", "unevaluatedItems", "contains"})


@cache
def _pattern_validator(pattern: str) -> Any:
    return jsonschema_rs.Draft202012Validator({"pattern": pattern}, offline=True)


def matches(pattern: str, text: str) -> bool:
    """As the validator matches: ECMA-262, anywhere in the text."""
    return bool(_pattern_validator(pattern).is_valid(text))


def member_schemas(parts: Parts, name: str) -> tuple[Schema, ...]:
    """Every schema that the member ``name`` must satisfy if it exists, except those in branches."""
    found: list[Schema] = []
    for node in parts.objects:
        found += _describing(node, name)
        if node.get("unevaluatedProperties") is False and not _may_be_evaluated(node, name, parts):
            found.append(False)
    return tuple(found)


def _describing(node: dict[str, Any], name: str) -> list[Schema]:
    found: list[Schema] = []
    properties = node.get("properties")
    if properties is not None and name in properties:
        found.append(properties[name])
    patterns = node.get("patternProperties")
    if patterns:
        found += [each for pattern, each in patterns.items() if matches(pattern, name)]
    if not found and "additionalProperties" in node:
        found.append(node["additionalProperties"])
    return found


def _may_be_evaluated(node: dict[str, Any], name: str, parts: Parts) -> bool:
    """Whether any schema beside or below ``node`` might declare ``name``."""
    names, patterns, anything = declared_beside(node, parts)
    return anything or name in names or any(matches(pattern, name) for pattern in patterns)


def declared_beside(node: dict[str, Any], parts: Parts) -> tuple[set[str], set[str], bool]:
    """What a node with ``unevaluatedProperties: false`` may allow: names, patterns, or any name."""
    names: set[str] = set()
    patterns: set[str] = set()
    anything = False
    waiting: list[Schema] = [node]
    seen: set[int] = set()
    while waiting:
        each = waiting.pop()
        if isinstance(each, bool) or id(each) in seen:
            continue
        seen.add(id(each))
        names.update(each.get("properties", ()))
        patterns.update(each.get("patternProperties", ()))
        open_words = [each.get("additionalProperties", False)]
        if each is not node:
            open_words.append(each.get("unevaluatedProperties", False))
        anything = anything or any(word is not False for word in open_words)
        if "$ref" in each:
            waiting.append(parts.defs[each["$ref"].removeprefix(DEFS)])
        waiting += in_place(each)
    return names, patterns, anything


def declares(parts: Parts, name: str) -> bool:
    """Whether the member ``name`` is declared, by its name or by a pattern."""
    return any(
        name in node.get("properties", ())
        or any(matches(pattern, name) for pattern in node.get("patternProperties", ()))
        for node in parts.objects
    )


def values_of(parts: Parts) -> list[Any] | None:
    """The values of the shortest enum that have an allowed type; ``None`` without an enum."""
    if parts.enums and parts.values is None:
        shortest = min(parts.enums, key=len)
        parts.values = [value for value in shortest if type_of(value) in parts.types]
    return parts.values


def options_of(node: dict[str, Any], keyword: str) -> tuple[tuple[Schema, ...], ...]:
    """The alternatives of a choice, each a conjunction."""
    if keyword == "if":
        return (node["if"], node.get("then", True)), (node.get("else", True),)
    return tuple((each,) for each in node[keyword])
