"""What a schema says that a registry it is published to cannot: drafts, sizes, names.

EventBridge's registry takes draft 4 and Glue up to draft 7, so a version is converted on its way there. What
has a counterpart in the older draft is converted (``const``, ``if``, ``prefixItems``, ``dependentRequired``);
what has none is refused here, before anything is published.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bridge.limits import GLUE_DEFINITION_CHARS, GLUE_NAME_CHARS, SCHEMAS_CONTENT_CHARS, SCHEMAS_NAME_CHARS
from bridge.schemas.documents import subschemas
from bridge.schemas.finding import Finding
from bridge.schemas.registry import PublishTarget, TargetKind
from bridge.schemas.validation import SchemaVersion


@dataclass(frozen=True, slots=True)
class _Service:
    name: str
    draft: str
    content_chars: int
    name_chars: int
    lacks: Mapping[str, str]
    formats: frozenset[str]


_UNEVALUATED: Final = "declare the members in one place, with additionalProperties or items"
_DYNAMIC: Final = "use $ref"
_COUNTED: Final = "say it in the description, and check it in the consumer"
_DRAFT_4_FORMATS: Final = frozenset({"date-time", "email", "hostname", "ipv4", "ipv6", "uri"})
_DRAFT_7_FORMATS: Final = _DRAFT_4_FORMATS | {
    "date", "time", "idn-email", "idn-hostname", "uri-reference", "iri", "iri-reference", "uri-template",
    "json-pointer", "relative-json-pointer", "regex",
}  # fmt: skip
_LACKS_DRAFT_7: Final = {
    "unevaluatedProperties": _UNEVALUATED,
    "unevaluatedItems": _UNEVALUATED,
    "$dynamicRef": _DYNAMIC,
    "minContains": _COUNTED,
    "maxContains": _COUNTED,
}
_SERVICES: Final = {
    TargetKind.EVENTBRIDGE: _Service(
        "EventBridge's registry",
        "draft 4",
        SCHEMAS_CONTENT_CHARS,
        SCHEMAS_NAME_CHARS,
        {**_LACKS_DRAFT_7, "propertyNames": "use patternProperties with additionalProperties: false"},
        _DRAFT_4_FORMATS,
    ),
    TargetKind.GLUE: _Service(
        "Glue", "draft 7", GLUE_DEFINITION_CHARS, GLUE_NAME_CHARS, _LACKS_DRAFT_7, _DRAFT_7_FORMATS
    ),
}


def find_unportable(schema: SchemaVersion, targets: Iterable[PublishTarget]) -> Iterator[Finding]:
    """What keeps a version out of its targets (errors), and what they will not check (warnings)."""
    kinds = sorted({target.kind for target in targets})
    if not kinds:
        return
    size = len(json.dumps(schema.document, separators=(",", ":"), ensure_ascii=False))
    for service in (_SERVICES[kind] for kind in kinds):
        if size > service.content_chars:
            message = f"has {size:,} characters; {service.name} takes {service.content_chars:,}"
            yield _finding(
                schema, "", message, "move parts that other types share into versions of their own"
            )
        name = f"{schema.type}.v{schema.version.major}"
        if len(name) > service.name_chars:
            message = f"the name {name} has {len(name)} characters; {service.name} takes {service.name_chars}"
            yield _finding(schema, "", message, "take a shorter name for the type")
        for pointer, part in subschemas(schema.document):
            for keyword, advice in service.lacks.items():
                if keyword in part:
                    message = f"{keyword} cannot be said in {service.draft}, which {service.name} takes"
                    yield _finding(schema, f"{pointer}/{keyword}", message, advice)
            asserted = part.get("format")
            if isinstance(asserted, str) and asserted not in service.formats and "pattern" not in part:
                message = (
                    f"{service.draft} has no format {asserted}: readers by {service.name} do not check it"
                )
                yield _finding(schema, f"{pointer}/format", message, "add a pattern beside it", "warning")


def _finding(
    schema: SchemaVersion, path: str, message: str, suggestion: str, severity: str = "error"
) -> Finding:
    return Finding(schema.file, 0, 0, path, message, suggestion, severity, rule="portable")
