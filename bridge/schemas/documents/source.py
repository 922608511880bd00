"""Where published schemas are kept elsewhere: another folder, a git revision, a registry of AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any, Protocol

from bridge.schemas.documents.lock import Name
from bridge.schemas.documents.validation import SchemaVersion


@dataclass(frozen=True, slots=True)
class Held:
    """A version as a source holds it. ``digest`` tells equal content from other content, in the source's own
    way; ``document`` is what it holds, which may be a conversion. ``published`` is false for what the source
    has and nobody may build on yet, such as a version merged and not published."""

    digest: str
    document: Mapping[str, Any]
    published: bool = True


@dataclass(frozen=True, slots=True)
class Holdings:
    """All that a source holds: versions, and the sunsets it told subscribers (type to major or version)."""

    versions: Mapping[Name, Held]
    sunsets: Mapping[str, Mapping[str, date]] = field(default_factory=lambda: MappingProxyType({}))


class SchemaSource(Protocol):
    """Reads once and never writes."""

    @property
    def name(self) -> str:
        """What people call it: ``git:main``, ``glue://domain-events``."""

    def read(self) -> Holdings:
        """Everything it holds of our kind; what is not ours there is passed over.

        Raises :class:`bridge.errors.ConfigurationError` where it is not there or cannot be understood, and
        :class:`bridge.errors.Unavailable` where it did not answer.
        """

    def digest_of(self, schema: SchemaVersion) -> str:
        """The digest that this version would have there, after whatever conversion the source makes."""
