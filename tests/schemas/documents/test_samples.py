"""The sample domain holds together: schemas, examples, examples/bridge.yaml and examples/records."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bridge.core.diff.view import ChangeView, default_data
from bridge.core.jsonpath import parse_path
from bridge.core.mapping.language import compile_mapping
from bridge.core.mapping.project import getter_of
from bridge.core.records.decode import decode
from bridge.core.redact import RedactRule, compile_redaction
from bridge.errors import EventInvalid
from bridge.schemas.compatibility.compare import Comparer
from bridge.schemas.compatibility.verdict import Verdict
from bridge.schemas.documents.examples import check_examples
from bridge.schemas.documents.schema_set import SchemaSet
from bridge.schemas.evolution.lint import lint
from bridge.schemas.evolution.promises import check_types
from bridge.settings import Settings, load_settings
from bridge.settings.compiling.tables import compile_differ, compile_numbers
from bridge.settings.tables import EventSettings, TableSettings
from tests.builders.places import ROOT

ENVIRONMENT = {
    "EVENT_BUS": "domain-events",
    "BILLING_TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:billing.fifo",
    "PII_KEY": "a key that is long enough for a test",
    "QUARANTINE_DIR": "quarantine",
}
RECORDS = {
    "user_created": "com.example.user.created",
    "user_plan_changed": "com.example.user.plan_changed",
    "user_email_changed": "com.example.user.email_changed",
    "user_deleted": "com.example.user.deleted",
    "user_expired": "com.example.user.deleted",
    "user_broken": "com.example.user.created",
    "order_placed": "com.example.order.placed",
    "order_status_changed": "com.example.order.status_changed",
    "order_cancelled": "com.example.order.cancelled",
}


@pytest.fixture(scope="module")
def schemas() -> SchemaSet:
    return SchemaSet.load(ROOT / "event_schemas")


@pytest.fixture(scope="module")
def settings() -> Settings:
    return load_settings(ROOT / "examples" / "bridge.yaml", ENVIRONMENT)


def test_the_sample_configuration_loads_without_any_environment_variable() -> None:
    (warning,) = load_settings(ROOT / "examples" / "bridge.yaml", {}).warnings
    assert "is a secret, and the default in this file is used" in warning.message


def record(name: str) -> dict[str, Any]:
    event = json.loads((ROOT / "examples" / "records" / f"{name}.json").read_text("utf-8"))
    (found,) = event["Records"]
    return dict(found)


def data_of(settings: Settings, name: str) -> tuple[dict[str, Any], EventSettings]:
    """The data that a record becomes, by the mapping of its type, and that type's settings."""
    change = decode(record(name))
    table: TableSettings = settings.tables[change.table]
    redact = compile_redaction(
        tuple(
            RedactRule(parse_path(r.path), r.with_, r.key.get_secret_value().encode() if r.key else b"")
            for r in table.redact
        )
    )
    (event,) = [event for event in table.events if event.type == RECORDS[name]]
    diff = compile_differ(table, compile_numbers(table))
    view = ChangeView(change if redact is None else redact(change), diff)
    mapping = event.versions[0].data
    return (default_data if mapping is None else compile_mapping(mapping, getter_of))(view), event


def test_schemas_and_examples_hold_without_a_warning(schemas: SchemaSet) -> None:
    assert (schemas.warnings, check_examples(schemas)) == ((), [])


def test_every_version_has_two_to_four_examples_of_either_kind(schemas: SchemaSet) -> None:
    for schema in schemas:
        for kind in ("valid", "invalid"):
            folder = ROOT / "event_schemas" / schema.type / "examples" / str(schema.version) / kind
            assert 2 <= len(list(folder.glob("*.json"))) <= 4, folder


def test_every_member_of_a_schema_has_a_type(schemas: SchemaSet) -> None:
    for schema in schemas:
        assert schema.document["title"]
        assert schema.document["description"]
        assert schemas.metas[schema.type].summary


def test_the_configuration_publishes_every_schema_and_nothing_else(
    schemas: SchemaSet, settings: Settings
) -> None:
    configured = {event.type for table in settings.tables.values() for event in table.events}
    assert configured == set(schemas.types) == set(RECORDS.values())
    assert settings.warnings == ()
    assert isinstance(settings.schemas, Path)
    assert settings.schemas.resolve() == (ROOT / "event_schemas").resolve()


@pytest.mark.parametrize("name", sorted(RECORDS.keys() - {"user_broken"}))
def test_a_sample_record_becomes_data_that_its_schema_takes(
    schemas: SchemaSet, settings: Settings, name: str
) -> None:
    data, event = data_of(settings, name)
    schemas.get(event.type, event.versions[0].schema_version).validate(data)
    assert decode(record(name)).operation in event.op


def test_the_broken_record_breaks_its_schema_and_no_value_is_shown(
    schemas: SchemaSet, settings: Settings
) -> None:
    data, event = data_of(settings, "user_broken")
    with pytest.raises(EventInvalid) as caught:
        schemas.get(event.type, "1.0.0").validate(data)
    assert "/plan is not one of the enum values (enum)" in caught.value.message
    assert "platinum" not in str(caught.value)


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_no_secret_of_a_user_is_in_the_data(settings: Settings, name: str) -> None:
    text = json.dumps(data_of(settings, name)[0])
    assert "argon2" not in text
    assert "@example" not in text


def test_the_records_show_what_streams_hold(settings: Settings) -> None:
    image = record("user_created")["dynamodb"]["NewImage"]
    assert {tag for value in image.values() for tag in value} >= {"S", "N", "B", "M", "SS", "NS", "BS"}
    assert len(image["balance"]["N"].replace(".", "")) == 38
    assert decode(record("user_expired")).actor == "ttl"
    assert decode(record("user_deleted")).actor == "user"
    numbers = [decode(record(name)).position.number for name in RECORDS]
    assert len(set(numbers)) == len(numbers)
    data, _ = data_of(settings, "order_status_changed")
    assert data["changes"] == [{"path": "/status", "op": "replace", "before": "placed", "after": "paid"}]


@pytest.mark.parametrize("folder", ["event_schemas", "bridge/demo/configuration/event_schemas"])
def test_the_samples_hold_every_rule_that_lint_knows(folder: str) -> None:
    _, findings = lint(ROOT / folder, date(2026, 11, 21))
    assert findings == []


def test_every_sample_is_locked(schemas: SchemaSet) -> None:
    assert schemas.lock.versions.keys() == schemas.schemas.keys()
    assert schemas.lock.sunsets["com.example.user.plan_changed"] == {"1": date(2027, 6, 30)}


def test_the_samples_break_nobody(schemas: SchemaSet) -> None:
    comparer = Comparer(schemas.documents)
    reports = list(check_types(schemas, comparer.compare, today=date(2026, 11, 21)))
    judged = [each for report in reports for each in report.pairs]
    assert judged
    assert {each.verdict for each in judged} == {Verdict.COMPATIBLE}
    assert [finding for each in judged for finding in each.findings] == []
