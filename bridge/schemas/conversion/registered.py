"""Schemas as they come out of a registry: older drafts, one document each, judged as the files are.

A document validates by the draft that it declares, and every ``format`` in it by the rules of 2020-12: older
drafts know fewer formats, or other ones, and what the bridge publishes must not depend on where its schemas
were read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import jsonschema_rs

from bridge.errors import ConfigurationError, Problem
from bridge.schemas.documents.json_document import parse_json
from bridge.schemas.documents.layout import TYPE
from bridge.schemas.documents.lock import content_hash
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
    """A version that a registry keeps, known by its ``$id`` (``id`` in draft 4). ``number`` is its place in
    the registry's order, from 0."""

    type: str
    version: Version
    id: str
    document: Mapping[str, Any]
    digest: str
    number: int


def schema_name(type_name: str, major: int) -> str:
    """A registry keeps one schema for each major of a type, by the name that events carry as their type."""
    return f"{type_name}.v{major}"


def identify(document: Any) -> tuple[str, Version, str] | None:
    """Type, version and id of a document that we made; None for any other."""
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
    """The versions of ours among the texts of one schema, in order; what is not ours is passed over.

    Raises :class:`ConfigurationError` where two of one version differ: nobody can tell which is meant.
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
            message = f"version {registered.version} stands there twice, with different contents"
            advice = (
                "remove the one that was not published from here; stream-bridge schema publish --plan tells"
            )
            raise ConfigurationError([Problem(f"{origin}/{name}", 0, 0, "", message, advice)])


def build_set(registered: Sequence[Registered], origin: str) -> SchemaSet:
    """The set that a bridge works with. Raises :class:`ConfigurationError` with every document that is no
    usable schema."""
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
            each.type, each.version, each.id, each.document, validator, file
        )
    if problems:
        raise ConfigurationError(problems)
    return SchemaSet(MappingProxyType(schemas))


def compile_document(document: Mapping[str, Any]) -> Validator:
    """A validator by the draft that the document declares (2020-12 where it declares none), which asserts
    formats and fetches nothing.

    Raises :class:`jsonschema_rs.ValidationError` or ``ValueError`` where the document is no usable schema.
    """
    declared = document.get("$schema", DIALECT)
    make = _DRAFTS.get(declared.removesuffix("#")) if isinstance(declared, str) else None
    if make is None:
        raise ValueError("its $schema names no draft that is known here")
    formats = _formats(document) if make is not jsonschema_rs.Draft202012Validator else {}
    return make(dict(document), validate_formats=True, formats=formats, offline=True, mask=MASK)


def _formats(document: Any) -> dict[str, Callable[[str], bool]]:
    """2020-12's check for every text that stands at a ``format``; the library knows which are formats."""
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
