"""bridge.yaml and its schemas for the chaos: a good deployment, bad ones, and one that gives batches up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

Deployment = Literal["good", "lanes", "refuses some", "refuses all", "gives up"]

SOURCE: Final = "com.example.chaos"
LEDGER: Final = "chaos-ledger"
RUNS_BUCKET: Final = "chaos-runs"
GRACE_S: Final = 4
AT_LEAST: Final = 5
REFUSED_FROM: Final = 800
"""The deployment that refuses some events refuses these values."""
VALUES: Final = 1_000


@dataclass(frozen=True, slots=True)
class TableSpec:
    """``noun``: of its types. ``key``: its key attributes with their types, and ``subject`` of an item."""

    name: str
    noun: str
    key: Mapping[str, str]
    template: str

    def subject(self, item: Mapping[str, Any]) -> str:
        values = (str(next(iter(item[name].values()))) for name in self.key)
        return "/".join([self.noun, *(each.replace("%", "%25").replace("/", "%2F") for each in values)])


TABLES: Final = (
    TableSpec("Accounts", "account", {"id": "S"}, "account/{$.key.id}"),
    TableSpec("Orders", "order", {"customer": "S", "number": "N"}, "order/{$.key.customer}/{$.key.number}"),
)
TYPES: Final = {"insert": "created", "modify": "changed", "remove": "deleted"}
_VERSIONS: Final[Mapping[Deployment, str]] = {"refuses some": "1.1.0", "refuses all": "1.2.0"}


@dataclass(frozen=True, slots=True)
class Places:
    """``disk`` is the small file system: checkpoints, quarantine, runs and batches that were given up."""

    folder: Path
    disk: Path

    @property
    def state(self) -> Path:
        return self.disk / "state"

    @property
    def runs(self) -> Path:
        return self.disk / "runs"

    @property
    def quarantine(self) -> Path:
        return self.disk / "quarantine"

    def config(self, deployment: Deployment) -> Path:
        return self.folder / f"{deployment.replace(' ', '-')}.yaml"


def write_configuration(places: Places, bus: str, topic: str) -> None:
    for spec in TABLES:
        for kind in TYPES.values():
            _write_schemas(places.folder / "event_schemas" / f"{SOURCE}.{spec.noun}.{kind}", spec, kind)
    (places.folder / "event_schemas" / "registry.yaml").write_text("base: https://schemas.example.com\n")
    deployments: tuple[Deployment, ...] = ("good", "lanes", "refuses some", "refuses all", "gives up")
    for deployment in deployments:
        document = _document(places, deployment, bus, topic)
        places.config(deployment).write_text(json.dumps(document, indent=1))  # JSON is YAML


def _document(places: Places, deployment: Deployment, bus: str, topic: str) -> dict[str, Any]:
    version = _VERSIONS.get(deployment, "1.0.0")
    mapping: dict[str, Any] = {
        "batch_size": 40,
        "parallelization_factor": 2 if deployment == "lanes" else 1,
        "on_failure": {"kind": "directory", "path": str(places.disk / "given-up")},
    }
    if deployment == "gives up":
        mapping["max_retries"] = 0
    return {
        "version": 1,
        "source": SOURCE,
        "schemas": str(places.folder / "event_schemas"),
        "hash_key": "not-a-secret-but-long-enough",
        "sinks": {"bus": {"kind": "eventbridge", "bus": bus}, "feed": {"kind": "sns", "topic": topic}},
        "ledger": {"kind": "dynamodb", "table": LEDGER, "keep": "image"},
        "quarantine": {"kind": "directory", "path": str(places.quarantine)},
        "breaker": {"share": 0.5, "at_least": AT_LEAST},
        "mapping": mapping,
        "tables": {
            spec.name: {
                "subject": spec.template,
                "sink": ["bus", "feed"],
                "reconcile": {"grace": GRACE_S, "segments": 2},
                "events": [
                    {"type": f"{SOURCE}.{spec.noun}.{kind}", "op": operation, "versions": [version]}
                    for operation, kind in TYPES.items()
                ],
            }
            for spec in TABLES
        },
    }


def _write_schemas(folder: Path, spec: TableSpec, kind: str) -> None:
    """An event of a removal may lack ``before``: a reconciliation cannot always know it."""
    folder.mkdir(parents=True)
    (folder / "meta.yaml").write_text("summary: chaos\nowner: {team: chaos}\n")
    for version, number in (("1.0.0", {}), ("1.1.0", {"exclusiveMaximum": REFUSED_FROM}), ("1.2.0", {})):
        after = {"required": ["rev", "value"], "properties": {"value": {"type": "integer", **number}}}
        required = ["operation", "key", *(() if kind == "deleted" else ("after",))]
        schema = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"https://schemas.example.com/{folder.name}/{version}.json",
            "title": f"{spec.noun} {kind}",
            "type": "object",
            "required": [*required, *(("nobody has this",) if version == "1.2.0" else ())],
            "properties": {
                "operation": {"type": "string"},
                "key": {"type": "object", "required": list(spec.key)},
                "after": {"type": "object", **after},
            },
        }
        (folder / f"{version}.json").write_text(json.dumps(schema, indent=1))
