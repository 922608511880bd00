"""``numbers`` and ``diff.lists`` of bridge.yaml, seen in the events that a table's changes become."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from bridge.core.events.translate import Table
from bridge.core.records.decode import decode
from bridge.settings import read_settings
from bridge.settings.compiling.tables import compile_tables
from tests.builders.records import lambda_record

FILE = """
version: 1
source: com.example.shop
{numbers}
sinks: {{out: {{kind: memory}}}}
quarantine: {{kind: directory, path: q}}
tables:
  Users:
    subject: order/{{$.key.id}}
    {table}
    events:
      - type: com.example.order.changed
        op: modify
        when: {{changed: [/lines/*/qty], after: {{total: [{total}]}}}}
        versions: ["1.0.0"]
"""
BEFORE = {"id": 7, "total": 9, "lines": [{"sku": "TEA", "qty": 1}, {"sku": "POT", "qty": 2}]}
AFTER = {"id": 7, "total": 9, "lines": [{"sku": "POT", "qty": 3}, {"sku": "TEA", "qty": 1}]}


class AnySchema:
    """Every version of every type, and data of any shape."""

    id = "https://schemas.example.com/order"

    def get(self, type_name: str, version: str) -> AnySchema:
        return self

    def validate(self, data: Any) -> None:
        pass


def data_of(table: str = "", numbers: str = "", total: str = "9") -> dict[str, Any]:
    """The data of the one event, and its subject."""
    text = FILE.format(table=table, numbers=numbers, total=total)
    compiled = compile_tables(read_settings(text.encode(), "b.yaml", Path(), {}), AnySchema())
    users: Table = compiled["Users"]
    record = lambda_record(op="modify", key={"id": 7}, before=BEFORE, after=AFTER)
    (event,) = users.translate(record, decode(record), "key").events
    body = orjson.loads(event.body)
    return {"subject": body["subject"], **body["data"]}


def test_numbers_and_lists_use_the_defaults_if_nothing_is_set() -> None:
    data = data_of()
    assert (data["key"], data["after"]) == ({"id": 7}, AFTER)
    assert [(each["op"], each["path"]) for each in data["changes"]] == [
        ("replace", "/lines/0/qty"),
        ("replace", "/lines/0/sku"),
        ("replace", "/lines/1/qty"),
        ("replace", "/lines/1/sku"),
    ]


@pytest.mark.parametrize(
    ("table", "file"),
    [("numbers: string", ""), ("", "numbers: string"), ("numbers: {string: [/id, /lines, /total]}", "")],
)
def test_numbers_are_text_for_the_table_for_the_file_or_at_paths(table: str, file: str) -> None:
    data = data_of(table, file, total='"9"')
    assert (data["subject"], data["key"], data["before"]["total"]) == ("order/7", {"id": "7"}, "9")
    assert data["after"]["lines"] == [{"sku": "POT", "qty": "3"}, {"sku": "TEA", "qty": "1"}]
    assert data["changes"][0] == {"path": "/lines/0/qty", "op": "replace", "before": "1", "after": "3"}


def test_a_table_may_be_exact_where_the_file_says_string() -> None:
    assert data_of("numbers: exact", "numbers: string") == data_of()


def test_lists_by_a_member_distinguish_moves_from_changes() -> None:
    assert data_of("diff: {lists: {by: /sku}}")["changes"] == [
        {"path": "/lines/1", "op": "move", "from": "/lines/0", "id": "TEA"},
        {"path": "/lines/0/qty", "op": "replace", "before": 2, "after": 3, "id": "POT"},
    ]


def test_identities_are_written_as_the_table_writes_numbers() -> None:
    changes = data_of("diff: {lists: {by: /qty}}\n    numbers: string", total='"9"')["changes"]
    assert [(each["op"], each["id"]) for each in changes] == [("remove", "2"), ("add", "3")]
