"""Parts of a schema that no value satisfies: a member that nobody can write, an event that cannot exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache, partial
from typing import Any, Final
from urllib.parse import quote, unquote

import jsonschema_rs

from bridge.schemas.compatibility.reading.complexity import Complexity, complexity_of
from bridge.schemas.compatibility.reading.json_values import key_of
from bridge.schemas.compatibility.reading.normal import normalise
from bridge.schemas.compatibility.reading.plainly import Plainly
from bridge.schemas.compatibility.reading.references import Unusable
from bridge.schemas.documents.json_document import subschemas
from bridge.schemas.documents.validation import SchemaVersion, offline_registry
from bridge.schemas.finding import Finding, finding

WORK_MAX: Final = 200_000
"""Schemas times references. Above it only parts without references are checked, because a chain of hundreds
of definitions would take minutes. Chosen to stay below a second."""
LIGHT: Final = Complexity(tree=4_000, cases=40, values=10_000)
"""A more complex document is not checked: so many combinations of alternatives could take for ever."""
_YES: Final = jsonschema_rs.canonical.Satisfiability.YES
_NO: Final = jsonschema_rs.canonical.Satisfiability.NO
_NO_OTHERS: Final = offline_registry({})


def find_unsatisfiable(schemas: Iterable[SchemaVersion], asked: Asked | None = None) -> Iterator[Finding]:
    """The innermost parts that nothing satisfies, where that is proven. ``false`` and ``{"not": {}}`` are
    intended and not reported. ``asked`` has the proofs so far, if any."""
    every = list(schemas)
    documents = {schema.id: dict(schema.document) for schema in every}
    registry = cache(partial(offline_registry, documents))
    plainly = Plainly(documents, (asked or Asked()).satisfiable)
    for schema in every:
        suspects = [
            (pointer, part)
            for pointer, part in subschemas(schema.document)
            if part.get("not") != {} and not plainly.satisfiable(schema.id, part)
        ]
        if not suspects or not _is_light(dict(schema.document), documents):
            continue
        impossible = _impossible(schema, suspects, registry())
        for pointer in impossible:
            if not any(other.startswith(f"{pointer}/") for other in impossible):
                message = "nothing satisfies this part of the schema"
                advice = "its rules contradict each other: remove one of them"
                yield finding("unsatisfiable", schema.file, message, advice, path=pointer)


class Asked:
    """Proofs of small parts without references. Versions and types have most of them in common, so that each
    is proven once for all."""

    def __init__(self) -> None:
        self._known: dict[str, bool] = {}
        self.proofs = 0

    def satisfiable(self, part: dict[str, Any]) -> bool:
        rules = {keyword: value for keyword, value in part.items() if keyword not in _ANNOTATIONS}
        try:
            text = key_of(rules)
        except ValueError:  # nested too deep for the library
            return False
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = _is_light(rules, {}) and self._proven(rules)
        return known

    def _proven(self, rules: dict[str, Any]) -> bool:
        self.proofs += 1
        return _satisfiability(rules, _NO_OTHERS) is _YES


_ANNOTATIONS: Final = frozenset(
    {"$schema", "$id", "title", "description", "$comment", "examples", "default", "deprecated"}
)


def _is_light(document: dict[str, Any], documents: Mapping[str, Any]) -> bool:
    try:
        found = complexity_of(normalise(document, documents, "lint-", _accept))
    except (Unusable, RecursionError):
        return False
    return found.within(LIGHT)


def _accept(name: str, document: Any, draft: Any) -> None:
    """The set has checked every document against its metaschema already."""


def _impossible(
    schema: SchemaVersion, suspects: Iterable[tuple[str, dict[str, Any]]], registry: jsonschema_rs.Registry
) -> list[str]:
    parts = list(subschemas(schema.document))
    references = sum("$ref" in part for _, part in parts)
    affordable = len(parts) * references <= WORK_MAX
    impossible: dict[str, Mapping[str, Any]] = {}
    for pointer, part in suspects:
        if not affordable and any("$ref" in inner for _, inner in subschemas(part)):
            continue
        if _satisfiability({"$ref": f"{schema.id}#{quote(pointer, safe='/~')}"}, registry) is _NO:
            impossible[pointer] = part
    return [
        pointer
        for pointer, part in impossible.items()
        if not (isinstance(part.get("$ref"), str) and unquote(part["$ref"].removeprefix("#")) in impossible)
    ]


def _satisfiability(document: dict[str, Any], registry: jsonschema_rs.Registry) -> Any:
    """None where the library cannot say."""
    try:
        form = jsonschema_rs.canonicalize(
            document,
            draft=jsonschema_rs.Draft202012, validate_formats=True, registry=registry, offline=True,
        )  # fmt: skip
    except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError):
        return None
    return form.satisfiability()
