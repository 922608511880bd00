"""A registry of EventBridge's Schema Registry (service ``schemas``). It keeps draft 4.

Facts that it has no member for are in the description, which belongs to the schema and so describes the
newest version; tags are set when a schema is created. The ``id`` of a document says which version it is.
Source of operations and errors: botocore's model of ``schemas``; that CreateSchema answers ConflictException
is not in it (seen in hashicorp/terraform-provider-aws issue 38261).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from bridge.delivery.patience import Patience
from bridge.edges.answers.errors import AwsTarget
from bridge.errors import BridgeError, RegistryUnavailable, SchemaTaken
from bridge.limits import SCHEMAS_DESCRIPTION_CHARS, TAG_VALUE_CHARS
from bridge.ports.registry import Candidate, RegistryAddress, StoredSchema, StoredVersion

TYPE: Final = "JSONSchemaDraft4"
TAG_PREFIX: Final = "stream-bridge:"
_TAGGED: Final = ("owner",)
_NO_TAG: Final = re.compile(r"[^\w .:/=+@-]")  # docs: tag restrictions


class EventBridgeRegistry:
    """Passes the contract of :class:`bridge.ports.registry.SchemaRegistry`."""

    settings: Mapping[str, str] = MappingProxyType({"type": TYPE})

    def __init__(self, client: Any, address: RegistryAddress, patience: Patience) -> None:
        self.address = address
        # Calls whose repeat is harmless, repeated while the registry throttles.
        self._ask = partial(patience.call, self._call)
        self._pages = partial(patience.pages, self._call)
        self._target = AwsTarget(client, "schemas", f"schema registry {address}", RegistryUnavailable)

    def check(self) -> None:
        self._ask("DescribeRegistry")

    def names(self) -> Sequence[str]:
        return sorted(each["SchemaName"] for each in self._pages("Schemas", "ListSchemas"))

    def read(self, name: str, *, labels: bool = True) -> StoredSchema | None:
        try:
            listed = list(self._pages("SchemaVersions", "ListSchemaVersions", SchemaName=name))
            kinds: set[str] = set()
            versions = []
            for number in sorted(int(each["SchemaVersion"]) for each in listed):
                found = self._version(name, number)
                if found is not None:
                    kinds.add(str(found.get("Type", "")))
                    versions.append(StoredVersion(number, str(found["Content"])))
        except _NotThere:
            return None
        # A schema without versions still exists: EventBridge keeps it until the schema itself is deleted.
        kind = TYPE if kinds <= {TYPE} else ", ".join(sorted(kinds))
        return StoredSchema(name, tuple(versions), MappingProxyType({"type": kind}))

    def _version(self, name: str, number: int) -> Mapping[str, Any] | None:
        """None where it has been deleted since it was listed."""
        try:
            return dict(self._ask("DescribeSchema", SchemaName=name, SchemaVersion=str(number)))
        except _NotThere:
            return None

    def create(self, candidate: Candidate) -> None:
        tags = {
            f"{TAG_PREFIX}{label}": _NO_TAG.sub("_", value)[:TAG_VALUE_CHARS]
            for label, value in candidate.labels.items()
            if label in _TAGGED
        }
        self._call("CreateSchema", Tags=tags, **_schema(candidate))

    def add(self, candidate: Candidate) -> None:
        # botocore gives each call its own token. With a token made of the content, EventBridge would take a
        # version that was removed by hand and is published again for one that exists.
        self._call("UpdateSchema", **_schema(candidate))

    def labels_of(self, candidate: Candidate) -> Mapping[str, str]:
        return MappingProxyType({})

    def label(self, candidate: Candidate, stored: StoredVersion) -> None:
        """EventBridge does not keep labels."""

    # --- calls ---

    def _call(self, operation: str, **parameters: Any) -> Any:
        try:
            return self._target.call(operation, RegistryName=self.address.registry, **parameters)
        except BridgeError as error:
            if error.code == "ConflictException":
                name = parameters.get("SchemaName", "")
                raise SchemaTaken(f"{self.address} has a schema {name} already", code=error.code) from error
            if error.code == "NotFoundException" and "SchemaName" in parameters:
                self.check()  # whether the registry or the schema is missing
                raise _NotThere from error
            raise


def _schema(candidate: Candidate) -> dict[str, str]:
    note = candidate.note[:SCHEMAS_DESCRIPTION_CHARS]
    return {"SchemaName": candidate.name, "Content": candidate.content, "Description": note, "Type": TYPE}


class _NotThere(Exception):
    """The registry exists, the schema or version does not."""
