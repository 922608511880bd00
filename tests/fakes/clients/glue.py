"""A peer of boto3's ``glue`` client: one registry of the Glue Schema Registry, with the real one's rules.

Versions are counted by the registry and a number is never given twice. A schema is made once, with its first
version, which is available at once; later versions are ``PENDING`` for ``settle_s`` and end ``AVAILABLE``, or
``FAILURE`` where ``fails`` says so. A definition that is there already, whatever its blanks, gives its
version. Ten pairs of metadata a version; the same pair twice is refused.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from bridge.limits import GLUE_METADATA_PAIRS
from tests.fakes.clients.batch_peer import client_error
from tests.fakes.clients.registry_peer import RegistryPeer
from tests.fakes.faults import Fault

DRAFTS = tuple(f"http://json-schema.org/draft-0{number}/schema#" for number in (4, 6, 7))
CREATED = "2026-01-01T00:00:00.000Z"


@dataclass
class Kept:
    number: int
    definition: str
    settles_at_s: float
    outcome: str = "AVAILABLE"
    metadata: dict[str, list[str]] = field(default_factory=dict)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass
class Schema:
    compatibility: str
    format: str
    versions: list[Kept] = field(default_factory=list)
    next: int = 1


class GlueClient(RegistryPeer):
    """``schemas`` holds what is kept, by name."""

    fails = Fault[Callable[[str], bool]](lambda definition: False)
    service = "glue"
    invalid = "InvalidInputException"
    denial = ("AccessDeniedException", 400)

    def __init__(self, registry: str = "orders", **more: Any) -> None:
        super().__init__(registry, **more)
        self.schemas: dict[str, Schema] = {}
        self.settle_s = 0.0

    # --- operations ---

    def get_registry(self, **parameters: Any) -> dict[str, Any]:
        self._open("GetRegistry", parameters)
        return self.answer("GetRegistry", {"RegistryName": self.registry, "Status": "AVAILABLE"})

    def list_schemas(self, **parameters: Any) -> dict[str, Any]:
        self._open("ListSchemas", parameters)
        listed = [
            {"RegistryName": self.registry, "SchemaName": name, "SchemaStatus": "AVAILABLE"}
            for name in sorted(self.schemas)
        ]
        return self.answer("ListSchemas", self.cut(listed, "Schemas", parameters))

    def get_schema(self, **parameters: Any) -> dict[str, Any]:
        self._open("GetSchema", parameters)
        name, schema = self._schema("GetSchema", parameters)
        about = {"Compatibility": schema.compatibility, "DataFormat": schema.format}
        return self.answer("GetSchema", {**about, "SchemaName": name, "SchemaStatus": "AVAILABLE"})

    def list_schema_versions(self, **parameters: Any) -> dict[str, Any]:
        self._open("ListSchemaVersions", parameters)
        _, schema = self._schema("ListSchemaVersions", parameters)
        listed = [
            {"SchemaVersionId": each.id, "VersionNumber": each.number, "Status": self._status(each)}
            for each in reversed(schema.versions)  # no order is promised
        ]
        return self.answer("ListSchemaVersions", self.cut(listed, "Schemas", parameters))

    def get_schema_version(self, **parameters: Any) -> dict[str, Any]:
        self._open("GetSchemaVersion", parameters)
        kept = self._version("GetSchemaVersion", parameters)
        return self.answer(
            "GetSchemaVersion",
            {
                "SchemaVersionId": kept.id,
                "SchemaDefinition": kept.definition,
                "DataFormat": "JSON",
                "VersionNumber": kept.number,
                "Status": self._status(kept),
                "CreatedTime": CREATED,
            },
        )

    def create_schema(self, **parameters: Any) -> dict[str, Any]:
        self._open("CreateSchema", parameters)
        name = parameters["SchemaName"]
        if name in self.schemas:
            raise client_error(
                "AlreadyExistsException", "CreateSchema", 400, f"Schema already exists: {name}"
            )
        self._check_definition("CreateSchema", parameters["SchemaDefinition"])
        schema = Schema(parameters["Compatibility"], parameters["DataFormat"])
        kept = self._append(schema, parameters["SchemaDefinition"], self.clock.now())
        self.schemas[name] = schema
        return self.answer(
            "CreateSchema",
            {"SchemaName": name, "SchemaVersionId": kept.id, "SchemaVersionStatus": self._status(kept)},
        )

    def register_schema_version(self, **parameters: Any) -> dict[str, Any]:
        self._open("RegisterSchemaVersion", parameters)
        _, schema = self._schema("RegisterSchemaVersion", parameters)
        definition = parameters["SchemaDefinition"]
        self._check_definition("RegisterSchemaVersion", definition)
        if schema.compatibility == "DISABLED":
            raise self.refuse("RegisterSchemaVersion", "Versioning is disabled")
        kept = next((v for v in schema.versions if _same(v.definition, definition)), None)
        kept = kept or self._append(schema, definition, self.clock.now() + self.settle_s)
        about = {"SchemaVersionId": kept.id, "VersionNumber": kept.number, "Status": self._status(kept)}
        return self.answer("RegisterSchemaVersion", about)

    def put_schema_version_metadata(self, **parameters: Any) -> dict[str, Any]:
        self._open("PutSchemaVersionMetadata", parameters)
        kept = self._version("PutSchemaVersionMetadata", parameters)
        pair = parameters["MetadataKeyValue"]
        key, value = pair["MetadataKey"], pair["MetadataValue"]
        if value in kept.metadata.get(key, ()):
            raise client_error("AlreadyExistsException", "PutSchemaVersionMetadata", 400, "exists")
        if sum(map(len, kept.metadata.values())) >= GLUE_METADATA_PAIRS:
            code = "ResourceNumberLimitExceededException"
            raise client_error(code, "PutSchemaVersionMetadata", 400, "too many pairs")
        kept.metadata.setdefault(key, []).append(value)
        about = {"MetadataKey": key, "MetadataValue": value, "SchemaVersionId": kept.id}
        return self.answer("PutSchemaVersionMetadata", about)

    def query_schema_version_metadata(self, **parameters: Any) -> dict[str, Any]:
        self._open("QuerySchemaVersionMetadata", parameters)
        kept = self._version("QuerySchemaVersionMetadata", parameters)
        start = int(parameters.get("NextToken", 0))
        pairs = sorted(kept.metadata.items())[start : start + self.page]
        infos = {
            key: {
                "MetadataValue": values[0],
                "CreatedTime": CREATED,
                "OtherMetadataValueList": [{"MetadataValue": each} for each in values[1:]],
            }
            for key, values in pairs
        }
        more = {"NextToken": str(start + self.page)} if start + self.page < len(kept.metadata) else {}
        answer = {"MetadataInfoMap": infos, "SchemaVersionId": kept.id, **more}
        return self.answer("QuerySchemaVersionMetadata", answer)

    # --- by hand, as in the console ---

    def edit(self, name: str, definition: str, *, compatibility: str = "NONE") -> None:
        """Somebody registers another definition: a new version."""
        schema = self.schemas.setdefault(name, Schema(compatibility, "JSON"))
        self._append(schema, definition, self.clock.now())

    def contents(self, name: str) -> list[str]:
        return [each.definition for each in self.schemas[name].versions]

    # --- rules ---

    def _open(self, operation: str, parameters: dict[str, Any]) -> None:
        self.open(operation, parameters)
        registry = parameters.get("RegistryId") or parameters.get("SchemaId") or {}
        if registry.get("RegistryName", self.registry) != self.registry:
            raise self.missing(operation)

    def _check_definition(self, operation: str, definition: str) -> None:
        try:
            document = json.loads(definition)
        except ValueError as error:
            raise self.refuse(operation, "Schema definition is not valid JSON") from error
        if document.get("$schema") not in DRAFTS:
            raise self.refuse(operation, "Schema definition is of an unsupported draft")

    def _append(self, schema: Schema, definition: str, settles_at_s: float) -> Kept:
        kept = Kept(
            schema.next, definition, settles_at_s, "FAILURE" if self.fails(definition) else "AVAILABLE"
        )
        schema.next += 1
        schema.versions.append(kept)
        return kept

    def _status(self, kept: Kept) -> str:
        return "PENDING" if self.clock.now() < kept.settles_at_s else kept.outcome

    def _schema(self, operation: str, parameters: dict[str, Any]) -> tuple[str, Schema]:
        name = parameters["SchemaId"]["SchemaName"]
        if name not in self.schemas:
            raise self._not_found(operation, f"Schema is not found: {name}")
        return name, self.schemas[name]

    def _version(self, operation: str, parameters: dict[str, Any]) -> Kept:
        wanted = parameters.get("SchemaVersionId")
        number = parameters.get("SchemaVersionNumber", {}).get("VersionNumber")
        name = parameters.get("SchemaId", {}).get("SchemaName")
        for each_name, schema in self.schemas.items():
            for each in schema.versions:
                if each.id == wanted or (wanted is None and each_name == name and each.number == number):
                    return each
        raise self._not_found(operation, "Schema version is not found")

    def _not_found(self, operation: str, message: str) -> ClientError:
        return client_error("EntityNotFoundException", operation, 400, message)

    def missing(self, operation: str) -> ClientError:
        return self._not_found(operation, f"Registry is not found: {self.registry}")


def _same(left: str, right: str) -> bool:
    return bool(json.loads(left) == json.loads(right))
