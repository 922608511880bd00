"""A golden event for every sample type: what subscribers see, byte for byte.

After an intended change, ``python -m tests.golden.regenerate`` writes the files.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from bridge.settings import load_settings
from tests.builders.places import ROOT
from tests.golden.regenerate import (
    ENVIRONMENT,
    EXAMPLES,
    GOLDEN,
    SINGLE_TABLE,
    every_source,
    golden_of,
    render,
)

SCHEMAS = ROOT / "event_schemas"
BASE = "https://schemas.example.com/"
BROKEN = {"user_broken": ["event_invalid"]}  # the example of a record that can never succeed


def _lines() -> list[bytes]:
    return [line for path in _files() for line in path.read_bytes().splitlines()]


def _files() -> list[Path]:
    return sorted(GOLDEN.rglob("*.ndjson"))


def _ids(line: bytes) -> str:
    event: dict[str, Any] = json.loads(line)
    return f"{event['type']} {event['subject']}"


@pytest.mark.parametrize("source", every_source(), ids=lambda source: source.stem)
def test_an_example_becomes_its_golden_events_byte_for_byte(source: Path) -> None:
    lines, quarantined = render(source)
    assert lines == golden_of(source).read_bytes()
    assert quarantined == BROKEN.get(source.stem, [])


def test_every_golden_file_has_its_example() -> None:
    assert _files() == sorted(map(golden_of, every_source()))


def test_every_configured_type_and_version_has_a_golden_event() -> None:
    configured = {
        f"{base}{event.type}/{version.schema_version}.json"
        for folder, base in ((EXAMPLES, BASE), (SINGLE_TABLE, f"{BASE}shop/"))
        for kind in load_settings(folder / "bridge.yaml", ENVIRONMENT).kinds()
        for event in kind.settings.events
        if event.op != ("snapshot",)  # no record becomes one
        for version in event.versions
    }
    assert {json.loads(line)["dataschema"] for line in _lines()} == configured


@pytest.mark.parametrize("line", _lines(), ids=_ids)
def test_the_cloudevents_sdk_reads_a_golden_event_as_it_is(line: bytes) -> None:
    published = json.loads(line)
    event = JSONFormat().read(CloudEvent, line)
    assert event.get_data() == published["data"]
    assert (event.get_id(), event.get_source(), event.get_type()) == (
        published["id"],
        published["source"],
        published["type"],
    )
    assert event.get_subject() == published["subject"]
    assert event.get_dataschema() == published["dataschema"]
    time = event.get_time()
    assert time is not None
    assert time.isoformat().replace("+00:00", "Z") == published["time"]
    assert event.get_extension("sequence") == published["sequence"]


@pytest.mark.parametrize("line", _lines(), ids=_ids)
def test_a_golden_event_satisfies_its_schema_in_the_eyes_of_another_validator(line: bytes) -> None:
    event = json.loads(line)
    name = event["dataschema"].removeprefix(BASE)
    folder = SINGLE_TABLE / "event_schemas" if name.startswith("shop/") else SCHEMAS
    schema = json.loads((folder / name.removeprefix("shop/")).read_bytes())
    assert schema["$id"] == event["dataschema"]
    validator = jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    assert [error.message for error in validator.iter_errors(event["data"])] == []
