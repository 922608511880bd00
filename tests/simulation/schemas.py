"""The event schemas of the simulated bridge: those of a good deployment, of a bad one, of one bad in part."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal

from bridge.schemas.documents.schema_set import SchemaSet

CHANGED, PLAN = "com.example.item.changed", "com.example.item.plan"
DeployKind = Literal["good", "bad", "partial"]
_BASE: Final = "https://schemas.example.com"


@lru_cache
def schema_set(kind: DeployKind) -> SchemaSet:
    """``bad`` allows nothing; ``partial`` refuses two of five values of ``v``, and a third of the plans only
    in the older major, which is made from the newer one."""
    with tempfile.TemporaryDirectory() as folder:
        write_schemas(Path(folder), kind)
        return SchemaSet.load(Path(folder))


def write_schemas(folder: Path, kind: DeployKind) -> None:
    """The folder event_schemas of a deployment."""
    for (type_name, version), schema in _documents(kind).items():
        path = folder / type_name / f"{version}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        head = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"{_BASE}/{type_name}/{version}.json",
        }
        path.write_text(json.dumps({**head, **schema}), encoding="utf-8")
    (folder / "registry.yaml").write_text(f"base: {_BASE}\n", encoding="utf-8")


def _documents(kind: DeployKind) -> Mapping[tuple[str, str], Mapping[str, Any]]:
    number = {"type": "integer", **({"maximum": 2} if kind == "partial" else {})}
    plans = ["free", "pro"] if kind == "partial" else ["free", "pro", "team"]
    asked = {"required": ["allowsNothing"]} if kind == "bad" else {}
    item: Mapping[str, Any] = {"type": "object", "properties": {"v": number}}
    whole = {"type": "object", "properties": {"operation": {"type": "string"}, "after": item}, **asked}
    older = {
        "type": "object",
        "properties": {"after": {"type": "object", "properties": {"plan": {"enum": plans}}}},
    }
    newer = {"type": "object", "properties": {"plan": {"type": "string"}, "after": {"type": "object"}}}
    return {
        (CHANGED, "1.0.0"): whole,
        (PLAN, "1.0.0"): older | asked,
        (PLAN, "2.0.0"): newer | asked,
    }
