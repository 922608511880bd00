"""All files of a first project, in memory."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from bridge.onboarding.configuration import configuration_text
from bridge.onboarding.documents import VERSION, EventPlan, TablePlan
from bridge.onboarding.records import Record, data_of, example_records
from bridge.settings.schema import config_schema

CONFIGURATION: Final = "bridge.yaml"
_TESTS: Final = '''\
"""The example records become the expected events: `pytest tests/test_events.py`.

Written by `stream-bridge init`. Needs stream-bridge, and neither AWS nor credentials.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
EXPECTED = {expected}


def stream_bridge(*words):
    command = [sys.executable, "-m", "bridge", *words]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)


def test_configuration_schemas_and_examples_agree():
    done = stream_bridge("check")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("records", EXPECTED)
def test_records_become_their_events(records):
    done = stream_bridge("render", records)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["type"] for line in done.stdout.splitlines()] == EXPECTED[records]
'''


def project_files(plans: Sequence[TablePlan], *, source: str, base: str, team: str) -> dict[str, bytes]:
    """Path to content, in reading order."""
    files: dict[str, str] = {CONFIGURATION: configuration_text(plans, source)}
    files["bridge.schema.json"] = _json(config_schema())
    files["event_schemas/registry.yaml"] = f"# The beginning of every $id.\nbase: {base}\n"
    expected: dict[str, list[str]] = {}
    for plan in plans:
        records = example_records(plan)
        path = f"examples/records/{plan.records_file}"
        expected[path] = [
            f"{event.type}.v1" for record in records for event in plan.events if _becomes(event, plan, record)
        ]
        for event in plan.events:
            files |= _event_files(plan, event, records, team)
        files[path] = _json({"Records": records})
    files["tests/test_events.py"] = _TESTS.format(expected=_python(expected))
    return {path: text.encode() for path, text in files.items()}


def _becomes(event: EventPlan, plan: TablePlan, record: Record) -> bool:
    return record["eventName"].lower() == event.operation and data_of(plan, record) is not None


def _event_files(plan: TablePlan, event: EventPlan, records: Sequence[Record], team: str) -> dict[str, str]:
    folder = f"event_schemas/{event.type}"
    owner = f"owner: {{team: {json.dumps(team)}, contact: {json.dumps('#' + team)}}}"
    files = {
        f"{folder}/{VERSION}.json": _json(event.schema),
        f"{folder}/meta.yaml": f"summary: {event.summary}\n{owner}\n",
    }
    datas = [data for record in records if _becomes(event, plan, record) and (data := data_of(plan, record))]
    valid, invalid = f"{folder}/examples/{VERSION}/valid", f"{folder}/examples/{VERSION}/invalid"
    for name, data in zip(_example_names(plan, event, len(datas)), datas, strict=True):
        files[f"{valid}/{name}.json"] = _json(data)
    for name, data in _invalid(datas[0] if datas else {"operation": event.operation}):
        files[f"{invalid}/{name}.json"] = _json(data)
    return files


def _example_names(plan: TablePlan, event: EventPlan, count: int) -> list[str]:
    if event.operation in plan.sample.kept:
        return [f"sample-{number}" for number in range(1, count + 1)]
    return ["full", "smallest"][:count]


def _invalid(data: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "no-key.required", {name: value for name, value in data.items() if name != "key"}
    yield "other-operation.const", {**data, "operation": "none"}


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _python(expected: Mapping[str, Sequence[str]]) -> str:
    text = json.dumps(expected, indent=4)
    return re.sub(r'(["\]])\n', r"\1,\n", text)
