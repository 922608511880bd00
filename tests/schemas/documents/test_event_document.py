"""The schema of whole events is the one that real events keep."""

from __future__ import annotations

import json
import re

import jsonschema_rs

from bridge.schemas.documents.event_document import ATTRIBUTES, cloud_event
from tests.builders.places import ROOT

GOLDEN = ROOT / "tests" / "golden"


def test_every_golden_event_satisfies_it_and_has_no_attribute_that_it_does_not_know() -> None:
    validator = jsonschema_rs.Draft202012Validator(cloud_event(True), validate_formats=True)
    looked = 0
    for path in sorted(GOLDEN.glob("*.ndjson")):
        for line in path.read_text().splitlines():
            event = json.loads(line)
            if "specversion" not in event:
                continue
            assert [error.message for error in validator.iter_errors(event)] == []
            assert event.keys() - {*ATTRIBUTES, "data"} == set()
            looked += 1
    assert looked > 5


def test_the_page_for_subscribers_explains_every_attribute_that_is_not_of_cloudevents() -> None:
    core = {"specversion", "source", "type", "subject", "time", "datacontenttype", "dataschema"}
    page = (ROOT / "docs" / "events.md").read_text("utf-8")
    table = page.partition("## What the attributes mean")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    explained = {name.split(":")[0] for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert explained == set(ATTRIBUTES) - core
