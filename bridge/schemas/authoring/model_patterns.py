"""Patterns that pydantic cannot compile: a class with one of them would fail when its module is imported.

Pydantic knows two dialects of regular expressions: Rust's, and Python's, which the generator chooses for a
class with a pattern that looks around or that Rust does not know. JSON Schema's own dialect (ECMA 262) has
words that one or both of them lack.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any, Final

from bridge.schemas.documents.json_document import subschemas

_AROUND: Final = re.compile(r"\(\?<?[=!]")


def without_foreign_patterns(document: dict[str, Any]) -> dict[str, Any]:
    """The schema, changed in place, without the patterns that its classes could not be imported with. What
    they check is then left to validation by the schema. Needs pydantic."""
    patterns = set(_patterns(document))
    for_python = {pattern for pattern in patterns if _AROUND.search(pattern) or not _rust_knows(pattern)}
    # a class may get Python's dialect for the sake of any one of them
    foreign = {each for each in (patterns if for_python else ()) if not _python_knows(each)}
    for _, part in subschemas(document) if foreign else ():
        if part.get("pattern") in foreign:
            del part["pattern"]
        if not foreign.isdisjoint(part.get("patternProperties", ())):
            del part["patternProperties"]
            part.pop("additionalProperties", None)  # it spoke of what no pattern named
            part.pop("unevaluatedProperties", None)
    return document


def _patterns(document: dict[str, Any]) -> Iterator[str]:
    for _, part in subschemas(document):
        if isinstance(part.get("pattern"), str):
            yield part["pattern"]
        yield from part.get("patternProperties", ())


def _python_knows(pattern: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about what a later Python may read otherwise
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    return True


def _rust_knows(pattern: str) -> bool:
    from pydantic_core import SchemaError, SchemaValidator, core_schema

    try:
        SchemaValidator(core_schema.str_schema(pattern=pattern))
    except SchemaError:
        return False
    return True
