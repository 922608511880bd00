"""A peer of boto3's ``schemas`` client: one registry of EventBridge, with the real one's rules.

Versions are counted by the registry, "1", "2" …, and a number is never given twice. A schema is made once
(ConflictException, 409). UpdateSchema appends whatever comes; only a repeated client token is known again.
Writes are seen by reads ``lag_s`` later.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from tests.fakes.clients.batch_peer import client_error
from tests.fakes.clients.registry_peer import RegistryPeer

NAME = re.compile(r"[A-Za-z0-9._@-]{1,385}")
DRAFT4 = "http://json-schema.org/draft-04/schema#"


@dataclass
class Kept:
    number: int
    content: str
    type: str
    seen_at_s: float


@dataclass
class Schema:
    description: str
    tags: dict[str, str]
    seen_at_s: float
    versions: list[Kept] = field(default_factory=list)
    next: int = 1
    tokens: dict[str, int] = field(default_factory=dict)


class EventBridgeSchemasClient(RegistryPeer):
    """``schemas`` holds what is kept, by name."""

    service = "schemas"
    invalid = "BadRequestException"
    denial = ("ForbiddenException", 403)

    def __init__(self, registry: str = "orders", **more: Any) -> None:
        super().__init__(registry, **more)
        self.schemas: dict[str, Schema] = {}
        self.lag_s = 0.0

    # --- operations ---

    def describe_registry(self, **parameters: Any) -> dict[str, Any]:
        self._open("DescribeRegistry", parameters)
        arn = f"arn:aws:schemas:eu-central-1:111122223333:registry/{self.registry}"
        return self.answer("DescribeRegistry", {"RegistryName": self.registry, "RegistryArn": arn})

    def list_schemas(self, **parameters: Any) -> dict[str, Any]:
        self._open("ListSchemas", parameters)
        listed = [
            {"SchemaName": name, "VersionCount": len(schema.versions)}
            for name, schema in sorted(self.schemas.items())
            if self._seen(schema.seen_at_s)
        ]
        return self.answer("ListSchemas", self.cut(listed, "Schemas", parameters))

    def list_schema_versions(self, **parameters: Any) -> dict[str, Any]:
        self._open("ListSchemaVersions", parameters)
        name = parameters["SchemaName"]
        versions = self._versions("ListSchemaVersions", name)
        listed = [
            {"SchemaName": name, "SchemaVersion": str(each.number), "Type": each.type}
            for each in reversed(versions)  # no order is promised
        ]
        return self.answer("ListSchemaVersions", self.cut(listed, "SchemaVersions", parameters))

    def describe_schema(self, **parameters: Any) -> dict[str, Any]:
        self._open("DescribeSchema", parameters)
        name = parameters["SchemaName"]
        versions = self._versions("DescribeSchema", name)
        wanted = parameters.get("SchemaVersion", str(versions[-1].number) if versions else "")
        for each in versions:
            if str(each.number) == wanted:
                return self.answer("DescribeSchema", {**self._about(name, each), "Content": each.content})
        raise self._not_found("DescribeSchema", f"Schema version {wanted} does not exist.")

    def create_schema(self, **parameters: Any) -> dict[str, Any]:
        self._open("CreateSchema", parameters)
        name = parameters["SchemaName"]
        if name in self.schemas:
            message = f"Schema with name {name} already exists."
            raise client_error("ConflictException", "CreateSchema", 409, message)
        if NAME.fullmatch(name) is None:
            raise self.refuse("CreateSchema", "SchemaName is not valid")
        self._check_content("CreateSchema", parameters)
        schema = Schema(parameters.get("Description", ""), parameters.get("Tags", {}), self._visible())
        self.schemas[name] = schema
        return self.answer("CreateSchema", self._about(name, self._append(schema, parameters)))

    def update_schema(self, **parameters: Any) -> dict[str, Any]:
        self._open("UpdateSchema", parameters)
        name = parameters["SchemaName"]
        schema = self.schemas.get(name)
        if schema is None:
            raise self._not_found("UpdateSchema", f"Schema with name {name} does not exist.")
        token = parameters.get("ClientTokenId")
        known = schema.tokens.get(token) if token else None
        if known is not None:
            return self.answer("UpdateSchema", {"SchemaName": name, "SchemaVersion": str(known)})
        self._check_content("UpdateSchema", parameters)
        schema.description = parameters.get("Description", schema.description)
        kept = self._append(schema, parameters)
        if token:
            schema.tokens[token] = kept.number
        return self.answer("UpdateSchema", self._about(name, kept))

    # --- by hand, as in the console ---

    def edit(self, name: str, content: str, *, type: str = "JSONSchemaDraft4") -> None:
        """Somebody saves another content: a new version."""
        schema = self.schemas.setdefault(name, Schema("", {}, 0.0))
        self._append(schema, {"Content": content, "Type": type})

    def contents(self, name: str) -> list[str]:
        return [each.content for each in self.schemas[name].versions]

    # --- rules ---

    def _open(self, operation: str, parameters: dict[str, Any]) -> None:
        self.open(operation, parameters)
        if parameters["RegistryName"] != self.registry:
            raise self.missing(operation)

    def _check_content(self, operation: str, parameters: dict[str, Any]) -> None:
        try:
            document = json.loads(parameters["Content"])
        except ValueError as error:
            raise self.refuse(operation, "Content is not valid JSON") from error
        if parameters["Type"] == "JSONSchemaDraft4" and document.get("$schema", DRAFT4) != DRAFT4:
            raise self.refuse(operation, "Content is not a JSONSchemaDraft4")

    def _append(self, schema: Schema, parameters: dict[str, Any]) -> Kept:
        kept = Kept(schema.next, parameters["Content"], parameters["Type"], self._visible())
        schema.next += 1
        schema.versions.append(kept)
        return kept

    def _versions(self, operation: str, name: str) -> list[Kept]:
        schema = self.schemas.get(name)
        if schema is None or not self._seen(schema.seen_at_s):
            raise self._not_found(operation, f"Schema with name {name} does not exist.")
        return [each for each in schema.versions if self._seen(each.seen_at_s)]

    def _about(self, name: str, kept: Kept) -> dict[str, Any]:
        schema = self.schemas[name]
        return {
            "SchemaName": name,
            "SchemaVersion": str(kept.number),
            "Type": kept.type,
            "Description": schema.description,
            "Tags": schema.tags,
            "LastModified": datetime.fromtimestamp(self.clock.now(), UTC),
        }

    def _visible(self) -> float:
        return self.clock.now() + self.lag_s

    def _seen(self, at_s: float) -> bool:
        return at_s <= self.clock.now()

    def _not_found(self, operation: str, message: str) -> ClientError:
        return client_error("NotFoundException", operation, 404, message)

    def missing(self, operation: str) -> ClientError:
        return self._not_found(operation, f"Registry with name {self.registry} does not exist.")
