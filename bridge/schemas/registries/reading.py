"""Schemas from a registry at start: read, cached on disk, and read from the cache when the registry is down.

Only the schemas that bridge.yaml pins are read, and only the pinned versions are used: other content of a
registry, and later additions to it, do not change what a deployment publishes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

from bridge.errors import ConfigurationError, RegistryUnavailable, Unavailable
from bridge.ports.clock import Clock
from bridge.ports.registry import CachedSchemas, SchemaCache, SchemaRegistry, StoredSchema
from bridge.schemas.conversion.registered import Registered, build_set, read_registered, schema_name
from bridge.schemas.documents.lock import Name
from bridge.schemas.documents.meaning import content_hash
from bridge.schemas.documents.schema_set import SchemaSet
from bridge.schemas.documents.source import Held, Holdings
from bridge.schemas.documents.validation import SchemaVersion
from bridge.schemas.registries.candidates import convert_for
from bridge.schemas.registries.remarks import Remark

START_S: Final = 8.0
"""How long a start may wait for a registry: Lambda's init phase has 10 s (docs: Lambda runtime
environment)."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The schemas of a start, and what to log about them."""

    schemas: SchemaSet
    remarks: tuple[Remark, ...] = ()


def read_schemas(
    registry: SchemaRegistry,
    cache: SchemaCache,
    pins: Collection[tuple[str, str]],
    clock: Clock,
    *,
    ttl_s: float,
) -> Reading:
    """The pinned versions (type, version) of a registry.

    A cache of at most ``ttl_s`` is used without a call. Otherwise the registry is read; when it is down, an
    older cache is used, with an error in the log. Raises ``RegistryUnavailable`` without such a cache,
    ``BatchError`` where the registry does not exist or access is denied (that is no outage), and
    :class:`bridge.errors.ConfigurationError` for schemas that cannot be used. The compilation of bridge.yaml
    reports a missing version.
    """
    return _Reader(registry, cache, pins, clock).read(ttl_s)


class _Reader:
    def __init__(
        self, registry: SchemaRegistry, cache: SchemaCache, pins: Collection[tuple[str, str]], clock: Clock
    ) -> None:
        self._registry = registry
        self._cache = cache
        self._pins = frozenset(pins)
        self._clock = clock
        self._origin = str(registry.address)

    def read(self, ttl_s: float) -> Reading:
        cached = self._cache.load(self._registry.address)
        known = None if cached is None else self._pinned(cached.texts)
        whole = known is not None and not self._missing(known)
        age_s = 0.0 if cached is None else self._clock.now() - cached.read_at_s
        if known is not None and whole and 0 <= age_s < ttl_s:
            return Reading(build_set(known, self._origin))
        try:
            texts = self._ask()
        except Unavailable as error:
            if known is None or cached is None or not whole:
                raise self._nothing_to_fall_back_on(error, had=cached is not None) from error
            return Reading(build_set(known, self._origin), (self._fell_back(error, cached),))
        schemas = build_set(self._pinned(texts), self._origin)  # only usable schemas are cached
        return Reading(schemas, self._keep(texts))

    def _ask(self) -> dict[str, tuple[str, ...]]:
        texts: dict[str, tuple[str, ...]] = {}
        for name in sorted({schema_name(type_name, _major(version)) for type_name, version in self._pins}):
            stored = self._registry.read(name, labels=False)
            if stored is not None:
                texts[name] = _available(stored)
        if not texts:
            self._registry.check()  # does the registry exist at all?
        return texts

    def _pinned(self, texts: Mapping[str, Sequence[str]]) -> list[Registered]:
        found = (each for name in texts for each in read_registered(name, texts[name], self._origin))
        return [each for each in found if (each.type, str(each.version)) in self._pins]

    def _missing(self, known: Sequence[Registered]) -> frozenset[tuple[str, str]]:
        return self._pins - {(each.type, str(each.version)) for each in known}

    def _keep(self, texts: Mapping[str, tuple[str, ...]]) -> tuple[Remark, ...]:
        try:
            cached = CachedSchemas(MappingProxyType(dict(texts)), self._clock.now())
            self._cache.store(self._registry.address, cached)
        except OSError as error:
            why = error.strerror or type(error).__name__
            fields = {"registry": self._origin, "reason": why}
            return (Remark("warning", "schemas could not be cached: a start needs the registry", fields),)
        return ()

    def _fell_back(self, error: Unavailable, cached: CachedSchemas) -> Remark:
        read_at = datetime.fromtimestamp(cached.read_at_s, UTC).isoformat(timespec="seconds")
        fields: dict[str, object] = {"registry": self._origin, "read_at": read_at, "reason": error.message}
        message = "the schema registry is down: cached schemas are used"
        return Remark("error", message, fields, from_cache=True)

    def _nothing_to_fall_back_on(self, error: Unavailable, *, had: bool) -> RegistryUnavailable:
        what = "the cache lacks pinned versions" if had else "nothing of it is cached"
        return RegistryUnavailable(
            f"schemas cannot be read: {error.message}, and {what}",
            hint="bring the registry back, or ship a cache with the deploy (docs/registries.md)",
            stage="configure",
            code=error.code,
        )


def _major(version: str) -> int:
    return int(version.partition(".")[0])


def _available(stored: StoredSchema | None) -> tuple[str, ...]:
    versions = stored.versions if stored is not None else ()
    return tuple(version.content for version in versions if version.status == "available")


# --- a registry to compare a folder with -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RegistrySource:
    """A registry as a :class:`bridge.schemas.documents.source.SchemaSource`: all its versions that
    stream-bridge published. Their digests are those of the converted documents."""

    registry: SchemaRegistry
    others: Mapping[str, Mapping[str, object]]

    @property
    def name(self) -> str:
        return str(self.registry.address)

    def read(self) -> Holdings:
        registry = self.registry
        registry.check()
        versions: dict[Name, Held] = {}
        for name in registry.names():
            stored = registry.read(name, labels=False)
            for each in read_registered(name, _available(stored), self.name):
                versions[each.type, each.version] = Held(each.digest, each.document)
        return Holdings(MappingProxyType(versions))

    def digests_of(self, schemas: SchemaSet) -> Mapping[Name, str]:
        """The digests after conversion. Empty, so unlike any other, for what cannot be converted."""
        return {name: self._digest_of(schema) for name, schema in schemas.schemas.items()}

    def _digest_of(self, schema: SchemaVersion) -> str:
        try:
            return content_hash(convert_for(self.registry.address.kind, schema, self.others))
        except ConfigurationError:
            return ""

    def restoring(self, folder: Path, file: str) -> str:
        raise AssertionError(f"a registry has no lock, so nothing of {file} can be missing")
