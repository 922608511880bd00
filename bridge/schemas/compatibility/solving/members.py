"""The members that an object may have: their places, and what the keywords of objects say about them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from bridge.schemas.compatibility.proving.parts import matches
from bridge.schemas.compatibility.reading.normal import Schema
from bridge.schemas.compatibility.solving.asking import Asking
from bridge.schemas.compatibility.solving.expand import Item, Items
from bridge.schemas.compatibility.solving.places import Place, PlacesExpander, schemas_in_place
from bridge.schemas.compatibility.solving.signed import Conjunction, Signed

MAX_LIKES: Final = 9
MAX_PLACES: Final = 400
FEW_NAMES: Final = 6
_NAMED: Final = ("properties", "dependentSchemas", "dependentRequired")


class ObjectExpander(PlacesExpander):
    unevaluated = "unevaluatedProperties"
    below = ("properties", "patternProperties", "additionalProperties", "propertyNames")

    def __init__(self, asking: Asking, places: list[Place]) -> None:
        super().__init__(asking.pool, "object", places)

    def pairs(self, node: dict[str, Any], keyword: str, value: Any) -> Iterator[tuple[Place, Schema]]:
        if keyword == "properties":
            yield from ((self._by_key[name], schema) for name, schema in value.items())
        elif keyword == "propertyNames":
            wanted = self.pool.of(value)
            yield from ((place, False) for place in self.places if not self._likes(place, wanted))
        elif keyword == "additionalProperties":
            yield from ((place, value) for place in self.places if not self._named(node, place))
        else:
            for pattern, schema in value.items():
                like = self.pool.of({"pattern": pattern})
                yield from ((place, schema) for place in self.places if self._likes(place, like))

    def _likes(self, place: Place, like: Signed) -> bool:
        return like is self.pool.anything or like in place.likes

    def _named(self, node: dict[str, Any], place: Place) -> bool:
        """Whether ``additionalProperties`` does not apply there."""
        if place.key is not None and place.key in node.get("properties", ()):
            return True
        patterns = node.get("patternProperties", ())
        return any(self._likes(place, self.pool.of({"pattern": pattern})) for pattern in patterns)

    def declared(self, node: dict[str, Any], place: Place) -> bool:
        return "additionalProperties" in node or self._named(node, place)

    def _more_asserts(self, node: dict[str, Any], keyword: str, value: Any) -> Iterator[Item]:
        if keyword == "required":
            yield from map(self.present, value)
        elif keyword == "dependentRequired":
            for name, needed in value.items():
                yield "or", ((self.absent(name),), tuple(map(self.present, needed))), False
        elif keyword == "dependentSchemas":
            for name, schema in value.items():
                yield "or", ((self.absent(name),), (self.want(schema),)), False
        else:
            yield from super()._more_asserts(node, keyword, value)

    def _more_denies(self, node: dict[str, Any], keyword: str, value: Any) -> Iterator[Items]:
        if keyword == "required":
            yield from ((self.absent(name),) for name in value)
        elif keyword == "dependentRequired":
            for name, needed in value.items():
                yield from ((self.present(name), self.absent(each)) for each in needed if each != name)
        elif keyword == "dependentSchemas":
            yield from ((self.present(name), self.refuse(schema)) for name, schema in value.items())
        else:
            yield from super()._more_denies(node, keyword, value)


def members_of(asking: Asking, conjunction: Conjunction) -> list[Place] | None:
    """Every place in an object that the schemas distinguish; ``None`` if there are too many."""
    pool = asking.pool
    names: dict[str, None] = {}
    likes: dict[Signed, None] = {}
    for node in schemas_in_place(pool, conjunction):
        for keyword in _NAMED:
            names.update(dict.fromkeys(node.get(keyword, ())))
        names.update(dict.fromkeys(node.get("required", ())))
        for needed in node.get("dependentRequired", {}).values():
            names.update(dict.fromkeys(needed))
        likes.update((pool.of({"pattern": pattern}), None) for pattern in node.get("patternProperties", ()))
        if "propertyNames" in node:
            likes[pool.of(node["propertyNames"])] = None
    wanted = [like for like in likes if like not in (pool.anything, pool.nothing)]
    if len(wanted) > MAX_LIKES or len(names) > MAX_PLACES:
        return None
    others: list[Place] = []
    text = pool.of({"type": "string"})
    beside = (
        pool.conjunction(text, pool.of({"enum": list(names)}, wanted=False)) if names else frozenset({text})
    )
    if not _sort(asking, wanted, beside, (), others, names):
        return None
    named = []
    for name in names:
        liked = [_liked(asking, like, name) for like in wanted]
        if None in liked:
            return None
        named.append(Place(name, frozenset(k for k, yes in zip(wanted, liked, strict=True) if yes)))
    return [*named, *others]


def _liked(asking: Asking, like: Signed, name: str) -> bool | None:
    if like.node.keys() == {"pattern"}:
        return matches(like.node["pattern"], name) == like.wanted
    return asking.pool.holds(like, name)


def _sort(
    asking: Asking,
    wanted: list[Signed],
    names: Conjunction,
    likes: tuple[Signed, ...],
    out: list[Place],
    few: dict[str, None],
) -> bool:
    """All other names, by what they satisfy. Kinds with few names become places of their own."""
    found = asking.solve(names, FEW_NAMES + 1)
    if found.empty:
        return True
    if not wanted:
        if found.complete and len(found.values) <= FEW_NAMES:
            few.update(dict.fromkeys(found.values))
        else:
            out.append(Place(None, frozenset(likes), names))
        return len(out) <= MAX_PLACES
    like, *left = wanted
    yes = asking.pool.narrowed(names, (like,))
    no = asking.pool.narrowed(names, (like.opposite,))
    return _sort(asking, left, yes, (*likes, like), out, few) and _sort(asking, left, no, likes, out, few)
