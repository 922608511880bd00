"""A configuration whose subject could name two items is refused, wherever it says what the key is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import BatchError, ConfigurationError, Problem
from bridge.settings import read_settings
from bridge.settings.compiling.key_schema import require_whole_key
from bridge.settings.compiling.tables import compile_tables
from tests.builders import single_table

FILE = """
version: 1
source: com.example.shop
sinks: {{out: {{kind: memory}}}}
quarantine: {{kind: directory, path: q}}
tables:
  Users:
    subject: {subject}
    {table}
    events:
      - type: com.example.thing.changed
        op: modify
        {event}
"""
PLAIN = 'versions: ["1.0.0"]'


class Described:
    """Every version of every type; events carry the whole change, with this schema of its key."""

    id = "https://schemas.example.com/thing"

    def __init__(self, key: Any = True) -> None:
        self.document = {"properties": {"key": {"$ref": "#/$defs/key"}}, "$defs": {"key": key}}

    def get(self, type_name: str, version: str) -> Described:
        return self

    def validate(self, data: Any) -> None:
        pass


def refusals(subject: str, event: str = PLAIN, table: str = "", key: Any = True) -> list[Problem]:
    text = FILE.format(subject=subject, event=event, table=table)
    try:
        compile_tables(read_settings(text.encode(), "b.yaml", Path(), {}), Described(key))
    except ConfigurationError as error:
        return list(error.problems)
    return []


REQUIRED = {"required": ["org", "id"]}


@pytest.mark.parametrize(
    ("event", "table", "key", "where"),
    [
        ("when: {key: {id: [{prefix: x}]}}\n        " + PLAIN, "", True, "when.key"),
        (PLAIN, "filter: {dynamodb: {Keys: {id: {S: [x]}}}}", True, "filter"),
        ('versions: [{schema: "1.0.0", data: {a: [{b: "$.key[\'id\']"}]}}]', "", True, "the data of"),
        (PLAIN, "", REQUIRED, "the schema of"),
    ],
)
def test_a_subject_without_a_part_of_the_key_is_refused_and_the_line_to_write_works(
    event: str, table: str, key: Any, where: str
) -> None:
    (problem,) = refusals("thing/{$.key.org}", event, table, key)
    assert str(problem).startswith("b.yaml:8:14 tables.Users.subject: does not use 'id', which " + where)
    written = problem.suggestion.removeprefix("write ")
    assert written == "thing/{$.key.org}/{$.key.id}"
    assert refusals(written, event, table, key) == []


def test_a_misspelt_key_attribute_is_refused_and_the_advice_leads_to_a_line_that_works() -> None:
    (problem,) = refusals("thing/{$.key.org}/{$.key.userid}", key={"required": ["org", "userId"]})
    meant = re.search("did you mean '(.*)'", problem.suggestion)
    assert meant is not None
    assert refusals(f"thing/{{$.key.org}}/{{$.key.{meant[1]}}}", key={"required": ["org", "userId"]}) == []


def test_a_schema_that_allows_no_other_key_says_what_the_key_is() -> None:
    key = {"required": ["org"], "properties": {"org": {}}, "additionalProperties": False}
    (problem,) = refusals("thing/{$.key.zzz}", key=key)
    assert "'zzz' is no attribute of the key, which has 'org'" in problem.message
    assert refusals(problem.suggestion.removeprefix("write "), key=key) == []


@pytest.mark.parametrize(
    "subject", ["thing", "thing/{$.key.a}{$.key.b}", "thing/{$.key.a}/{$.key.a}", "thing/{$.after.id}"]
)
def test_a_subject_that_many_items_could_share_is_refused(subject: str) -> None:
    assert [(each.line, each.path) for each in refusals(subject)] == [(8, "tables.Users.subject")]


def test_without_knowledge_of_the_key_a_subject_is_accepted() -> None:
    assert refusals("thing/{$.key.id}") == []
    assert refusals("thing/{$.key.id}", key={"required": ["id"]}) == []


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ({"PK": "S", "SK": "S"}, ""),
        ({"PK": "S"}, "entity user: 'SK' is no attribute of the table's key"),
        ({"PK": "S", "SK": "S", "x": "S"}, "entity user: x of the table's key has no template"),
        ({"PK": "S", "SK": "N"}, "entity user: 'SK' is of type N, which no text matches"),
        ({"pk": "S", "SK": "S"}, "entity user: 'PK' is no attribute of the table's key"),
    ],
    ids=["fits", "no key", "no template", "a number", "another case"],
)
def test_key_templates_that_do_not_fit_the_live_table_are_refused(key: dict[str, str], says: str) -> None:
    (table,) = single_table.tables().values()
    if not says:
        require_whole_key(table, key)
        return
    with pytest.raises(BatchError, match=says) as caught:
        require_whole_key(table, key)
    assert "user" in caught.value.hint
