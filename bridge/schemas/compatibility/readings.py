"""How each side reads a schema: what producers may send, and what consumers take.

Both readings are written down in docs/compatibility.md. For every schema S: closed(S) is what a producer may
send of what S allows, and everything S allows is taken by open(S).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from bridge.schemas.compatibility.normal import DEFS, Normal, Schema

IN_PLACE: Final = frozenset(
    {"$ref", "allOf", "anyOf", "oneOf", "if", "then", "else", "dependentSchemas"}
)  # what else describes the same place of an event
OBJECT_CHILDREN: Final = ("properties", "patternProperties", "additionalProperties", "unevaluatedProperties")
ARRAY_CHILDREN: Final = ("prefixItems", "items", "unevaluatedItems")
_CHILDREN: Final = frozenset((*OBJECT_CHILDREN, *ARRAY_CHILDREN))
_OPENED_BELOW: Final = ("items", "unevaluatedItems", "then", "else", "contains")
_OPENED: Final = frozenset({"additionalProperties", "unevaluatedProperties", "x-extensible-enum"})
MAX_HEADS: Final = 20_000


class TooComplex(Exception):
    """A reading, or a proof, would outgrow what may be spent on it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A schema in normal form as one side reads it. ``inexact``: 2020-12 cannot say all of it."""

    root: Schema
    defs: dict[str, Schema]
    origin: dict[int, str]
    inexact: bool
    unread: bool


def as_written(normal: Normal) -> Reading:
    return _reading(normal, normal.root, normal.defs)


def _reading(normal: Normal, root: Schema, defs: dict[str, Schema]) -> Reading:
    return Reading(root, defs, normal.origin, normal.inexact, bool(normal.unread))


def opened(normal: Normal, *, lenient: bool = False) -> Reading:
    """What consumers take. ``lenient``: ``additionalProperties`` is dropped whatever it says."""
    return _Opener(normal, lenient).run() if normal.has_closing else as_written(normal)


def closed(normal: Normal, *, lenient: bool = False) -> Reading:
    """What producers may send. ``lenient``: even where ``additionalProperties`` would allow more.

    Raises :class:`TooComplex`.
    """
    return _Closer(normal, lenient).run()


def declares(node: dict[str, Any]) -> bool:
    return "properties" in node or "patternProperties" in node


class _Opener:
    def __init__(self, normal: Normal, lenient: bool) -> None:
        self._normal = normal
        self._lenient = lenient
        self._defs: dict[str, Schema] = dict(normal.defs)
        self._origin = normal.origin
        self._closing: dict[str, bool] = {}

    def run(self) -> Reading:
        for name, node in self._normal.defs.items():
            if self._closes(name):
                self._defs[name + "o"] = self._open(node)
        return _reading(self._normal, self._open(self._normal.root), self._defs)

    def _open(self, node: Schema) -> Schema:
        if isinstance(node, bool):
            return node
        out: dict[str, Any] = {}
        same = True
        for keyword, value in node.items():
            new = value
            if keyword in ("additionalProperties", "unevaluatedProperties"):
                if value is False or (self._lenient and declares(node)):
                    same = False
                    continue
                new = self._open(value)
            elif keyword in ("properties", "patternProperties", "dependentSchemas"):
                new = {name: self._open(each) for name, each in value.items()}
                if all(map(_is, new.values(), value.values())):
                    new = value
            elif keyword in ("allOf", "anyOf", "prefixItems"):
                new = self._all(value)
            elif keyword in _OPENED_BELOW and ("maxContains" not in node or keyword != "contains"):
                new = self._open(value)
            elif keyword == "$ref":
                name = value.removeprefix(DEFS)
                new = f"{DEFS}{name}o" if self._closes(name) else value
            elif keyword == "x-extensible-enum":
                same = False
                continue
            elif keyword == "oneOf":
                branches = self._all(value)
                if branches is not value:
                    same = False
                    either = {"anyOf": [{"oneOf": value}, {"oneOf": branches}]}
                    out["allOf"] = [*out.get("allOf", ()), either]
                    continue
            elif keyword == "enum" and "x-extensible-enum" in node and not self._lenient:
                same = False
                out.pop("$comment", None)
                if "type" not in node:
                    out["type"] = _types_of(value)
                continue
            if new is not value:
                same = False
            out[keyword] = [*out["allOf"], *new] if keyword == "allOf" and "allOf" in out else new
        if same:
            return node
        self._origin[id(out)] = self._origin.get(id(node), "")
        return out

    def _closes(self, name: str) -> bool:
        """Whether something to be opened can be reached from a definition."""
        known = self._closing.get(name)
        if known is not None:
            return known
        reached = {name}
        waiting: list[Any] = [self._normal.defs[name]]
        found = False
        while waiting and not found:
            each = waiting.pop()
            if isinstance(each, list):
                waiting += each
            elif isinstance(each, dict):
                found = not each.keys().isdisjoint(_OPENED)
                reference = each.get("$ref")
                if isinstance(reference, str) and reference.startswith(DEFS):
                    target = reference.removeprefix(DEFS)
                    if target in self._normal.defs and target not in reached:
                        reached.add(target)
                        waiting.append(self._normal.defs[target])
                waiting += each.values()
        self._closing[name] = found
        return found

    def _all(self, nodes: list[Schema]) -> list[Schema]:
        new = [self._open(each) for each in nodes]
        return nodes if all(map(_is, new, nodes)) else new


def _is(one: object, other: object) -> bool:
    return one is other


_JSON_TYPES: Final[tuple[tuple[type, str], ...]] = (
    (bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (list, "array"),
    (dict, "object"), (type(None), "null"),
)  # fmt: skip


def type_of(value: Any) -> str:
    """The JSON Schema type of a value; ``1.0`` is an integer (as since draft 6)."""
    if isinstance(value, float) and value.is_integer():
        return "integer"
    return next(name for kind, name in _JSON_TYPES if isinstance(value, kind))


def _types_of(values: list[Any]) -> list[str]:
    types = {type_of(value) for value in values}
    return sorted(types - {"integer"} if "number" in types else types)


Tags = frozenset[tuple[int, int]]
"""Which branch of which choice a member stands in: (id of the choice, number of the branch)."""


@dataclass(frozen=True, slots=True)
class _Member:
    """A schema that describes a place, maybe only if some branch is taken. ``test``: an ``if``."""

    node: dict[str, Any]
    tags: Tags = frozenset()
    test: bool = False

    def excludes(self, other: _Member) -> bool:
        mine = dict(self.tags)
        return any(mine.get(choice, branch) != branch for choice, branch in other.tags)


class _Closer:
    """Rewrites every schema that describes a place by itself (a head) so that it refuses the undeclared.

    Where several schemas describe one place, a name that any of them declares is declared: in place, by
    ``unevaluatedProperties``; from further up (companions), by naming it.
    """

    def __init__(self, normal: Normal, lenient: bool) -> None:
        self._normal = normal
        self._lenient = lenient
        self._defs: dict[str, Schema] = dict(normal.defs)
        self._origin = normal.origin
        self._names: dict[tuple[int, tuple[int, ...]], str] = {}
        self._count = 0

    def run(self) -> Reading:
        return _reading(self._normal, self._head(self._normal.root, ()), self._defs)

    def _head(self, node: Schema, companions: tuple[Schema, ...]) -> Schema:
        if isinstance(node, bool) or (node.keys().isdisjoint(_CHILDREN) and node.keys().isdisjoint(IN_PLACE)):
            return node
        if not companions and node.keys().isdisjoint(IN_PLACE):
            return self._plain(node)
        companions = tuple({id(each): each for each in companions if not isinstance(each, bool)}.values())
        if "$ref" in node and len(node) == 1 and not companions:
            target = self._target(node)
            return node if isinstance(target, bool) else self._shared(target, ())
        return self._shared(node, companions)

    def _shared(self, node: dict[str, Any], companions: tuple[Schema, ...]) -> Schema:
        """One definition for each head that may be met again below itself."""
        key = (id(node), tuple(sorted(map(id, companions))))
        name = self._names.get(key)
        if name is None:
            self._count += 1
            if self._count > MAX_HEADS:
                raise TooComplex("the closed reading of the schema grows too large")
            name = self._names[key] = f"{self._normal.prefix}h{self._count}"
            if not companions and node.keys().isdisjoint(IN_PLACE):
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
        """A head that nothing else describes."""
        me = _Member(node)
        out = self._children(me, [me])
        if declares(node) and self._may_close(node):
            self._close(out, "additionalProperties", [me])
        return self._copy(node, out)

    def _may_close(self, node: dict[str, Any]) -> bool:
        if self._lenient and declares(node):
            return True
        return "additionalProperties" not in node and "unevaluatedProperties" not in node

    @staticmethod
    def _close(out: dict[str, Any], keyword: str, named_by: list[_Member]) -> None:
        properties = dict(out.get("properties", {}))
        patterns = dict(out.get("patternProperties", {}))
        for member in named_by:
            for name in _named(member.node):
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
        if any(declares(member.node) for member in own) and all(
            self._may_close(member.node) for member in others
        ):
            explicit = not self._lenient and (
                "unevaluatedProperties" in node or "additionalProperties" in node
            )
            if not explicit:
                tests = [member for member in own if member.test]
                named = [member for member in own if not member.test and member.node is not node]
                extra = _undeclared_needs([own[0], *named], own)
                self._close(out, "unevaluatedProperties", [*others, *tests, *extra])
        return self._copy(node, out)

    def _gather(self, node: Schema, tags: Tags = frozenset(), test: bool = False) -> Iterator[_Member]:
        """The schema and all that describes the same place with it."""
        if isinstance(node, bool):
            return
        self._count += 1
        if self._count > 10 * MAX_HEADS:
            raise TooComplex("too many schemas describe one place")
        yield _Member(node, tags, test)
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

    def _member(self, me: _Member, group: list[_Member]) -> dict[str, Any]:
        """A member with its children as heads, and the members below it likewise."""
        out = self._children(me, group)

        def inner(node: Schema) -> Schema:
            if isinstance(node, bool):
                return node
            tags = [member.tags for member in group if member.node is node]
            return self._member(_Member(node, frozenset.intersection(*tags)), group)

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

    def _children(self, me: _Member, group: list[_Member]) -> dict[str, Any]:
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
                name: self._head(each, () if simple else self._beside(me, group, _by_name(name)))
                for name, each in node["properties"].items()
            }
        if "patternProperties" in node:
            out["patternProperties"] = {
                pattern: self._head(
                    each, tuple(c for c in self._beside(me, group, _members) if c is not each)
                )
                for pattern, each in node["patternProperties"].items()
            }
        for keyword in ("additionalProperties", "unevaluatedProperties"):
            if keyword in out and not isinstance(out[keyword], bool):
                out[keyword] = self._head(out[keyword], () if alone else self._beside(me, group, _members))
        if "prefixItems" in node or "items" in node or "unevaluatedItems" in node:
            beside = () if alone and "contains" not in node else self._beside(me, group, _elements)
            beside = (*beside, *([node["contains"]] if "contains" in node else ()))
            if "prefixItems" in node:
                out["prefixItems"] = [self._head(each, beside) for each in node["prefixItems"]]
            for keyword in ("items", "unevaluatedItems"):
                if keyword in node:
                    out[keyword] = self._head(node[keyword], beside)
        return out

    def _beside(
        self, me: _Member, group: list[_Member], of: Callable[[dict[str, Any], bool], Iterator[Schema]]
    ) -> tuple[Schema, ...]:
        found: list[Schema] = []
        for member in group:
            if member.node is me.node or not me.excludes(member):
                found += of(member.node, member.node is me.node)
        return tuple(found)


def _by_name(name: str) -> Callable[[dict[str, Any], bool], Iterator[Schema]]:
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


def _members(node: dict[str, Any], own: bool) -> Iterator[Schema]:
    yield from node.get("patternProperties", {}).values()
    yield from node.get("properties", {}).values()
    if not own:
        yield from (node[k] for k in ("additionalProperties", "unevaluatedProperties") if k in node)


def _elements(node: dict[str, Any], own: bool) -> Iterator[Schema]:
    if own:
        return
    yield from node.get("prefixItems", ())
    yield from (node[k] for k in ("items", "unevaluatedItems", "contains") if k in node)


def _named(node: dict[str, Any]) -> Iterator[str]:
    """A name that must be there is declared, wherever it is said that it must."""
    yield from node.get("properties", ())
    yield from node.get("required", ())
    for needed in node.get("dependentRequired", {}).values():
        yield from needed


def _undeclared_needs(members: list[_Member], group: list[_Member]) -> list[_Member]:
    declared = {name for member in group for name in member.node.get("properties", ())}
    needs = {name: True for member in members for name in _needed(member.node) if name not in declared}
    return [_Member({"properties": needs})] if needs else []


def _needed(node: dict[str, Any]) -> Iterator[str]:
    yield from node.get("required", ())
    for needed in node.get("dependentRequired", {}).values():
        yield from needed
