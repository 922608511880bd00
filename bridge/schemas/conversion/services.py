"""The services that schemas are published to: the draft that each takes, its limits, and what it refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bridge.limits import GLUE_DEFINITION_CHARS, GLUE_NAME_CHARS, SCHEMAS_CONTENT_CHARS, SCHEMAS_NAME_CHARS
from bridge.schemas.conversion import DRAFT4, DRAFT7, Draft
from bridge.schemas.conversion.registered import schema_name
from bridge.schemas.documents.registry import TargetKind
from bridge.schemas.documents.validation import SchemaVersion

_DRAFT_4_FORMATS: Final = frozenset({"date-time", "email", "hostname", "ipv4", "ipv6", "uri"})
_DRAFT_7_FORMATS: Final = _DRAFT_4_FORMATS | {
    "date", "time", "idn-email", "idn-hostname", "uri-reference", "iri", "iri-reference", "uri-template",
    "json-pointer", "relative-json-pointer", "regex",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Service:
    """What a kind of registry takes. ``formats``: those that readers of its draft know. ``lines``: whether a
    content may have more than one (Glue's model has a pattern that matches no line feed). ``dataschema``: the
    alphabet of an id that must be kept beside it."""

    name: str
    draft: Draft
    content_chars: int
    name_chars: int
    names: re.Pattern[str]
    formats: frozenset[str]
    lines: bool = True
    dataschema: re.Pattern[str] | None = None

    def refusals(self, schema: SchemaVersion, content_chars: int) -> Iterator[tuple[str, str]]:
        """What it refuses about a version whose converted document has so many characters without blanks:
        message and suggestion."""
        name = schema_name(schema.type, schema.version.major)
        if len(name) > self.name_chars or self.names.fullmatch(name) is None:
            advice = f"at most {self.name_chars} characters of {self.names.pattern}, and it has {len(name)}"
            yield f"{self.name} refuses the name {name}", advice
        if content_chars > self.content_chars:
            message = f"has {content_chars:,} characters as {self.draft.name}; {self.name} takes "
            message += f"{self.content_chars:,}"
            yield message, "split the event, or shorten descriptions and enums"
        if self.dataschema is not None and self.dataschema.fullmatch(schema.id) is None:
            message = f"{self.name} refuses the id {schema.id} as metadata"
            yield message, f"take another base in registry.yaml, of {self.dataschema.pattern}"


SERVICES: Final[Mapping[str, Service]] = {
    TargetKind.EVENTBRIDGE: Service(
        name="EventBridge's registry",
        draft=DRAFT4,
        content_chars=SCHEMAS_CONTENT_CHARS,
        name_chars=SCHEMAS_NAME_CHARS,
        names=re.compile(r"[A-Za-z0-9._@-]+"),
        formats=_DRAFT_4_FORMATS,
    ),
    TargetKind.GLUE: Service(
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
