"""The differences between two schemas in sentences, place by place. Not whom they break."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bridge.schemas.documents.meaning import content_hash
from bridge.schemas.evolution.members import MEMBERS_MAX, Member, follow, kind_of, member_of
from bridge.schemas.evolution.sentences import Change, Place, keyword_change, kind_change, said, value_text
from bridge.schemas.evolution.variants import pair_variants

_MEMBERS: Final = {"$id", "$schema", "properties", "required", "$defs", "definitions"}
_ALTERNATIVES: Final = ("oneOf", "anyOf", "allOf")
_SCHEMA: Final = frozenset({
    "items", "additionalProperties", "unevaluatedProperties", "unevaluatedItems", "contains", "propertyNames",
    "not", "if", "then", "else", "additionalItems", "contentSchema",
})  # fmt: skip
_BY_NAME: Final = frozenset({"patternProperties", "dependentSchemas"})
_DEEPEST: Final = 40


def find_changes(old: Any, new: Any) -> list[Change]:
    """Every difference as a sentence, in the order of the newer schema. Empty for equal schemas."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        same = content_hash(old) == content_hash(new)
        return [] if same else [Change("changed", "", f"was {value_text(old)}, is {value_text(new)}")]
    walk = _Walk(old, new)
    changes = list(dict.fromkeys(walk.place(Place(), old, new)))
    unseen = sorted(walk.changed - walk.seen)
    if unseen:
        names = ", ".join(f"`{name}`" for name in unseen)
        changes.append(Change("changed", "", f"definitions changed: {names}"))
    if not changes and content_hash({**old, "$id": ""}) != content_hash({**new, "$id": ""}):
        changes.append(Change("changed", "", "something else changed: compare the files"))
    return changes


