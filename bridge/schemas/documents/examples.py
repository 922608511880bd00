"""The examples beside the schemas: valid ones must validate, invalid ones must break the rule they name.

A valid example of a newer version must also derive to a valid older one. This makes a deployment with two
majors safe: a record whose newer event is valid and whose older one is not would be quarantined whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from bridge.core.events.rules import EventRule
from bridge.errors import ConfigurationError, EventInvalid, MappingFailed, Problem
from bridge.schemas.documents.enclosure import Enclosure
from bridge.schemas.documents.json_document import read_json
from bridge.schemas.documents.layout import entries, inside
from bridge.schemas.documents.schema_set import SchemaSet
from bridge.schemas.documents.validation import ERRORS_SHOWN, SchemaVersion, violations
from bridge.schemas.finding import finding

KINDS = ("valid", "invalid")
_RULE = "examples"


def valid_examples(schemas: SchemaSet, type_name: str, version: object) -> dict[Path, Any]:
    """The valid examples of a version that can be read, by their files; :func:`check_examples` reports the
    others."""
    found = {}
    folder = _folder(schemas, type_name, version, "valid")
    for path in entries(folder) if folder is not None and folder.is_dir() else ():
        if path.suffix == ".json" and schemas.folder is not None and inside(schemas.folder, path):
            try:
                found[path] = read_json(path)
            except ConfigurationError:
                continue
    return found


def check_examples(schemas: SchemaSet) -> list[Problem]:
    """Everything that is wrong with the examples of a set. A version without valid or without invalid
    examples is a warning. An example that cannot be read is an error, as is one that is not what it
    claims."""
    checker = _Checker(schemas)
    return [problem for schema in schemas for kind in KINDS for problem in checker.check(schema, kind)]


def _folder(schemas: SchemaSet, type_name: str, version: object, kind: str) -> Path | None:
    return None if schemas.folder is None else schemas.folder / type_name / "examples" / str(version) / kind


class _Checker:
    def __init__(self, schemas: SchemaSet) -> None:
        self._schemas = schemas
        self._enclosure = None if schemas.folder is None else Enclosure(schemas.folder)

    def check(self, schema: SchemaVersion, kind: str) -> Iterator[Problem]:
        folder = _folder(self._schemas, schema.type, schema.version, kind)
        any_found = False
        for path in entries(folder) if folder is not None and folder.is_dir() else ():
            if path.suffix != ".json":
                yield finding(_RULE, path, "is not used here", "examples end in .json", "warning")
                continue
            any_found = True
            if self._enclosure is not None and self._enclosure.holds(path):
                yield from _check(schema, kind, path)
            else:
                message = "is not a file, or leads out of the folder of the schemas"
                yield finding(_RULE, path, message, "copy the file to here")
        if not any_found:
            message = f"{schema.type} {schema.version} has no {kind} examples"
            advice = "write some: subscribers read them first"
            yield finding(_RULE, folder or schema.file, message, advice, "warning")


def _check(schema: SchemaVersion, kind: str, path: Path) -> Iterator[Problem]:
    try:
        data = read_json(path)
    except ConfigurationError as error:
        yield from error.problems
        return
    if kind == "valid":
        try:
            schema.validate(data)
        except EventInvalid as error:
            yield finding(_RULE, path, error.message)
        return
    try:
        broken = {violation.keyword for violation in violations(schema.validator, data)}
    except ValueError as error:  # nested too deep for the library
        yield finding(_RULE, path, f"cannot be validated: {error}")
        return
    meant = path.stem.rpartition(".")[2] if "." in path.stem else ""
    if not broken:
        yield finding(_RULE, path, f"is valid by {schema.type} {schema.version}, and must not be")
    elif meant and meant not in broken:
        message = f"does not break '{meant}', which its name says, but {', '.join(sorted(broken))}"
        yield finding(_RULE, path, message, "an invalid example is named <reason>.<keyword>.json")


# --- derivations -----------------------------------------------------------------------------------


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
