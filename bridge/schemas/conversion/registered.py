"""Schemas read from a registry: one document each, in older drafts, with the same verdicts as the files.

A document validates by the draft that it declares, but every ``format`` in it by the rules of 2020-12. Older
drafts have fewer or different formats, and what the bridge publishes must not depend on where it reads its
schemas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import jsonschema_rs

from bridge.errors import ConfigurationError, Problem
from bridge.schemas.documents.json_document import parse_json
from bridge.schemas.documents.meaning import content_hash
from bridge.schemas.documents.names import TYPE
from bridge.schemas.documents.schema_set import SchemaSet
from bridge.schemas.documents.validation import DIALECT, MASK, SchemaVersion, Validator
from bridge.schemas.semver import Version

_DRAFTS: Final[Mapping[str, Callable[..., Validator]]] = {
    "http://json-schema.org/draft-04/schema": jsonschema_rs.Draft4Validator,
    "http://json-schema.org/draft-06/schema": jsonschema_rs.Draft6Validator,
    "http://json-schema.org/draft-07/schema": jsonschema_rs.Draft7Validator,
    "https://json-schema.org/draft/2019-09/schema": jsonschema_rs.Draft201909Validator,
    DIALECT: jsonschema_rs.Draft202012Validator,
}


@dataclass(frozen=True, slots=True)
class Registered:
    """A version in a registry, identified by its ``$id`` (``id`` in draft 4). ``number`` is its position
    there, from 0."""

    type: str
    version: Version
    id: str
    document: Mapping[str, Any]
    digest: str
    number: int


def schema_name(type_name: str, major: int) -> str:
    """A registry has one schema for each major version of a type; its name is the ``type`` of the events."""
    return f"{type_name}.v{major}"


def identify(document: Any) -> tuple[str, Version, str] | None:
    """Type, version and id of a document that stream-bridge published; None for any other."""
    if not isinstance(document, dict):
        return None
    schema_id = document.get("$id", document.get("id"))
    if not isinstance(schema_id, str):
        return None
    _, _, place = schema_id.removesuffix(".json").rpartition("//")
    *_, type_name, version = ("", "", *place.split("/"))
    if not schema_id.endswith(".json") or TYPE.fullmatch(type_name) is None:
        return None
    try:
        return type_name, Version.parse(version), schema_id
    except ValueError:
        return None


def read_registered(name: str, texts: Sequence[str], origin: str) -> Iterator[Registered]:
    """The versions that stream-bridge published, in order; other texts of the schema are ignored.

    Raises :class:`ConfigurationError` if two documents of one version differ: it is unknown which is right.
    """
    found: dict[Version, Registered] = {}
    for number, text in enumerate(texts):
        try:
            document = parse_json(text.encode(), f"{origin}/{name}")
        except ConfigurationError:
            continue
        known = identify(document)
        if known is None or schema_name(known[0], known[1].major) != name:
            continue
        registered = Registered(*known, document, content_hash(document), number)
        before = found.setdefault(registered.version, registered)
        if before is registered:
            yield registered
        elif before.digest != registered.digest:
            message = f"version {registered.version} exists twice, with different contents"
            advice = (
                "remove the one that stream-bridge did not publish; see stream-bridge schema publish --plan"
            )
            raise ConfigurationError([Problem(f"{origin}/{name}", 0, 0, "", message, advice)])


def build_set(registered: Sequence[Registered], origin: str) -> SchemaSet:
    """The schema set of a bridge. Raises :class:`ConfigurationError` with every document that is not a usable
    schema."""
    problems: list[Problem] = []
    schemas: dict[tuple[str, Version], SchemaVersion] = {}
    for each in sorted(registered, key=lambda one: (one.type, one.version)):
        file = f"{origin}/{schema_name(each.type, each.version.major)}/{each.version}"
        try:
            validator = compile_document(each.document)
        except ValueError as error:  # the library's ValidationError is one
            what = error.message if isinstance(error, jsonschema_rs.ValidationError) else str(error)
            problems.append(Problem(file, 0, 0, "", f"cannot be used as a schema: {what}"))
            continue
        schemas[each.type, each.version] = SchemaVersion(
            each.type, each.version, each.id, each.document, _always(validator), file
        )
    if problems:
        raise ConfigurationError(problems)
    return SchemaSet(MappingProxyType(schemas))


def _always(validator: Validator) -> Callable[[], Validator]:
    return lambda: validator


def compile_document(document: Mapping[str, Any]) -> Validator:
    """A validator by the draft that the document declares (2020-12 if it declares none). It asserts formats
    and fetches nothing.

    Raises :class:`jsonschema_rs.ValidationError` or ``ValueError`` if the document is not a usable schema.
    """
    declared = document.get("$schema", DIALECT)
    make = _DRAFTS.get(declared.removesuffix("#")) if isinstance(declared, str) else None
    if make is None:
        raise ValueError("its $schema is not a known draft")
    formats = _formats(document) if make is not jsonschema_rs.Draft202012Validator else {}
    return make(dict(document), validate_formats=True, formats=formats, offline=True, mask=MASK)


def _formats(document: Any) -> dict[str, Callable[[str], bool]]:
    """2020-12's check for every string at a ``format``; the library ignores names that are not formats."""
    names: set[str] = set()
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            name = value.get("format")
            if isinstance(name, str):
                names.add(name)
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return {name: _check_of(name) for name in sorted(names)}


def _check_of(name: str) -> Callable[[str], bool]:
    check = jsonschema_rs.Draft202012Validator({"format": name}, validate_formats=True).is_valid
    return lambda text: check(text)
