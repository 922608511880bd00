"""What a schema says that a registry it is published to cannot take: drafts, sizes, names.

EventBridge's registry takes draft 4 and Glue up to draft 7: a version is converted on its way there, and what
the older draft has no words for is told here, before anything is published.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bridge.limits import GLUE_DEFINITION_CHARS, GLUE_NAME_CHARS, SCHEMAS_CONTENT_CHARS, SCHEMAS_NAME_CHARS
from bridge.schemas.conversion import DRAFT4, DRAFT7, Draft, NotExpressible, convert
from bridge.schemas.documents import subschemas
from bridge.schemas.finding import Finding
from bridge.schemas.registry import PublishTarget, TargetKind
from bridge.schemas.validation import SchemaVersion


@dataclass(frozen=True, slots=True)
class Service:
    """What a service takes. ``formats`` are those that readers of its draft know."""

    name: str
    draft: Draft
    content_chars: int
    name_chars: int
    formats: frozenset[str]


_DRAFT_4_FORMATS: Final = frozenset({"date-time", "email", "hostname", "ipv4", "ipv6", "uri"})
_DRAFT_7_FORMATS: Final = _DRAFT_4_FORMATS | {
    "date", "time", "idn-email", "idn-hostname", "uri-reference", "iri", "iri-reference", "uri-template",
    "json-pointer", "relative-json-pointer", "regex",
}  # fmt: skip
SERVICES: Final = {
    TargetKind.EVENTBRIDGE: Service(
        "EventBridge's registry", DRAFT4, SCHEMAS_CONTENT_CHARS, SCHEMAS_NAME_CHARS, _DRAFT_4_FORMATS
    ),
    TargetKind.GLUE: Service("Glue", DRAFT7, GLUE_DEFINITION_CHARS, GLUE_NAME_CHARS, _DRAFT_7_FORMATS),
}


def find_unportable(
    schema: SchemaVersion, targets: Iterable[PublishTarget], documents: Mapping[str, Mapping[str, Any]]
) -> Iterator[Finding]:
    """What keeps a version out of its targets (errors), and what their readers do not check (warnings).
    ``documents`` are those of the folder by ``$id``, which a ``$ref`` may lead to."""
    for kind in sorted({target.kind for target in targets}):
        service = SERVICES[kind]
        name = f"{schema.type}.v{schema.version.major}"
        if len(name) > service.name_chars:
            message = f"the name {name} has {len(name)} characters; {service.name} takes {service.name_chars}"
            yield _finding(schema, "", message, "take a shorter name for the type")
        try:
            converted = convert(schema.document, service.draft, others=documents)
        except NotExpressible as error:
            for obstacle in error.obstacles:
                elsewhere = "" if obstacle.document == schema.id else f" ({obstacle.document})"
                message = (
                    f"{obstacle.reason}: {service.draft.name}, which {service.name} takes, cannot say it"
                )
                pointer = obstacle.pointer if not elsewhere else ""
                yield _finding(schema, pointer, message + elsewhere, obstacle.suggestion)
            continue
        size = len(json.dumps(converted, separators=(",", ":"), ensure_ascii=False))
        if size > service.content_chars:
            message = f"has {size:,} characters as {service.draft.name}; {service.name} takes "
            message += f"{service.content_chars:,}"
            yield _finding(schema, "", message, "split the event, or shorten descriptions and enums")
        yield from _formats(schema, service)


def _formats(schema: SchemaVersion, service: Service) -> Iterator[Finding]:
    for pointer, part in subschemas(schema.document):
        name = part.get("format")
        if isinstance(name, str) and name not in service.formats and "pattern" not in part:
            message = f"{service.draft.name} has no format {name}: readers by {service.name} do not check it"
            yield _finding(schema, f"{pointer}/format", message, "add a pattern beside it", "warning")


def _finding(
    schema: SchemaVersion, path: str, message: str, suggestion: str, severity: str = "error"
) -> Finding:
    return Finding(schema.file, 0, 0, path, message, suggestion, severity, rule="portable")
