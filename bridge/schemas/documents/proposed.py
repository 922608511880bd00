"""A version that a question is about: one of the folder, or a file that nobody has published yet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema_rs

from bridge.errors import BridgeError, ConfigurationError
from bridge.schemas.documents.json_document import parse_json, read_bytes, refused, subschemas
from bridge.schemas.documents.layout import entries
from bridge.schemas.documents.nodes import Documents, Node, Undecided
from bridge.schemas.documents.schema_set import SchemaNotFound, SchemaSet
from bridge.schemas.documents.validation import DIALECT, SchemaVersion, Validator, compile_schema
from bridge.schemas.semver import Version

_ID = re.compile(r".*/([A-Za-z0-9_.-]+)/([0-9]+\.[0-9]+\.[0-9]+)\.json")


@dataclass(frozen=True, slots=True)
class Proposed:
    """``type`` is without its major; type and version are empty where a file's ``$id`` does not say them.
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
        """As events carry it, with the major."""
        return f"{self.type}.v{self.major}" if self.type else ""

    def __str__(self) -> str:
        return f"{self.type} {self.version}" if self.type else self.id


def pick(schemas: SchemaSet, reference: str) -> SchemaVersion:
    """The version that ``TYPE@VERSION`` names; the newest one without ``@VERSION``, of the major that ``@N``
    names. Raises :class:`SchemaNotFound`."""
    type_name, at, version = reference.partition("@")
    if not type_name:
        raise SchemaNotFound(f"{reference!r} names no type", hint="write TYPE or TYPE@1.0.0")
    if at and not version.isdecimal():
        return schemas.get(type_name, version)
    versions = [v for v in schemas.versions(type_name) if not at or v.major == int(version)]
    if not versions:
        if at and schemas.versions(type_name):
            raise SchemaNotFound(f"{type_name} has no major {version}")
        return schemas.get(type_name, "0.0.0")  # says what there is instead
    return schemas.get(type_name, versions[-1])


def newest_of(schemas: SchemaSet, reference: str) -> list[SchemaVersion]:
    """What ``TYPE@VERSION`` or ``TYPE@MAJOR`` names; for ``TYPE`` alone, the newest version of each major."""
    if "@" in reference or not schemas.versions(reference):
        return [pick(schemas, reference)]
    newest = {version.major: version for version in schemas.versions(reference)}
    return [schemas.get(reference, version) for version in newest.values()]


def of_version(schemas: SchemaSet, schema: SchemaVersion) -> Proposed:
    documents = {each.id: each.document for each in schemas}
    return Proposed(schema.id, schema.type, str(schema.version), schema.document, documents, schema.validator)


def from_file(path: Path, schemas: SchemaSet | None = None) -> Proposed:
    """A schema file as it stands; ``schemas`` is what it may refer to.

    Raises :class:`ConfigurationError` where it is no schema of 2020-12, or refers to what is not there.
    """
    document = parse_json(read_bytes(path), str(path))
    if not isinstance(document, dict):
        raise refused(str(path), "is not a JSON object")
    if document.get("$schema", DIALECT) != DIALECT:
        raise refused(str(path), "is not JSON Schema 2020-12", f'write "$schema": "{DIALECT}"')
    given = document.get("$id")
    schema_id = given if isinstance(given, str) and given else "urn:stream-bridge:proposed"
    documents = {each.id: dict(each.document) for each in schemas or ()} | {schema_id: document}
    _check_references(path, schema_id, documents)
    try:
        registry = jsonschema_rs.Registry(
            list(documents.items()), draft=jsonschema_rs.Draft202012, retriever=_nothing
        )
        validator = compile_schema(document, registry)
    except ValueError as error:  # the library's ValidationError is one
        message = error.message if isinstance(error, jsonschema_rs.ValidationError) else str(error)
        raise refused(str(path), f"cannot be used as a schema: {message}") from error
    match = _ID.fullmatch(schema_id)
    type_name, version = (match[1], match[2]) if match else ("", "")
    return Proposed(schema_id, type_name, version, document, documents, validator)


def _check_references(path: Path, schema_id: str, documents: Mapping[str, Any]) -> None:
    """What leads nowhere would quietly refuse all data."""
    known = Documents(documents)
    for pointer, schema in subschemas(documents[schema_id]):
        for keyword in ("$ref", "$dynamicRef"):
            if isinstance(schema.get(keyword), str):
                try:
                    known.resolve(Node(schema_id, pointer, schema), schema[keyword])
                except Undecided as error:
                    advice = "nothing is fetched: name the folder that has it with --schemas"
                    raise refused(str(path), str(error), advice, path=f"{pointer}/{keyword}") from error


def before(schemas: SchemaSet, proposed: Proposed) -> SchemaVersion | None:
    """The newest version of the same type that is older; None where there is none."""
    if not proposed.version:
        return None
    older = [v for v in schemas.versions(proposed.type) if v < Version.parse(proposed.version)]
    return schemas.get(proposed.type, older[-1]) if older else None


def valid_examples(schemas: SchemaSet, type_name: str, version: str) -> dict[str, Any]:
    """The valid examples of a version by file name; one that cannot be read is not among them."""
    if schemas.folder is None:
        return {}
    folder = schemas.folder / type_name / "examples" / version / "valid"
    found = {}
    for path in entries(folder) if folder.is_dir() else []:
        if path.suffix == ".json":
            try:
                found[path.name] = parse_json(read_bytes(path), str(path))
            except ConfigurationError:
                continue
    return found


def one_of(reference: str | None, file: Path | None, schemas: SchemaSet | None) -> Proposed:
    """What ``--schema`` or ``--schema-file`` names. Raises ``BridgeError`` unless exactly one is given."""
    if (reference is None) == (file is None):
        raise BridgeError("tell which schema", hint="give either --schema TYPE@VERSION or --schema-file F")
    if file is not None:
        return from_file(file, schemas)
    assert reference is not None and schemas is not None  # noqa: S101, PT018
    return of_version(schemas, pick(schemas, reference))


def _nothing(uri: str) -> Any:
    """Stands in for what is not there: nothing is fetched, and nothing validates."""
    return False
