"""Removes patterns that pydantic cannot compile: a class with one would fail when its module is imported.

Pydantic has two dialects of regular expressions: Rust's, and Python's, which the generator chooses for a
class with a look-around or another pattern that Rust does not support. JSON Schema's own dialect (ECMA 262)
has syntax that one or both of them lack.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any, Final

from bridge.schemas.documents.json_document import subschemas

_AROUND: Final = re.compile(r"\(\?<?[=!]")


def without_foreign_patterns(document: dict[str, Any]) -> dict[str, Any]:
    """The schema, changed in place, without the patterns that would break the import of its classes. Only
    validation by the schema checks those. Needs pydantic."""
    patterns = set(_patterns(document))
    for_python = {pattern for pattern in patterns if _AROUND.search(pattern) or not _rust_compiles(pattern)}
    # one pattern is enough for a class to get Python's dialect
    foreign = {each for each in (patterns if for_python else ()) if not _python_compiles(each)}
    for _, part in subschemas(document) if foreign else ():
        if part.get("pattern") in foreign:
            del part["pattern"]
        if not foreign.isdisjoint(part.get("patternProperties", ())):
            del part["patternProperties"]
            part.pop("additionalProperties", None)  # it applied to names that match no pattern
            part.pop("unevaluatedProperties", None)
    return document


def _patterns(document: dict[str, Any]) -> Iterator[str]:
    for _, part in subschemas(document):
        if isinstance(part.get("pattern"), str):
            yield part["pattern"]
        yield from part.get("patternProperties", ())


def _python_compiles(pattern: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about syntax that a later Python may read differently
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    return True


def _rust_compiles(pattern: str) -> bool:
    from pydantic_core import SchemaError, SchemaValidator, core_schema

    try:
        SchemaValidator(core_schema.str_schema(pattern=pattern))
    except SchemaError:
        return False
    return True
