"""A bridge.yaml with one table, a ledger in DynamoDB and a sink of the test's choice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TYPE = "com.example.item.changed"
SNAPSHOT = "com.example.item.snapshot"


def write_project(
    folder: Path, *, table: str, ledger: str, sink: str = "memory", reconcile: str = "{}", more: str = ""
) -> Path:
    """The configuration's path. Key attribute ``id``."""
    for type_name in (TYPE, SNAPSHOT):
        schema = folder / "event_schemas" / type_name
        schema.mkdir(parents=True)
        document = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"https://schemas.example.com/{type_name}/1.0.0.json",
            "description": "For tests.",
            "type": "object",
        }
        (schema / "1.0.0.json").write_text(json.dumps(document))
        (schema / "meta.yaml").write_text("summary: For tests.\nowner: {team: tests, contact: tests}\n")
    (folder / "event_schemas" / "registry.yaml").write_text("base: https://schemas.example.com\n")
    path = folder / "bridge.yaml"
    path.write_text(
        f"""\
version: 1
source: com.example.tests
hash_key: not-a-secret-but-long-enough-for-tests
schemas: ./event_schemas
sinks:
  out: {{kind: {sink}}}
ledger: {{kind: dynamodb, table: {ledger}, keep: fields}}
quarantine: {{kind: directory, path: ./quarantine}}
tables:
  {table}:
    subject: item/{{$.key.id}}
    reconcile: {reconcile}
{more}    events:
      - {{type: {TYPE}, op: [insert, modify, remove], versions: ["1.0.0"]}}
      - {{type: {SNAPSHOT}, op: snapshot, versions: ["1.0.0"]}}
"""
    )
    return path


def create_tables(client: Any, table: str, ledger: str) -> None:
    for name, key, stream in ((table, "id", True), (ledger, "pk", False)):
        view = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}}
        client.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            **(view if stream else {}),
        )


def write_items(client: Any, table: str, items: list[dict[str, Any]]) -> None:
    for at in range(0, len(items), 25):
        puts = [{"PutRequest": {"Item": each}} for each in items[at : at + 25]]
        while puts:
            left = client.batch_write_item(RequestItems={table: puts})["UnprocessedItems"]
            puts = left.get(table, [])
