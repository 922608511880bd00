"""The events of changes that did not come through the table's own stream."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from tests.builders.places import ROOT
from tests.golden.sources import FOLDER, GOLDENS, golden_of

BASE = "https://schemas.example.com/"


def events(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in golden_of(name).read_bytes().splitlines()]


@pytest.mark.parametrize("name", GOLDENS)
def test_a_way_in_gives_its_golden_events_byte_for_byte(name: str) -> None:
    assert GOLDENS[name]() == golden_of(name).read_bytes()


def test_every_golden_file_is_made_by_something() -> None:
    assert sorted(FOLDER.iterdir()) == sorted(map(golden_of, GOLDENS))


@pytest.mark.parametrize("name", GOLDENS)
def test_the_cloudevents_sdk_and_another_validator_take_them(name: str) -> None:
    for line in golden_of(name).read_bytes().splitlines():
        event = JSONFormat().read(CloudEvent, line)
        path = ROOT / "event_schemas" / str(event.get_dataschema()).removeprefix(BASE)
        jsonschema.Draft202012Validator(json.loads(path.read_bytes())).validate(event.get_data())


def test_through_kinesis_only_id_and_sequence_differ() -> None:
    (own,) = (ROOT / "tests" / "golden" / "user_created.ndjson").read_bytes().splitlines()
    (event,) = events("kinesis")
    stays = {"id", "sequence", "causationid"}
    assert {name: value for name, value in event.items() if name not in stays} == {
        name: value for name, value in json.loads(own).items() if name not in stays
    }


def test_a_pipe_gets_what_the_buses_get_and_the_broken_record_is_left_out() -> None:
    own = [
        json.loads(line)
        for name in ("user_plan_changed", "order_placed")
        for line in (ROOT / "tests" / "golden" / f"{name}.ndjson").read_bytes().splitlines()
    ]
    assert events("pipe") == own


def test_a_fetched_item_is_published_with_its_mark() -> None:
    (event,) = events("fetched_keys_only")
    assert event["fetched"] is True
    assert event["data"]["plan"] == "enterprise"
