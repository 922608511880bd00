"""The closed reading, what producers may send: a schema that refuses every undeclared member.

docs/compatibility.md describes when an object is closed and when a member is declared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

from bridge.schemas.compatibility.reading.complexity import TooComplex
from bridge.schemas.compatibility.reading.members import (
    Member,
    Tags,
    by_name,
    declares,
    elements,
    members,
    named,
    types_allowed,
    undeclared_needs,
)
from bridge.schemas.compatibility.reading.normal import DEFS, Normal, Schema

_IN_PLACE: Final = frozenset(
    {"$ref", "allOf", "anyOf", "oneOf", "if", "then", "else", "dependentSchemas"}
)  # keywords with schemas that describe the same place
_CHILDREN: Final = frozenset(
    {
        "properties", "patternProperties", "additionalProperties", "unevaluatedProperties", "prefixItems",
        "items", "unevaluatedItems",
    }
)  # fmt: skip
MAX_HEADS: Final = 20_000


def closed(normal: Normal, *, lenient: bool = False) -> Normal:
    """What producers may send. ``lenient``: closed even where ``additionalProperties`` would allow more.

    Raises :class:`TooComplex`.
    """
    return _Closer(normal, lenient).run()


class _Closer:
    """Rewrites every schema that describes a place by itself (a head) so that it refuses undeclared members.

    Where several schemas describe one place, a name that any of them declares is declared. For schemas in
    place, ``unevaluatedProperties`` has this effect; for those from further up (companions) the name is
    added.
    """

    def __init__(self, normal: Normal, lenient: bool) -> None:
        self._normal = normal
        self._lenient = lenient
        self._defs: dict[str, Schema] = dict(normal.defs)
        self._origin = normal.origin
        self._names: dict[tuple[int, tuple[int, ...]], str] = {}
        self._count = 0
        self._sure: dict[int, bool] = {}

    def run(self) -> Normal:
        return replace(self._normal, root=self._head(self._normal.root, ()), defs=self._defs)

    def _head(self, node: Schema, companions: tuple[Schema, ...]) -> Schema:
        if isinstance(node, bool) or (
            node.keys().isdisjoint(_CHILDREN) and node.keys().isdisjoint(_IN_PLACE)
        ):
            return node
        if not companions and node.keys().isdisjoint(_IN_PLACE):
            return self._plain(node)
        companions = tuple({id(each): each for each in companions if not isinstance(each, bool)}.values())
        if "$ref" in node and len(node) == 1 and not companions:
            target = self._target(node)
            return node if isinstance(target, bool) else self._shared(target, ())
        return self._shared(node, companions)

    def _shared(self, node: dict[str, Any], companions: tuple[Schema, ...]) -> Schema:
        """One definition for each head that may occur again below itself."""
        key = (id(node), tuple(sorted(map(id, companions))))
        name = self._names.get(key)
        if name is None:
            self._count += 1
            if self._count > MAX_HEADS:
                raise TooComplex("the closed reading of the schema grows too large")
            name = self._names[key] = f"{self._normal.prefix}h{self._count}"
            if not companions and node.keys().isdisjoint(_IN_PLACE):
                self._defs[name] = self._plain(node)
            else:
                self._defs[name] = self._combined(node, companions)
        return {"$ref": DEFS + name}

    def _target(self, node: dict[str, Any]) -> Schema:
        return self._normal.defs[node["$ref"].removeprefix(DEFS)]

    def _copy(self, node: dict[str, Any], out: dict[str, Any]) -> dict[str, Any]:
        self._origin[id(out)] = self._origin.get(id(node), "")
        return out

    def _plain(self, node: dict[str, Any]) -> Schema:
        """A head without companions and without schemas in place."""
        me = Member(node)
        out = self._children(me, [me])
        if declares(node) and self._may_close(node):
            self._close(out, "additionalProperties", [me])
        return self._copy(node, out)

    def _may_close(self, node: dict[str, Any]) -> bool:
        if self._lenient and declares(node):
            return True
        return "additionalProperties" not in node and "unevaluatedProperties" not in node

    @staticmethod
    def _close(out: dict[str, Any], keyword: str, named_by: list[Member]) -> None:
        properties = dict(out.get("properties", {}))
        patterns = dict(out.get("patternProperties", {}))
        for member in named_by:
            for name in named(member.node):
                properties.setdefault(name, True)
            for pattern in member.node.get("patternProperties", ()):
                patterns.setdefault(pattern, True)
        if properties:
            out["properties"] = properties
        if patterns:
            out["patternProperties"] = patterns
        out[keyword] = False

    def _combined(self, node: dict[str, Any], companions: tuple[Schema, ...]) -> Schema:
        own = list(self._gather(node))
        others = [member for each in companions for member in self._gather(each)]
        out = self._member(own[0], [*own, *others])
        if (
            any(declares(member.node) for member in own)
            and self._surely_declares(node)
            and all(self._may_close(member.node) for member in others)
        ):
            explicit = not self._lenient and (
                "unevaluatedProperties" in node or "additionalProperties" in node
            )
            if not explicit:
                tests = [member for member in own if member.test]
                named = [member for member in own if not member.test and member.node is not node]
                extra = undeclared_needs([own[0], *named], own)
                self._close(out, "unevaluatedProperties", [*others, *tests, *extra])
        return self._copy(node, out)

    def _surely_declares(self, node: Schema) -> bool:
        """Whether a schema that applies declares members, whichever alternatives an object matches."""
        if isinstance(node, bool):
            return not node
        known = self._sure.get(id(node))
        if known is None:
            known = self._sure[id(node)] = self._find_sure(node)
        return known

    def _find_sure(self, node: dict[str, Any]) -> bool:
        if declares(node) or "object" not in types_allowed(node):
            return True
        if "enum" in node and not any(isinstance(value, dict) for value in node["enum"]):
            return True
        if "$ref" in node and self._surely_declares(self._target(node)):
            return True
        if any(self._surely_declares(each) for each in node.get("allOf", ())):
            return True
        for keyword in ("anyOf", "oneOf"):
            if keyword in node and all(self._surely_declares(each) for each in node[keyword]):
                return True
        if "if" not in node:
            return False
        passed = self._surely_declares(node["if"]) or self._surely_declares(node.get("then", True))
        return passed and self._surely_declares(node.get("else", True))

    def _gather(self, node: Schema, tags: Tags = frozenset(), test: bool = False) -> Iterator[Member]:
        """The schema and all schemas that describe the same place with it."""
        if isinstance(node, bool):
            return
        self._count += 1
        if self._count > 10 * MAX_HEADS:
            raise TooComplex("too many schemas describe one place")
        yield Member(node, tags, test)
        if "$ref" in node:
            yield from self._gather(self._target(node), tags, test)
        for keyword in ("allOf", "anyOf", "oneOf"):
            for index, each in enumerate(node.get(keyword, ())):
                branch = tags | {(id(node[keyword]), index)} if keyword == "oneOf" else tags
                yield from self._gather(each, branch, test)
        if "if" in node:
            yield from self._gather(node["if"], tags, True)
            for index, keyword in enumerate(("then", "else")):
                if keyword in node:
                    yield from self._gather(node[keyword], tags | {(id(node["if"]), index)}, test)
        for each in node.get("dependentSchemas", {}).values():
            yield from self._gather(each, tags, test)

    def _member(
        self, me: Member, group: list[Member], tags_of: dict[int, Tags] | None = None
    ) -> dict[str, Any]:
        """A member with its children as heads, and the same for the members below it.

        ``tags_of``: by the id of each node of the group, the tags that all its occurrences share. They are
        computed once, because the group may be large.
        """
        out = self._children(me, group)
        if tags_of is None:
            tags_of = {}
            for member in group:
                known = tags_of.get(id(member.node), member.tags)
                tags_of[id(member.node)] = known & member.tags
        shared = tags_of

        def inner(node: Schema) -> Schema:
            if isinstance(node, bool):
                return node
            return self._member(Member(node, shared[id(node)]), group, shared)

        for keyword, value in me.node.items():
            if keyword in ("allOf", "anyOf", "oneOf"):
                out[keyword] = [inner(each) for each in value]
            elif keyword in ("then", "else"):
                out[keyword] = inner(value)
            elif keyword == "dependentSchemas":
                out[keyword] = {name: inner(each) for name, each in value.items()}
            elif keyword == "$ref":
                new = inner(self._target(me.node))
                if new is self._target(me.node):
                    continue
                self._count += 1
                name = f"{self._normal.prefix}m{self._count}"
                out["$ref"] = DEFS + name
                self._defs[name] = new
        return self._copy(me.node, out)

    def _children(self, me: Member, group: list[Member]) -> dict[str, Any]:
        node = me.node
        out = dict(node)
        out.pop("x-extensible-enum", None)
        alone = len(group) == 1
        if self._lenient and declares(node):
            for keyword in ("additionalProperties", "unevaluatedProperties"):
                if out.get(keyword, False) is not False:
                    del out[keyword]
        if "properties" in node:
            simple = alone and "patternProperties" not in node
            out["properties"] = {
                name: self._head(each, () if simple else self._beside(me, group, by_name(name)))
                for name, each in node["properties"].items()
            }
        if "patternProperties" in node:
            out["patternProperties"] = {
                pattern: self._head(each, tuple(c for c in self._beside(me, group, members) if c is not each))
                for pattern, each in node["patternProperties"].items()
            }
        for keyword in ("additionalProperties", "unevaluatedProperties"):
            if keyword in out and not isinstance(out[keyword], bool):
                out[keyword] = self._head(out[keyword], () if alone else self._beside(me, group, members))
        if "prefixItems" in node or "items" in node or "unevaluatedItems" in node:
            beside = () if alone and "contains" not in node else self._beside(me, group, elements)
            beside = (*beside, *([node["contains"]] if "contains" in node else ()))
            if "prefixItems" in node:
                out["prefixItems"] = [self._head(each, beside) for each in node["prefixItems"]]
            for keyword in ("items", "unevaluatedItems"):
                if keyword in node:
                    out[keyword] = self._head(node[keyword], beside)
        return out

    def _beside(
        self, me: Member, group: list[Member], of: Callable[[dict[str, Any], bool], Iterator[Schema]]
    ) -> tuple[Schema, ...]:
        found: list[Schema] = []
        for member in group:
            if member.node is me.node or not me.excludes(member):
                found += of(member.node, member.node is me.node)
        return tuple(found)
