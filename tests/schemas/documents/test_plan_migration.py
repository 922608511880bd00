"""The sample domain's migration: whatever 2.0.0 of plan_changed takes derives to a valid 1.1.0."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.schemas.documents.examples import check_derived_examples
from bridge.settings import load_settings
from bridge.wiring.bridge import load_configuration
from tests.builders.places import ROOT
from tests.golden.regenerate import ENVIRONMENT

TYPE = "com.example.user.plan_changed"
DEMO = ROOT / "bridge" / "demo" / "configuration"
CONFIGURATION = load_configuration(ROOT / "examples" / "bridge.yaml", ENVIRONMENT)
(RULE,) = [rule for rule in CONFIGURATION.tables["Users"].rules if rule.type == TYPE]
NEWER, OLDER = RULE.versions
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=3,
)
PLANS = st.sampled_from(["free", "pro", "enterprise"])


def validator(version: str) -> jsonschema.Draft202012Validator:
    document = json.loads((ROOT / "event_schemas" / TYPE / f"{version}.json").read_text("utf-8"))
    return jsonschema.Draft202012Validator(
        document, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )


SECOND_OPINION = {version: validator(version) for version in ("1.0.0", "1.1.0", "2.0.0")}


@st.composite
def newer_data(draw: st.DrawFn) -> dict[str, Any]:
    """Everything that 2.0.0 takes: its members, and others beside them, for it is open."""
    data = draw(st.dictionaries(st.text(max_size=8), JSON, max_size=2))
    data |= {
        "userId": "u-" + draw(st.text("abcXYZ019-", min_size=1, max_size=8)),
        "previousPlan": draw(PLANS),
        "plan": draw(PLANS),
        "tier": draw(st.sampled_from(["free", "paid"])),
    }
    data.pop("changedAt", None)
    if draw(st.booleans()):
        time = draw(st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001
        data["changedAt"] = time.isoformat().replace("+00:00", "Z")
    return data


@given(newer_data())
def test_every_newer_data_derives_to_a_valid_older_one(data: dict[str, Any]) -> None:
    NEWER.validate(data)
    assert SECOND_OPINION["2.0.0"].is_valid(data)
    older = OLDER.project(data)  # type: ignore[arg-type]
    OLDER.validate(older)
    assert SECOND_OPINION["1.1.0"].is_valid(older)
    assert SECOND_OPINION["1.0.0"].is_valid(older), "who built on 1.0.0 reads 1.1.0"
    assert older["plan"] == {"from": data["previousPlan"], "to": data["plan"]}


def test_every_valid_example_of_the_newer_derives_to_a_valid_older_one() -> None:
    rules = [rule for table in CONFIGURATION.tables.values() for rule in table.rules]
    assert check_derived_examples(rules, CONFIGURATION.schemas) == []


@pytest.mark.parametrize("version", ["1.1.0", "2.0.0"])
def test_the_demonstration_publishes_the_very_same_versions(version: str) -> None:
    path = f"{TYPE}/{version}.json"
    own = (ROOT / "event_schemas" / path).read_text("utf-8")
    shown = (DEMO / "event_schemas" / path).read_text("utf-8")
    assert shown.replace("schemas.example.com/demo/", "schemas.example.com/") == own
    environ = dict.fromkeys(("DEMO_BUS", "DEMO_LEDGER", "DEMO_HASH_KEY", "DEMO_QUARANTINE"), "x" * 32)
    environ["DEMO_TOPIC"] = "arn:aws:sns:eu-west-1:123456789012:demo.fifo"
    demo = load_settings(DEMO / "bridge.yaml", environ)
    sample = CONFIGURATION.settings
    reported = [
        [event.versions for event in each.tables["Users"].events if event.type == TYPE]
        for each in (demo, sample)
    ]
    assert reported[0] == reported[1] != []
