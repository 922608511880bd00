"""The values that a schema allows at a place of an event, if producers add nothing undeclared.

The answer is never too narrow: it has every value that a producer can put there and still follow the schema.
So "no value fits" is a proof; "a value fits" is one only where a value is given. Conditions that only narrow
(``not``, ``contains``, ``propertyNames``, …) are ignored here; a value that is given has passed the
validator.

Lists are transparent, as they are for rule patterns: the same steps lead to a place inside the elements of a
list, and ``a.b`` leads to ``{"a": {"b": …}}`` and to ``{"a.b": …}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bridge.schemas.documents.nodes import Documents, Node, Undecided

BRANCHES_MAX: Final = 256
DEPTH_MAX: Final = 60

_KINDS: Final = frozenset({"object", "array", "string", "number", "boolean", "null"})
_KIND_OF: Final[dict[type, str]] = {
    dict: "object", list: "array", str: "string", int: "number", float: "number", bool: "boolean",
    type(None): "null",
}  # fmt: skip

Together = tuple[Node, ...]
"""Schemas that a value must satisfy together."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One alternative for a scalar at the place. It satisfies all of ``origins``; ``parts`` are the schemas
    that they consist of in this alternative."""

    origins: Together
    parts: Together
    kinds: frozenset[str]


@dataclass(slots=True)
class Reach:
    """The possible values at a place. ``slots`` are its scalars, ``objects`` the schemas that allow an object
    there, ``open_at`` those that allow anything. ``lost_at`` are the innermost schemas that do not declare
    the next name, with the names that they declare."""

    slots: list[Slot] = field(default_factory=list)
    objects: list[Node] = field(default_factory=list)
    absent: bool = False
    open_at: list[Node] = field(default_factory=list)
    lost_at: list[tuple[Node, tuple[str, ...]]] = field(default_factory=list)

    @property
    def declared(self) -> bool:
        return bool(self.slots or self.objects or self.open_at)


def reach_of(documents: Documents, root: Node, steps: Sequence[str]) -> Reach:
    """The possible values at ``steps`` below ``root``. Raises :class:`Undecided`."""
    found = Reach()
    _Finder(documents).go((root,), tuple(steps), found, 0)
    return found


class _Finder:
    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def go(self, origins: Together, steps: tuple[str, ...], found: Reach, depth: int) -> None:
        if depth > DEPTH_MAX:
            raise Undecided("is nested without end at this place")
        for parts in self._ways(origins):
            kinds = _kinds(parts)
            if "array" in kinds:
                self._elements(parts, steps, found, depth)
            scalar = kinds - {"object", "array"}
            if not steps:
                if scalar:
                    found.slots.append(Slot(origins, parts, scalar))
                if "object" in kinds:
                    found.absent = True
                    found.objects.append(_declaring(parts))
                continue
            found.absent |= bool(scalar)
            if "object" in kinds:
                self._members(parts, steps, found, depth)

    def _elements(self, parts: Together, steps: tuple[str, ...], found: Reach, depth: int) -> None:
        found.absent = True  # a list may be empty
        declared = False
        every = []
        for part in parts:
            schema = part.schema if isinstance(part.schema, dict) else {}
            for keyword in ("prefixItems", "items"):  # a list of items is what prefixItems was before 2020-12
                prefix = schema.get(keyword)
                for index in range(len(prefix)) if isinstance(prefix, list) else ():
                    self.go((part.at(keyword, index),), steps, found, depth + 1)
                    declared = True
            if not isinstance(schema.get("items", []), list):
                every.append(part.at("items"))
            elif "additionalItems" in schema:
                every.append(part.at("additionalItems"))
        if every:
            self.go(tuple(every), steps, found, depth + 1)
        elif not declared:
            found.open_at.append(parts[0])

    def _members(self, parts: Together, steps: tuple[str, ...], found: Reach, depth: int) -> None:
        any_declared = False
        for length in range(len(steps), 0, -1):
            name = ".".join(steps[:length])
            children, open_at = _children(parts, name)
            if not children and (length > 1 or open_at is None):
                continue
            any_declared = True
            if children:
                self.go(children, steps[length:], found, depth + 1)
            elif open_at is not None:
                found.open_at.append(open_at)
        required = {name for part in parts for name in _required(part)}
        found.absent |= steps[0] not in required
        if not any_declared:
            found.lost_at.append((_declaring(parts), _names(parts)))

    def _ways(self, origins: Together) -> Iterator[Together]:
        """The alternatives of a conjunction, each as the schemas that it consists of, without impossible
        ones."""
        choices: list[Together] = [()]
        for origin in origins:
            choices = _both(choices, self._expand(origin, frozenset()))
        for parts in choices:
            if _kinds(parts) and finite(parts) != []:
                yield parts

    def _expand(self, node: Node, trail: frozenset[tuple[str, str]]) -> list[Together]:
        key = (node.uri, node.pointer)
        if key in trail:
            raise Undecided("refers to itself without end")
        trail |= {key}
        schema = node.schema
        if schema is False:
            return []
        if not isinstance(schema, dict):
            return [(node,)]
        if "$dynamicRef" in schema:
            raise Undecided("uses $dynamicRef")
        choices: list[Together] = [(node,)]
        if isinstance(schema.get("$ref"), str):
            choices = _both(choices, self._expand(self._documents.resolve(node, schema["$ref"]), trail))
        for index in range(len(schema.get("allOf", ()))):
            choices = _both(choices, self._expand(node.at("allOf", index), trail))
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                any_of = [
                    each
                    for index in range(len(schema[keyword]))
                    for each in self._expand(node.at(keyword, index), trail)
                ]
                choices = _both(choices, any_of)
        if "if" in schema:
            then = _both(self._expand(node.at("if"), trail), self._optional(node, "then", trail))
            choices = _both(choices, then + self._optional(node, "else", trail))
        for name in schema.get("dependentSchemas", {}):
            choices = _both(choices, [(), *self._expand(node.at("dependentSchemas", name), trail)])
        return choices

    def _optional(self, node: Node, keyword: str, trail: frozenset[tuple[str, str]]) -> list[Together]:
        return self._expand(node.at(keyword), trail) if keyword in node.schema else [()]


def finite(parts: Together) -> list[Any] | None:
    """The values that all enumerations and constants of ``parts`` allow; None for parts without any."""
    left: list[Any] | None = None
    for part in parts:
        if not isinstance(part.schema, dict):
            continue
        for listed in _listed(part.schema):
            left = listed if left is None else [each for each in left if _among(each, listed)]
    return left


def _listed(schema: Mapping[str, Any]) -> Iterator[list[Any]]:
    if isinstance(schema.get("enum"), list) and not schema.get("x-extensible-enum"):
        yield schema["enum"]
    if "const" in schema:
        yield [schema["const"]]


def _among(value: Any, listed: Sequence[Any]) -> bool:
    kind = _KIND_OF[type(value)]
    return any(value == each and _KIND_OF[type(each)] == kind for each in listed)


def _kinds(parts: Together) -> frozenset[str]:
    kinds = _KINDS
    for part in parts:
        if part.schema is False:
            return frozenset()
        if not isinstance(part.schema, dict):
            continue
        types = part.schema.get("type")
        if types is not None:
            named = {types} if isinstance(types, str) else set(types)
            kinds &= {"number" if each == "integer" else each for each in named}
        for listed in _listed(part.schema):
            kinds &= {_KIND_OF[type(each)] for each in listed}
    return kinds


def _children(parts: Together, name: str) -> tuple[Together, Node | None]:
    """The schemas of a member, and, if none is declared, the schema that allows anything for it."""
    children: list[Node] = []
    declared = False
    for part in parts:
        schema = part.schema
        if not isinstance(schema, dict):
            continue
        properties, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
        declared = declared or bool(properties or patterns)
        if name in properties:
            children.append(part.at("properties", name))
        for pattern in patterns:
            try:
                if re.search(pattern, name):
                    children.append(part.at("patternProperties", pattern))
            except re.error as error:
                raise Undecided(f"has a pattern that Python cannot read: {pattern}") from error
    if children:
        return tuple(children), None
    for part in parts:
        schema = part.schema if isinstance(part.schema, dict) else {}
        for keyword in ("additionalProperties", "unevaluatedProperties"):
            rest = schema.get(keyword)
            if rest is False:
                return (), None
            if rest is True or rest == {}:
                return (), part.at(keyword)
            if isinstance(rest, dict):
                children.append(part.at(keyword))
    if children:
        return tuple(children), None
    return (), None if declared else parts[0]


def _required(part: Node) -> Sequence[str]:
    required = part.schema.get("required", ()) if isinstance(part.schema, dict) else ()
    return required if isinstance(required, list) else ()


def _declaring(parts: Together) -> Node:
    """The schema that declares the members."""
    return next((p for p in parts if isinstance(p.schema, dict) and p.schema.get("properties")), parts[0])


def _names(parts: Together) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(
            name for p in parts if isinstance(p.schema, dict) for name in p.schema.get("properties", {})
        )
    )


def _both(left: list[Together], right: list[Together]) -> list[Together]:
    if len(left) * len(right) > BRANCHES_MAX:
        raise Undecided(f"has more than {BRANCHES_MAX} combinations of alternatives at this place")
    return [(*one, *other) for one in left for other in right]
