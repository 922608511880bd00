"""A JSON Schema from sample values. Pure: it takes values, keeps counts, and gives a schema.

The schema accepts every sample and claims little more: a member is required, and a format or ``integer`` is
asserted, only where all of enough samples agree. Enumerations, lengths and ranges are never inferred, and
objects stay open.

Memory is bounded for any input: a shape has counts and names, never values. An object with more than
``names_max`` names is a map used as a dictionary, and so is one whose names are data (``map_names``). Its
values become one shape, ``additionalProperties``, and only names that are no data, or that every object had,
stay ``properties``. Below ``depth_max`` levels, and beyond ``shapes_max`` shapes, nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bridge.schemas.authoring.map_names import Named, data_names
from bridge.schemas.authoring.text_shape import NUMBER_TEXT, TextShape

NAMES_MAX: Final = 250
DEPTH_MAX: Final = 16
SHAPES_MAX: Final = 20_000
MIN_SEEN: Final = 5
"""Samples that must agree before anything is claimed for all."""

ANY: Final = "*"
"""The step of a path for every element of a list or member of a dictionary."""

_STEADY_AFTER: Final = 2  # objects after which a name that all of them had is a member, not data
_KINDS: Final = ("object", "array", "number", "integer", "string", "boolean", "null")

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the samples: ``seen`` of ``of`` objects had it. The steps of ``path`` are names and
    ``*``."""

    path: Path
    shape: Shape
    seen: int
    of: int


@dataclass(slots=True)
class _Limits:
    """Shared by all shapes of one tree. ``left`` is the number of shapes that may still be made."""

    names_max: int
    depth_max: int
    left: int


