"""Verbs that write and show shared definitions, and verbs that publish events built on them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.builders.repository import commit, repository
from tests.cli.shell import Shell

TYPE = "com.example.user.created"
MONEY = "shared/money"


@pytest.fixture
def built(shell: Shell) -> Shell:
    """An event that refers to a shared definition which ``schema new`` wrote."""
    assert shell.run("schema", "new", MONEY, "--summary", "An amount.", "--owner", "pay").code == 0
    path = f"event_schemas/{MONEY}/meta.yaml"
    shell.edit(path, "status: draft\n", "")
    event = shell.folder / f"event_schemas/{TYPE}/1.0.0.json"
    document = json.loads(event.read_text())
    document["properties"]["total"] = {"$ref": f"../{MONEY}/1.0.0.json#/$defs/money"}
    event.write_text(json.dumps(document))
    return shell


def shown(shell: Shell, *words: str) -> Any:
    done = shell.run(*words)
    assert done.code == 0, done.err
    return json.loads(done.out)


def test_new_writes_a_definition_that_lints_and_has_no_examples(built: Shell) -> None:
    folder = built.folder / "event_schemas" / MONEY
    assert {path.name for path in folder.iterdir()} == {"1.0.0.json", "meta.yaml"}
    found = shown(built, "schema", "lint", "--output", "json")["findings"]
    assert [f["message"] for f in found if MONEY in f["file"]] == ["has no contact"]
    assert built.run("schema", "new", MONEY).code == 1
    assert built.run("schema", "new", "shared/a b").code == 1


def test_list_and_show_have_it_apart_from_the_types(built: Shell) -> None:
    listed = shown(built, "schema", "list", "--output", "json")
    assert [each["type"] for each in listed["shared"]] == [MONEY]
    assert MONEY not in [each["type"] for each in listed["types"]]
    assert MONEY in built.run("schema", "list").out.decode()
    assert f"{MONEY} 1.0.0" in built.run("schema", "show", MONEY).out.decode()


def test_it_is_locked_with_the_events_and_a_change_needs_a_version_of_its_own(built: Shell) -> None:
    added = shown(built, "schema", "lock", "--update", "--output", "json")["added"]
    assert f"{MONEY} 1.0.0" in added
    commit(repository(built.folder), "locked")
    path = built.folder / f"event_schemas/{MONEY}/1.0.0.json"
    before = path.read_bytes()
    document = json.loads(before)
    document["$defs"]["money"]["maxLength"] = 20
    path.write_text(json.dumps(document))
    assert built.run("schema", "check").code == 3
    assert built.run("schema", "bump", MONEY).code == 0
    assert path.read_bytes() == before
    changed = json.loads(path.with_name("1.1.0.json").read_text())
    assert changed["$defs"]["money"]["maxLength"] == 20
    assert changed["$id"].endswith("/shared/money/1.1.0.json")
    assert built.run("schema", "check").code == 0


def test_it_is_compared_where_events_use_it(built: Shell) -> None:
    assert built.run("schema", "bump", MONEY).code == 0
    newer = built.folder / f"event_schemas/{MONEY}/1.1.0.json"
    newer.write_text(newer.read_text().replace('"minLength": 1', '"minLength": 3'))
    assert built.run("schema", "check").code == 0
    assert built.run("schema", "bump", TYPE).code == 0
    built.edit(f"event_schemas/{TYPE}/1.1.0.json", f"{MONEY}/1.0.0", f"{MONEY}/1.1.0")
    done = built.run("schema", "check")
    assert done.code == 2
    assert "min-length" in done.out.decode()


def test_what_is_generated_from_events_has_it_inside_and_no_event_of_its_own(built: Shell) -> None:
    asyncapi = shown(built, "schema", "asyncapi", "--output", "json")
    assert MONEY not in json.dumps(list(asyncapi["operations"].values()))
    assert '"minLength": 1' in json.dumps(asyncapi)
    assert built.run("schema", "codegen", TYPE, "--out", "generated").code == 0
    written = [path.read_text() for path in (built.folder / "generated").rglob("*.py")]
    assert any("total" in text for text in written)


def test_bridge_yaml_cannot_publish_it(built: Shell) -> None:
    built.edit("bridge.yaml", f"type: {TYPE}", f"type: {MONEY}")
    assert built.run("check").code == 3


def test_a_pair_can_be_compared_by_its_names(built: Shell) -> None:
    assert built.run("schema", "bump", MONEY).code == 0
    assert built.run("schema", "diff", f"{MONEY}@1.0.0", f"{MONEY}@1.1.0").code == 0
    assert built.run("schema", "check", f"{MONEY}@1.0.0", MONEY).code == 0
