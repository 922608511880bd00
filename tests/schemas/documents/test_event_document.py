"""The schema of whole events is the one that real events keep."""

from __future__ import annotations

import json

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
