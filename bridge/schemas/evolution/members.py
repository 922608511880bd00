"""The members of a schema for people: one line each, nested ones by their path. No verdict depends on it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

MEMBERS_MAX: Final = 5_000
_LONGEST: Final = 200  # characters of a path; members nested deeper are left out
_VALUES: Final = 12
_ALTERNATIVES: Final = 8
_ALTERNATIVES_DEEP: Final = 3
_LIMITS: Final = (
    ("minimum", ">= {}"), ("exclusiveMinimum", "> {}"), ("maximum", "<= {}"), ("exclusiveMaximum", "< {}"),
    ("multipleOf", "multiple of {}"), ("minLength", "{}+ characters"), ("maxLength", "at most {} characters"),
    ("minItems", "{}+ elements"), ("maxItems", "at most {} elements"), ("pattern", "like {}"),
)  # fmt: skip
LIMIT_KEYWORDS: Final = tuple(keyword for keyword, _ in _LIMITS)


@dataclass(frozen=True, slots=True)
class Member:
    """``path`` is dotted, with ``[]`` for the elements of a list; ``kind`` describes the values."""

    path: str
    required: bool
    kind: str
    description: str
    schema: Any


def members_of(document: Mapping[str, Any]) -> list[Member]:
    """The members that a document declares, in its order, with references inside it followed. At most
    ``MEMBERS_MAX``, because references can multiply the members of a small document."""
    return list(islice(_members(document, document, "", frozenset()), MEMBERS_MAX))


def _members(root: Mapping[str, Any], schema: Any, prefix: str, inside: frozenset[int]) -> Iterator[Member]:
    passed = {id(each) for each in _chain(root, schema)}
    schema = follow(root, schema)
    if not isinstance(schema, dict) or passed & inside or len(prefix) > _LONGEST:
        return
    inside = inside | passed
    required = schema.get("required")
    required = required if isinstance(required, list) else []
    members = schema.get("properties")
    for name, member in members.items() if isinstance(members, dict) else ():
        path = f"{prefix}.{name}" if prefix else name
        yield member_of(root, path, member, required=name in required)
        yield from _members(root, member, path, inside)
    items = schema.get("items")
    if isinstance(items, dict):
        yield from _members(root, items, f"{prefix}[]", inside)
    for keyword in ("allOf", "anyOf", "oneOf"):
        parts = schema.get(keyword)
        for part in parts if isinstance(parts, list) else ():
            yield from _members(root, part, prefix, inside)


def member_of(root: Mapping[str, Any], path: str, schema: Any, *, required: bool) -> Member:
    """One member by its path and schema."""
    return Member(path, required, kind_of(root, schema), _description(root, schema), schema)


def follow(root: Mapping[str, Any], schema: Any) -> Any:
    """The schema at the end of a chain of references inside the document, merged with the keywords beside
    them."""
    chain = _chain(root, schema)
    if len(chain) < 2:
        return schema
    merged: dict[str, Any] = dict(chain[-1])
    for each in reversed(chain[:-1]):
        merged |= {keyword: value for keyword, value in each.items() if keyword != "$ref"}
    return merged


def _chain(root: Mapping[str, Any], schema: Any) -> list[Mapping[str, Any]]:
    """A schema, the target of its reference, the target of that one's, and so on; each once."""
    chain: list[Mapping[str, Any]] = []
    while isinstance(schema, dict) and not any(schema is each for each in chain):
        chain.append(schema)
        reference = schema.get("$ref")
        schema = _lookup(root, reference) if isinstance(reference, str) else None
    return chain


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


def kind_of(root: Mapping[str, Any], member: Any, *, depth: int = 0) -> str:
    """The values that a schema takes, in a few words: ``string (date-time)``, ``one of "a", "b"``."""
    schema = follow(root, member)
    if not isinstance(schema, dict):
        return "anything" if schema is True else "nothing"
    if "const" in schema:
        return f"always {_value(schema['const'])}"
    if isinstance(schema.get("enum"), list):
        values = list(map(_value, schema["enum"]))
        more = f" and {len(values) - _VALUES} more" if len(values) > _VALUES else ""
        return f"one of {', '.join(values[:_VALUES])}{more}"
    types = schema.get("type")
    names = [types] if isinstance(types, str) else types if isinstance(types, list) else []
    kind = " or ".join(map(str, names))
    if not kind:
        parts: list[Any] = next(
            (schema[k] for k in ("oneOf", "anyOf", "allOf") if isinstance(schema.get(k), list)), []
        )
        parts = parts[:_ALTERNATIVES] if depth < _ALTERNATIVES_DEEP else []
        kinds = dict.fromkeys(kind_of(root, part, depth=depth + 1) for part in parts)
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
    return as_text(value, 40)


def as_text(value: Any, longest: int) -> str:
    """A value as JSON of at most ``longest`` characters."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= longest else f"{text[: longest - 3]}..."
