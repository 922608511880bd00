"""What publishing and reading schemas need from a schema registry outside, as narrow protocols.

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
    """Which registry of which service; ``region`` is None where the caller's own is meant.

    As text ``glue://orders`` or ``eventbridge://orders?region=eu-central-1``.
    """

    kind: RegistryKind
    registry: str
    region: str | None = None

    @classmethod
    def parse(cls, text: str) -> RegistryAddress:
        """Raises ``ValueError`` where the text names no registry."""
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
    """One version as a registry keeps it. ``number`` is the registry's own count, which has nothing to do
    with ours. ``labels`` holds what it keeps beside the content, every value of a name: Glue's metadata."""

    number: int
    content: str
    status: Status = "available"
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class StoredSchema:
    """A schema with its versions, in the registry's order. ``settings`` are what its owner could change by
    hand: data format and compatibility mode in Glue, the type of schema in EventBridge."""

    name: str
    versions: tuple[StoredVersion, ...]
    settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version on its way into a registry. ``labels`` say what it is: owner, dataschema, version, sha256.
    ``note`` says the same to people."""

    name: str
    content: str
    note: str
    labels: Mapping[str, str]


class SchemaRegistry(Protocol):
    """One registry of one service. It never changes or removes what is there.

    Every method may raise ``RegistryUnavailable`` (the same call may succeed later) and ``BatchError`` (the
    registry is missing or closed to us). Readings and labels are repeated for a while before they are given
    up; ``create`` and ``add`` never: what got no answer may have been done, so whoever writes reads first.
    """

    address: RegistryAddress
    settings: Mapping[str, str]
    """What :class:`StoredSchema` ``settings`` must say for a schema of ours."""

    def check(self) -> None:
        """Ask once whether the registry exists and may be read."""
        ...

    def names(self) -> Sequence[str]:
        """The names of all schemas in it, in order."""
        ...

    def read(self, name: str, *, labels: bool = True) -> StoredSchema | None:
        """The schema with every version that is not being deleted; None: there is none of that name.
        ``labels`` may be left out where nobody looks at them: in Glue they cost a call for each version."""
        ...

    def create(self, candidate: Candidate) -> None:
        """Make the schema, with its first version. Raises ``SchemaTaken`` where it is there already."""
        ...

    def add(self, candidate: Candidate) -> None:
        """Append a version. Its status may settle later. Sent twice, it may stand there twice: the same
        content twice means the same as once."""
        ...

    def labels_of(self, candidate: Candidate) -> Mapping[str, str]:
        """The candidate's labels as they stand here once they are put: in the registry's alphabet. Empty
        where it keeps none beside a version."""
        ...

    def label(self, candidate: Candidate, stored: StoredVersion) -> None:
        """Put the labels that the stored version of this candidate lacks. A repeat is no error."""
        ...


@dataclass(frozen=True, slots=True)
class CachedSchemas:
    """What was last read of a registry: ``texts`` by schema name, in the registry's order of versions, and
    when (seconds since the epoch)."""

    texts: Mapping[str, tuple[str, ...]]
    read_at_s: float


class SchemaCache(Protocol):
    """Keeps what was read of registries, for a start at which they are down."""

    def load(self, address: RegistryAddress) -> CachedSchemas | None:
        """None where nothing is kept, or nothing that can be trusted: half written, of another format."""
        ...

    def store(self, address: RegistryAddress, cached: CachedSchemas) -> None:
        """Durable when it returns. Raises ``OSError``."""
        ...
