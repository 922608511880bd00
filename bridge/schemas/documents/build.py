"""From schema files to compiled versions: checks the rules for one file and for all files together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from difflib import get_close_matches
from functools import cache, partial
from typing import Any, Final

import jsonschema_rs

from bridge.core.pointer import escape
from bridge.errors import Problem
from bridge.schemas.documents.json_document import subschemas
from bridge.schemas.documents.layout import SchemaFile
from bridge.schemas.documents.lock import Name
from bridge.schemas.documents.names import place_of
from bridge.schemas.documents.references import find_reference_problems
from bridge.schemas.documents.validation import (
    DIALECT,
    SchemaVersion,
    Validators,
    compile_schema,
    offline_registry,
    refusal,
    unknown_format,
)
from bridge.schemas.finding import finding


def find_base(files: Iterable[SchemaFile]) -> str | None:
    """The base that most files' ``$id`` agree on, for folders that declare none."""
    bases: Counter[str] = Counter()
    for file in files:
        place = place_of(file.type, file.version)
        schema_id = file.document.get("$id") if isinstance(file.document, dict) else None
        if isinstance(schema_id, str) and schema_id.endswith(place):
            bases[schema_id.removesuffix(place)] += 1
    return bases.most_common(1)[0][0] if bases else None


class Builder:
    """Checks and compiles files: collects what is ``built``, and ``problems``. ``found`` are all files of the
    folder, unreadable ones included."""

    def __init__(
        self, base: str | None, found: Collection[Name], validators: Validators = Validators.KEPT
    ) -> None:
        self.base = base
        self._validators = validators
        self.built: dict[Name, SchemaVersion] = {}
        self.problems: list[Problem] = []
        self._known = set() if base is None else {base + place_of(*name) for name in found}

    def build(self, files: Iterable[SchemaFile]) -> None:
        owners: dict[str, str] = {}
        sound = [file for file in files if self._is_sound(file, owners)]
        resources = {file.document["$id"]: file.document for file in sound}
        try:
            registry = offline_registry(resources)
        except ValueError:
            sound = [file for file in sound if self._is_readable(file)]
            resources = {file.document["$id"]: file.document for file in sound}
            registry = offline_registry(resources)
        for file in sound:
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
        messages: dict[str, str] = {}
        try:
            for error in _METASCHEMA.iter_errors(file.document):
                # One mistake breaks several of the dialect's vocabularies: only the first is reported.
                pointer = "".join(f"/{escape(str(step))}" for step in error.instance_path)
                messages.setdefault(pointer, f"is not JSON Schema: {error.message}")
        except ValueError as limit:  # a limit of the library, such as the depth of nesting
            messages[""] = f"{_UNREADABLE}: {limit}"
        for pointer, message in messages.items():
            self._problem("metaschema", file, pointer, message)

    def _is_readable(self, file: SchemaFile) -> bool:
        """Whether the library takes the document, by its limits such as the depth of nesting."""
        try:
            offline_registry({"urn:alone": file.document})
        except ValueError as limit:
            self._problem("metaschema", file, "", f"{_UNREADABLE}: {limit}")
            return False
        return True

    def _check_id(self, file: SchemaFile, owners: dict[str, str]) -> None:
        place = place_of(file.type, file.version)
        schema_id = file.document.get("$id")
        expected = None if self.base is None else self.base + place
        advice = f'write "$id": "{expected or "https://<your base>" + place}"'
        if not isinstance(schema_id, str):
            self._problem("id", file, "/$id", "is missing" if schema_id is None else "is not text", advice)
            return
        if schema_id in owners:
            what = f"is already the $id of {owners[schema_id]}"
        elif schema_id == expected:
            what = ""
        elif schema_id.endswith(place):
            what = f"does not begin with the base of the others, {self.base}"
        else:
            what = "disagrees with the file's path"
        if what:
            self._problem("id", file, "/$id", f"'{schema_id}' {what}", advice)
        owners.setdefault(schema_id, file.file)

    def _compile(
        self, file: SchemaFile, registry: jsonschema_rs.Registry, resources: Collection[str]
    ) -> None:
        schema_id: str = file.document["$id"]
        before = len(self.problems)
        parts = list(subschemas(file.document))
        for fault in find_reference_problems(
            parts, schema_id, file.type, known=self._known, registry=registry, readable=resources
        ):
            self._problem("reference", file, *fault)
        for pointer, schema in parts:
            name = schema.get("format")
            if isinstance(name, str) and unknown_format(name):
                close = get_close_matches(name, FORMATS, n=1)
                advice = f"did you mean '{close[0]}'?" if close else "use pattern, or a format of JSON Schema"
                message = f"'{name}' is not a known format and is not asserted"
                self._problem("format", file, f"{pointer}/format", message, advice, "warning")
        once = partial(compile_schema, file.document, registry)
        compiled = cache(once)
        try:
            if self._validators is not Validators.ON_USE:
                (compiled if self._validators is Validators.KEPT else once)()
        except ValueError as error:  # the library's ValidationError is one
            if not any(problem.severity == "error" for problem in self.problems):
                self._problem("metaschema", file, "", refusal(error))
            return
        if not any(problem.severity == "error" for problem in self.problems[before:]):
            self.built[file.type, file.version] = SchemaVersion(
                file.type, file.version, schema_id, file.document, compiled, file.file
            )

    def _problem(
        self, rule: str, file: SchemaFile, path: str, message: str, advice: str = "", severity: str = "error"
    ) -> None:
        self.problems.append(finding(rule, file.file, message, advice, severity, path=path))


# JSON Schema 2020-12, validation section 7.3
FORMATS = (
    "date-time", "date", "time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6",
    "uri", "uri-reference", "iri", "iri-reference", "uuid", "uri-template", "json-pointer",
    "relative-json-pointer", "regex",
)  # fmt: skip

_UNREADABLE: Final = "cannot be read as a schema"
_METASCHEMA: Any = jsonschema_rs.Draft202012Validator({"$ref": DIALECT}, validate_formats=True, offline=True)
