"""The examples beside the schemas: valid ones must validate, invalid ones must break the rule they name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bridge.errors import ConfigurationError, EventInvalid, Problem
from bridge.schemas.documents.json_document import parse_json, read_bytes
from bridge.schemas.documents.layout import entries, inside
from bridge.schemas.documents.schema_set import SchemaSet
from bridge.schemas.documents.validation import SchemaVersion, violations
from bridge.schemas.finding import Finding

KINDS = ("valid", "invalid")


def check_examples(schemas: SchemaSet) -> list[Problem]:
    """Everything that is wrong with the examples of a set. A version without valid or without invalid
    examples gives a warning; an example that cannot be read is an error like one that does not hold."""
    return [problem for schema in schemas for problem in _of_version(schemas, schema)]


def _of_version(schemas: SchemaSet, schema: SchemaVersion) -> Iterator[Problem]:
    for kind in KINDS:
        folder = None
        if schemas.folder is not None:
            folder = schemas.folder / schema.type / "examples" / str(schema.version) / kind
        any_there = False
        for path in [] if folder is None or not folder.is_dir() else entries(folder):
            if path.suffix != ".json":
                yield _finding(path, "is not used here", "examples end in .json", "warning")
                continue
            any_there = True
            if schemas.folder is None or not inside(schemas.folder, path):
                yield _finding(
                    path, "is no file, or leads out of the folder of the schemas", "copy the file to here"
                )
                continue
            yield from _check(schema, kind, path)
        if not any_there:
            file = folder if folder is not None else schema.file
            message = f"{schema.type} {schema.version} has no {kind} examples"
            yield _finding(file, message, "write some: they are what subscribers read first", "warning")


def _check(schema: SchemaVersion, kind: str, path: Path) -> Iterator[Problem]:
    try:
        data: Any = parse_json(read_bytes(path), str(path))
    except ConfigurationError as error:
        yield from error.problems
        return
    if kind == "valid":
        try:
            schema.validate(data)
        except EventInvalid as error:
            yield _finding(path, error.message)
        return
    try:
        broken = {violation.keyword for violation in violations(schema.validator, data)}
    except ValueError as error:  # nested too deep for the library
        yield _finding(path, f"cannot be validated: {error}")
        return
    meant = path.stem.rpartition(".")[2] if "." in path.stem else ""
    if not broken:
        yield _finding(path, f"is valid by {schema.type} {schema.version}, and must not be")
    elif meant and meant not in broken:
        message = f"does not break '{meant}', which its name says, but {', '.join(sorted(broken))}"
        yield _finding(path, message, "an invalid example is named <reason>.<keyword>.json")


def _finding(file: Path | str, message: str, suggestion: str = "", severity: str = "error") -> Problem:
    return Finding(str(file), 0, 0, "", message, suggestion, severity, rule="examples")
