"""A schema as the list of its cases: in each, all of certain plain schemas hold, and no alternative is left.

References and ``allOf`` are followed. ``anyOf``, ``oneOf`` and ``if`` are distributed where an alternative
says anything about types. What is not followed only makes a case allow more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bridge.core.pointer import parse_pointer
from bridge.schemas.documents.nodes import Documents, Node, Undecided

Place = tuple[str, str]

KINDS: Final = frozenset({"null", "boolean", "string", "number", "integer", "array", "object"})
CASES_MAX: Final = 128
"""So many cases has a schema at most; further alternatives are not distributed."""

_OF_OBJECTS: Final = ("properties", "patternProperties", "additionalProperties")
_TYPED: Final = (*_OF_OBJECTS, "items", "prefixItems", "enum", "const")


@dataclass(frozen=True, slots=True)
class Case:
    """``plains`` in the order in which they were found; ``label`` is the schema that names the case."""

    plains: tuple[Node, ...]
    label: Node
    impossible: bool = False

    @property
    def kinds(self) -> frozenset[str]:
        return kinds_of(self.plains)


@dataclass(frozen=True, slots=True)
class _Group:
    id: tuple[Place, str]
    alternatives: tuple[Node, ...]


@dataclass(slots=True)
class _Flat:
    plains: list[Node]
    groups: list[_Group]
    impossible: bool = False


def place_of(node: Node) -> Place:
    return (node.uri, node.pointer)


def cases(documents: Documents, nodes: Iterable[Node]) -> Iterator[Case]:
    """The cases of a value that satisfies all of ``nodes``, in the order of the schema."""
    given = tuple(nodes)
    waiting = [(given, frozenset[tuple[Place, str]](), given[0])]
    found = 0
    while waiting:
        held, chosen, label = waiting.pop()
        flat = _flat(documents, held)
        open_groups = [each for each in flat.groups if each.id not in chosen]
        group = None if flat.impossible else _first_typed(documents, open_groups, flat.plains)
        if group is None or found + len(waiting) + len(group.alternatives) > CASES_MAX:
            found += 1
            yield Case(tuple(flat.plains), label, flat.impossible)
            continue
        for alternative in reversed(group.alternatives):
            waiting.append(((*held, alternative), chosen | {group.id}, alternative))


def kinds_of(plains: Iterable[Node]) -> frozenset[str]:
    """The types of JSON that all of ``plains`` allow; ``number`` includes ``integer``."""
    kinds = KINDS
    for each in plains:
        given = each.schema.get("type")
        if given is not None:
            names = {given} if isinstance(given, str) else set(given)
            kinds &= names | ({"integer"} if "number" in names else set())
    return kinds


def of_objects(node: Node) -> bool:
    """Whether a plain schema says something about the members of objects that a type can say."""
    return any(keyword in node.schema for keyword in (*_OF_OBJECTS, "required"))


def _flat(documents: Documents, nodes: Iterable[Node]) -> _Flat:
    flat = _Flat([], [])
    waiting = list(nodes)[::-1]
    seen: set[Place] = set()
    while waiting:
        node = waiting.pop()
        schema = node.schema
        if schema is False:
            flat.impossible = True
        if not isinstance(schema, Mapping) or place_of(node) in seen:
            continue
        seen.add(place_of(node))
        if _has_other_base(documents, node):
            continue  # its references do not lead where they seem to: it is left to the validator
        flat.plains.append(node)
        flat.groups += _groups(node)
        waiting += reversed([*referred(documents, node), *_all_of(node)])
    return flat


def referred(documents: Documents, node: Node) -> Iterator[Node]:
    """Where the reference of a schema leads, if it has one that leads to a known document."""
    if isinstance(reference := node.schema.get("$ref"), str):
        try:
            target = documents.resolve(node, reference)
        except Undecided:
            return  # such as the metaschema, which the validator knows
        yield target


def _all_of(node: Node) -> Iterator[Node]:
    for number, _ in enumerate(node.schema.get("allOf", ())):
        yield node.at("allOf", number)


def _has_other_base(documents: Documents, node: Node) -> bool:
    """Whether a schema is inside one with an ``$id`` of its own."""
    inner = documents.root(node.uri).schema
    for step in parse_pointer(node.pointer) if node.pointer else ():
        try:
            inner = inner[int(step)] if isinstance(inner, list) else inner[step]
        except KeyError:
            return False  # a branch that is not written: node is an empty schema
        if isinstance(inner, Mapping) and isinstance(inner.get("$id"), str):
            return True
    return False


def _groups(node: Node) -> Iterator[_Group]:
    for keyword in ("oneOf", "anyOf"):
        if keyword in node.schema:
            count = len(node.schema[keyword])
            yield _Group(
                (place_of(node), keyword), tuple(node.at(keyword, number) for number in range(count))
            )
    if "if" in node.schema and ("then" in node.schema or "else" in node.schema):
        branches = [
            node.at(branch) if branch in node.schema else Node(node.uri, f"{node.pointer}/{branch}", {})
            for branch in ("then", "else")
        ]
        yield _Group((place_of(node), "if"), tuple(branches))


def _first_typed(documents: Documents, groups: Iterable[_Group], plains: list[Node]) -> _Group | None:
    """The first group whose choice changes the type. Alternatives that only require members, or limit
    numbers, do not."""
    kinds = kinds_of(plains)
    for group in groups:
        for alternative in group.alternatives:
            if _typed(documents, alternative, kinds, set()):
                return group
    return None


def _typed(documents: Documents, node: Node, kinds: frozenset[str], seen: set[Place]) -> bool:
    flat = _flat(documents, [node])
    if flat.impossible or not kinds <= kinds_of(flat.plains):
        return True
    if any(keyword in plain.schema for plain in flat.plains for keyword in _TYPED):
        return True
    for group in flat.groups:
        for inner in group.alternatives:
            if place_of(inner) not in seen:
                seen.add(place_of(inner))
                if _typed(documents, inner, kinds, seen):
                    return True
    return False


def names_in(plains: Iterable[Node], keyword: str) -> Iterator[str]:
    """The names below a keyword such as ``properties`` in all of ``plains``, each once."""
    given: dict[str, Any] = {}
    for each in plains:
        inner = each.schema.get(keyword, ())
        given.update(dict.fromkeys(inner))
    yield from given
