"""The differences between two schemas in sentences, member by member. Not whom they break."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bridge.schemas.documents.meaning import content_hash
from bridge.schemas.evolution.members import Member, as_text, follow, members_of

Kind = Literal["added", "removed", "changed", "annotation"]
_REPORTED_ELSEWHERE = {"$id", "$schema", "properties", "required", "$defs", "definitions"}
_TEXT = {"title", "description", "$comment", "examples", "default"}


@dataclass(frozen=True, slots=True)
class Change:
    """``annotation``: only text for readers changed. ``path`` is the member's, "" for the whole schema."""

    kind: Kind
    path: str
    text: str


def find_changes(old: Any, new: Any) -> list[Change]:
    """Every difference as a sentence, in the order of the newer schema. Empty for equal schemas."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        same = content_hash(old) == content_hash(new)
        return [] if same else [Change("changed", "", f"was {_value(old)}, is {_value(new)}")]
    changes = [*_root(old, new), *_members(old, new)]
    had, has = (_definitions(document) for document in (old, new))
    moved = [name for name in had | has if not _same(had, has, name)]
    if moved and not any(change.path for change in changes):
        names = ", ".join(f"`{name}`" for name in sorted(moved))
        changes.append(Change("changed", "", f"definitions changed: {names}"))
    if not changes and content_hash({**old, "$id": ""}) != content_hash({**new, "$id": ""}):
        changes.append(Change("changed", "", "something else changed: compare the files"))
    return changes


def _root(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for keyword in dict.fromkeys((*new, *old)):
        if keyword in _REPORTED_ELSEWHERE or _same(old, new, keyword):
            continue
        if keyword in _TEXT:
            yield Change("annotation", "", f"the {keyword.lstrip('$')} of the schema changed")
        elif keyword not in old:
            yield Change("added", "", f"`{keyword}` is new: {_value(new[keyword])}")
        elif keyword not in new:
            yield Change("removed", "", f"`{keyword}` was removed; it was {_value(old[keyword])}")
        else:
            text = f"`{keyword}` was {_value(old[keyword])}, is {_value(new[keyword])}"
            yield Change("changed", "", text)


def _same(old: Mapping[str, Any], new: Mapping[str, Any], keyword: str) -> bool:
    return (keyword in old) == (keyword in new) and content_hash(old.get(keyword)) == content_hash(
        new.get(keyword)
    )


def _members(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """The members inside a member that was added, removed or replaced are not reported on their own."""
    before, after = _by_path(old), _by_path(new)
    whole = {path for path in before if path in after and before[path].kind != after[path].kind}
    for path, member in before.items():
        if path not in after and not _inside(path, whole):
            whole.add(path)
            yield Change("removed", path, f"`{path}` was removed; it was {_summary(member)}")
    for path, member in after.items():
        if path in before:
            yield from _member(path, before[path], member, old, new)
        elif not _inside(path, whole):
            whole.add(path)
            yield Change("added", path, f"`{path}` is new: {_summary(member)}")


def _inside(path: str, whole: set[str]) -> bool:
    return any(path.startswith((f"{outer}.", f"{outer}[]")) for outer in whole)


def _by_path(document: Mapping[str, Any]) -> dict[str, Member]:
    members: dict[str, Member] = {}
    for member in members_of(document):
        members.setdefault(member.path, member)
    return members


def _summary(member: Member) -> str:
    text = f"{'required' if member.required else 'optional'}, {member.kind}"
    return text + (f" — {member.description}" if member.description else "")


def _member(
    path: str, before: Member, after: Member, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[Change]:
    if before.required != after.required:
        yield Change("changed", path, f"`{path}` is {'required' if after.required else 'optional'} now")
    values = _values(path, before, after, old, new)
    if values is not None:
        yield values
    elif before.kind != after.kind:
        yield Change("changed", path, f"`{path}` was {before.kind}, is {after.kind}")
    elif before.description != after.description:
        text = "has a description now" if not before.description else "has another description"
        yield Change("annotation", path, f"`{path}` {text}: {after.description or 'none'}")
    elif not _alike(before, after, old, new):
        yield Change("changed", path, f"`{path}` has other rules")


def _values(
    path: str, before: Member, after: Member, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Change | None:
    """An enum that grew or shrank."""
    had, has = (_enum(root, member.schema) for root, member in ((old, before), (new, after)))
    if had is None or has is None or had == has:
        return None
    more = [_value(json.loads(value)) for value in has if value not in had]
    less = [_value(json.loads(value)) for value in had if value not in has]
    texts = [f"now also takes {', '.join(more)}"] if more else []
    texts += [f"no longer takes {', '.join(less)}"] if less else []
    return Change("changed", path, f"`{path}` {' and '.join(texts)}") if texts else None


def _enum(root: Mapping[str, Any], schema: Any) -> list[str] | None:
    followed = follow(root, schema)
    values = followed.get("enum") if isinstance(followed, dict) else None
    return [json.dumps(value, sort_keys=True) for value in values] if isinstance(values, list) else None


def _alike(before: Member, after: Member, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether two members are the same, apart from their own members and from annotations."""
    left, right = (follow(root, member.schema) for root, member in ((old, before), (new, after)))
    return content_hash(_shallow(left)) == content_hash(_shallow(right))


def _shallow(schema: Any) -> Any:
    if not isinstance(schema, dict):
        return schema
    skipped = {"properties", "required", "items", "$ref", "allOf", "anyOf", "oneOf"} | _TEXT
    return {keyword: value for keyword, value in schema.items() if keyword not in skipped}


def _definitions(document: Mapping[str, Any]) -> dict[str, Any]:
    definitions = document.get("$defs")
    return definitions if isinstance(definitions, dict) else {}


def _value(value: Any) -> str:
    return as_text(value, 80)
