"""The edge of a schema registry, and the cache of what was read from it. Clients are passed in."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bridge.delivery.backoff import Backoff
from bridge.delivery.patience import Patience
from bridge.edges.local.registry_cache import FileSchemaCache
from bridge.ports.clock import Clock, Deadline
from bridge.ports.registry import RegistryAddress, SchemaRegistry
from bridge.schemas.documents.schema_set import SchemaSet
from bridge.schemas.registries.reading import START_S, Reading, RegistrySource, read_schemas
from bridge.settings import Settings
from bridge.wiring.clients import ClientFactory

CACHE_VARIABLE = "BRIDGE_SCHEMA_CACHE"
"""Names the folder of cached schemas, where bridge.yaml does not."""


def open_registry(address: RegistryAddress, client: ClientFactory, patience: Patience) -> SchemaRegistry:
    """The edge for an address; ``client`` makes clients in its region. Nothing has been asked of AWS yet."""
    # Imported where they are needed: schemas in a folder never load what talks to AWS.
    if address.kind == "glue":
        from bridge.edges.glue.registry import GlueRegistry

        return GlueRegistry(client("glue"), address, patience)
    from bridge.edges.eventbridge.schemas import EventBridgeRegistry

    return EventBridgeRegistry(client("schemas"), address, patience)


def patience(clock: Clock, *, within_s: float | None = None) -> Patience:
    """How calls of registries are repeated; ``within_s`` bounds all of them together."""
    until = None if within_s is None else Deadline.after(clock, within_s)
    return Patience(clock, Backoff(random.Random()), until=until)  # noqa: S311 - jitter


def read_registry(
    address: RegistryAddress,
    settings: Settings,
    environ: Mapping[str, str],
    client: ClientFactory,
    clock: Clock,
) -> Reading:
    """The schemas that bridge.yaml pins, from the registry that it names. Raises as
    :func:`bridge.schemas.registries.reading.read_schemas` does."""
    registry = open_registry(address, client, patience(clock, within_s=START_S))
    cache = FileSchemaCache(cache_folder(settings, environ))
    return read_schemas(registry, cache, settings.pins, clock, ttl_s=settings.schema_cache.ttl_s)


def cache_folder(settings: Settings, environ: Mapping[str, str]) -> Path:
    """Where bridge.yaml says, else where the environment says. In Lambda only the temporary folder can be
    written; elsewhere other users write there too, so it is the user's own cache."""
    named = settings.schema_cache.path or (Path(p) if (p := environ.get(CACHE_VARIABLE)) else None)
    if named is not None:
        return named
    if environ.get("AWS_LAMBDA_FUNCTION_NAME"):
        return Path(tempfile.gettempdir()) / "stream-bridge-schemas"
    base = environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "stream-bridge" / "schemas"


def open_registry_source(
    address: RegistryAddress, client: ClientFactory, schemas: SchemaSet, clock: Clock
) -> RegistrySource:
    """A registry to compare a folder with."""
    return RegistrySource(open_registry(address, client, patience(clock)), schemas.documents)
