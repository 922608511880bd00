"""Each valid example of a newer version must derive to a valid older one: check proves it before a deploy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import Problem
from bridge.schemas.documents.examples import check_derived_examples
from bridge.schemas.documents.schema_set import SchemaSet
from bridge.settings import read_settings
from bridge.settings.compiling.tables import compile_tables
from tests.builders.records import lambda_record
from tests.cli.shell import Shell, project
from tests.schemas.folders import TYPE, put, schema

FILE = """
version: 1
source: com.example.accounts
sinks: {domain: {kind: memory}}
quarantine: {kind: directory, path: q}
tables:
  Users:
    subject: user/{$.key.id}
    events:
      - type: com.example.thing.made
        op: insert
        versions:
          - {schema: "3.0.0", data: {name: $.after.name}}
          - {schema: "2.0.0", from: "3.0.0", data: MAPPING}
          - {schema: "1.0.0", from: "2.0.0", data: {label: $.title}}
"""
SCHEMAS: dict[str, dict[str, Any]] = {
    "3.0.0": {"required": ["name"], "properties": {"name": {"type": "string"}}},
    "2.0.0": {"required": ["title"], "properties": {"title": {"type": "string"}}},
    "1.0.0": {"required": ["label"], "properties": {"label": {"type": "string", "maxLength": 5}}},
}


def found(folder: Path, examples: dict[str, Any], mapping: str = "{title: $.name}") -> list[Problem]:
    for version, rules in SCHEMAS.items():
        put(folder, f"{TYPE}/{version}.json", schema(version, **rules))
    put(folder, f"{TYPE}/meta.yaml", "summary: s\nowner: o\n")
    for name, data in examples.items():
        put(folder, f"{TYPE}/examples/{name}.json", data)
    schemas = SchemaSet.load(folder)
    settings = read_settings(FILE.replace("MAPPING", mapping).encode(), "b.yaml", folder, {})
    tables = compile_tables(settings, schemas)
    return check_derived_examples(tables["Users"].rules, schemas)


def test_examples_that_derive_are_fine(tmp_path: Path) -> None:
    assert found(tmp_path, {"3.0.0/valid/a": {"name": "short"}, "2.0.0/valid/b": {"title": "short"}}) == []


def test_a_derived_example_that_is_not_valid_is_named_with_file_and_pointer(tmp_path: Path) -> None:
    (problem,) = found(tmp_path, {"2.0.0/valid/a": {"title": "too long"}})
    assert (problem.file, problem.path) == (str(tmp_path / f"{TYPE}/examples/2.0.0/valid/a.json"), "/label")
    assert problem.message == (
        "com.example.thing.made 1.0.0 derived from it is not valid:"
        " /label is longer than 5 characters (maxLength)"
    )
    assert problem.severity == "error"


def test_examples_are_followed_along_the_whole_chain(tmp_path: Path) -> None:
    (problem,) = found(tmp_path, {"3.0.0/valid/a": {"name": "too long"}})
    assert problem.file.endswith("examples/3.0.0/valid/a.json")
    assert "1.0.0 derived from it" in problem.message


def test_a_broken_chain_is_reported_once_for_an_example(tmp_path: Path) -> None:
    (problem,) = found(tmp_path, {"3.0.0/valid/a": {"name": "x"}}, mapping="{titel: $.name}")
    assert "2.0.0 derived from it is not valid: data lacks the required member 'title'" in problem.message


def test_a_mapping_that_fails_is_reported_with_the_reason(tmp_path: Path) -> None:
    mapping = "{title: {$path: $.name, $lookup: {a: b}}}"
    (problem,) = found(tmp_path, {"3.0.0/valid/a": {"name": "x"}}, mapping)
    assert "2.0.0 cannot be derived from it: mapping of /title" in problem.message


@pytest.mark.parametrize(
    "examples", [{"3.0.0/valid/a": "{"}, {"3.0.0/valid/a": {"name": 7}}, {"3.0.0/invalid/a": {}}]
)
def test_an_invalid_example_is_not_derived(tmp_path: Path, examples: dict[str, Any]) -> None:
    assert found(tmp_path, examples) == []


# --- by the command line -----------------------------------------------------------------------------


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVENT_BUS", "domain")
    made = Shell(tmp_path, monkeypatch, capsysbinary)
    project(made)
    folder = "event_schemas/com.example.user.created"
    newer = json.loads((tmp_path / folder / "1.0.0.json").read_text())
    newer |= {"$id": "https://schemas.example.com/com.example.user.created/2.0.0.json", "required": ["name"]}
    made.write(f"{folder}/2.0.0.json", newer)
    made.write(f"{folder}/examples/2.0.0/valid/one.json", {"name": "u-1"})
    made.write(f"{folder}/examples/2.0.0/invalid/none.required.json", {})
    made.edit(
        "bridge.yaml",
        'versions: [{schema: "1.0.0", data: {id: $.key.id, balance: $.after.balance}}]',
        'versions: [{schema: "2.0.0", data: {name: $.key.id}},'
        ' {schema: "1.0.0", from: "2.0.0", data: {id: $.name}, sunset: 2999-12-31}]',
    )
    return made


def test_check_is_fine_with_two_majors_that_derive(shell: Shell) -> None:
    done = shell.run("check", "--strict")
    assert (done.code, done.err.splitlines()[-1].partition(": ")[2]) == (
        0,
        "1 table, 3 event types, 4 schemas, 8 examples: fine",
    )


def test_check_fails_where_an_example_does_not_derive(shell: Shell) -> None:
    shell.edit("bridge.yaml", "data: {id: $.name}", "data: {id: $.nam}")
    done = shell.run("check")
    assert done.code == 3
    example = "event_schemas/com.example.user.created/examples/2.0.0/valid/one.json"
    assert f"{example} com.example.user.created 1.0.0 derived from it is not valid" in done.err


def test_check_warns_past_the_sunset_and_fails_only_when_strict(shell: Shell) -> None:
    shell.edit("bridge.yaml", "2999-12-31", "2020-12-31")
    done = shell.run("check")
    assert done.code == 0
    assert "versions[1].sunset: the last day of com.example.user.created 1.0.0 was 2020-12-31" in done.err
    assert shell.run("check", "--strict").code == 3


def test_render_shows_both_majors(shell: Shell) -> None:
    record = lambda_record(key={"id": "u-1"}, after={"id": "u-1"})
    done = shell.run("render", "-", stdin=json.dumps(record).encode())
    assert [(event["type"], event.get("deprecated")) for event in done.events] == [
        ("com.example.user.created.v2", None),
        ("com.example.user.created.v1", True),
    ]
