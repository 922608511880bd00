"""Finds the shapes of schemas, and the classes of their objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from bridge.schemas.authoring.codegen.cases import (
    KINDS,
    Case,
    Place,
    cases,
    names_in,
    of_objects,
    place_of,
    referred,
)
from bridge.schemas.authoring.codegen.naming import class_name
from bridge.schemas.authoring.codegen.shapes import (
    ANY,
    NEVER,
    Array,
    Constant,
    Field,
    Map,
    Named,
    ObjectClass,
    Plain,
    Shape,
    canonical,
    union,
)
from bridge.schemas.documents.nodes import Documents, Node

DEPTH_MAX: Final = 40
"""Arrays and maps may be so deep in each other; below that, a shape is any value."""

_TEXT: Final = Plain("text")


class Shaper:
    """Shapes of the schemas in ``documents``. Each class is found once, whoever refers to it."""

    def __init__(self, documents: Documents) -> None:
        self.classes: dict[frozenset[Place], ObjectClass] = {}
        self._documents = documents
        self._shapes: dict[tuple[Place, ...], Shape] = {}
        self._active: set[tuple[Place, ...]] = set()
        self._waiting: list[tuple[ObjectClass, list[Node]]] = []

    def root(self, uri: str) -> Node:
        return self._documents.root(uri)

    def shape(self, node: Node) -> Shape:
        """The shape at ``node``. All classes that it needs are in :attr:`classes` afterwards."""
        shape = self._of([node])
        while self._waiting:
            found, plains = self._waiting.pop()
            found.fields = [each for name in _members(plains) if (each := self._field(plains, name))]
        return shape

    def _of(self, nodes: list[Node]) -> Shape:
        key = tuple(place_of(each) for each in nodes)
        if key in self._shapes:
            return self._shapes[key]
        if key in self._active or len(self._active) > DEPTH_MAX:
            return ANY
        self._active.add(key)
        shape = union(self._of_case(case) for case in cases(self._documents, nodes))
        self._active.remove(key)
        self._shapes[key] = shape
        return shape

    def _of_case(self, case: Case) -> Shape:
        kinds = case.kinds
        if case.impossible or not kinds:
            return NEVER
        values = _values(case)
        if values is not None:
            return union(map(Constant, values))
        shapes: list[Shape] = []
        if "object" in kinds:
            shapes.append(self._object(case))
        if "string" in kinds:
            shapes.append(_TEXT)
        if "number" in kinds:
            shapes.append(Plain("number"))
        elif "integer" in kinds:
            shapes.append(Plain("integer"))
        if "boolean" in kinds:
            shapes.append(Plain("boolean"))
        if "array" in kinds:
            shapes.append(self._array(case.plains))
        if "null" in kinds:
            shapes.append(Plain("null"))
        if kinds == KINDS and not isinstance(shapes[0], Named):
            return ANY
        return union(shapes)

    def _object(self, case: Case) -> Shape:
        plains = [each for each in case.plains if of_objects(each)]
        if not any(each.schema.get("properties") for each in plains):
            return Map(self._values_of_map(plains))
        key = frozenset(map(place_of, plains))
        if key not in self.classes:
            self.classes[key] = self._class(plains, case.label)
        return Named(key)

    def _class(self, plains: list[Node], label: Node) -> ObjectClass:
        first = plains[0]
        targets = [label, *referred(self._documents, label)] if isinstance(label.schema, Mapping) else []
        named = next((each for each in targets if each in plains), first)
        description = str(named.schema.get("description", ""))
        places = tuple(place_of(each) for each in plains)
        found = ObjectClass(first.uri, places, class_name(named), description)
        self._waiting.append((found, plains))
        return found

    def _field(self, plains: list[Node], name: str) -> Field | None:
        nodes = list(_for_member(plains, name))
        required = any(name in each.schema.get("required", ()) for each in plains)
        shape = self._of(nodes) if nodes else ANY
        if shape == NEVER and not required:
            return None
        schemas = [each.schema for each in nodes if isinstance(each.schema, Mapping)]
        description = next((each["description"] for each in schemas if each.get("description")), "")
        deprecated = any(each.get("deprecated") is True for each in schemas)
        return Field(name, shape, required, str(description), deprecated)

    def _values_of_map(self, plains: list[Node]) -> Shape:
        """Only one schema decides: a shape may allow more."""
        for each in plains:
            if each.schema.get("additionalProperties", True) is not True:
                patterns = [each.at("patternProperties", p) for p in each.schema.get("patternProperties", ())]
                return union(self._of([node]) for node in (*patterns, each.at("additionalProperties")))
        return ANY

    def _array(self, plains: Iterable[Node]) -> Array:
        with_items = [each for each in plains if "items" in each.schema or "prefixItems" in each.schema]
        if not with_items:
            return Array(ANY)
        prefixed = [each for each in with_items if each.schema.get("prefixItems")]
        if not prefixed:
            return Array(self._of([each.at("items") for each in with_items]))
        schema = prefixed[0]
        first = [self._of([schema.at("prefixItems", n)]) for n, _ in enumerate(schema.schema["prefixItems"])]
        rest = self._of([schema.at("items")]) if "items" in schema.schema else ANY
        least = schema.schema.get("minItems", 0)
        return Array(rest, tuple(first), int(least))


def _values(case: Case) -> list[str] | None:
    """The only values that a case allows, as canonical JSON; None where it has no such list."""
    values: dict[str, None] | None = None
    for each in case.plains:
        given = None
        if "const" in each.schema:
            given = [each.schema["const"]]
        if isinstance(each.schema.get("enum"), list):
            given = each.schema["enum"] if given is None else [v for v in given if v in each.schema["enum"]]
        if given is not None:
            found = dict.fromkeys(canonical(value) for value in given if _kind(value) in case.kinds)
            values = found if values is None else {each: None for each in values if each in found}
    return None if values is None else list(values)


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return "integer"
    if isinstance(value, float):
        return "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def _members(plains: list[Node]) -> Iterator[str]:
    """Declared members first, then those that are only required."""
    declared = dict.fromkeys(names_in(plains, "properties"))
    yield from declared
    yield from (name for name in names_in(plains, "required") if name not in declared)


def _for_member(plains: list[Node], name: str) -> Iterator[Node]:
    for each in plains:
        if name in each.schema.get("properties", ()):
            yield each.at("properties", name)
        elif "additionalProperties" in each.schema and not each.schema.get("patternProperties"):
            yield each.at("additionalProperties")
