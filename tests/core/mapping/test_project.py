"""A mapping says what an event's data is; nothing it does not name gets in."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.core.diff.view import ChangeView
from bridge.core.jsonpath import JsonPathError, parse_path
from bridge.core.mapping.language import compile_mapping, mapping_problems
from bridge.core.mapping.paths import MappingError
from bridge.core.mapping.project import getter_of
from bridge.core.records.decode import decode
from tests.builders.bridges import table
from tests.builders.records import lambda_record

BEFORE = {"id": "a", "plan": "free", "lines": [{"sku": "x", "qty": 1}]}
AFTER = {"id": "a", "plan": "pro", "note": None, "lines": [{"sku": "x", "qty": 2}, {"sku": "y", "qty": 1}]}


def modified() -> ChangeView:
    return table().view(decode(lambda_record(op="modify", key={"id": "a"}, before=BEFORE, after=AFTER)))


def data(mapping: Any, view: ChangeView | None = None) -> Any:
    return compile_mapping(mapping, getter_of)(view or modified())


def test_paths_constants_objects_and_lists_are_mapped() -> None:
    assert data(
        {
            "user": "$.key.id",
            "plan": {"from": "$.before.plan", "to": "$.after.plan"},
            "channel": "stream",
            "price": "$$5",
            "fixed": [1, "$.after.plan", True, None],
        }
    ) == {
        "user": "a",
        "plan": {"from": "free", "to": "pro"},
        "channel": "stream",
        "price": "$5",
        "fixed": [1, "pro", True, None],
    }


def test_a_path_that_finds_nothing_leaves_its_member_out() -> None:
    assert data({"x": "$.after.nothing", "y": {"z": "$.before.plan.deeper"}, "w": ["$.after.nothing"]}) == {
        "y": {},
        "w": [],
    }


def test_null_is_a_value_and_not_missing() -> None:
    assert data({"note": "$.after.note"}) == {"note": None}


def test_a_path_into_a_missing_image_finds_nothing() -> None:
    inserted = table().view(decode(lambda_record(after={"id": "a"})))
    assert data({"b": "$.before", "p": "$.before.plan", "c": "$.changes", "a": "$.after"}, inserted) == {
        "a": {"id": "a"}
    }


def test_indexes_wildcards_filters_and_meta_are_understood() -> None:
    assert data(
        {
            "first": "$.after.lines[0].sku",
            "last": "$.after.lines[-1].sku",
            "all": "$.after.lines[*].sku",
            "many": "$.after.lines[?(@.qty > 1)].sku",
            "deep": "$.after..sku",
            "paths": "$.changes[*].path",
            "table": "$.meta.table",
            "sequence": "$.meta.sequence",
        }
    ) == {
        "first": "x",
        "last": "y",
        "all": ["x", "y"],
        "many": ["x"],
        "deep": ["x", "y"],
        "paths": ["/lines/0/qty", "/lines/1", "/note", "/plan"],
        "table": "Users",
        "sequence": "2026-11-01T10:00:00.000/" + "100000000000000000001".zfill(40),
    }


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("$.nowhere.x", "begins with one of"),
        ("$.after[", "not a JSONPath"),
        ("$after", "begins with"),
        ("$", "begins with"),
    ],
)
def test_a_wrong_path_is_refused_with_its_place(path: str, problem: str) -> None:
    with pytest.raises(MappingError, match=problem) as caught:
        compile_mapping({"a": {"b": ["fine", path]}}, getter_of)
    assert caught.value.path == ("a", "b", 1)
    found = mapping_problems({"a": {"b": ["fine", path]}, "c": path}, getter_of)
    assert [each.path for each in found] == [("a", "b", 1), ("c",)]


def test_simple_paths_are_distinguished_from_those_for_the_library() -> None:
    assert parse_path("$.after.lines[0].sku").steps == ("lines", 0, "sku")
    assert parse_path("$['after']['odd name']").steps == ("odd name",)
    assert parse_path("$.after..sku").steps is None
    with pytest.raises(JsonPathError):
        parse_path("after.plan")
