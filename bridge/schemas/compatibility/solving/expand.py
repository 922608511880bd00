"""What a schema asserts about values of one kind, and how a value of this kind can fail it.

An *item* is a tuple: a word and what it is about. A value satisfies all items of a sequence, and one of the
alternatives of ``("or", …)``, each of which is a sequence. Every other item is a literal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from bridge.schemas.compatibility.reading.json_values import key_of, type_of
from bridge.schemas.compatibility.reading.normal import DEFS, Schema
from bridge.schemas.compatibility.solving.apart import marks_of
from bridge.schemas.compatibility.solving.signed import Pool, Signed

Item = tuple[Any, ...]
Items = tuple[Item, ...]
NO: Final[Item] = ("no",)
NUMBERS: Final = ("integer", "whole", "fraction")
KINDS: Final = ("null", "boolean", "integer", "string", "fraction", "whole", "array", "object")
"""``whole`` is a number such as ``1.0``, which is no integer in draft 4."""
_TYPES: Final = {"fraction": "number"}


class Values:
    """The values of an enum, with a text for each that equal values share."""

    __slots__ = ("by_key",)

    def __init__(self, values: list[Any]) -> None:
        self.by_key = {key_of(value): value for value in values}


class Expander:
    """For one ``kind`` of values. Subclasses add the keywords of objects and arrays."""

    def __init__(self, pool: Pool, kind: str) -> None:
        self.pool = pool
        self.kind = kind
        self._known: dict[Signed, Items] = {}

    def items(self, signed: Signed) -> Items:
        known = self._known.get(signed)
        if known is None:
            node = signed.node
            made = self._asserted(node) if signed.wanted else self._refused(node)
            known = self._known[signed] = (NO,) if NO in made else made
        return known

    def _asserted(self, node: dict[str, Any]) -> Items:
        return tuple(item for keyword, value in node.items() for item in self.asserts(node, keyword, value))

    def _refused(self, node: dict[str, Any]) -> Items:
        ways = [way for keyword, value in node.items() for way in self.denies(node, keyword, value)]
        return () if () in ways else (either(ways, failing=True),)

    def want(self, node: Schema) -> Item:
        return self.signed(self.pool.of(node))

    def refuse(self, node: Schema) -> Item:
        return self.signed(self.pool.of(node, wanted=False))

    def signed(self, signed: Signed) -> Item:
        return NO if signed is self.pool.nothing else ("schema", signed)

    def asserts(self, node: dict[str, Any], keyword: str, value: Any) -> Iterator[Item]:
        """The items of a keyword."""
        if keyword == "type":
            if not self._has_type(node, value):
                yield NO
        elif keyword == "enum":
            yield ("in", Values(value)) if any(map(self.is_of_kind, value)) else NO
        elif keyword == "$ref":
            yield self.want(self.pool.defs[value.removeprefix(DEFS)])
        elif keyword == "allOf":
            yield from map(self.want, value)
        elif keyword == "anyOf":
            yield either([(self.want(each),) for each in value])
        elif keyword == "oneOf":
            wanted, refused = [self.want(each) for each in value], [self.refuse(each) for each in value]
            near = self._near(value)
            yield either([(each, *(refused[other] for other in near[i])) for i, each in enumerate(wanted)])
        elif keyword == "not":
            yield self.refuse(value)
        elif keyword == "if":
            then, other = node.get("then", True), node.get("else", True)
            yield either([(self.want(value), self.want(then)), (self.refuse(value), self.want(other))])
        else:
            yield from self._literal(keyword, value, wanted=True)

    def denies(self, node: dict[str, Any], keyword: str, value: Any) -> Iterator[Items]:
        """The ways to fail a keyword."""
        if keyword == "type":
            if not self._has_type(node, value):
                yield ()
        elif keyword == "enum":
            yield (("out", Values(value)),) if any(map(self.is_of_kind, value)) else ()
        elif keyword == "$ref":
            yield (self.refuse(self.pool.defs[value.removeprefix(DEFS)]),)
        elif keyword == "allOf":
            yield from ((self.refuse(each),) for each in value)
        elif keyword == "anyOf":
            yield tuple(self.refuse(each) for each in value)
        elif keyword == "oneOf":
            yield tuple(self.refuse(each) for each in value)
            for index, others in enumerate(self._near(value)):
                later: list[Items] = [(self.want(value[other]),) for other in others if other > index]
                if later:
                    yield self.want(value[index]), either(later)
        elif keyword == "not":
            yield (self.want(value),)
        elif keyword == "if":
            yield self.want(value), self.refuse(node.get("then", True))
            yield self.refuse(value), self.refuse(node.get("else", True))
        else:
            yield from ((item,) for item in self._literal(keyword, value, wanted=False))

    def _near(self, schemas: list[Schema]) -> list[list[int]]:
        """For each schema the indexes of those that may hold beside it."""
        known = self.pool.near.get(id(schemas))
        if known is None:
            marks = [marks_of(self.pool.defs, each) for each in schemas]
            known = self.pool.near[id(schemas)] = [
                [other for other, theirs in enumerate(marks) if other != index and not mine.apart(theirs)]
                for index, mine in enumerate(marks)
            ]
        return known

    def _literal(self, keyword: str, value: Any, *, wanted: bool) -> Iterator[Item]:
        kinds, make = _LITERALS.get(keyword, ((), None))
        if make is not None and self.kind in kinds:
            yield make(value, wanted)

    def is_of_kind(self, value: Any) -> bool:
        found = type_of(value)
        return found == _TYPES.get(self.kind, "integer" if self.kind == "whole" else self.kind)

    def _has_type(self, node: dict[str, Any], value: Any) -> bool:
        names = (value,) if isinstance(value, str) else value
        if self.kind in names:
            return True
        if self.kind == "whole" and "integer" in names and "x-draft4-integer" not in node:
            return True
        return self.kind in NUMBERS and "number" in names


def either(ways: list[Items], *, failing: bool = False) -> Item:
    """``failing``: the alternatives are ways to fail a schema: there may be many, and each says little."""
    left = [way for way in ways if NO not in way]
    return ("or", tuple(dict.fromkeys(left)), failing) if left else NO


def _bound(word: str, opposite: str, strict: bool) -> Callable[[Any, bool], Item]:
    return lambda value, wanted: (word, value, strict) if wanted else (opposite, value, not strict)


def _size(least: bool) -> Callable[[Any, bool], Item]:
    def make(value: Any, wanted: bool) -> Item:
        number = int(value)
        if least:
            return ("least", number) if wanted else ("most", number - 1)
        return ("most", number) if wanted else ("least", number + 1)

    return make


def _word(word: str) -> Callable[[Any, bool], Item]:
    return lambda value, wanted: (word, value, wanted)


_TEXT: Final = ("string",)
_LITERALS: Final[dict[str, tuple[tuple[str, ...], Callable[[Any, bool], Item]]]] = {
    "minimum": (NUMBERS, _bound("above", "below", False)),
    "exclusiveMinimum": (NUMBERS, _bound("above", "below", True)),
    "maximum": (NUMBERS, _bound("below", "above", False)),
    "exclusiveMaximum": (NUMBERS, _bound("below", "above", True)),
    "multipleOf": (NUMBERS, _word("multiple")),
    "pattern": (_TEXT, _word("pattern")),
    "format": (_TEXT, _word("format")),
    "x-content": (_TEXT, lambda value, wanted: ("content", tuple(sorted(value.items())), wanted)),
    "minLength": (_TEXT, _size(True)),
    "maxLength": (_TEXT, _size(False)),
    "minProperties": (("object",), _size(True)),
    "maxProperties": (("object",), _size(False)),
    "minItems": (("array",), _size(True)),
    "maxItems": (("array",), _size(False)),
    "uniqueItems": (("array",), lambda value, wanted: ("unique", bool(value) == wanted)),
}
