"""Parts of a schema that no value satisfies: a member that nobody can write, an event that cannot exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote, unquote

import jsonschema_rs

from bridge.schemas.compatibility.reading.complexity import Complexity, complexity_of
from bridge.schemas.compatibility.reading.normal import normalise
from bridge.schemas.compatibility.reading.references import Unusable
from bridge.schemas.documents.json_document import subschemas
from bridge.schemas.documents.validation import SchemaVersion, offline_registry
from bridge.schemas.finding import Finding, finding

WORK_MAX: Final = 200_000
"""Schemas times references. Above it only parts without references are checked, because a chain of hundreds
of definitions would take minutes. Chosen to stay below a second."""
LIGHT: Final = Complexity(tree=4_000, cases=40, values=10_000)
"""A more complex document is not checked: so many combinations of alternatives could take for ever."""
_NO: Final = jsonschema_rs.canonical.Satisfiability.NO


def find_unsatisfiable(schemas: Iterable[SchemaVersion]) -> Iterator[Finding]:
    """The innermost parts that nothing satisfies, where that is proven. ``false`` and ``{"not": {}}`` are
    intended and not reported."""
    every = list(schemas)
    documents = {schema.id: dict(schema.document) for schema in every}
    registry = offline_registry(documents)
    for schema in every:
        impossible = _impossible(schema, registry) if _is_light(schema, documents) else []
        for pointer in impossible:
            if not any(other.startswith(f"{pointer}/") for other in impossible):
                message = "nothing satisfies this part of the schema"
                advice = "its rules contradict each other: remove one of them"
                yield finding("unsatisfiable", schema.file, message, advice, path=pointer)


def _is_light(schema: SchemaVersion, documents: Mapping[str, Any]) -> bool:
    try:
        found = complexity_of(normalise(dict(schema.document), documents, "lint-", _accept))
    except (Unusable, RecursionError):
        return False
    return found.within(LIGHT)


def _accept(name: str, document: Any, draft: Any) -> None:
    """The set has checked every document against its metaschema already."""


def _impossible(schema: SchemaVersion, registry: jsonschema_rs.Registry) -> list[str]:
    parts = list(subschemas(schema.document))
    references = sum("$ref" in part for _, part in parts)
    affordable = len(parts) * references <= WORK_MAX
    impossible: dict[str, Mapping[str, Any]] = {}
    for pointer, part in parts:
        if part.get("not") == {} or (
            not affordable and any("$ref" in inner for _, inner in subschemas(part))
        ):
            continue
        if _proven_empty(f"{schema.id}#{quote(pointer, safe='/~')}", registry):
            impossible[pointer] = part
    return [
        pointer
        for pointer, part in impossible.items()
        if not (isinstance(part.get("$ref"), str) and unquote(part["$ref"].removeprefix("#")) in impossible)
    ]


def _proven_empty(uri: str, registry: jsonschema_rs.Registry) -> bool:
    try:
        form = jsonschema_rs.canonicalize(
            {"$ref": uri},
            draft=jsonschema_rs.Draft202012, validate_formats=True, registry=registry, offline=True,
        )  # fmt: skip
    except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError):
        return False
    return form.satisfiability() == _NO
