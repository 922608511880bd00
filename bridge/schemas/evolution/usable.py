"""Versions that no validator can be made of, where nothing else has shown that one can."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridge.schemas.compatibility.verdict import Verdict
from bridge.schemas.documents.schema_set import SchemaSet
from bridge.schemas.documents.validation import refusal
from bridge.schemas.evolution.promises import TypeReport
from bridge.schemas.finding import Finding, finding

_COMPILED = (Verdict.COMPATIBLE, Verdict.INCOMPATIBLE)
"""Both documents of such a pair have a validator."""


def find_unusable(schemas: SchemaSet, reports: Iterable[TypeReport]) -> Iterator[Finding]:
    """For a set whose validators are compiled on use. The pairs of ``reports`` were judged with validators:
    only the other versions are compiled here."""
    seen = {
        (schema.type, schema.version)
        for report in reports
        for pair in report.pairs
        if pair.comparison.verdict in _COMPILED
        for schema in (pair.old, pair.new)
    }
    for name, schema in (*schemas.schemas.items(), *schemas.shared.items()):
        if name not in seen:
            try:
                schema.compiled()
            except ValueError as error:  # the library's ValidationError is one
                yield finding("metaschema", schema.file, refusal(error))
