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
from tests.official.schemas import asyncapi_errors
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


KEYWORDS: dict[str, Any] = {
    "$defs": {"a": {"type": "string"}}, "$anchor": "x", "deprecated": True, "contentMediaType": "text/plain",
    "contentSchema": {"type": "object"}, "examples": [1], "x-extensible-enum": True, "x-a": {"b": 1},
    "dependentRequired": {"a": ["b"]}, "dependentSchemas": {"a": {"type": "object"}}, "prefixItems": [True],
    "items": False, "minContains": 1, "contains": {"const": 1}, "unevaluatedProperties": False,
    "propertyNames": {"pattern": "^a"}, "patternProperties": {"^a": True}, "const": None,
    "type": ["string", "null"], "format": "date-time", "default": 1, "readOnly": True, "$comment": "c",
    "exclusiveMinimum": 1, "weird": 3,
    "properties": {"externalDocs": {"type": "string"}, "discriminator": {}, "bindingVersion": True},
    "discriminator": {"propertyName": "a"}, "externalDocs": "x", "definitions": {"a": True},
    "dependencies": {"a": ["b"]}, "if": True, "then": {"required": ["a"]}, "not": {"type": "null"},
}  # fmt: skip
SNS = "arn:aws:sns:eu-central-1:123456789012:billing"
URI = "https://x.example.com/com.example.t/1.0.0.json"


@pytest.mark.parametrize("keyword", KEYWORDS)
@pytest.mark.parametrize("inside", [False, True])
def test_the_official_schema_accepts_every_keyword_of_a_schema(keyword: str, inside: bool) -> None:
    schema: dict[str, Any] = {keyword: KEYWORDS[keyword]}
    document = {"$id": URI, **({"properties": {"p": schema}} if inside else schema)}
    message = Message("com.example.t.v1", "1.0.0", URI, "T.", "shop", ("t",))
    reported = asyncapi("T", "1", [Channel("t", "sns", SNS)], [message], {URI: document})
    assert broken_rules(reported) == []


@pytest.mark.parametrize(
    ("kind", "address"),
    [("sns", SNS), ("sns", f"{SNS}.fifo"), ("sns", None), ("eventbridge", "b"), ("eventbridge_v2", "b"),
     ("other", None)],
)  # fmt: skip
def test_the_official_schema_accepts_every_kind_of_channel_with_its_binding(kind: Any, address: str) -> None:
    full: dict[str, Any] = {
        "team": "t", "contact": "#c", "entities": {"user": "user/{id}"}, "examples": {"one": {"a": 1}},
        "deprecation": {"deprecated": True, "deprecationsunset": "2027-06-30T23:59:59Z"},
    }  # fmt: skip
    channel = Channel("a b/c", kind, address)
    for more in ({}, full):
        message = Message("com.example.t.v1", "1.0.0", URI, "T.", "shop", ("a b/c",), **more)
        reported = asyncapi("T", "1", [channel], [message], {URI: {"$id": URI, "type": "object"}})
        assert broken_rules(reported) == []
        assert ("bindings" in reported["channels"]["a_b_c"]) == (kind == "sns")


def test_the_official_schema_refuses_a_wrong_binding_so_it_is_asked(sample: Shell) -> None:
    reported = document(sample)
    reported["channels"]["billing"]["bindings"]["sns"]["bindingVersion"] = "1.0.0"
    assert any("/channels/billing" in each for each in asyncapi_errors(reported))


def test_a_document_of_entities_satisfies_the_official_schema(shell: Shell) -> None:
    config = str(ROOT / "examples/single-table/bridge.yaml")
    done = shell.run("schema", "asyncapi", "--config", config, "--output", "json")
    assert done.code == 0, done.err
    assert broken_rules(json.loads(done.out)) == []


def test_a_rule_beside_a_reference_is_kept_for_readers_of_draft_7() -> None:
    text = {"$ref": "#/$defs/t", "maxLength": 3}
    document = {"$id": URI, "properties": {"a": text}, "$defs": {"t": {"type": "string"}}}
    message = Message("com.example.t.v1", "1.0.0", URI, "T.", "shop", ("t",))
    reported = asyncapi("T", "1", [Channel("t", "sns", SNS)], [message], {URI: document})
    assert reported["components"]["schemas"]["com.example.t.v1"]["schemaFormat"] == NEWER_FORMAT
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
