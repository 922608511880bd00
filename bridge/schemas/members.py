"""The members of a schema for people: one line each, nested ones by their path. Nothing is judged by it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

_DEEPEST: Final = 6
_LIMITS: Final = (
    ("minimum", ">= {}"), ("exclusiveMinimum", "> {}"), ("maximum", "<= {}"), ("exclusiveMaximum", "< {}"),
    ("multipleOf", "multiple of {}"), ("minLength", "{}+ characters"), ("maxLength", "at most {} characters"),
    ("minItems", "{}+ elements"), ("maxItems", "at most {} elements"), ("pattern", "like {}"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Member:
    """``path`` is dotted, ``[]`` stands for each element of a list; ``kind`` says what values it takes."""

    path: str
    required: bool
    kind: str
    description: str
    schema: Any


def members_of(document: Mapping[str, Any]) -> list[Member]:
    """All members that a document declares, in its order, with references inside it followed."""
    return list(_members(document, document, "", ()))


def _members(root: Mapping[str, Any], schema: Any, prefix: str, inside: tuple[int, ...]) -> Iterator[Member]:
    schema = follow(root, schema)
    if not isinstance(schema, dict) or id(schema) in inside or len(inside) >= _DEEPEST:
        return
    inside = (*inside, id(schema))
    required = schema.get("required")
    required = required if isinstance(required, list) else []
    members = schema.get("properties")
    for name, member in members.items() if isinstance(members, dict) else ():
        path = f"{prefix}.{name}" if prefix else name
        yield Member(path, name in required, kind_of(root, member), _description(root, member), member)
        yield from _members(root, member, path, inside)
    items = schema.get("items")
    if isinstance(items, dict):
        yield from _members(root, items, f"{prefix}[]", inside)
    for keyword in ("allOf", "anyOf", "oneOf"):
        parts = schema.get(keyword)
        for part in parts if isinstance(parts, list) else ():
            yield from _members(root, part, prefix, inside)


def follow(root: Mapping[str, Any], schema: Any) -> Any:
    """The schema that a chain of references inside the document ends at, with what stands beside them."""
    for _ in range(_DEEPEST):
        if not isinstance(schema, dict) or not isinstance(reference := schema.get("$ref"), str):
            break
        target = _lookup(root, reference)
        if not isinstance(target, dict):
            break
        schema = {**target, **{keyword: value for keyword, value in schema.items() if keyword != "$ref"}}
    return schema


def _lookup(root: Mapping[str, Any], reference: str) -> Any:
    if not reference.startswith("#"):
        return None
    here: Any = root
    for step in reference[1:].split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        here = here.get(name) if isinstance(here, dict) else None
    return here if reference in ("#", "#/") or here is not root else None


def _description(root: Mapping[str, Any], member: Any) -> str:
    followed = follow(root, member)
    if not isinstance(followed, dict):
        return ""
    text = followed.get("description") or followed.get("title") or ""
    return str(text).split("\n")[0]


def kind_of(root: Mapping[str, Any], member: Any) -> str:
    """What values a schema takes, in a few words: ``string (date-time)``, ``one of "a", "b"``."""
    schema = follow(root, member)
    if not isinstance(schema, dict):
        return "anything" if schema is True else "nothing"
    if "const" in schema:
        return f"always {_value(schema['const'])}"
    if isinstance(schema.get("enum"), list):
        return f"one of {', '.join(map(_value, schema['enum']))}"
    types = schema.get("type")
    names = [types] if isinstance(types, str) else types if isinstance(types, list) else []
    kind = " or ".join(map(str, names))
    if not kind:
        parts: list[Any] = next(
            (schema[k] for k in ("oneOf", "anyOf", "allOf") if isinstance(schema.get(k), list)), []
        )
        kinds = dict.fromkeys(kind_of(root, part) for part in parts if part is not member)
        reference = schema.get("$ref")
        kind = " or ".join(kinds) or (str(reference) if reference else "anything")
    if "array" in names and isinstance(schema.get("items"), dict) and schema["items"] is not member:
        inner = follow(root, schema["items"])
        kind += f" of {inner.get('type', 'anything')}" if isinstance(inner, dict) else ""
    if isinstance(schema.get("format"), str):
        kind += f" ({schema['format']})"
    limits = [text.format(_value(schema[keyword])) for keyword, text in _LIMITS if keyword in schema]
    return kind + "".join(f", {limit}" for limit in limits)


def _value(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:37]}..."
