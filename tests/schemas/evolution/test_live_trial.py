"""A trial of real events reports how many would fail, each kind once, and shows values only on request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import ConfigurationError
from bridge.schemas.documents.proposed import Proposed, from_file
from bridge.schemas.evolution.live_trial import Trial

TYPE = "com.example.user.created"


@pytest.fixture
def proposed(tmp_path: Path) -> Proposed:
    document = {
        "$id": f"https://schemas.example.com/{TYPE}/2.0.0.json",
        "type": "object",
        "required": ["id"],
        "properties": {
            "id": {"type": "string"},
            "lines": {"type": "array", "items": {"properties": {"count": {"type": "integer"}}}},
        },
    }
    path = tmp_path / "proposed.json"
    path.write_text(json.dumps(document))
    return from_file(path)


def event(number: int, data: Any, type_name: str = f"{TYPE}.v1") -> dict[str, Any]:
    return {"id": f"e-{number}", "type": type_name, "time": "2026-01-01T00:00:00Z", "data": data}


def test_each_kind_of_failure_is_reported_once_with_its_first_event(proposed: Proposed) -> None:
    trial = Trial(proposed, TYPE)
    bad = {"lines": [{"count": "1"}, {"count": "2"}]}
    for number, data in enumerate([{"id": "u"}, bad, {"id": "u", "lines": [{}, {"count": "secret"}]}]):
        trial.take(event(number, data))
    assert (trial.looked, trial.failed) == (3, 2)
    reported = [(kind.rule, kind.path, kind.events, kind.event_id) for kind in trial.worst_first()]
    assert reported == [("type", "/lines/*/count", 2, "e-1"), ("required", "", 1, "e-1")]


def test_no_value_is_kept_unless_asked_for(proposed: Proposed) -> None:
    for keep in (False, True):
        trial = Trial(proposed, TYPE, keep_values=keep)
        trial.take(event(1, {"id": 4711}))
        (kind,) = trial.worst_first()
        assert kind.value == (4711 if keep else None)
        assert "4711" not in kind.what


def test_events_of_every_major_count_and_of_other_types_do_not(proposed: Proposed) -> None:
    trial = Trial(proposed, TYPE)
    trial.take(event(1, {"id": "u"}))
    trial.take(event(2, {"id": "u"}, f"{TYPE}.v2"))
    trial.take(event(3, {}, "com.example.user.deleted.v1"))
    trial.take({"id": "e-4", "type": f"{TYPE}.v1", "dataref": "s3://bucket/key"})
    assert (trial.looked, trial.failed, trial.other_types, trial.without_data) == (2, 0, 1, 1)


def test_a_file_says_its_type_and_version_by_its_id(proposed: Proposed) -> None:
    assert (proposed.type, proposed.version, proposed.event_type) == (TYPE, "2.0.0", f"{TYPE}.v2")


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "not a JSON object"),
        ({"type": 7}, "cannot be used as a schema"),
        ({"$ref": "https://elsewhere.example.com/x.json"}, "which does not exist"),
        ({"properties": {"a": {"$ref": "#/$defs/none"}}}, "which does not exist"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "is not JSON Schema 2020-12"),
    ],
)
def test_a_file_that_is_not_a_schema_is_refused_and_nothing_is_fetched(
    document: Any, said: str, tmp_path: Path
) -> None:
    (tmp_path / "x.json").write_text(json.dumps(document))
    with pytest.raises(ConfigurationError, match=said):
        from_file(tmp_path / "x.json")
