"""The registry services: the draft that each accepts, its limits, and what it refuses of a schema version.

EventBridge's registry accepts draft 4 and Glue up to draft 7. A version is converted before it is published,
and what the older draft cannot express is found here, before anything is published.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bridge.limits import GLUE_DEFINITION_CHARS, GLUE_NAME_CHARS, SCHEMAS_CONTENT_CHARS, SCHEMAS_NAME_CHARS
from bridge.ports.registry import RegistryAddress
from bridge.schemas.conversion import DRAFT4, DRAFT7, Draft, NotExpressible, convert
from bridge.schemas.conversion.registered import schema_name
from bridge.schemas.documents.json_document import subschemas
from bridge.schemas.documents.validation import SchemaVersion
from bridge.schemas.finding import Finding, finding

_DRAFT_4_FORMATS: Final = frozenset({"date-time", "email", "hostname", "ipv4", "ipv6", "uri"})
_DRAFT_7_FORMATS: Final = _DRAFT_4_FORMATS | {
    "date", "time", "idn-email", "idn-hostname", "uri-reference", "iri", "iri-reference", "uri-template",
    "json-pointer", "relative-json-pointer", "regex",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Service:
    """What a kind of registry accepts. ``formats``: those that validators of its draft know. ``lines``:
    whether the content may have more than one line (Glue's model has a pattern that does not match a line
    feed). ``dataschema``: the pattern for the id of a schema, which is stored beside the content."""

    name: str
    draft: Draft
    content_chars: int
    name_chars: int
    names: re.Pattern[str]
    formats: frozenset[str]
    lines: bool = True
    dataschema: re.Pattern[str] | None = None

    def refusals(self, schema: SchemaVersion, content_chars: int) -> Iterator[tuple[str, str]]:
        """Why it refuses a version: messages and suggestions. ``content_chars``: the length of the converted
        document without blanks."""
        name = schema_name(schema.type, schema.version.major)
        if len(name) > self.name_chars or self.names.fullmatch(name) is None:
            advice = f"use at most {self.name_chars} characters of {self.names.pattern}; it has {len(name)}"
            yield f"{self.name} refuses the name {name}", advice
        if content_chars > self.content_chars:
            limit = f"{self.name} accepts {self.content_chars:,}"
            message = f"has {content_chars:,} characters as {self.draft.name}; {limit}"
            yield message, "split the event, or shorten descriptions and enums"
        if self.dataschema is not None and self.dataschema.fullmatch(schema.id) is None:
            message = f"{self.name} refuses the id {schema.id} as metadata"
            yield message, f"choose a base in registry.yaml that matches {self.dataschema.pattern}"


SERVICES: Final[Mapping[str, Service]] = {
    "eventbridge": Service(
        name="EventBridge's registry",
        draft=DRAFT4,
        content_chars=SCHEMAS_CONTENT_CHARS,
        name_chars=SCHEMAS_NAME_CHARS,
        names=re.compile(r"[A-Za-z0-9._@-]+"),
        formats=_DRAFT_4_FORMATS,
    ),
    "glue": Service(
        name="Glue",
        draft=DRAFT7,
        content_chars=GLUE_DEFINITION_CHARS,
        name_chars=GLUE_NAME_CHARS,
        names=re.compile(r"[A-Za-z0-9_$#.-]+"),
        formats=_DRAFT_7_FORMATS,
        lines=False,
        dataschema=re.compile(r"[a-zA-Z0-9+\-=._/@:,;<]{1,256}"),  # model: MetadataValueString
    ),
}


def find_unportable(
    schema: SchemaVersion, targets: Iterable[RegistryAddress], documents: Mapping[str, Mapping[str, Any]]
) -> Iterator[Finding]:
    """Errors for what prevents publishing a version to its targets, warnings for what readers there do not
    check. ``documents``: those of the folder by ``$id``, which a ``$ref`` may lead to."""
    for kind in sorted({target.kind for target in targets}):
        service = SERVICES[kind]
        size = 0
        try:
            converted = convert(schema.document, service.draft, others=documents)
            size = len(json.dumps(converted, separators=(",", ":"), ensure_ascii=False))
            found = _unknown_formats(schema, service)
        except NotExpressible as error:
            found = obstacles_of(schema, service, error)
        for message, suggestion in service.refusals(schema, size):
            yield finding("portable", schema.file, message, suggestion)
        yield from found


def obstacles_of(
    schema: SchemaVersion, service: Service, error: NotExpressible, rule: str = "portable"
) -> Iterator[Finding]:
    """A finding for everything that the service's draft cannot express."""
    for obstacle in error.obstacles:
        own = obstacle.document == schema.id
        message = f"{obstacle.reason}: {service.draft.name}, which {service.name} accepts, cannot express it"
        message += "" if own else f" ({obstacle.document})"
        path = obstacle.pointer if own else ""
        yield finding(rule, schema.file, message, obstacle.suggestion, path=path)


def _unknown_formats(schema: SchemaVersion, service: Service) -> Iterator[Finding]:
    for pointer, part in subschemas(schema.document):
        name = part.get("format")
        if isinstance(name, str) and name not in service.formats and "pattern" not in part:
            message = f"{service.draft.name} has no format {name}: readers by {service.name} do not check it"
            path, advice = f"{pointer}/format", "add a pattern beside it"
            yield finding("portable", schema.file, message, advice, "warning", path=path)
