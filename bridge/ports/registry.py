"""What publishing and reading schemas need from an external schema registry, as narrow protocols.

Every implementation passes ``tests/contracts/test_schema_registry.py``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal, Protocol

RegistryKind = Literal["eventbridge", "glue"]
KINDS: Final[tuple[RegistryKind, ...]] = ("eventbridge", "glue")

# Names: the stricter of model and docs, see bridge/schemas/documents/registry.py; region: as AWS writes them.
ADDRESS_PATTERN: Final = (
    r"(eventbridge://[A-Za-z0-9._-]{1,64}|glue://[A-Za-z0-9_$.-]{1,255})"
    r"(\?region=[a-z]{2}(-[a-z]+)+-[0-9])?"
)
_ADDRESS: Final = re.compile(ADDRESS_PATTERN)


@dataclass(frozen=True, slots=True)
class RegistryAddress:
    """A registry of a service; ``region`` is None for the caller's own region.

    As text it is ``glue://orders`` or ``eventbridge://orders?region=eu-central-1``.
    """

    kind: RegistryKind
    registry: str
    region: str | None = None

    @classmethod
    def parse(cls, text: str) -> RegistryAddress:
        """Raises ``ValueError`` where the text is not the address of a registry."""
        if _ADDRESS.fullmatch(text) is None:
            raise ValueError("not the address of a registry, such as glue://orders?region=eu-central-1")
        kind, _, rest = text.partition("://")
        registry, _, region = rest.partition("?region=")
        return cls("glue" if kind == "glue" else "eventbridge", registry, region or None)

    def __str__(self) -> str:
        return f"{self.kind}://{self.registry}" + (f"?region={self.region}" if self.region else "")


Status = Literal["available", "pending", "failed"]


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """One version as a registry stores it. ``number`` is the registry's own count, unrelated to the schema's
    version. ``labels`` holds what is stored beside the content, with all values of a name: Glue's
    metadata."""

    number: int
    content: str
    status: Status = "available"
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class StoredSchema:
    """A schema with its versions, in the registry's order. ``settings`` are those that its owner could change
    by hand: data format and compatibility mode in Glue, the type of schema in EventBridge."""

    name: str
    versions: tuple[StoredVersion, ...]
    settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version to be published to a registry. ``labels`` describe it: owner, dataschema, version, sha256.
    ``note`` is the same description for people."""

    name: str
    content: str
    note: str
    labels: Mapping[str, str]


class SchemaRegistry(Protocol):
    """One registry of one service. It never changes or removes existing content.

    Every method may raise ``RegistryUnavailable`` (the same call may succeed later) and ``BatchError`` (the
    registry is missing or denies access). Calls that read or label are repeated for a while before they are
    given up. ``create`` and ``add`` are never repeated: a call without an answer may have succeeded, so a
    writer reads first.
    """

    address: RegistryAddress
    settings: Mapping[str, str]
    """The :class:`StoredSchema` ``settings`` that a published schema must have."""

    def check(self) -> None:
        """Ask once whether the registry exists and may be read."""
        ...

    def names(self) -> Sequence[str]:
        """The names of all its schemas, in order."""
        ...

    def read(self, name: str, *, labels: bool = True) -> StoredSchema | None:
        """The schema with every version that is not being deleted; None where no schema has that name.
        ``labels=False`` leaves out the labels, which cost a call for each version in Glue."""
        ...

    def create(self, candidate: Candidate) -> None:
        """Create the schema with its first version. Raises ``SchemaTaken`` where it already exists."""
        ...

    def add(self, candidate: Candidate) -> None:
        """Append a version. Its status may be decided later. A version that is sent twice may be stored
        twice: equal content twice means the same as once."""
        ...

    def labels_of(self, candidate: Candidate) -> Mapping[str, str]:
        """The candidate's labels as this registry stores them, in its alphabet. Empty where it stores no
        labels beside a version."""
        ...

    def label(self, candidate: Candidate, stored: StoredVersion) -> None:
        """Add the labels that the stored version of this candidate lacks. A repeat is no error."""
        ...


@dataclass(frozen=True, slots=True)
class CachedSchemas:
    """What was last read from a registry: ``texts`` by schema name, in the registry's order of versions, and
    when (seconds since the epoch)."""

    texts: Mapping[str, tuple[str, ...]]
    read_at_s: float


class SchemaCache(Protocol):
    """Keeps what was read from registries, for a start while they are down."""

    def load(self, address: RegistryAddress) -> CachedSchemas | None:
        """None where nothing is kept, or nothing that can be trusted: half written, in another format."""
        ...

    def store(self, address: RegistryAddress, cached: CachedSchemas) -> None:
        """Durable when it returns. Raises ``OSError``."""
        ...
