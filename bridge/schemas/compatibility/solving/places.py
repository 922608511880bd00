"""The places in an object or array: each may hold a value, and the same schemas describe all values there.

A place is one member by its name, or all members whose names the schemas do not distinguish; one element by
its index, or all elements that follow.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from bridge.schemas.compatibility.reading.json_values import mentions
from bridge.schemas.compatibility.reading.normal import DEFS, Schema
from bridge.schemas.compatibility.solving.expand import NO, Expander, Item, Items, either
from bridge.schemas.compatibility.solving.signed import Conjunction, Pool, Signed


class Place:
    """``key``: the name or index; ``None`` for all others like it. ``names``: what such names satisfy.
    ``likes``: the patterns and schemas of names that names here satisfy."""

    __slots__ = ("first", "key", "likes", "names")

    def __init__(
        self,
        key: str | int | None,
        likes: frozenset[Signed] = frozenset(),
        names: Conjunction = frozenset(),
        first: int = 0,
    ) -> None:
        self.key = key
        self.likes = likes
        self.names = names
        self.first = first


class PlacesExpander(Expander):
    """Literals: ``("all", place, signed)``: every value there satisfies it; ``("some", place, signed)``:
    a value there exists and satisfies it."""

    def __init__(self, pool: Pool, kind: str, places: list[Place]) -> None:
        super().__init__(pool, kind)
        self.places = places
        self._by_key = {place.key: place for place in places if place.key is not None}

    def asserts(self, node: dict[str, Any], keyword: str, value: Any) -> Iterator[Item]:
        if keyword == self.unevaluated:
            for place in self.places:
                ways = [(self.all(place, value),), *self._evaluated(node, place)]
                if () not in ways:
                    yield either(ways)
        elif keyword in self.below:
            for place, schema in self.pairs(node, keyword, value):
                yield from () if schema is True else (self.all(place, schema),)
        else:
            yield from self._more_asserts(node, keyword, value)

    def denies(self, node: dict[str, Any], keyword: str, value: Any) -> Iterator[Items]:
        if keyword == self.unevaluated:
            for place in self.places:
                yield (self.some(place, value, wanted=False), *self._unevaluated(node, place))
        elif keyword in self.below:
            for place, schema in self.pairs(node, keyword, value):
                if schema is not True:
                    yield (self.some(place, schema, wanted=False),)
        else:
            yield from self._more_denies(node, keyword, value)

    unevaluated: str
    below: tuple[str, ...]

    def pairs(self, node: dict[str, Any], keyword: str, value: Any) -> Iterator[tuple[Place, Schema]]:
        raise NotImplementedError

    def _more_asserts(self, node: dict[str, Any], keyword: str, value: Any) -> Iterator[Item]:
        yield from super().asserts(node, keyword, value)

    def _more_denies(self, node: dict[str, Any], keyword: str, value: Any) -> Iterator[Items]:
        yield from super().denies(node, keyword, value)

    def declared(self, node: dict[str, Any], place: Place) -> bool:
        """Whether the node itself evaluates what is at the place."""
        raise NotImplementedError

    def present(self, key: str) -> Item:
        return "some", self._by_key[key], self.pool.anything

    def absent(self, key: str) -> Item:
        return "all", self._by_key[key], self.pool.nothing

    def all(self, place: Place, schema: Schema) -> Item:
        return "all", place, self.pool.of(schema)

    def some(self, place: Place, schema: Schema, *, wanted: bool) -> Item:
        signed = self.pool.of(schema, wanted=wanted)
        return NO if signed is self.pool.nothing else ("some", place, signed)

    def _evaluated(self, node: dict[str, Any], place: Place) -> list[Items]:
        """The ways in which a schema beside ``unevaluated…`` evaluates what is at the place, if the node
        holds otherwise."""
        if self.declared(node, place):
            return [()]
        ways: list[Items] = []
        for condition, inner in self._beside(node):
            for way in self._evaluated_below(inner, place):
                ways.append((*condition, *way))
        return ways

    def _evaluated_below(self, node: Schema, place: Place) -> list[Items]:
        if isinstance(node, bool):
            return []
        return [()] if self.unevaluated in node else self._evaluated(node, place)

    def _beside(self, node: dict[str, Any]) -> Iterator[tuple[Items, Schema]]:
        """The schemas in place, each with what must hold so that it counts."""
        if "$ref" in node:
            yield (), self.pool.defs[node["$ref"].removeprefix(DEFS)]
        yield from (((), each) for each in node.get("allOf", ()))
        for keyword in ("anyOf", "oneOf"):
            yield from (((self.want(each),), each) for each in node.get(keyword, ()))
        if "if" in node:
            test = node["if"]
            yield (self.want(test),), test
            yield (self.want(test),), node.get("then", True)
            yield (self.refuse(test),), node.get("else", True)
        for name, each in node.get("dependentSchemas", {}).items():
            if self.kind == "object":
                yield (self.present(name),), each

    def _unevaluated(self, node: dict[str, Any], place: Place) -> Items:
        """What must hold so that no schema in place evaluates what is at the place."""
        ways = [way for way in self._evaluated(node, place) if NO not in way]
        if () in ways:
            return (NO,)
        out: list[Item] = []
        for way in ways:
            opposites: list[Items] = [(opposite,) for item in way for opposite in self._opposites(item)]
            out.append(either(opposites, failing=True))
        return tuple(out)

    def _opposites(self, item: Item) -> Iterator[Item]:
        if item[0] == "schema":
            yield self.signed(item[1].opposite)
        elif item[0] == "some" and item[2] is self.pool.anything:
            yield "all", item[1], self.pool.nothing


_APPLIED: Final = ("allOf", "anyOf", "oneOf")


def schemas_in_place(pool: Pool, conjunction: Conjunction) -> list[dict[str, Any]]:
    """Every schema that describes the same place as one of the conjunction, whatever its sign."""
    found: dict[int, dict[str, Any]] = {}
    waiting: list[Schema] = [each.node for each in conjunction]
    while waiting:
        node = waiting.pop()
        if isinstance(node, bool) or id(node) in found:
            continue
        found[id(node)] = node
        if "$ref" in node:
            waiting.append(pool.defs[node["$ref"].removeprefix(DEFS)])
        for keyword in _APPLIED:
            waiting += node.get(keyword, ())
        waiting += (node[keyword] for keyword in ("not", "if", "then", "else") if keyword in node)
        waiting += node.get("dependentSchemas", {}).values()
    return list(found.values())


def uses(nodes: list[dict[str, Any]], keyword: str) -> bool:
    return mentions(nodes, frozenset({keyword}))
