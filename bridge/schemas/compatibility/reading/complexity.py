"""How much work a schema may ask for, told cheaply and before anything is asked of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from bridge.schemas.compatibility.reading.normal import DEFS, Normal, Schema
from bridge.schemas.compatibility.reading.references import Unusable

_MANY: Final = 10**9


@dataclass(frozen=True, slots=True)
class Complexity:
    """``tree``: schemas when every reference is written out (once, in recursion).

    ``cases``: alternatives that describe one place, multiplied where they combine. ``values``: the longest
    enum.
    """

    tree: int
    cases: int
    values: int


_COMBINING: Final = ('"$ref"', 'Of"', '"if"', '"not"', '"dependen', 'Ref"')


def simple_complexity(text: str) -> Complexity | None:
    """Of a schema as JSON text that combines nothing: no more than can be counted in it."""
    if any(each in text for each in _COMBINING):
        return None
    return Complexity(text.count("{"), 1, text.count(",") if '"enum"' in text else 0)


def complexity_of(normal: Normal) -> Complexity:
    """Raises :class:`Unusable` where a reference leads back to itself without going into the event."""
    _refuse_loops(normal)
    measure = _Measure(normal)
    tree, cases = measure.node(normal.root)
    return Complexity(tree, cases, measure.values)


class _Measure:
    def __init__(self, normal: Normal) -> None:
        self._defs = normal.defs
        self._known: dict[str, tuple[int, int]] = {}
        self._open: set[str] = set()
        self.values = 0

    def node(self, node: Schema) -> tuple[int, int]:
        if isinstance(node, bool):
            return 1, 1
        tree, cases, below = 1, 1, 1
        for keyword, value in node.items():
            if keyword == "$ref":
                more, factor = self._reference(value)
                cases = min(cases * factor, _MANY)
            elif keyword == "allOf":
                results = [self.node(each) for each in value]
                more = sum(size for size, _ in results)
                for _, factor in results:
                    cases = min(cases * factor, _MANY)
            elif keyword in ("anyOf", "oneOf"):
                results = [self.node(each) for each in value]
                more = sum(size for size, _ in results)
                cases = min(cases * max(1, sum(factor for _, factor in results)), _MANY)
            elif keyword in ("if", "then", "else", "not"):
                more, factor = self.node(value)
                cases = min(cases * (factor + (keyword == "if")), _MANY)
            elif keyword == "dependentSchemas":
                results = [self.node(each) for each in value.values()]
                more = sum(size for size, _ in results)
                for _, factor in results:
                    cases = min(cases * (factor + 1), _MANY)
            else:
                if keyword == "enum":
                    self.values = max(self.values, len(value))
                more = 0
                for inner in _below(keyword, value):
                    size, factor = self.node(inner)
                    more += size
                    below = max(below, factor)
            tree = min(tree + more, _MANY)
        return tree, max(cases, below)

    def _reference(self, reference: str) -> tuple[int, int]:
        name = reference.removeprefix(DEFS)
        if name in self._known:
            return self._known[name]
        if name in self._open:
            return 1, 1
        self._open.add(name)
        result = self.node(self._defs[name])
        self._open.discard(name)
        self._known[name] = result
        return result


def _refuse_loops(normal: Normal) -> None:
    """A reference that describes the very place it stands at, by way of itself, means nothing."""
    done: set[str] = set()
    for start in normal.defs:
        path: dict[str, None] = {}
        waiting: list[tuple[str, bool]] = [(start, True)]
        while waiting:
            name, entering = waiting.pop()
            if not entering:
                del path[name]
                done.add(name)
                continue
            if name in path:
                node = normal.defs[name]
                pointer = normal.origin.get(id(node), "")
                raise Unusable("", pointer, "a reference leads back to itself and describes nothing")
            if name in done:
                continue
            path[name] = None
            waiting.append((name, False))
            waiting += ((each, True) for each in _references_in_place(normal.defs[name]))


def _references_in_place(node: Schema) -> Iterator[str]:
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, bool):
            continue
        if "$ref" in each:
            yield each["$ref"].removeprefix(DEFS)
        for keyword in ("allOf", "anyOf", "oneOf"):
            waiting += each.get(keyword, ())
        waiting += (each[keyword] for keyword in ("if", "then", "else", "not") if keyword in each)
        waiting += each.get("dependentSchemas", {}).values()


def _below(keyword: str, value: Any) -> Iterator[Schema]:
    if keyword in ("properties", "patternProperties"):
        yield from value.values()
    elif keyword == "prefixItems":
        yield from value
    elif keyword in _SCHEMAS:
        yield value


_SCHEMAS: Final = (
    "additionalProperties", "items", "contains", "propertyNames", "unevaluatedItems", "unevaluatedProperties",
)  # fmt: skip
