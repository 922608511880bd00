"""What a schema says that a registry it is published to cannot take: drafts, sizes, names.

EventBridge's registry takes draft 4 and Glue up to draft 7: a version is converted on its way there, and what
the older draft has no words for is told here, before anything is published.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bridge.schemas.conversion import NotExpressible, convert
from bridge.schemas.conversion.services import SERVICES, Service
from bridge.schemas.documents.json_document import subschemas
from bridge.schemas.documents.registry import PublishTarget
from bridge.schemas.documents.validation import SchemaVersion
from bridge.schemas.finding import Finding


def find_unportable(
    schema: SchemaVersion, targets: Iterable[PublishTarget], documents: Mapping[str, Mapping[str, Any]]
) -> Iterator[Finding]:
    """What keeps a version out of its targets (errors), and what their readers do not check (warnings).
    ``documents`` are those of the folder by ``$id``, which a ``$ref`` may lead to."""
    for kind in sorted({target.kind for target in targets}):
        service = SERVICES[kind]
        try:
            converted = convert(schema.document, service.draft, others=documents)
        except NotExpressible as error:
            for message, suggestion in service.refusals(schema, 0):
                yield _finding(schema, "", message, suggestion)
            for obstacle in error.obstacles:
                elsewhere = "" if obstacle.document == schema.id else f" ({obstacle.document})"
                message = (
                    f"{obstacle.reason}: {service.draft.name}, which {service.name} takes, cannot say it"
                )
                pointer = obstacle.pointer if not elsewhere else ""
                yield _finding(schema, pointer, message + elsewhere, obstacle.suggestion)
            continue
        size = len(json.dumps(converted, separators=(",", ":"), ensure_ascii=False))
        for message, suggestion in service.refusals(schema, size):
            yield _finding(schema, "", message, suggestion)
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
