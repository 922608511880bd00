"""Checks derivations with the examples: a valid example of a newer version must derive to a valid older one.

This makes a deployment with two majors safe: a record whose newer event is valid and whose older one is not
would be quarantined whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from bridge.core.events.translate import EventRule
from bridge.errors import MappingFailed, Problem
from bridge.schemas.documents.examples import valid_examples
from bridge.schemas.documents.schema_set import SchemaSet
from bridge.schemas.documents.validation import ERRORS_SHOWN, SchemaVersion, violations


def check_derived_examples(rules: Iterable[EventRule], schemas: SchemaSet) -> list[Problem]:
    """One error for each valid example of a version that does not derive to a valid older one, along whole
    chains of derivations. Unusable examples are reported by the check of the examples."""
    by_id = {schema.id: schema for schema in schemas}
    problems: list[Problem] = []
    for rule in rules:
        for index, version in enumerate(rule.versions):
            schema = by_id.get(version.envelope.dataschema)
            if schema is None or all(each.source != index for each in rule.versions):
                continue
            for path, data in valid_examples(schemas, schema.type, schema.version).items():
                if isinstance(data, dict) and schema.validator.is_valid(data):
                    problems += _derive_from(rule, index, data, path, by_id)
    return list(dict.fromkeys(problems))


def _derive_from(
    rule: EventRule, source: int, data: dict[str, Any], path: Path, by_id: dict[str, SchemaVersion]
) -> Iterator[Problem]:
    for index, version in enumerate(rule.versions):
        schema = by_id.get(version.envelope.dataschema)
        if version.source != source or schema is None:
            continue
        try:
            derived: dict[str, Any] = version.project(data)  # type: ignore[arg-type]
        except MappingFailed as error:
            message = f"{schema.type} {schema.version} cannot be derived from it: {error.message}"
            yield Problem(str(path), 0, 0, "", message, error.hint)
            continue
        found = violations(schema.validator, derived)
        if not found:
            yield from _derive_from(rule, index, derived, path, by_id)
            continue
        what = "; ".join(dict.fromkeys(map(str, found[:ERRORS_SHOWN])))
        message = f"{schema.type} {schema.version} derived from it is not valid: {what}"
        advice = "change the mapping of `from` in bridge.yaml: data or using"
        yield Problem(str(path), 0, 0, found[0].path, message, advice)
