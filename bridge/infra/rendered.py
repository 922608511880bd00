"""What is rendered for a table, the files that hold it, and the differences of these files from
bridge.yaml."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bridge.core.pattern.rules import pattern_for
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
from bridge.infra.uses import uses_of
from bridge.settings import Settings
from bridge.settings.durable_file import write_durably

_FUNCTIONS: Final[tuple[Function, ...]] = ("stream", "redrive", "reconcile", "kinesis", "pipe")


@dataclass(frozen=True, slots=True)
class Rendered:
    """The content for one table. ``parameters`` and ``documents`` are by file name."""

    table: str
    parameters: Mapping[str, Parameters]
    documents: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference of a file from bridge.yaml. ``file`` is relative to the folder of all tables."""

    file: str
    what: str


def render(settings: Settings, table: str, *, key: bool = False) -> Rendered:
    """``table`` as bridge.yaml names it; ``key``: a customer managed KMS key encrypts the stores.

    Raises ``ConfigurationError`` if the templates do not support the configuration.
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
    """Write the files to ``folder/<table>``. Parameters that a deployer has added to a file stay in it."""
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
    """The differences of the files in ``folder/<table>`` from bridge.yaml. They show only names, not values,
    because a filter may hold confidential data."""
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
        yield "is not a JSON object"
        return
    for name in sorted({*actual, *wanted}):
        if name not in actual:
            yield f"{name} is missing"
        elif name not in wanted:
            yield f"{name} is not needed"
        elif actual[name] != wanted[name]:
            yield f"{name} differs"


def _absence(path: Path, kind: str) -> str:
    return f"does not contain {kind}" if path.exists() else "is missing"


def _content(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None


def _parameters(path: Path) -> dict[str, str] | None:
    """The parameters of a file; None if it does not exist or contains something else."""
    content = _content(path)
    if not isinstance(content, list):
        return None
    found: dict[str, str] = {}
    for entry in content:
        if not isinstance(entry, dict) or not isinstance(entry.get("ParameterKey"), str):
            return None
        found[entry["ParameterKey"]] = str(entry.get("ParameterValue", ""))
    return found


def rules_of(settings: Settings, table: str) -> dict[str, Any]:
    """``Resources`` with a rule for subscribers for each type and major that ``table`` publishes to an event
    bus. The subscriber adds the target (infra/example-subscriber.yaml)."""
    types = sorted(
        {
            f"{event.type}.v{version.major}"
            for kind in settings.kinds()
            if kind.table == table
            for event in kind.settings.events
            if any(settings.sinks[sink].kind == "eventbridge" for sink in event.sink)
            for version in event.versions
        }
    )
    names = _logical_ids(types)
    return {
        "Resources": {
            names[each]: {
                "Type": "AWS::Events::Rule",
                "Properties": {
                    "EventBusName": {"Fn::ImportValue": {"Fn::Sub": "${BridgeStack}-EventBusName"}},
                    "EventPattern": pattern_for(settings.source, [each]),
                },
            }
            for each in types
        }
    }


def _logical_ids(types: list[str]) -> dict[str, str]:
    """A name made from the last words of each type, or from all words if two rules would get the same
    name."""
    short = {each: _camel(each.split(".")[-3:]) for each in types}
    taken = list(short.values())
    return {each: name if taken.count(name) == 1 else _camel(each.split(".")) for each, name in short.items()}


def _camel(parts: list[str]) -> str:
    words = [word for part in parts for word in re.findall(r"[A-Za-z0-9]+", part)]
    return "".join(word[:1].upper() + word[1:] for word in words) + "Rule"
