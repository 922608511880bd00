"""Whether alternatives are seen to exclude each other: by their types, or by a member with other values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from bridge.schemas.compatibility.reading.json_values import key_of
from bridge.schemas.compatibility.reading.normal import DEFS, Schema


class Marks(NamedTuple):
    """``types``: the allowed ones, ``None`` for any. ``members``: of required members with listed values, the
    values. It is for objects only if ``types`` says so."""

    types: frozenset[str] | None
    members: Mapping[str, frozenset[str]]

    def apart(self, other: Marks) -> bool:
        if self.types is not None and other.types is not None and self.types.isdisjoint(other.types):
            return True
        if self.types != _OBJECT and other.types != _OBJECT:
            return False  # a value of another kind may satisfy both
        return any(
            name in other.members and values.isdisjoint(other.members[name])
            for name, values in self.members.items()
        )


_OBJECT = frozenset({"object"})


def marks_of(defs: Mapping[str, Schema], node: Schema) -> Marks:
    types: frozenset[str] | None = None
    required: set[str] = set()
    listed: dict[str, frozenset[str]] = {}
    waiting: list[Schema] = [node]
    seen: set[int] = set()
    while waiting:
        each = waiting.pop()
        if isinstance(each, bool) or id(each) in seen:
            continue
        seen.add(id(each))
        if "type" in each:
            own = _names(each["type"])
            types = own if types is None else types & own
        required.update(each.get("required", ()))
        for name, schema in each.get("properties", {}).items():
            values = _values(schema)
            if values is not None:
                listed[name] = listed[name] & values if name in listed else values
        waiting += each.get("allOf", ())
        if "$ref" in each:
            waiting.append(defs[each["$ref"].removeprefix(DEFS)])
    return Marks(types, {name: values for name, values in listed.items() if name in required})


def _names(value: Any) -> frozenset[str]:
    names = {value} if isinstance(value, str) else set(value)
    return frozenset(names | {"integer"} if "number" in names else names)


def _values(schema: Schema) -> frozenset[str] | None:
    if isinstance(schema, dict) and "enum" in schema:
        return frozenset(map(key_of, schema["enum"]))
    return None
