"""JSON documents that people wrote: read strictly, and walked as JSON Schema 2020-12."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from bridge.core.pointer import escape
from bridge.errors import ConfigurationError, Problem


def read_bytes(path: Path) -> bytes:
    """The file's content. Raises :class:`ConfigurationError` where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise refused(str(path), f"cannot be read: {reason}") from error


def refused(file: str, message: str, suggestion: str = "", *, path: str = "") -> ConfigurationError:
    """One problem about a file as a whole."""
    return ConfigurationError([Problem(file, 0, 0, path, message, suggestion)])


class _TwiceNamed(ValueError):
    """A JSON object has two members of one name."""


def parse_json(content: bytes, file: str) -> Any:
    """The JSON value in ``content`` (RFC 8259, UTF-8 without a mark before it).

    Stricter than the standard library: no NaN, and no name twice in one object. Raises
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
        message = f"is not JSON: {error.msg}"
        raise ConfigurationError([Problem(file, error.lineno, error.colno, "", message)]) from error
    except UnicodeEncodeError as error:
        raise refused(file, "escapes half of a surrogate pair, which is no character") from error
    except RecursionError as error:
        raise refused(file, "is nested too deep") from error
    except ValueError as error:
        raise refused(file, f"is not JSON to rely on: {error}") from error


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise _TwiceNamed(f"the member {json.dumps(name)} stands twice in one object")
            seen.add(name)
    return members


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")


# Where schemas stand in a schema (JSON Schema 2020-12, core section 10 and 11; validation section 8.5).
# What stands anywhere else, as in const, enum or examples, is data.
_SCHEMA = (
    "items", "contains", "additionalProperties", "propertyNames", "unevaluatedItems",
    "unevaluatedProperties", "if", "then", "else", "not", "contentSchema",
)  # fmt: skip
_SCHEMAS_BY_NAME = ("properties", "patternProperties", "dependentSchemas", "$defs", "definitions")
_SCHEMA_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")


def subschemas(document: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema object in a schema with its JSON Pointer, the document itself first."""
    waiting: list[tuple[str, Any]] = [("", document)]
    while waiting:
        pointer, schema = waiting.pop()
        if not isinstance(schema, dict):
            continue
        yield pointer, schema
        inner = [(f"{pointer}/{keyword}", schema[keyword]) for keyword in _SCHEMA if keyword in schema]
        for keyword in _SCHEMAS_BY_NAME:
            members = schema.get(keyword)
            if isinstance(members, dict):
                inner += [(f"{pointer}/{keyword}/{escape(name)}", each) for name, each in members.items()]
        for keyword in _SCHEMA_LISTS:
            elements = schema.get(keyword)
            if isinstance(elements, list):
                inner += [(f"{pointer}/{keyword}/{index}", each) for index, each in enumerate(elements)]
        waiting += reversed(inner)
