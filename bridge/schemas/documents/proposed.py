"""A version that somebody asks about: one of the folder, or a file that is not published yet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema_rs

from bridge.errors import BridgeError
from bridge.schemas.documents.json_document import read_json, subschemas
from bridge.schemas.documents.nodes import Documents, Node, Undecided
from bridge.schemas.documents.schema_set import SchemaSet
from bridge.schemas.documents.validation import (
    DIALECT,
    SchemaVersion,
    Validator,
    compile_schema,
    offline_registry,
)
from bridge.schemas.finding import refused
from bridge.schemas.semver import Version

_ID = re.compile(r".*/([A-Za-z0-9_.-]+)/([0-9]+\.[0-9]+\.[0-9]+)\.json")


@dataclass(frozen=True, slots=True)
class Proposed:
    """``type`` is without its major. Type and version are empty where a file's ``$id`` does not have them.
    ``documents`` holds the document under ``id``, and all that it may refer to."""

    id: str
    type: str
    version: str
    document: Mapping[str, Any] = field(repr=False)
    documents: Mapping[str, Any] = field(repr=False)
    validator: Validator = field(repr=False, compare=False)

    @property
    def major(self) -> str:
        return self.version.partition(".")[0]

    @property
    def event_type(self) -> str:
        """The type as events carry it, with the major."""
        return f"{self.type}.v{self.major}" if self.type else ""

    def __str__(self) -> str:
        return f"{self.type} {self.version}" if self.type else self.id


def newest_of(schemas: SchemaSet, reference: str) -> list[SchemaVersion]:
    """The version that ``TYPE@VERSION`` or ``TYPE@MAJOR`` names; for ``TYPE``, the newest of each major."""
    if "@" in reference or not schemas.versions(reference):
        return [schemas.find(reference)]
    newest = {version.major: version for version in schemas.versions(reference)}
    return [schemas.get(reference, version) for version in newest.values()]


def of_version(schemas: SchemaSet, schema: SchemaVersion) -> Proposed:
    return of_versions(schemas, [schema])[0]


def of_versions(schemas: SchemaSet, wanted: Iterable[SchemaVersion]) -> list[Proposed]:
    """Several versions of one set. They share their ``documents``."""
    documents = schemas.documents
    return [
        Proposed(each.id, each.type, str(each.version), each.document, documents, each.validator)
        for each in wanted
    ]


def from_file(path: Path, schemas: SchemaSet | None = None) -> Proposed:
    """A schema file as it is; it may refer to ``schemas``.

    Raises :class:`ConfigurationError` where it is not a schema of 2020-12, or refers to what does not exist.
    """
    document = read_json(path)
    if not isinstance(document, dict):
        raise refused(path, "is not a JSON object")
    if document.get("$schema", DIALECT) != DIALECT:
        raise refused(path, "is not JSON Schema 2020-12", f'write "$schema": "{DIALECT}"')
    given = document.get("$id")
    schema_id = given if isinstance(given, str) and given else "urn:stream-bridge:proposed"
    documents = {**(schemas.documents if schemas is not None else {}), schema_id: document}
    _check_references(path, schema_id, documents)
    try:
        validator = compile_schema(document, offline_registry(documents))
    except ValueError as error:  # the library's ValidationError is one
        message = error.message if isinstance(error, jsonschema_rs.ValidationError) else str(error)
        raise refused(path, f"cannot be used as a schema: {message}") from error
    match = _ID.fullmatch(schema_id)
    type_name, version = (match[1], match[2]) if match else ("", "")
    return Proposed(schema_id, type_name, version, document, documents, validator)


def _check_references(path: Path, schema_id: str, documents: Mapping[str, Any]) -> None:
    """A reference that leads nowhere would silently refuse all data."""
    known = Documents(documents)
    for pointer, schema in subschemas(documents[schema_id]):
        for keyword in ("$ref", "$dynamicRef"):
            if isinstance(schema.get(keyword), str):
                try:
                    known.resolve(Node(schema_id, pointer, schema), schema[keyword])
                except Undecided as error:
                    advice = "nothing is fetched: name the folder that has it with --schemas"
                    raise refused(path, str(error), advice, path=f"{pointer}/{keyword}") from error


def before(schemas: SchemaSet, proposed: Proposed) -> SchemaVersion | None:
    """The newest older version of the same type; None for the first."""
    if not proposed.version:
        return None
    older = [v for v in schemas.versions(proposed.type) if v < Version.parse(proposed.version)]
    return schemas.get(proposed.type, older[-1]) if older else None


def one_of(reference: str | None, file: Path | None, schemas: SchemaSet | None) -> Proposed:
    """The version that ``--schema`` or ``--schema-file`` names. Raises ``BridgeError`` unless exactly one is
    given."""
    if file is not None and reference is None:
        return from_file(file, schemas)
    if reference is not None and file is None and schemas is not None:
        return of_version(schemas, schemas.find(reference))
    raise BridgeError("say which schema", hint="give either --schema TYPE@VERSION or --schema-file F")