class _Walk:
    """Both schemas at once. ``changed`` are the definitions that differ, ``seen`` those that were reached."""

    def __init__(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        self._old, self._new = old, new
        had, has = _definitions(old), _definitions(new)
        self.changed = {name for name in had | has if not _same(had, has, name)}
        self._touched = _referring(has, self.changed) if self.changed else set()
        self.seen: set[str] = set()
        self._left = MEMBERS_MAX
        self._trail: list[tuple[int, int]] = []

    def place(self, place: Place, old: Any, new: Any, *, kind: bool = False) -> Iterator[Change]:
        """The differences of two schemas at one place. ``kind``: also say when the kind of value changed."""
        before, after = self._follow(self._old, old), self._follow(self._new, new)
        pair = (id(old), id(new))
        if self._left <= 0 or pair in self._trail or len(self._trail) > _DEEPEST or self._equal(old, new):
            return
        self._left -= 1
        self._trail.append(pair)
        if isinstance(before, dict) and isinstance(after, dict):
            covered: set[str] = set()
            if kind:
                found, covered = kind_change(place, self._old, old, self._new, new)
                yield from found
            yield from self._keywords(place, before, after, covered)
            if _types(before) == _types(after):
                yield from self._members(place, before, after)
            yield from self._inner(place, before, after, covered)
        elif content_hash(before) != content_hash(after):
            was, now = kind_of(self._old, old), kind_of(self._new, new)
            yield Change("changed", place.path, said(place, f"was {was}, is {now}"))
        self._trail.pop()

    def _keywords(
        self, place: Place, before: Mapping[str, Any], after: Mapping[str, Any], covered: set[str]
    ) -> Iterator[Change]:
        skipped = _MEMBERS | covered | {"$ref"}
        for keyword in dict.fromkeys((*after, *before)):
            if keyword in skipped or _same(before, after, keyword):
                continue
            if self._walks(keyword, before.get(keyword), after.get(keyword)):
                continue
            yield keyword_change(place, keyword, before, after)

    def _members(self, place: Place, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
        had, has = _named(before, "properties"), _named(after, "properties")
        for name in had:
            if name not in has:
                member = self._member(self._old, place.member(name), name, before)
                text = said(place.member(name), f"was removed; it was {_summary(member)}")
                yield Change("removed", member.path, text)
        for name in has:
            here = place.member(name)
            if name not in had:
                member = self._member(self._new, here, name, after)
                yield Change("added", here.path, said(here, f"is new: {_summary(member)}"))
                continue
            yield from _requirement(here, name, before, after)
            yield from self.place(here, had[name], has[name], kind=True)
        for name in dict.fromkeys((*_required(after), *_required(before))):
            if name not in had and name not in has:
                yield from _requirement(place.member(name), name, before, after)

    def _inner(
        self, place: Place, before: Mapping[str, Any], after: Mapping[str, Any], covered: set[str]
    ) -> Iterator[Change]:
        """Schemas inside that are no members: elements, alternatives, conditions."""
        for keyword in dict.fromkeys((*after, *before)):
            was: Any = before.get(keyword)
            now: Any = after.get(keyword)
            if not self._walks(keyword, was, now):
                continue
            if keyword in _ALTERNATIVES:
                yield from self._alternatives(place, keyword, was, now)
            elif keyword == "prefixItems":
                for index, (one, other) in enumerate(zip(was, now, strict=False)):
                    yield from self.place(place.element(str(index)), one, other, kind=True)
                for index in range(min(len(was), len(now)), max(len(was), len(now))):
                    text = "was removed" if index < len(was) else "is new"
                    yield Change("changed", place.path, said(place.element(str(index)), text))
            elif keyword in _BY_NAME:
                yield from self._by_name(place, keyword, was, now)
            else:
                inner = place.element() if keyword == "items" else place.noted(f"in `{keyword}`")
                yield from self.place(inner, was, now, kind="items" not in covered or keyword != "items")

    def _by_name(
        self, place: Place, keyword: str, was: Mapping[str, Any], now: Mapping[str, Any]
    ) -> Iterator[Change]:
        for name in dict.fromkeys((*now, *was)):
            inner = place.noted(f"in `{keyword}` `{name}`")
            if name not in was:
                yield Change("added", place.path, said(inner, "is new"))
            elif name not in now:
                yield Change("removed", place.path, said(inner, "was removed"))
            else:
                yield from self.place(inner, was[name], now[name], kind=True)

    def _alternatives(self, place: Place, keyword: str, was: list[Any], now: list[Any]) -> Iterator[Change]:
        for name, one, other in pair_variants((self._old, was), (self._new, now)):
            inner = place if keyword == "allOf" else place.noted(f"in variant {name}")
            if one is not None and other is not None:
                yield from self.place(inner, one[0], other[0], kind=True)
            elif other is not None:
                kind = kind_of(self._new, other[0])
                yield Change("changed", place.path, said(place, f"has a new variant {name}: {kind}"))
            else:
                yield Change("changed", place.path, said(place, f"no longer has the variant {name}"))

    # --- what two schemas are -------------------------------------------------------------------------

    def _walks(self, keyword: str, was: Any, now: Any) -> bool:
        """Whether the difference of a keyword is reported by the schemas inside it."""
        if keyword in _SCHEMA:
            return isinstance(was, dict) and isinstance(now, dict)
        if keyword in _BY_NAME:
            return isinstance(was, dict) and isinstance(now, dict)
        if keyword in _ALTERNATIVES or keyword == "prefixItems":
            return isinstance(was, list) and isinstance(now, list)
        return False

    def _equal(self, old: Any, new: Any) -> bool:
        return content_hash(old) == content_hash(new) and not self._refers(old)

    def _refers(self, schema: Any) -> bool:
        return bool(self.changed) and not _references(schema).isdisjoint(self._touched)

    def _follow(self, root: Mapping[str, Any], schema: Any) -> Any:
        here = schema
        for _ in range(_DEEPEST):
            name = _definition(here.get("$ref")) if isinstance(here, dict) else ""
            if not name:
                break
            self.seen.add(name)
            here = _definitions(root).get(name)
        return follow(root, schema)

    def _member(self, root: Mapping[str, Any], place: Place, name: str, schema: Any) -> Member:
        return member_of(root, place.path, schema["properties"][name], required=name in _required(schema))


def _requirement(
    place: Place, name: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Change]:
    was, now = name in _required(before), name in _required(after)
    if was != now:
        yield Change("changed", place.path, said(place, f"is {'required' if now else 'optional'} now"))


def _same(old: Mapping[str, Any], new: Mapping[str, Any], name: str) -> bool:
    return (name in old) == (name in new) and content_hash(old.get(name)) == content_hash(new.get(name))


def _summary(member: Member) -> str:
    text = f"{'required' if member.required else 'optional'}, {member.kind}"
    return text + (f" — {member.description}" if member.description else "")


def _named(schema: Mapping[str, Any], keyword: str) -> dict[str, Any]:
    named = schema.get(keyword)
    return named if isinstance(named, dict) else {}


def _required(schema: Mapping[str, Any]) -> list[Any]:
    required = schema.get("required")
    return required if isinstance(required, list) else []


def _types(schema: Mapping[str, Any]) -> Any:
    types = schema.get("type")
    return [types] if isinstance(types, str) else types


def _definitions(document: Mapping[str, Any]) -> dict[str, Any]:
    return {**_named(document, "definitions"), **_named(document, "$defs")}


def _definition(reference: Any) -> str:
    """The name of the definition that a reference leads to, or into."""
    for start in ("#/$defs/", "#/definitions/"):
        if isinstance(reference, str) and reference.startswith(start):
            return reference.removeprefix(start).split("/")[0].replace("~1", "/").replace("~0", "~")
    return ""


def _references(schema: Any) -> set[str]:
    """The definitions that a schema names anywhere in it."""
    if isinstance(schema, list):
        return set().union(*map(_references, schema)) if schema else set()
    if not isinstance(schema, dict):
        return set()
    found = {_definition(schema.get("$ref"))} - {""}
    return found.union(*map(_references, schema.values()))


def _referring(definitions: Mapping[str, Any], changed: set[str]) -> set[str]:
    """The definitions that changed, and those that refer to one of them."""
    uses = {name: _references(schema) for name, schema in definitions.items()}
    touched = set(changed)
    while more := {name for name, used in uses.items() if name not in touched and used & touched}:
        touched |= more
    return touched
