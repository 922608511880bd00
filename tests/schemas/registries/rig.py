"""Both registries behind one face for tests, and a folder of schemas to publish."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.delivery.backoff import Backoff
from bridge.delivery.patience import Patience
from bridge.edges.eventbridge.schemas import EventBridgeRegistry
from bridge.edges.glue.registry import GlueRegistry
from bridge.ports.registry import RegistryAddress, RegistryKind, SchemaRegistry
from bridge.schemas.documents.lock import Name
from bridge.schemas.documents.schema_set import SchemaSet
from bridge.schemas.registries.candidates import Prepared, prepare
from bridge.schemas.registries.publish import Target
from tests.fakes.clients.eventbridge_schemas import EventBridgeSchemasClient
from tests.fakes.clients.glue import GlueClient
from tests.fakes.clock import FakeClock
from tests.schemas.folders import BASE, TYPE, put, schema

NAME = f"{TYPE}.v1"
KINDS: Sequence[RegistryKind] = ("eventbridge", "glue")


@dataclass
class Rig:
    """One registry: ``client`` is the service, ``registry`` our edge to it."""

    kind: RegistryKind
    clock: FakeClock = field(default_factory=FakeClock)
    client: Any = None
    registry: SchemaRegistry = field(init=False)

    def __post_init__(self) -> None:
        address = RegistryAddress(self.kind, "orders")
        if self.kind == "glue":
            self.client = self.client or GlueClient(clock=self.clock)
            self.registry = GlueRegistry(self.client, address, self.patience)
        else:
            self.client = self.client or EventBridgeSchemasClient(clock=self.clock)
            self.registry = EventBridgeRegistry(self.client, address, self.patience)

    @property
    def writes(self) -> int:
        operations = ("CreateSchema", "UpdateSchema", "RegisterSchemaVersion")
        return sum(self.client.calls[each] for each in operations)

    @property
    def patience(self) -> Patience:
        return Patience(self.clock, Backoff(random.Random(1)))

    def target(self, schemas: SchemaSet, published: Sequence[Name] = ()) -> Target:
        prepared, problems = prepare(schemas, self.registry.address)
        assert problems == []
        return Target(self.registry, prepared, frozenset(published))

    def prepared(self, schemas: SchemaSet) -> list[Prepared]:
        return prepare(schemas, self.registry.address)[0]

    def documents(self, name: str = NAME) -> list[dict[str, Any]]:
        return [json.loads(content) for content in self.client.contents(name)]


def add_version(folder: Path, version: str = "1.0.0", *, of: str = TYPE, **more: Any) -> None:
    """A version with an example of each kind, and its type's meta.yaml."""
    keywords = {"required": ["id"], "properties": {"id": {"type": "integer"}}, **more}
    put(folder, f"{of}/{version}.json", schema(version, of=of, **keywords))
    put(folder, f"{of}/meta.yaml", "summary: A thing.\nowner: {team: things team, contact: '#things'}\n")
    put(folder, f"{of}/examples/{version}/valid/one.json", {"id": 1})
    put(folder, f"{of}/examples/{version}/invalid/none.required.json", {})


def make_folder(folder: Path, *versions: str, targets: str = "") -> Path:
    put(folder, "registry.yaml", f"base: {BASE}\n{targets}")
    for version in versions or ("1.0.0", "1.1.0"):
        add_version(folder, version, description=f"Version {version}.")
    return folder


def load(folder: Path) -> SchemaSet:
    return SchemaSet.load(folder)
