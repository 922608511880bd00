"""What is rendered for a table, the files it goes to, and whether these still say the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bridge.infra.parameters import (
    Parameters,
    bridge_parameters,
    filter_criteria,
    kinesis_parameters,
    observability_parameters,
    parameter_file,
    reconciliation_parameters,
    require_deployable,
)
from bridge.infra.permissions import Function, policy_of
from bridge.infra.rules import rules_of
from bridge.infra.uses import uses_of
from bridge.settings import Settings
from bridge.settings.durable_file import write_durably

_FUNCTIONS: Final[tuple[Function, ...]] = ("stream", "redrive", "reconcile", "kinesis", "pipe")


@dataclass(frozen=True, slots=True)
class Rendered:
    """Of one table. ``parameters`` and ``documents`` are by file name."""

    table: str
    parameters: Mapping[str, Parameters]
    documents: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Drift:
    """One thing that a file says otherwise than bridge.yaml. ``file`` is below the folder of all tables."""

    file: str
    what: str


def render(settings: Settings, table: str, *, key: bool = False) -> Rendered:
    """``table`` as bridge.yaml names it; ``key``: the stores are encrypted with a KMS key of one's own.

    Raises ``ConfigurationError`` where the templates cannot do what the configuration says.
    """
    require_deployable(settings, table)
    uses = uses_of(settings, table, key=key)
    parameters = {
        "bridge.parameters.json": bridge_parameters(settings, table, uses),
        "reconciliation.parameters.json": reconciliation_parameters(table, uses),
        "observability.parameters.json": observability_parameters(settings, uses),
    }
    if settings.tables[table].kinesis is not None:
        parameters["kinesis.parameters.json"] = kinesis_parameters(settings, uses)
    return Rendered(
        table,
        parameters,
        {
            "filter-criteria.json": filter_criteria(settings, table),
            "policies.json": {function: policy_of(function, uses) for function in _FUNCTIONS},
            "rules.json": rules_of(settings, table),
        },
    )


def write(rendered: Rendered, folder: Path) -> list[Path]:
    """Put the files into ``folder/<table>``. Parameters that a deployer has added to a file stay in it."""
    target = folder / rendered.table
    target.mkdir(parents=True, exist_ok=True)
    contents = {
        name: parameter_file(decided, _parameters(target / name) or {})
        for name, decided in rendered.parameters.items()
    } | dict(rendered.documents)
    for name, content in contents.items():
        write_durably(target / name, (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())
    return [target / name for name in contents]


def compare(rendered: Rendered, folder: Path) -> list[Drift]:
    """Where the files in ``folder/<table>`` no longer say what bridge.yaml says. Nothing of their contents is
    told but names: a filter may hold what is nobody's business."""
    return list(_drifts(rendered, folder / rendered.table))


def _drifts(rendered: Rendered, target: Path) -> Iterator[Drift]:
    for name, decided in rendered.parameters.items():
        known = _parameters(target / name)
        where = f"{rendered.table}/{name}"
        if known is None:
            yield Drift(where, _absence(target / name, "parameters"))
            continue
        for parameter, value in decided.items():
            if parameter not in known:
                yield Drift(where, f"{parameter} is missing")
            elif known[parameter] != value:
                yield Drift(where, f"{parameter} has another value")
    for name, document in rendered.documents.items():
        content = _content(target / name)
        where = f"{rendered.table}/{name}"
        if content is None:
            yield Drift(where, _absence(target / name, "JSON"))
        else:
            yield from (Drift(where, what) for what in _differences(content, document))


def _differences(actual: Any, wanted: Any) -> Iterator[str]:
    if not isinstance(actual, dict):
        yield "is no JSON object"
        return
    for name in sorted({*actual, *wanted}):
        if name not in actual:
            yield f"{name} is missing"
        elif name not in wanted:
            yield f"{name} is too much"
        elif actual[name] != wanted[name]:
            yield f"{name} differs"


def _absence(path: Path, kind: str) -> str:
    return f"does not hold {kind}" if path.exists() else "is missing"


def _content(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None


def _parameters(path: Path) -> dict[str, str] | None:
    """The parameters of a file; None where it is not there or holds something else."""
    content = _content(path)
    if not isinstance(content, list):
        return None
    found: dict[str, str] = {}
    for entry in content:
        if not isinstance(entry, dict) or not isinstance(entry.get("ParameterKey"), str):
            return None
        found[entry["ParameterKey"]] = str(entry.get("ParameterValue", ""))
    return found
