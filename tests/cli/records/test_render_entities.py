"""``stream-bridge render --explain`` of a table that holds several kinds of items."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.builders.single_table import change, key
from tests.cli.shell import Shell

CONFIG = """\
version: 1
source: com.example.accounts
schemas: ./event_schemas
sinks: {domain: {kind: stdout}}
quarantine: {kind: directory, path: ./quarantine}
tables:
  app:
    name: app-main
    sink: domain
    other: OTHER
    entities:
      user:
        key: {PK: "USER#{userId}", SK: PROFILE}
        subject: user/{userId}
        events: [{type: com.example.user.noted, op: [insert, modify, remove], versions: ["1.0.0"]}]
      cart:
        key: {PK: "USER#{userId}", SK: "ORDER#{orderId}"}
        where: {status: [open]}
        subject: cart/{userId}/{orderId}
        events: [{type: com.example.user.noted, op: remove, versions: ["1.0.0"]}]
      order:
        key: {PK: "USER#{userId}", SK: "ORDER#{orderId}"}
        where: {status: [placed]}
        subject: order/{userId}/{orderId}
        events: [{type: com.example.user.renamed, op: insert, versions: ["1.0.0"]}]
"""
ORDER = key("USER#secret", "ORDER#7")


@pytest.fixture(params=["ignore", "quarantine"])
def project(shell: Shell, request: pytest.FixtureRequest) -> Shell:
    shell.write("bridge.yaml", CONFIG.replace("OTHER", request.param))
    return shell


def explained(project: Shell, *records: dict[str, Any]) -> list[str]:
    done = project.run("render", "--explain", project.write("in.json", json.dumps(list(records))))
    return done.err.splitlines()


def test_it_says_which_entity_an_item_is_of_and_both_where_that_changes(project: Shell) -> None:
    lines = explained(
        project,
        change(1, key("USER#1", "PROFILE"), None, {"a": 1}),
        change(2, ORDER, {"status": "open"}, {"status": "placed"}),
    )
    assert "  entity: user" in lines
    assert "  entity: cart, then order" in lines
    assert "  com.example.user.renamed: matched" in lines


def test_it_says_why_no_entity_selects_an_item_without_its_values(project: Shell) -> None:
    lines = explained(
        project,
        change(1, key("TEAM#secret", "PROFILE"), None, {"a": 1}),
        change(2, ORDER, None, {"status": "secret"}),
        change(3, ORDER, None, {"total": 1}),
    )
    assert "  not of entity user: PK is not like USER#{userId}" in lines
    assert "  not of entity cart: PK is not like USER#{userId} and SK is not like ORDER#{orderId}" in lines
    assert '  not of entity order: where.status: no match, wanted ["placed"]' in lines
    assert '  not of entity cart: where.status: absent, wanted ["open"]' in lines
    assert not [line for line in lines if "secret" in line]


def test_programs_get_the_same_as_json(project: Shell) -> None:
    records = [change(1, ORDER, {"status": "open"}, {"status": "placed"}), change(2, ORDER, None, {})]
    name = project.write("in.json", json.dumps(records))
    done = project.run("render", "--explain", "--output", "json", name)
    first, second = (
        line for line in map(json.loads, done.err.splitlines()) if "rules" in line and "number" in line
    )
    assert first["entities"] == ["cart", "order"]
    assert [each["entity"] for each in second["misses"]] == ["user", "cart", "order"]
