"""JSON documents that people wrote: parsed strictly, and searched for the schemas in them (2020-12)."""

from __future__ import annotations

import codecs
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from bridge.core.pointer import escape
from bridge.schemas.finding import refused


def read_bytes(path: Path) -> bytes:
    """The file's content. Raises :class:`ConfigurationError` where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise refused(path, f"cannot be read: {error.strerror or type(error).__name__}") from error


def read_json(path: Path) -> Any:
    """The JSON value in a file. Raises what :func:`read_bytes` and :func:`parse_json` raise."""
    return parse_json(read_bytes(path), str(path))


def parse_json(content: bytes, file: str) -> Any:
    """The JSON value in ``content`` (RFC 8259, UTF-8 without a byte order mark).

    Stricter than the standard library: no NaN, and no member twice in one object. Raises
    :class:`ConfigurationError` with one problem.
    """
    if content.startswith(codecs.BOM_UTF8):
        raise refused(file, "begins with a byte order mark", "save it as UTF-8 without one")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise refused(file, "is not UTF-8 text") from error
    try:
        value = json.loads(text, object_pairs_hook=_members, parse_constant=_refuse_constant)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()  # "\ud800" alone is an escape and no character
        return value
    except json.JSONDecodeError as error:
        raise refused(file, f"is not JSON: {error.msg}", line=error.lineno, column=error.colno) from error
    except UnicodeEncodeError as error:
        raise refused(file, "escapes half of a surrogate pair, which is no character") from error
    except RecursionError as error:
        raise refused(file, "is nested too deep") from error
    except ValueError as error:
        raise refused(file, f"is not valid JSON: {error}") from error


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = next(name for name, count in counts.items() if count > 1)
        raise ValueError(f"the member {json.dumps(twice)} occurs twice in one object")
    return members


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a JSON number")


# The keywords whose values are schemas (JSON Schema 2020-12, core section 10 and 11; validation section 8.5).
# The values of all other keywords, such as const, enum and examples, are data.
_SCHEMA = (
    "items", "contains", "additionalProperties", "propertyNames", "unevaluatedItems",
    "unevaluatedProperties", "if", "then", "else", "not", "contentSchema",
)  # fmt: skip
SCHEMAS_BY_NAME = ("properties", "patternProperties", "dependentSchemas", "$defs", "definitions")
_SCHEMA_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")


_HOLDING = frozenset((*_SCHEMA, *SCHEMAS_BY_NAME, *_SCHEMA_LISTS))


def subschemas(document: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema object in a schema with its JSON Pointer, the document itself first."""
    waiting: list[tuple[str, Any]] = [("", document)]
    while waiting:
        pointer, schema = waiting.pop()
        if not isinstance(schema, dict):
            continue
        yield pointer, schema
        if _HOLDING.isdisjoint(schema):
            continue
        inner = [(f"{pointer}/{keyword}", schema[keyword]) for keyword in _SCHEMA if keyword in schema]
        for keyword in SCHEMAS_BY_NAME:
            members = schema.get(keyword)
            if isinstance(members, dict):
                inner += [(f"{pointer}/{keyword}/{escape(name)}", each) for name, each in members.items()]
        for keyword in _SCHEMA_LISTS:
            elements = schema.get(keyword)
            if isinstance(elements, list):
                inner += [(f"{pointer}/{keyword}/{index}", each) for index, each in enumerate(elements)]
        waiting += reversed(inner)
