"""The schemas that describe one place of an event together, and what each says of what is below it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bridge.schemas.compatibility.reading.normal import Schema

Tags = frozenset[tuple[int, int]]
"""Which branch of which choice a member stands in: (id of the choice, number of the branch)."""


@dataclass(frozen=True, slots=True)
class Member:
    """A schema that describes a place, maybe only if some branch is taken. ``test``: an ``if``."""

    node: dict[str, Any]
    tags: Tags = frozenset()
    test: bool = False

    def excludes(self, other: Member) -> bool:
        mine = dict(self.tags)
        return any(mine.get(choice, branch) != branch for choice, branch in other.tags)


def types_of(node: dict[str, Any]) -> list[str]:
    types = node.get("type", "object")
    return [types] if isinstance(types, str) else list(types)


def by_name(name: str) -> Callable[[dict[str, Any], bool], Iterator[Schema]]:
    def describing(node: dict[str, Any], own: bool) -> Iterator[Schema]:
        """What else may describe the member ``name``."""
        yield from node.get("patternProperties", {}).values()
        if own:
            return
        if name in node.get("properties", {}):
            yield node["properties"][name]
        else:
            yield from (node[k] for k in ("additionalProperties", "unevaluatedProperties") if k in node)

    return describing


def members(node: dict[str, Any], own: bool) -> Iterator[Schema]:
    yield from node.get("patternProperties", {}).values()
    yield from node.get("properties", {}).values()
    if not own:
        yield from (node[k] for k in ("additionalProperties", "unevaluatedProperties") if k in node)


def elements(node: dict[str, Any], own: bool) -> Iterator[Schema]:
    if own:
        return
    yield from node.get("prefixItems", ())
    yield from (node[k] for k in ("items", "unevaluatedItems", "contains") if k in node)


def named(node: dict[str, Any]) -> Iterator[str]:
    """A name that must be there is declared, wherever it is said that it must."""
    yield from node.get("properties", ())
    yield from node.get("required", ())
    for needed in node.get("dependentRequired", {}).values():
        yield from needed


def undeclared_needs(members: list[Member], group: list[Member]) -> list[Member]:
    declared = {name for member in group for name in member.node.get("properties", ())}
    needs = {name: True for member in members for name in _needed(member.node) if name not in declared}
    return [Member({"properties": needs})] if needs else []


def _needed(node: dict[str, Any]) -> Iterator[str]:
    yield from node.get("required", ())
    for needed in node.get("dependentRequired", {}).values():
        yield from needed
