"""The versions of a folder for one registry: each converted, measured, and its conversion proven."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import bridge.schemas.conversion as conversion
from bridge.errors import ConfigurationError, Problem
from bridge.ports.registry import Candidate, RegistryAddress, RegistryKind
from bridge.schemas.conversion.proof import Proof, prove, read_examples
from bridge.schemas.conversion.registered import schema_name
from bridge.schemas.conversion.services import SERVICES, obstacles_of
from bridge.schemas.documents.lock import Name
from bridge.schemas.documents.meaning import content_hash
from bridge.schemas.documents.schema_set import SchemaSet
from bridge.schemas.documents.validation import SchemaVersion
from bridge.schemas.finding import finding

RULE: Final = "publish"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A version as it is sent to one registry. ``digest`` is the hash of the converted document."""

    name: Name
    schema: SchemaVersion
    candidate: Candidate
    document: Mapping[str, Any]
    digest: str
    proof: Proof


def prepare(schemas: SchemaSet, address: RegistryAddress) -> tuple[list[Prepared], list[Problem]]:
    """Every version that may be published, in the order of types and versions, and the problems of the
    others. Makes no call to the registry."""
    others = schemas.documents
    prepared: list[Prepared] = []
    problems: list[Problem] = []
    for name, schema in schemas.publishable.items():
        try:
            prepared.append(_prepare(schemas, name, schema, address, others))
        except ConfigurationError as error:
            problems += error.problems
    return prepared, problems


def convert_for(
    kind: RegistryKind, schema: SchemaVersion, others: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """The document in the draft of that kind of registry. Raises :class:`ConfigurationError` with a finding
    for everything that the draft cannot express."""
    service = SERVICES[kind]
    try:
        return conversion.convert(schema.document, service.draft, others=others)
    except conversion.NotExpressible as error:
        raise ConfigurationError(list(obstacles_of(schema, service, error, RULE))) from error


def _prepare(
    schemas: SchemaSet,
    name: Name,
    schema: SchemaVersion,
    address: RegistryAddress,
    others: Mapping[str, Mapping[str, Any]],
) -> Prepared:
    service = SERVICES[address.kind]
    registered = schema_name(schema.type, schema.version.major)
    document = convert_for(address.kind, schema, others)
    content = as_text(document, service.content_chars if service.lines else 0)
    problems: list[Problem] = [
        finding(RULE, schema.file, message, advice)
        for message, advice in service.refusals(schema, len(as_text(document, 0)))
    ]
    proof = _prove(schemas, schema, document, problems)
    if problems or proof is None:
        raise ConfigurationError(problems)
    digest = content_hash(document)
    meta = schemas.metas.get(schema.type)
    team = meta.team if meta is not None else ""
    hexadecimal = digest.removeprefix("sha256:")
    labels = {
        "version": str(schema.version),
        "sha256": hexadecimal,
        "dataschema": schema.id,
        **({"owner": team} if team else {}),
    }
    note = f"{schema.type} {schema.version}, sha256 {hexadecimal}" + (f", owner {team}" if team else "")
    candidate = Candidate(registered, content, note, labels)
    return Prepared(name, schema, candidate, document, digest, proof)


def _prove(
    schemas: SchemaSet, schema: SchemaVersion, document: Mapping[str, Any], problems: list[Problem]
) -> Proof | None:
    """The proof that both documents give the same verdicts. Adds its failures to ``problems``."""
    examples = read_examples(schemas.folder, schema) if schemas.folder is not None else []
    if not examples:
        message = "has no examples, so nothing proves that its conversion gives the same verdicts"
        problems.append(finding(RULE, schema.file, message, f"write some below examples/{schema.version}"))
        return None
    try:
        proof = prove(schema, document, examples)
    except ValueError as error:
        message = f"its conversion cannot be used as a schema: {error}"
        problems.append(finding(RULE, schema.file, message))
        return None
    for each in proof.differ[:5]:
        message = f"its conversion gives another verdict for {each}"
        problems.append(finding(RULE, schema.file, message, "this is a defect of stream-bridge"))
    return proof


def as_text(document: Mapping[str, Any], readable_chars: int) -> str:
    """A document as text: indented for people if that has at most ``readable_chars``, else without blanks."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    if len(text) <= readable_chars:
        return text
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)
