"""A registry of the Glue Schema Registry. It keeps draft 7, without Glue's own check of compatibility.

Glue's check of JSON schemas is unreliable (awslabs/aws-glue-schema-registry issues 172 and 494), so schemas
are created with ``NONE``: stream-bridge decides first what may be published. Versions carry metadata.
Source of operations and errors: botocore's model of ``glue``; docs: RegisterSchemaVersion (for a definition
that exists already it answers its version), PutSchemaVersionMetadata (10 pairs for each version).
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
from bridge.limits import GLUE_METADATA_VALUE_CHARS
from bridge.ports.registry import Candidate, RegistryAddress, Status, StoredSchema, StoredVersion

FORMAT: Final = "JSON"
COMPATIBILITY: Final = "NONE"
_STATUSES: Final[Mapping[str, Status]] = {
    "AVAILABLE": "available",
    "PENDING": "pending",
    "FAILURE": "failed",
}
_NO_METADATA: Final = re.compile(r"[^a-zA-Z0-9+\-=._/@:,;<]")  # model: MetadataValueString


class GlueRegistry:
    """Passes the contract of :class:`bridge.ports.registry.SchemaRegistry`."""

    settings: Mapping[str, str] = MappingProxyType({"format": FORMAT, "compatibility": COMPATIBILITY})

    def __init__(self, client: Any, address: RegistryAddress, patience: Patience) -> None:
        self.address = address
        # Calls whose repeat is harmless, repeated while the registry throttles.
        self._ask = partial(patience.call, self._call)
        self._pages = partial(patience.pages, self._call)
        self._registry = {"RegistryName": address.registry}
        self._target = AwsTarget(client, "glue", f"schema registry {address}", RegistryUnavailable)

    def check(self) -> None:
        self._ask("GetRegistry", RegistryId=self._registry)

    def names(self) -> Sequence[str]:
        listed = self._pages("Schemas", "ListSchemas", RegistryId=self._registry)
        return sorted(each["SchemaName"] for each in listed)

    def read(self, name: str, *, labels: bool = True) -> StoredSchema | None:
        schema_id = {**self._registry, "SchemaName": name}
        try:
            about = self._ask("GetSchema", SchemaId=schema_id)
            listed = list(self._pages("Schemas", "ListSchemaVersions", SchemaId=schema_id))
        except _NotThere:
            return None
        versions = [self._version(each, labels=labels) for each in listed if each["Status"] in _STATUSES]
        there = (version for version in versions if version is not None)
        settings = {"format": str(about["DataFormat"]), "compatibility": str(about["Compatibility"])}
        ordered = tuple(sorted(there, key=lambda version: version.number))
        return StoredSchema(name, ordered, MappingProxyType(settings))

    def _version(self, listed: Mapping[str, Any], *, labels: bool) -> StoredVersion | None:
        """None where it has been deleted since it was listed."""
        version_id = listed["SchemaVersionId"]
        try:
            found = self._ask("GetSchemaVersion", SchemaVersionId=version_id)
            kept = self._labels(version_id) if labels else {}
        except _NotThere:
            return None
        status = _STATUSES.get(str(found["Status"]))
        if status is None:
            return None
        return StoredVersion(
            int(found["VersionNumber"]), str(found["SchemaDefinition"]), status, MappingProxyType(kept)
        )

    def _labels(self, version_id: str) -> dict[str, tuple[str, ...]]:
        labels: dict[str, tuple[str, ...]] = {}
        token = ""
        while True:
            more = {"NextToken": token} if token else {}
            answer = self._ask("QuerySchemaVersionMetadata", SchemaVersionId=version_id, **more)
            for key, info in answer["MetadataInfoMap"].items():
                others = (other["MetadataValue"] for other in info.get("OtherMetadataValueList", ()))
                labels[key] = (*labels.get(key, ()), info["MetadataValue"], *others)
            token = answer.get("NextToken") or ""
            if not token:
                return labels

    def create(self, candidate: Candidate) -> None:
        self._call(
            "CreateSchema",
            RegistryId=self._registry,
            SchemaName=candidate.name,
            DataFormat=FORMAT,
            Compatibility=COMPATIBILITY,
            SchemaDefinition=candidate.content,
        )

    def add(self, candidate: Candidate) -> None:
        self._call(
            "RegisterSchemaVersion",
            SchemaId={**self._registry, "SchemaName": candidate.name},
            SchemaDefinition=candidate.content,
        )

    def labels_of(self, candidate: Candidate) -> Mapping[str, str]:
        return {
            label: _NO_METADATA.sub("_", value)[:GLUE_METADATA_VALUE_CHARS]
            for label, value in candidate.labels.items()
            if value
        }

    def label(self, candidate: Candidate, stored: StoredVersion) -> None:
        for label, value in self.labels_of(candidate).items():
            if label in stored.labels:
                continue
            try:
                self._ask(
                    "PutSchemaVersionMetadata",
                    SchemaId={**self._registry, "SchemaName": candidate.name},
                    SchemaVersionNumber={"VersionNumber": stored.number},
                    MetadataKeyValue={"MetadataKey": label, "MetadataValue": value},
                )
            except SchemaTaken:
                continue  # the same pair exists: written by somebody else, or by a call without an answer

    # --- calls ---

    def _call(self, operation: str, **parameters: Any) -> Any:
        try:
            return self._target.call(operation, **parameters)
        except BridgeError as error:
            if error.code == "AlreadyExistsException":
                raise SchemaTaken(f"{self.address} has it already", code=error.code) from error
            if error.code == "EntityNotFoundException" and parameters.keys() & {
                "SchemaId",
                "SchemaVersionId",
            }:
                self.check()  # whether the registry or the schema is missing
                raise _NotThere from error
            raise


class _NotThere(Exception):
    """The registry exists, the schema or version does not."""
