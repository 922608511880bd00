"""A small project on disk: one table, one type of event, events on standard output."""

from __future__ import annotations

import json
from pathlib import Path

TYPE = "com.example.user.changed"

_HEAD = """\
version: 1
source: com.example.accounts
schemas: ./event_schemas
sinks: {out: {kind: stdout}}
quarantine: {kind: directory, path: ./quarantine}
"""
_TABLES = f"""\
tables:
  Users:
    subject: user/{{$.key.id}}
    events:
      - {{type: {TYPE}, op: [insert, modify, remove], versions: ["1.0.0"]}}
"""
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": f"https://schemas.example.com/{TYPE}/1.0.0.json",
    "type": "object",
    "required": ["operation", "key"],
}


def configuration(*blocks: str) -> str:
    """bridge.yaml with these blocks, a line each, between the quarantine and the tables."""
    return _HEAD + "".join(f"{block}\n" for block in blocks) + _TABLES


def write_project(folder: Path, *blocks: str) -> Path:
    """bridge.yaml with ``blocks``, and its schema. Returns ``folder``."""
    version = folder / "event_schemas" / TYPE / "1.0.0.json"
    version.parent.mkdir(parents=True)
    version.write_text(json.dumps(SCHEMA))
    (folder / "bridge.yaml").write_text(configuration(*blocks))
    return folder
