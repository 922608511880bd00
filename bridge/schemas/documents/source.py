"""The contract of other places with published schemas: another folder, a git revision, a registry of AWS."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from bridge.schemas.documents.lock import Days, Lock, Name
from bridge.schemas.documents.schema_set import SchemaSet


@dataclass(frozen=True, slots=True)
class Held:
    """A version in a source. ``digest`` is equal for equal content, computed in the source's own way;
    ``document`` may be a conversion. ``published`` is false for a version that nobody may build on yet, such
    as one that was merged but not published."""

    digest: str
    document: Mapping[str, Any]
    published: bool = True


@dataclass(frozen=True, slots=True)
class Holdings:
    """The content of a source: versions, and the sunsets that subscribers know, by type. ``lock``: its lock.
    ``shared_past``: the versions that it and this folder had when they parted, if that is known."""

    versions: Mapping[Name, Held]
    sunsets: Mapping[str, Days] = field(default_factory=lambda: MappingProxyType({}))
    lock: Lock | None = None
    shared_past: Collection[Name] | None = None


class SchemaSource(Protocol):
    """Reads once and never writes."""

    @property
    def name(self) -> str:
        """The name for people: ``git:main``, ``glue://domain-events``."""

    def read(self) -> Holdings:
        """All event schemas in it; anything else there is skipped.

        Raises :class:`bridge.errors.ConfigurationError` where it does not exist or cannot be parsed, and
        :class:`bridge.errors.Unavailable` where it did not answer.
        """

    def digests_of(self, schemas: SchemaSet) -> Mapping[Name, str]:
        """The digests that these versions would have there, after the source's conversion if it has one."""

    def restoring(self, folder: Path, file: str) -> str:
        """How to bring a file of the lock from there back into ``folder``."""
