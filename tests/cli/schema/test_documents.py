"""What ``schema asyncapi`` and ``schema codegen`` write from the sample domain."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
import yaml

from bridge.schemas.authoring.asyncapi import NEWER_FORMAT, Channel, Message, asyncapi
from tests.builders.places import ROOT
from tests.cli.shell import Shell
from tests.schemas.authoring.asyncapi_rules import broken_rules

SAMPLE = str(ROOT / "examples/bridge.yaml")


@pytest.fixture
def sample(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setenv("EVENT_BUS", "domain-events")
    monkeypatch.setenv("BILLING_TOPIC_ARN", "arn:aws:sns:eu-central-1:123456789012:billing.fifo")
    monkeypatch.setenv("QUARANTINE_DIR", "./quarantine")
    monkeypatch.setenv("PII_KEY", "00000000000000000000000000000000")
    return shell


def document(shell: Shell) -> dict[str, Any]:
    done = shell.run("schema", "asyncapi", "--config", SAMPLE, "--output", "json")
    assert done.code == 0, done.err
    reported: dict[str, Any] = json.loads(done.out)
    return reported


def test_the_document_keeps_the_rules_of_asyncapi(sample: Shell) -> None:
    assert broken_rules(document(sample)) == []


def test_yaml_says_the_same_as_json_and_the_same_every_time(sample: Shell) -> None:
    first = sample.run("schema", "asyncapi", "--config", SAMPLE)
    assert yaml.safe_load(first.out) == document(sample)
    assert sample.run("schema", "asyncapi", "--config", SAMPLE).out == first.out


def test_every_example_satisfies_the_payload_that_the_document_gives(sample: Shell) -> None:
    reported = document(sample)
    registry = jsonschema_rs.Registry([("urn:document", reported)], draft=jsonschema_rs.Draft202012)
    looked = 0
    for name, message in reported["components"]["messages"].items():
        reference = {"$ref": f"urn:document#/components/messages/{name}/payload"}
        validator = jsonschema_rs.Draft202012Validator(reference, registry=registry, validate_formats=True)
        for example in message["examples"]:
            assert [error.message for error in validator.iter_errors(example["payload"])] == []
            assert not validator.is_valid({**example["payload"], "data": 7})
            looked += 1
    assert looked > 10


def test_every_type_and_major_is_there_where_it_is_published(sample: Shell) -> None:
    reported = document(sample)
    bus, topic = reported["channels"]["domain"], reported["channels"]["billing"]
    assert bus["address"] == "domain-events"
    assert "com.example.user.created.v1" in bus["messages"]
    assert "com.example.user.created.v1" not in topic["messages"]
    assert "com.example.user.plan_changed.v1" in topic["messages"]
    assert topic["bindings"]["sns"]["name"] == "billing.fifo"
    assert topic["bindings"]["sns"]["ordering"] == {"type": "FIFO"}
    created = reported["components"]["messages"]["com.example.user.created.v1"]
    assert created["x-owner"]["team"] == "identity"
    assert {"name": "team:identity"} in created["tags"]


def test_a_deprecated_major_names_its_last_day() -> None:
    uri = "https://x.example.com/t/1.0.0.json"
    marks = {"deprecated": True, "deprecationsunset": "2027-06-30T23:59:59Z"}
    message = Message("t.v1", "1.0.0", uri, "T.", "shop", ("bus",), deprecation=marks)
    channel = Channel("bus", "eventbridge", "bus")
    reported = asyncapi("T", "1", [channel], [message], {uri: {"$id": uri, "type": "object"}})
    written = reported["components"]["messages"]["t.v1"]
    assert written["description"] == "Deprecated, published until 2027-06-30."
    assert {"name": "deprecated"} in written["tags"]
    assert broken_rules(reported) == []


def test_a_schema_that_says_more_than_draft_7_is_marked_as_such_and_references_follow() -> None:
    one, two = "https://x.example.com/t/1.0.0.json", "https://x.example.com/part/1.0.0.json"
    documents = {
        one: {"$id": one, "properties": {"p": {"$ref": "../part/1.0.0.json#/$defs/pair"}}},
        two: {"$id": two, "$defs": {"pair": {"prefixItems": [{"$ref": "#/$defs/one"}]}, "one": True}},
    }
    message = Message("t.v1", "1.0.0", one, "T.", "shop", ("bus",))
    reported = asyncapi("T", "1", [Channel("bus", "eventbridge", "bus")], [message], documents)
    part = reported["components"]["schemas"]["x.example.com_part_1.0.0"]
    assert part["schemaFormat"] == NEWER_FORMAT
    assert broken_rules(reported) == []


def test_codegen_writes_a_package_and_only_the_requested_types(sample: Shell) -> None:
    words = ("--schemas", str(ROOT / "event_schemas"), "--out", "events")
    done = sample.run("schema", "codegen", "com.example.user.created", *words)
    assert done.code == 0, done.err
    written = sorted(path.name for path in (sample.folder / "events").iterdir())
    runtime = ["checking.py", "cloud_event.py"], ["json_object.py", "reading.py"]
    assert written == ["__init__.py", *runtime[0], "com_example_user_created_v1.py", *runtime[1]]
    shown = sample.run("schema", "codegen", "com.example.user.created", *words[:2])
    assert b"# --- com_example_user_created_v1.py\n" in shown.out
    assert sample.run("schema", "codegen", "com.example.user.creatd", *words).code == 1


@pytest.mark.parametrize("option", ["--language", "--lang"])
def test_codegen_writes_typescript_too(sample: Shell, option: str) -> None:
    words = ("--schemas", str(ROOT / "event_schemas"), option, "typescript")
    done = sample.run("schema", "codegen", "com.example.user.plan_changed@2", *words, "--out", "events")
    assert done.code == 0, done.err
    written = sorted(path.name for path in (sample.folder / "events").iterdir())
    assert written == ["cloud_event.ts", "com_example_user_plan_changed_v2.ts", "index.ts"]
    shown = sample.run("schema", "codegen", "com.example.user.plan_changed@2", *words).out
    assert b"// --- com_example_user_plan_changed_v2.ts\n" in shown
    assert b"export interface PlanChangedV2 extends CloudEvent<PlanChangedV2Data> {" in shown
