"""The members and elements of an event, each with the schemas that apply to it on either side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from bridge.schemas.compatibility.proving.gaps import Nodes
from bridge.schemas.compatibility.proving.parts import (
    Parts,
    declared_beside,
    matches,
    member_schemas,
    take_apart,
    values_of,
)
from bridge.schemas.compatibility.proving.sampling import sample_name
from bridge.schemas.compatibility.reading.json_values import key_of
from bridge.schemas.compatibility.reading.normal import Schema

_EMPTY: Final[dict[str, Any]] = {}


def member_pairs(parts: Parts, wanted: dict[str, Any]) -> Iterator[tuple[str, Nodes, Schema]]:
    """A name, what the producer may send under it, and one schema that the consumer has for it.

    A name that neither side spells out represents all names of its kind.
    """
    properties: dict[str, Schema] = wanted.get("properties", _EMPTY)
    patterns: dict[str, Schema] = wanted.get("patternProperties", _EMPTY)
    additional: Schema = wanted.get("additionalProperties", True)
    if not properties and not patterns and additional is True:
        return
    simple = len(parts.objects) == 1 and _OTHER.isdisjoint(parts.objects[0])
    own = parts.objects[0].get("properties", _EMPTY) if simple else _EMPTY
    rest = parts.objects[0].get("additionalProperties", True) if simple else True
    for name, schema in properties.items():
        if schema is True:
            continue
        producer = (own.get(name, rest),) if simple else member_schemas(parts, name)
        if False not in producer:
            yield name, producer, schema
    if not patterns and additional is True:
        return
    mine = {name for node in parts.objects for name in node.get("properties", ())}
    for name in sorted(mine | properties.keys()):
        producer = member_schemas(parts, name)
        if False in producer:
            continue
        found = [schema for pattern, schema in patterns.items() if matches(pattern, name)]
        if not found and name not in properties:
            found = [additional]
        for schema in found:
            yield name, producer, schema
    yield from _undeclared_pairs(parts, mine | properties.keys(), patterns, additional)


_OTHER: Final = frozenset({"patternProperties", "unevaluatedProperties"})


def _undeclared_pairs(
    parts: Parts, named: set[str], patterns: dict[str, Schema], additional: Schema
) -> Iterator[tuple[str, Nodes, Schema]]:
    own_patterns: dict[str, list[Schema]] = {}
    for node in parts.objects:
        for pattern, schema in node.get("patternProperties", _EMPTY).items():
            own_patterns.setdefault(pattern, []).append(schema)
    rest: list[Schema] = []
    everywhere: list[Schema] = []
    for node in parts.objects:
        if "additionalProperties" in node:
            rest.append(node["additionalProperties"])
            if "patternProperties" not in node:
                everywhere.append(node["additionalProperties"])
        if node.get("unevaluatedProperties") is False:
            _, allowed, anything = declared_beside(node, parts)
            if not anything:
                rest.append(False)
                own_patterns.update((pattern, []) for pattern in allowed if pattern not in own_patterns)
    theirs = [(pattern, schema) for pattern, schema in patterns.items() if schema is not True]
    if False not in rest:
        for pattern, schema in theirs:
            if pattern not in own_patterns:
                yield sample_name(pattern, named), tuple(rest), schema
        if additional is not True:
            yield sample_name(None, named), tuple(rest), additional
    if False in everywhere:
        return
    for pattern, schemas in own_patterns.items():
        producer = (*schemas, *everywhere)
        if False in producer:
            continue
        for _, schema in theirs:
            yield sample_name(pattern, named), producer, schema
        if additional is not True and pattern not in patterns:
            yield sample_name(pattern, named), producer, additional


def element_pairs(parts: Parts, wanted: dict[str, Any]) -> Iterator[tuple[int, Nodes, Schema]]:
    """An index, what the producer may send there, and the consumer's schema. The last index is for
    all that follow."""
    prefix: list[Schema] = wanted.get("prefixItems", [])
    items: Schema = wanted.get("items", True)
    if not prefix and items is True:
        return
    longest = max([len(prefix), *(len(node.get("prefixItems", ())) for node in parts.arrays)])
    most = parts.largest.get("Items")
    for index in range(longest + 1):
        if most is not None and index >= most:
            return
        producer = element_schemas(parts, index)
        if False in producer:
            return
        yield index, producer, prefix[index] if index < len(prefix) else items


def element_schemas(parts: Parts, index: int) -> Nodes:
    found: list[Schema] = []
    for node in parts.arrays:
        prefix = node.get("prefixItems", ())
        if index < len(prefix):
            found.append(prefix[index])
        elif "items" in node:
            found.append(node["items"])
    return tuple(found)


def impossible(parts: Parts, depth: int = 2) -> bool:
    """Whether nothing satisfies all of it, by a quick check: ``False`` means "not known"."""
    if parts.never or not parts.types:
        return True
    if parts.enums:
        values = values_of(parts)
        if not values:
            return True
        if len(parts.enums) > 1:
            keys = [{key_of(value) for value in each} for each in parts.enums]
            if not set.intersection(*keys):
                return True
    if depth and parts.required and len(parts.objects) > 1 and parts.types == {"object"}:
        most = parts.largest.get("Properties")
        if most is not None and most < len(parts.required):
            return True
        for name in parts.required:
            schemas = member_schemas(parts, name)
            if schemas and impossible(take_apart(parts.defs, schemas), depth - 1):
                return True
    return False
