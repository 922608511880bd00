"""The elements that an array may have: their places, and what the keywords of arrays say about them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from bridge.schemas.compatibility.reading.normal import Schema
from bridge.schemas.compatibility.solving.asking import Asking
from bridge.schemas.compatibility.solving.expand import Item, Items
from bridge.schemas.compatibility.solving.places import Place, PlacesExpander, schemas_in_place
from bridge.schemas.compatibility.solving.signed import Conjunction

MAX_PLACES: Final = 60


class ElementExpander(PlacesExpander):
    """More literals: ``("some-of", signed, least, most)``: so many elements satisfy it; and ``unique``."""

    unevaluated = "unevaluatedItems"
    below = ("prefixItems", "items")

    def __init__(self, asking: Asking, places: list[Place], *, contains: bool) -> None:
        super().__init__(asking.pool, "array", places)
        self._contains = contains
        """Whether ``contains`` may evaluate elements: drafts differ, so it proves nothing then."""

    def pairs(self, node: dict[str, Any], keyword: str, value: Any) -> Iterator[tuple[Place, Schema]]:
        if keyword == "prefixItems":
            yield from zip(self.places, value, strict=False)
        else:
            first = len(node.get("prefixItems", ()))
            yield from ((place, value) for place in self.places if place.first >= first)

    def declared(self, node: dict[str, Any], place: Place) -> bool:
        if "items" in node:
            return True
        return place.key is not None and place.first < len(node.get("prefixItems", ()))

    def _more_asserts(self, node: dict[str, Any], keyword: str, value: Any) -> Iterator[Item]:
        if keyword == "contains":
            yield self._some_of(value, node.get("minContains", 1), node.get("maxContains"))
        else:
            yield from super()._more_asserts(node, keyword, value)

    def _more_denies(self, node: dict[str, Any], keyword: str, value: Any) -> Iterator[Items]:
        if keyword == "contains":
            least, most = int(node.get("minContains", 1)), node.get("maxContains")
            if least > 0:
                yield (self._some_of(value, 0, least - 1),)
            if most is not None:
                yield (self._some_of(value, int(most) + 1, None),)
        else:
            yield from super()._more_denies(node, keyword, value)

    def _some_of(self, schema: Schema, least: Any, most: Any) -> Item:
        return "some-of", self.pool.of(schema), int(least), None if most is None else int(most)

    def asserts(self, node: dict[str, Any], keyword: str, value: Any) -> Iterator[Item]:
        if keyword != self.unevaluated or not self._contains:
            yield from super().asserts(node, keyword, value)


def elements_of(asking: Asking, conjunction: Conjunction) -> tuple[list[Place], bool] | None:
    """The places in an array that the schemas distinguish, and whether they use ``contains`` beside
    ``unevaluatedItems``; ``None`` if there are too many."""
    nodes = schemas_in_place(asking.pool, conjunction)
    longest = max((len(node.get("prefixItems", ())) for node in nodes), default=0)
    if longest > MAX_PLACES:
        return None
    both = any("contains" in node for node in nodes) and any("unevaluatedItems" in node for node in nodes)
    places = [Place(index, first=index) for index in range(longest)]
    return [*places, Place(None, first=longest)], both
