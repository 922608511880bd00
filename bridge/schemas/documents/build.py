"""From schema files to compiled versions: every rule that one file, or all of them together, must keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

import jsonschema_rs

from bridge.core.pointer import escape
from bridge.errors import Problem
from bridge.schemas.documents.json_document import subschemas
from bridge.schemas.documents.layout import SchemaFile
from bridge.schemas.documents.references import find_reference_problems
from bridge.schemas.documents.validation import DIALECT, SchemaVersion, compile_schema, unknown_format
from bridge.schemas.finding import Finding
from bridge.schemas.semver import Version

Name = tuple[str, Version]


def place_of(type_name: str, version: Version) -> str:
    """Where a version stands, from the folder as from the base of the ids."""
    return f"/{type_name}/{version}.json"


def find_base(files: Iterable[SchemaFile]) -> str | None:
    """The base that most files' ``$id`` agree on, where none is declared."""
    bases: Counter[str] = Counter()
    for file in files:
        place = place_of(file.type, file.version)
        schema_id = file.document.get("$id") if isinstance(file.document, dict) else None
        if isinstance(schema_id, str) and schema_id.endswith(place):
            bases[schema_id.removesuffix(place)] += 1
    return bases.most_common(1)[0][0] if bases else None


class Builder:
    """Checks and compiles files that come to those ``built`` already. Problems gather in ``problems``."""

    def __init__(
        self, base: str | None, built: Mapping[Name, SchemaVersion], found: Collection[Name]
    ) -> None:
        self.base = base
        self.built = dict(built)
        self.problems: list[Problem] = []
        self._known = {schema.id for schema in built.values()}
        if base is not None:
            self._known |= {base + place_of(*name) for name in found}
        self._healthy: list[SchemaFile] = []

    def build(self, files: Iterable[SchemaFile]) -> None:
        owners = {schema.id: schema.file for schema in self.built.values()}
        for file in files:
            if self._is_sound(file, owners):
                self._healthy.append(file)
        resources = {schema.id: dict(schema.document) for schema in self.built.values()}
        resources |= {file.document["$id"]: file.document for file in self._healthy}
        registry = _registry(resources)
        for file in self._healthy:
            self._compile(file, registry, resources)

    def _is_sound(self, file: SchemaFile, owners: dict[str, str]) -> bool:
        """The checks that need no other file's content."""
        document = file.document
        if not isinstance(document, dict):
            self._problem("metaschema", file, "", "is not a JSON object")
            return False
        before = len(self.problems)
        if document.get("$schema") != DIALECT:
            what = "is not JSON Schema 2020-12" if "$schema" in document else "is missing"
            self._problem("dialect", file, "/$schema", what, f'write "$schema": "{DIALECT}"')
        else:
            self._check_metaschema(file)
        self._check_id(file, owners)
        return len(self.problems) == before

    def _check_metaschema(self, file: SchemaFile) -> None:
        findings: dict[str, str] = {}
        try:
            for error in _METASCHEMA.iter_errors(file.document):
                # One mistake breaks several of the dialect's vocabularies; the first says enough.
                pointer = "".join(f"/{escape(str(step))}" for step in error.instance_path)
                findings.setdefault(pointer, f"is not JSON Schema: {error.message}")
            if not findings:
                _registry({"urn:alone": file.document})
        except ValueError as limit:  # the library's own, such as for nesting
            findings[""] = f"cannot be read as a schema: {limit}"
        for pointer, message in findings.items():
            self._problem("metaschema", file, pointer, message)

    def _check_id(self, file: SchemaFile, owners: dict[str, str]) -> None:
        place = place_of(file.type, file.version)
        schema_id = file.document.get("$id")
        expected = None if self.base is None else self.base + place
        advice = f'write "$id": "{expected or "https://<your base>" + place}"'
        if not isinstance(schema_id, str):
            self._problem("id", file, "/$id", "is missing" if schema_id is None else "is not text", advice)
            return
        if schema_id in owners:
            self._problem(
                "id", file, "/$id", f"'{schema_id}' is already the $id of {owners[schema_id]}", advice
            )
        elif schema_id != expected:
            what = "disagrees with the file's path"
            if schema_id.endswith(place):
                what = f"does not begin with the base of the others, {self.base}"
            self._problem("id", file, "/$id", f"'{schema_id}' {what}", advice)
        owners.setdefault(schema_id, file.file)

    def _compile(
        self, file: SchemaFile, registry: jsonschema_rs.Registry, resources: Collection[str]
    ) -> None:
        schema_id: str = file.document["$id"]
        before = len(self.problems)
        for finding in find_reference_problems(
            file.document, schema_id, known=self._known, registry=registry, readable=resources
        ):
            self._problem("reference", file, *finding)
        for pointer, schema in subschemas(file.document):
            name = schema.get("format")
            if isinstance(name, str) and unknown_format(name):
                close = get_close_matches(name, FORMATS, n=1)
                advice = f"did you mean '{close[0]}'?" if close else "use pattern, or a format of JSON Schema"
                message = f"'{name}' is no known format and is not asserted"
                self._problem("format", file, f"{pointer}/format", message, advice, severity="warning")
        try:
            validator = compile_schema(file.document, registry)
        except ValueError as error:  # the library's ValidationError is one
            if not any(problem.severity == "error" for problem in self.problems):
                message = error.message if isinstance(error, jsonschema_rs.ValidationError) else str(error)
                self._problem("metaschema", file, "", f"cannot be used as a schema: {message}")
            return
        if not any(problem.severity == "error" for problem in self.problems[before:]):
            self.built[file.type, file.version] = SchemaVersion(
                file.type, file.version, schema_id, file.document, validator, file.file
            )

    def _problem(
        self,
        rule: str,
        file: SchemaFile,
        path: str,
        message: str,
        suggestion: str = "",
        severity: str = "error",
    ) -> None:
        self.problems.append(Finding(file.file, 0, 0, path, message, suggestion, severity, rule=rule))


def _registry(resources: Mapping[str, Any]) -> jsonschema_rs.Registry:
    return jsonschema_rs.Registry(
        list(resources.items()), draft=jsonschema_rs.Draft202012, retriever=_fetch_nothing
    )


def _fetch_nothing(uri: str) -> Any:
    """Stands in for whatever is not in the folder: the reference is reported, and nothing validates."""
    return False


# JSON Schema 2020-12, validation section 7.3
FORMATS = (
    "date-time", "date", "time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6",
    "uri", "uri-reference", "iri", "iri-reference", "uuid", "uri-template", "json-pointer",
    "relative-json-pointer", "regex",
)  # fmt: skip

_METASCHEMA: Any = jsonschema_rs.Draft202012Validator({"$ref": DIALECT}, validate_formats=True, offline=True)
