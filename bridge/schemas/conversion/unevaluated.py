"""``unevaluatedProperties`` and ``unevaluatedItems``: which members and elements are certainly evaluated.

The older drafts have neither. If all members are evaluated unconditionally, ``additionalProperties`` beside a
list of them expresses the rest. If it depends on the data, as in ``anyOf``, the rest cannot be expressed and
the schema is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bridge.core.pointer import escape
from bridge.schemas.conversion.source import Library, Obstructed, Place


@dataclass(slots=True)
class Evaluated:
    """``names`` and ``patterns`` of members, the number of ``elements`` at the beginning of an array;
    ``all_members`` and ``all_elements`` if all are. ``some_elements``: ``contains`` selects by value."""

    names: set[str] = field(default_factory=set)
    patterns: set[str] = field(default_factory=set)
    all_members: bool = False
    elements: int = 0
    all_elements: bool = False
    some_elements: bool = False

    def add(self, other: Evaluated) -> None:
        self.names |= other.names
        self.patterns |= other.patterns
        self.all_members |= other.all_members
        self.elements = max(self.elements, other.elements)
        self.all_elements |= other.all_elements
        self.some_elements |= other.some_elements

    def covers_members(self, other: Evaluated) -> bool:
        return self.all_members or (
            not other.all_members and other.names <= self.names and other.patterns <= self.patterns
        )

    def covers_elements(self, other: Evaluated) -> bool:
        return self.all_elements or (
            not other.all_elements and not other.some_elements and other.elements <= self.elements
        )


def evaluated(library: Library, schema: dict[str, Any], place: Place) -> tuple[Evaluated, Evaluated]:
    """What a schema certainly evaluates and what it may evaluate, except by its own ``unevaluated…``.

    Raises ``Obstructed`` for circular references.
    """
    certain, possible = _own(schema), Evaluated()
    for inner, sure in _in_place(library, schema, place, (place,), set()):
        (certain if sure else possible).add(_own(inner))
        for keyword, what in (("unevaluatedProperties", "all_members"), ("unevaluatedItems", "all_elements")):
            if keyword in inner:
                setattr(certain if sure else possible, what, True)
    return certain, possible


def _own(schema: dict[str, Any]) -> Evaluated:
    prefix = schema.get("prefixItems", ())
    return Evaluated(
        names=set(schema.get("properties", ())),
        patterns=set(schema.get("patternProperties", ())),
        all_members="additionalProperties" in schema,
        elements=len(prefix),
        all_elements="items" in schema,
        some_elements="contains" in schema,
    )


def _in_place(
    library: Library,
    schema: dict[str, Any],
    place: Place,
    path: tuple[Place, ...],
    seen: set[tuple[Place, bool]],
    sure: bool = True,
) -> Iterator[tuple[dict[str, Any], bool]]:
    """The schemas that apply to the same value, and whether they always apply; each once."""
    for inner, at, always in _applied(library, schema, place):
        if at in path:
            raise Obstructed(place, "has a circular reference without a step into the data")
        if isinstance(inner, dict) and (at, sure and always) not in seen:
            seen.add((at, sure and always))
            yield inner, sure and always
            yield from _in_place(library, inner, at, (*path, at), seen, sure and always)


def _applied(library: Library, schema: dict[str, Any], place: Place) -> Iterator[tuple[Any, Place, bool]]:
    reference = schema.get("$ref")
    if isinstance(reference, str):
        target = library.follow(reference, place)
        yield library.at(target), target, True
    for keyword in ("allOf", "anyOf", "oneOf"):
        for index, each in enumerate(schema.get(keyword, ())):
            yield each, place / f"{keyword}/{index}", keyword == "allOf"
    for keyword in ("if", "then", "else"):
        if keyword in schema and "if" in schema:
            yield schema[keyword], place / keyword, False
    for keyword in ("dependentSchemas", "dependencies"):
        for name, each in schema.get(keyword, {}).items():
            if isinstance(each, dict):
                yield each, place / f"{keyword}/{escape(name)}", False
