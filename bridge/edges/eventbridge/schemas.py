"""A registry of EventBridge's Schema Registry (service ``schemas``). It keeps draft 4.

What it has no place for stands in the description, which is the schema's and so tells of the newest version;
tags are given when a schema is made. The ``id`` of a document says which version of ours it is.
Source of operations and errors: botocore's model of ``schemas``; that CreateSchema answers ConflictException
is not in it (seen in hashicorp/terraform-provider-aws issue 38261).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from bridge.edges.answers.errors import AWS_ERRORS, AwsTarget, code_of
from bridge.errors import RegistryUnavailable, SchemaTaken
from bridge.limits import SCHEMAS_DESCRIPTION_CHARS, TAG_VALUE_CHARS
from bridge.ports.registry import Candidate, RegistryAddress, StoredSchema, StoredVersion
from bridge.schemas.registries.patience import Patience

TYPE: Final = "JSONSchemaDraft4"
TAG_PREFIX: Final = "stream-bridge:"
_TAGGED: Final = ("owner",)
_NO_TAG: Final = re.compile(r"[^\w .:/=+@-]")  # docs: tag restrictions


class EventBridgeRegistry:
    """Passes the contract of :class:`bridge.ports.registry.SchemaRegistry`."""

    settings: Mapping[str, str] = MappingProxyType({"type": TYPE})

    def __init__(self, client: Any, address: RegistryAddress, patience: Patience) -> None:
        self.address = address
        self._patience = patience
        self._client = client
        self._target = AwsTarget("schemas", f"schema registry {address}", RegistryUnavailable)

    def check(self) -> None:
        self._ask(self._client.describe_registry)

    def names(self) -> Sequence[str]:
        return sorted(each["SchemaName"] for each in self._pages(self._client.list_schemas, "Schemas"))

    def read(self, name: str, *, labels: bool = True) -> StoredSchema | None:
        try:
            listed = list(self._pages(self._client.list_schema_versions, "SchemaVersions", SchemaName=name))
            kinds: set[str] = set()
            versions = []
            for number in sorted(int(each["SchemaVersion"]) for each in listed):
                found = self._version(name, number)
                if found is not None:
                    kinds.add(str(found.get("Type", "")))
                    versions.append(StoredVersion(number, str(found["Content"])))
        except _NotThere:
            return None
        # An empty list is a schema all the same: EventBridge keeps it until it is deleted itself.
        kind = TYPE if kinds <= {TYPE} else ", ".join(sorted(kinds))
        return StoredSchema(name, tuple(versions), MappingProxyType({"type": kind}))

    def _version(self, name: str, number: int) -> Mapping[str, Any] | None:
        """None where it was deleted since it was listed."""
        try:
            return self._ask(self._client.describe_schema, SchemaName=name, SchemaVersion=str(number))
        except _NotThere:
            return None

    def create(self, candidate: Candidate) -> None:
        tags = {
            f"{TAG_PREFIX}{label}": _NO_TAG.sub("_", value)[:TAG_VALUE_CHARS]
            for label, value in candidate.labels.items()
            if label in _TAGGED
        }
        self._call(
            self._client.create_schema,
            SchemaName=candidate.name,
            Content=candidate.content,
            Description=candidate.note[:SCHEMAS_DESCRIPTION_CHARS],
            Tags=tags,
            Type=TYPE,
        )

    def add(self, candidate: Candidate) -> None:
        # botocore gives each call a token of its own. One made of the content would tell EventBridge that a
        # version removed by hand and published again was there already.
        self._call(
            self._client.update_schema,
            SchemaName=candidate.name,
            Content=candidate.content,
            Description=candidate.note[:SCHEMAS_DESCRIPTION_CHARS],
            Type=TYPE,
        )

    def labels_of(self, candidate: Candidate) -> Mapping[str, str]:
        return MappingProxyType({})

    def label(self, candidate: Candidate, stored: StoredVersion) -> None:
        """There is no place for labels."""

    # --- calls ---

    def _pages(
        self, operation: Callable[..., Mapping[str, Any]], member: str, **parameters: Any
    ) -> Iterator[Mapping[str, Any]]:
        return self._patience.pages(partial(self._call, operation, **parameters), member)

    def _ask(self, operation: Callable[..., Mapping[str, Any]], **parameters: Any) -> Mapping[str, Any]:
        """A call whose repeat is harmless, repeated while the registry throttles."""
        return self._patience.call(lambda: self._call(operation, **parameters))

    def _call(self, operation: Callable[..., Mapping[str, Any]], **parameters: Any) -> Mapping[str, Any]:
        try:
            return operation(RegistryName=self.address.registry, **parameters)
        except AWS_ERRORS as error:
            code = code_of(error)
            if code == "ConflictException":
                name = parameters.get("SchemaName", "")
                raise SchemaTaken(f"{self.address} has a schema {name} already", code=code) from error
            if code == "NotFoundException" and "SchemaName" in parameters:
                self.check()  # which of the two is it that is not there?
                raise _NotThere from error
            raise self._target.translate(error) from error


class _NotThere(Exception):
    """The registry is there, the schema or version is not."""
