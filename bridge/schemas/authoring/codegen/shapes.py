"""What the type of a JSON value can say, in any language: the model between schemas and generated code.

A shape allows every value that its schema allows, and often more: a type cannot say ``minLength``. Generated
classes validate with the schema itself, so a shape decides what a reader sees, never what is accepted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Kind = Literal["any", "never", "text", "integer", "number", "boolean", "null"]


@dataclass(frozen=True, slots=True)
class Plain:
    kind: Kind


@dataclass(frozen=True, slots=True)
class Constant:
    """One value, as canonical JSON, so that ``1`` and ``true`` differ and ``1`` and ``1.0`` do not."""

    json: str

    @property
    def value(self) -> Any:
        return json.loads(self.json)


@dataclass(frozen=True, slots=True)
class Array:
    """``first`` are the shapes of the first elements, ``rest`` that of all further ones. At least ``least``
    elements are there."""

    rest: Shape
    first: tuple[Shape, ...] = ()
    least: int = 0

    @property
    def each(self) -> Shape:
        """The shape of any element."""
        return union((*self.first, self.rest))


@dataclass(frozen=True, slots=True)
class Map:
    """An object whose names are data."""

    values: Shape


@dataclass(frozen=True, slots=True)
class Named:
    """An object with declared members: the class with this ``key``."""

    key: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Union:
    options: tuple[Shape, ...]


Shape = Plain | Constant | Array | Map | Named | Union

ANY: Final = Plain("any")
NEVER: Final = Plain("never")


@dataclass(frozen=True, slots=True)
class Field:
    """A declared member. ``name`` is its name in JSON."""

    name: str
    shape: Shape
    required: bool
    description: str = ""
    deprecated: bool = False


@dataclass(slots=True)
class ObjectClass:
    """An object with declared members. A value belongs to it if all schemas at ``places`` (URI and pointer)
    accept it. The module of the document ``uri`` defines it."""

    uri: str
    places: tuple[tuple[str, str], ...]
    wanted: str
    """The name that it gets, unless another class of the module has it."""
    description: str = ""
    fields: list[Field] = field(default_factory=list)
    name: str = ""

    @property
    def key(self) -> frozenset[tuple[str, str]]:
        return frozenset(self.places)


def union(shapes: Iterable[Shape]) -> Shape:
    """The shape of a value that has one of these shapes, without what another one already allows."""
    options = list(dict.fromkeys(_options(shapes)))
    if ANY in options:
        return ANY
    kinds = {each.kind for each in options if isinstance(each, Plain)}
    kept = [each for each in options if not _absorbed(each, kinds)]
    kept = _merged(kept)
    if not kept:
        return NEVER
    return kept[0] if len(kept) == 1 else Union(tuple(kept))


def canonical(value: Any) -> str:
    """JSON text that is equal for equal JSON values."""
    return json.dumps(_numbers(value), sort_keys=True, separators=(",", ":"))


def _numbers(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_numbers(each) for each in value]
    if isinstance(value, dict):
        return {name: _numbers(each) for name, each in value.items()}
    return value


def _options(shapes: Iterable[Shape]) -> Iterable[Shape]:
    for each in shapes:
        if isinstance(each, Union):
            yield from each.options
        elif each != NEVER:
            yield each


def _absorbed(shape: Shape, kinds: set[Kind]) -> bool:
    if isinstance(shape, Plain):
        return shape.kind == "integer" and "number" in kinds
    if not isinstance(shape, Constant):
        return False
    value = shape.value
    if value is None or isinstance(value, bool):
        return ("null" if value is None else "boolean") in kinds
    if isinstance(value, str):
        return "text" in kinds
    if isinstance(value, int | float):
        return "number" in kinds or ("integer" in kinds and isinstance(value, int))
    return False


def _merged(options: list[Shape]) -> list[Shape]:
    """With at most one array and one map: which of two a value has cannot be seen by its kind."""
    arrays = [each for each in options if isinstance(each, Array)]
    maps = [each for each in options if isinstance(each, Map)]
    rest = [each for each in options if not isinstance(each, Array | Map)]
    if len(arrays) > 1:
        arrays = [Array(union(each.each for each in arrays))]
    if len(maps) > 1:
        maps = [Map(union(each.values for each in maps))]
    return [*rest, *arrays, *maps]
