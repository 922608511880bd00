"""The open reading, what consumers accept: closing keywords are dropped and enums that may grow are open.

This applies everywhere except inside ``not`` and ``if``, which test and do not close. Each place accepts at
least what it accepted as written. Opening the branches of a ``oneOf`` could make it accept less, so the
branches as written stay beside the opened ones. docs/compatibility.md describes both readings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from bridge.schemas.compatibility.reading.json_values import objects_in, types_of
from bridge.schemas.compatibility.reading.members import declares
from bridge.schemas.compatibility.reading.normal import DEFS, Normal, Schema

_OPENED_BELOW: Final = ("items", "unevaluatedItems", "then", "else", "contains")
_RELEVANT: Final = frozenset(
    {
        "additionalProperties", "unevaluatedProperties", "properties", "patternProperties", "$ref",
        "dependentSchemas", "allOf", "anyOf", "oneOf", "then", "else", "prefixItems", "items",
        "unevaluatedItems", "contains", "x-extensible-enum",
    }
)  # fmt: skip
_OPENED: Final = frozenset({"additionalProperties", "unevaluatedProperties", "x-extensible-enum"})


def opened(normal: Normal, *, lenient: bool = False) -> Normal:
    """What consumers accept. ``lenient``: ``additionalProperties`` is dropped whatever its value."""
    return _Opener(normal, lenient).run() if normal.has_closing else normal


class _Opener:
    def __init__(self, normal: Normal, lenient: bool) -> None:
        self._normal = normal
        self._lenient = lenient
        self._origin = normal.origin
        self._closing = _closing(normal.defs)

    def run(self) -> Normal:
        defs = dict(self._normal.defs)
        for name, node in self._normal.defs.items():
            if name in self._closing:
                defs[name + "o"] = self._open(node)
        return replace(self._normal, root=self._open(self._normal.root), defs=defs)

    def _open(self, node: Schema) -> Schema:
        if isinstance(node, bool) or node.keys().isdisjoint(_RELEVANT):
            return node
        out: dict[str, Any] = {}
        same = True
        for keyword, value in node.items():
            new = value
            if keyword in ("additionalProperties", "unevaluatedProperties"):
                if value is False or (self._lenient and declares(node)):
                    same = False
                    continue
                new = self._open(value)
            elif keyword in ("properties", "patternProperties", "dependentSchemas"):
                new = {name: self._open(each) for name, each in value.items()}
                if all(map(_is, new.values(), value.values())):
                    new = value
            elif keyword in ("allOf", "anyOf", "prefixItems"):
                new = self._all(value)
            elif keyword in _OPENED_BELOW and ("maxContains" not in node or keyword != "contains"):
                new = self._open(value)
            elif keyword == "$ref":
                name = value.removeprefix(DEFS)
                new = f"{DEFS}{name}o" if name in self._closing else value
            elif keyword == "x-extensible-enum":
                same = False
                continue
            elif keyword == "oneOf":
                branches = self._all(value)
                if branches is not value:
                    same = False
                    either = {"anyOf": [{"oneOf": value}, {"oneOf": branches}]}
                    out["allOf"] = [*out.get("allOf", ()), either]
                    continue
            elif keyword in ("enum", "$comment") and "x-extensible-enum" in node and not self._lenient:
                same = False
                if keyword == "enum" and "type" not in node:
                    out["type"] = types_of(value)
                continue
            same = same and new is value
            out[keyword] = [*out["allOf"], *new] if keyword == "allOf" and "allOf" in out else new
        if same:
            return node
        self._origin[id(out)] = self._origin.get(id(node), "")
        return out

    def _all(self, nodes: list[Schema]) -> list[Schema]:
        new = [self._open(each) for each in nodes]
        return nodes if all(map(_is, new, nodes)) else new


def _is(one: object, other: object) -> bool:
    return one is other


def _closing(defs: Mapping[str, Schema]) -> set[str]:
    """The definitions from which something that is opened can be reached."""
    users: dict[str, list[str]] = {}
    waiting: list[str] = []
    for name, node in defs.items():
        for each in objects_in(node):
            if not _OPENED.isdisjoint(each):
                waiting.append(name)
            if isinstance(each.get("$ref"), str):
                users.setdefault(each["$ref"].removeprefix(DEFS), []).append(name)
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += users.get(name, ())
    return found
