"""What consumers take: a schema with its closings dropped and its growing enums open.

Everywhere but inside ``not`` and ``if``, which test and do not close. Each place takes at least what it took
as written: where opening could take something away (``oneOf``), the branches as written stay beside.
"""

from __future__ import annotations

from typing import Any, Final

from bridge.schemas.compatibility.reading.normal import DEFS, Normal, Schema
from bridge.schemas.compatibility.reading.readings import Reading, as_written, declares, reading_of, types_of

_OPENED_BELOW: Final = ("items", "unevaluatedItems", "then", "else", "contains")
_RELEVANT: Final = frozenset(
    {
        "additionalProperties", "unevaluatedProperties", "properties", "patternProperties", "$ref",
        "dependentSchemas", "allOf", "anyOf", "oneOf", "then", "else", "prefixItems", "items",
        "unevaluatedItems", "contains", "x-extensible-enum",
    }
)  # fmt: skip
_OPENED: Final = frozenset({"additionalProperties", "unevaluatedProperties", "x-extensible-enum"})


def opened(normal: Normal, *, lenient: bool = False) -> Reading:
    """What consumers take. ``lenient``: ``additionalProperties`` is dropped whatever it says."""
    return _Opener(normal, lenient).run() if normal.has_closing else as_written(normal)


class _Opener:
    def __init__(self, normal: Normal, lenient: bool) -> None:
        self._normal = normal
        self._lenient = lenient
        self._defs: dict[str, Schema] = dict(normal.defs)
        self._origin = normal.origin
        self._closing: dict[str, bool] = {}

    def run(self) -> Reading:
        for name, node in self._normal.defs.items():
            if self._closes(name):
                self._defs[name + "o"] = self._open(node)
        return reading_of(self._normal, self._open(self._normal.root), self._defs)

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
                new = f"{DEFS}{name}o" if self._closes(name) else value
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
            elif keyword == "enum" and "x-extensible-enum" in node and not self._lenient:
                same = False
                out.pop("$comment", None)
                if "type" not in node:
                    out["type"] = types_of(value)
                continue
            if new is not value:
                same = False
            out[keyword] = [*out["allOf"], *new] if keyword == "allOf" and "allOf" in out else new
        if same:
            return node
        self._origin[id(out)] = self._origin.get(id(node), "")
        return out

    def _closes(self, name: str) -> bool:
        """Whether something to be opened can be reached from a definition."""
        known = self._closing.get(name)
        if known is not None:
            return known
        reached = {name}
        waiting: list[Any] = [self._normal.defs[name]]
        found = False
        while waiting and not found:
            each = waiting.pop()
            if isinstance(each, list):
                waiting += each
            elif isinstance(each, dict):
                found = not each.keys().isdisjoint(_OPENED)
                reference = each.get("$ref")
                if isinstance(reference, str) and reference.startswith(DEFS):
                    target = reference.removeprefix(DEFS)
                    if target in self._normal.defs and target not in reached:
                        reached.add(target)
                        waiting.append(self._normal.defs[target])
                waiting += each.values()
        self._closing[name] = found
        return found

    def _all(self, nodes: list[Schema]) -> list[Schema]:
        new = [self._open(each) for each in nodes]
        return nodes if all(map(_is, new, nodes)) else new


def _is(one: object, other: object) -> bool:
    return one is other