@dataclass(slots=True, eq=False)
class Shape:
    """The common shape of the values at one place. ``keep`` are names that never become dictionary keys."""

    keep: frozenset[str] = frozenset()
    names_max: int = NAMES_MAX
    depth_max: int = DEPTH_MAX
    shapes_max: int = SHAPES_MAX
    seen: int = field(default=0, init=False)
    kinds: dict[str, int] = field(default_factory=dict, init=False)
    members: dict[str, Shape] = field(default_factory=dict, init=False)
    rest: Shape | None = field(default=None, init=False)
    items: Shape | None = field(default=None, init=False)
    texts: TextShape | None = field(default=None, init=False)
    anything: bool = field(default=False, init=False)
    _depth: int = field(default=0, init=False)
    _limits: _Limits | None = field(default=None, init=False)

    # --- input ----------------------------------------------------------------------------

    def add(self, value: Any) -> None:
        """Count one plain JSON value. Raises ``TypeError`` for any other value."""
        kind = _kind_of(value)
        self.seen += 1
        if self.anything:
            return
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        if kind == "string":
            self.texts = self.texts or TextShape()
            self.texts.add(value)
        elif kind == "array":
            for element in value:
                self._element().add(element)
        elif kind == "object":
            self._add_object(value)

    def merge(self, other: Shape) -> None:
        """Add the counts of ``other``, which does not change."""
        self.seen += other.seen
        if self.anything or other.anything:
            self._forget()
            return
        objects = self.kinds.get("object", 0)
        for kind, count in other.kinds.items():
            self.kinds[kind] = self.kinds.get(kind, 0) + count
        if other.texts is not None:
            self.texts = self.texts or TextShape()
            self.texts.merge(other.texts)
        if other.items is not None:
            self._element().merge(other.items)
        if other.rest is not None:
            # A name that is a member here may have been a dictionary key in the other shape.
            self._collapse(set(other.members))
            assert self.rest is not None  # noqa: S101
            self.rest.merge(other.rest)
        elif self._too_many(other.members):
            self._collapse(self._steady(other.members, objects))
        for name, shape in other.members.items():
            self._member(name).merge(shape)

    def drop(self, path: Sequence[str]) -> None:
        """Remove the member at ``path``, as if no sample had it."""
        name, *below = path
        inner = self._inside(name)
        if below:
            for shape in inner:
                shape.drop(below)
        elif name == ANY:
            self.members.clear()
            self.rest = self.items = None
        else:
            self.members.pop(name, None)

    def _inside(self, name: str) -> list[Shape]:
        if name == ANY:
            return [*self.members.values(), *(each for each in (self.rest, self.items) if each is not None)]
        return [self.members[name]] if name in self.members else []

    def _add_object(self, value: Mapping[str, Any]) -> None:
        if self._too_many(value):
            self._collapse(self._steady(value, self.kinds["object"] - 1))
        for name, member in value.items():
            self._member(name).add(member)

    def _too_many(self, names: Mapping[str, Any]) -> bool:
        if self.rest is not None:
            return False
        new = sum(name not in self.members for name in names)
        limits = self._tree()
        return len(self.members) + new > limits.names_max or (new > limits.left and new > 0)

    def _steady(self, names: Mapping[str, Any], objects: int) -> set[str]:
        """The members that all ``objects`` so far had and the current one, with ``names``, has too."""
        if objects < _STEADY_AFTER:
            return set()
        return {name for name, shape in self.members.items() if shape.seen == objects and name in names}

    def _collapse(self, stay: set[str]) -> None:
        """From now on, names that are not members are keys of a dictionary."""
        if self.rest is None:
            self.rest = self._child()
        for name in [name for name in self.members if name not in stay and name not in self.keep]:
            self.rest.merge(self.members.pop(name))

    def _member(self, name: str) -> Shape:
        shape = self.members.get(name)
        if shape is not None:
            return shape
        if self.rest is not None and (name not in self.keep or len(self.members) >= self._tree().names_max):
            return self.rest
        return self.members.setdefault(name, self._child())

    def _element(self) -> Shape:
        if self.items is None:
            self.items = self._child()
        return self.items

    def _child(self) -> Shape:
        limits = self._tree()
        child = Shape()
        child._limits, child._depth = limits, self._depth + 1
        limits.left -= 1
        child.anything = limits.left < 0 or child._depth > limits.depth_max
        return child

    def _tree(self) -> _Limits:
        if self._limits is None:
            self._limits = _Limits(self.names_max, self.depth_max, self.shapes_max)
        return self._limits

    def _forget(self) -> None:
        self.anything = True
        self.kinds, self.members = {}, {}
        self.rest = self.items = self.texts = None

    # --- output -------------------------------------------------------------------------

    @property
    def dictionary(self) -> bool:
        """Whether names of members are data."""
        return self.rest is not None or bool(self._data_names())

    def parts(self) -> tuple[Mapping[str, Shape], Shape | None]:
        """The members by name, in order of names, and the shape of a dictionary's values."""
        values, data = self.rest, self._data_names()
        if data:
            values = Shape()
            for shape in (*(self.members[name] for name in sorted(data)), *filter(None, (self.rest,))):
                values.merge(shape)
        return {name: shape for name, shape in sorted(self.members.items()) if name not in data}, values

    def _data_names(self) -> set[str]:
        names = {
            name: Named(shape.seen, frozenset(shape.kinds))
            for name, shape in self.members.items()
            if name not in self.keep
        }
        return data_names(names, self.kinds.get("object", 0)) if names else set()

    def types(self, *, min_seen: int = MIN_SEEN) -> list[str]:
        """The JSON Schema types of the samples."""
        kinds = set(self.kinds)
        if "integer" in kinds and ("number" in kinds or self.kinds["integer"] < min_seen):
            # DynamoDB has one type for all numbers: a few integers say nothing about the next number.
            kinds = kinds - {"integer"} | {"number"}
        if self.texts is not None and self.texts.all_unfit and "integer" not in kinds:
            kinds.add("number")  # numbers with too many digits for JSON; the next may have fewer
        return [kind for kind in _KINDS if kind in kinds]

    def schema(self, *, min_seen: int = MIN_SEEN, counts: bool = True) -> dict[str, Any]:
        """JSON Schema 2020-12 for the samples. ``counts`` writes into ``$comment`` how rare a member is."""
        types = self.types(min_seen=min_seen)
        if self.anything or not types:
            return {}
        schema: dict[str, Any] = {"type": types[0] if len(types) == 1 else types}
        if self.texts is not None:
            schema |= self._text_keywords(min_seen)
        if self.items is not None and (of_items := self.items.schema(min_seen=min_seen, counts=counts)):
            schema["items"] = of_items
        if "object" in self.kinds:
            schema |= self._object_keywords(min_seen, counts)
        return schema

    def _text_keywords(self, min_seen: int) -> dict[str, Any]:
        texts = self.texts
        assert texts is not None  # noqa: S101
        if texts.all_numbers and {"number", "integer"} & self.kinds.keys():
            return {"pattern": NUMBER_TEXT}
        common = texts.common_format()
        return {"format": common} if common is not None and texts.seen >= min_seen else {}

    def _object_keywords(self, min_seen: int, counts: bool) -> dict[str, Any]:
        members, rest = self.parts()
        objects = self.kinds["object"]
        properties: dict[str, Any] = {}
        required = []
        for name, shape in members.items():
            of_member = shape.schema(min_seen=min_seen, counts=counts)
            if shape.seen == objects and (objects >= min_seen or name in self.keep):
                required.append(name)
            elif counts and shape.seen < objects:
                of_member = {"$comment": f"in {shape.seen} of {objects} samples", **of_member}
            properties[name] = of_member
        schema: dict[str, Any] = {}
        if required:
            schema["required"] = required
        if properties:
            schema["properties"] = properties
        if rest is not None and (of_rest := rest.schema(min_seen=min_seen, counts=counts)):
            schema["additionalProperties"] = of_rest
        return schema

    def places(self, path: Path = ()) -> Iterator[Place]:
        """Every place below this one, outer before inner."""
        members, rest = self.parts()
        objects = self.kinds.get("object", 0)
        below = [Place((*path, name), shape, shape.seen, objects) for name, shape in members.items()]
        below += [Place((*path, ANY), each, each.seen, each.seen) for each in (rest, self.items) if each]
        for place in below:
            yield place
            yield from place.shape.places(place.path)


def _kind_of(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case dict():
            return "object"
    raise TypeError(f"JSON has no {type(value).__name__}")
