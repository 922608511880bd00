"""The schemas that describe one place of an event together, and what each declares or says about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from bridge.schemas.compatibility.reading.normal import Schema

Tags = frozenset[tuple[int, int]]
"""The branches of choices that a member is in: (id of the choice, number of the branch)."""


@dataclass(frozen=True, slots=True)
class Member:
    """A schema that describes a place, maybe only if a certain branch applies. ``test``: an ``if``."""

    node: dict[str, Any]
    tags: Tags = frozenset()
    test: bool = False

    def excludes(self, other: Member) -> bool:
        mine = dict(self.tags)
        return any(mine.get(choice, branch) != branch for choice, branch in other.tags)


def declares(node: dict[str, Any]) -> bool:
    return "properties" in node or "patternProperties" in node


def types_allowed(node: dict[str, Any]) -> list[str]:
    """Without ``type`` an object is assumed."""
    types = node.get("type", "object")
    return [types] if isinstance(types, str) else list(types)


def _other_members(node: dict[str, Any]) -> Iterator[Schema]:
    yield from (node[k] for k in ("additionalProperties", "unevaluatedProperties") if k in node)


def by_name(name: str) -> Callable[[dict[str, Any], bool], Iterator[Schema]]:
    """What else may describe the member ``name``."""

    def describing(node: dict[str, Any], own: bool) -> Iterator[Schema]:
        yield from node.get("patternProperties", {}).values()
        if own:
            return
        if name in node.get("properties", {}):
            yield node["properties"][name]
        else:
            yield from _other_members(node)

    return describing


def members(node: dict[str, Any], own: bool) -> Iterator[Schema]:
    yield from node.get("patternProperties", {}).values()
    yield from node.get("properties", {}).values()
    if not own:
        yield from _other_members(node)


def elements(node: dict[str, Any], own: bool) -> Iterator[Schema]:
    if not own:
        yield from node.get("prefixItems", ())
        yield from (node[k] for k in ("items", "unevaluatedItems", "contains") if k in node)


def needed(node: dict[str, Any]) -> Iterator[str]:
    yield from node.get("required", ())
    yield from chain.from_iterable(node.get("dependentRequired", {}).values())


def named(node: dict[str, Any]) -> Iterator[str]:
    """A required name counts as declared, wherever it is required."""
    yield from node.get("properties", ())
    yield from needed(node)


def undeclared_needs(members: list[Member], group: list[Member]) -> list[Member]:
    declared = {name for member in group for name in member.node.get("properties", ())}
    needs = {name: True for member in members for name in needed(member.node) if name not in declared}
    return [Member({"properties": needs})] if needs else []
