"""What a folder of schemas has for one registry: every version converted, measured, and proven."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import bridge.schemas.conversion as conversion
from bridge.core.pointer import escape
from bridge.errors import ConfigurationError, Problem
from bridge.ports.registry import Candidate, RegistryAddress, RegistryKind
from bridge.schemas.conversion.proof import Proof, prove, read_examples
from bridge.schemas.conversion.registered import schema_name
from bridge.schemas.conversion.services import SERVICES
from bridge.schemas.documents.lock import Name, content_hash
from bridge.schemas.documents.publishable import publishable
from bridge.schemas.documents.schema_set import SchemaSet
from bridge.schemas.documents.validation import SchemaVersion
from bridge.schemas.finding import Finding

RULE: Final = "publish"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A version as it goes to one registry. ``digest`` is the hash of the converted document."""

    name: Name
    schema: SchemaVersion
    candidate: Candidate
    document: Mapping[str, Any]
    digest: str
    proof: Proof


def prepare(schemas: SchemaSet, address: RegistryAddress) -> tuple[list[Prepared], list[Problem]]:
    """Every version that may be published, in the order of types and versions, and what keeps others from
    it. Nothing is asked of the registry."""
    others = {schema.id: schema.document for schema in schemas}
    prepared: list[Prepared] = []
    problems: list[Problem] = []
    for name, schema in publishable(schemas).items():
        try:
            prepared.append(_prepare(schemas, name, schema, address, others))
        except ConfigurationError as error:
            problems += error.problems
    return prepared, problems


def convert_for(
    kind: RegistryKind, schema: SchemaVersion, others: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """The document as a registry of that kind keeps it. Raises :class:`ConfigurationError` with a finding for
    everything that its draft cannot say."""
    service = SERVICES[kind]
    try:
        return conversion.convert(schema.document, service.draft, others=others)
    except conversion.NotExpressible as error:
        findings = [
            Finding(
                schema.file,
                0,
                0,
                each.pointer if each.document == schema.id else "",
                f"{service.name} takes {service.draft.name}, which cannot say this: {each.reason}"
                + (f" (in {each.document})" if each.document != schema.id else ""),
                each.suggestion,
                rule=RULE,
            )
            for each in error.obstacles
        ]
        raise ConfigurationError(findings) from error


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
        Finding(schema.file, 0, 0, "", message, advice, rule=RULE)
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
    """The proof that both documents judge alike; what is wrong with it goes to ``problems``."""
    examples = read_examples(schemas.folder, schema) if schemas.folder is not None else []
    if not examples:
        message = "has no examples, so nothing shows that its conversion judges as it does"
        advice = f"write some below examples/{schema.version}"
        problems.append(Finding(schema.file, 0, 0, "", message, advice, rule=RULE))
        return None
    try:
        proof = prove(schema, document, examples)
    except ValueError as error:
        message = f"its conversion cannot be used as a schema: {error}"
        problems.append(Finding(schema.file, 0, 0, "", message, "", rule=RULE))
        return None
    for each in proof.differ[:5]:
        message = f"its conversion judges {each} otherwise than it does itself"
        problems.append(
            Finding(schema.file, 0, 0, "", message, "this is a defect of stream-bridge", rule=RULE)
        )
    return proof


def as_text(document: Mapping[str, Any], readable_chars: int) -> str:
    """A document as a registry is given it: for people to read, as long as it has no more characters so."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return (
        text
        if len(text) <= readable_chars
        else json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    )


def first_difference(ours: Any, theirs: Any, pointer: str = "") -> str:
    """A JSON Pointer to the first place where two documents differ; "" for the whole."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in [*ours, *(name for name in theirs if name not in ours)]:
            if name not in ours or name not in theirs:
                return f"{pointer}/{escape(name)}"
            if content_hash(ours[name]) != content_hash(theirs[name]):
                return first_difference(ours[name], theirs[name], f"{pointer}/{escape(name)}")
    return pointer
