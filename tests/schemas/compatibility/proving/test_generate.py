"""Values for a schema: the limits themselves are among them, and nothing outside the limits."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from bridge.schemas.compatibility.proving.generate import MAX_DEPTH, Generator
from bridge.schemas.compatibility.reading.json_values import key_of


def values(schema: Any, **defs: Any) -> list[Any]:
    return list(Generator(defs).values((schema,)))


CASES: list[tuple[dict[str, Any], list[Any]]] = [
    # the schema, and values that must be among those that are found
    ({"type": "integer", "minimum": 3}, [3, 4, 5]),
    ({"type": "integer", "minimum": 2.5}, [3, 4]),
    ({"type": "integer", "exclusiveMinimum": 3}, [4, 5, 6]),
    ({"type": "integer", "exclusiveMinimum": 2.5}, [3, 4]),
    ({"type": "integer", "maximum": -20}, [-20, -21]),
    ({"type": "integer", "maximum": -20.5}, [-21, -22]),
    ({"type": "integer", "exclusiveMaximum": -20}, [-21, -22]),
    ({"type": "integer", "minimum": 41, "maximum": 41}, [41]),
    ({"type": "integer", "minimum": 41, "exclusiveMinimum": 41, "maximum": 42}, [42]),
    ({"type": "integer", "exclusiveMaximum": 43, "maximum": 43, "minimum": 42}, [42]),
    ({"type": "integer", "minimum": 50, "multipleOf": 7}, [56]),
    ({"type": "integer", "allOf": [{"multipleOf": 2}, {"multipleOf": 3}], "minimum": 1}, [6]),
    ({"type": "integer"}, [0, 1, -1, 1000, -1000]),
    ({"type": "number", "minimum": 30.1, "maximum": 30.1}, [30.1]),
    ({"type": "number", "exclusiveMinimum": 30, "exclusiveMaximum": 30.2}, [30.1]),
    ({"type": "number", "minimum": 30.25, "maximum": 31}, [30.25, 30.75, 30.5, 31.0]),
    ({"type": "number", "exclusiveMinimum": 30}, [30.5, 30.25]),
    ({"type": "number", "maximum": -30.5}, [-31.0, -30.75, -30.5]),
    ({"type": "string", "minLength": 3, "maxLength": 4}, ["xxx", "xxxx"]),
    ({"type": "string", "minLength": 20}, ["x" * 20, "x" * 21, "2030-01-31T12:00:00Z"]),
    ({"type": "string", "maxLength": 1}, ["", "a", "x"]),
    ({"type": "string", "maxLength": 0}, [""]),
    ({"type": "string", "pattern": "^ab$"}, ["ab"]),
    ({"type": "string", "format": "date"}, ["2030-01-31"]),
    ({"type": "string", "pattern": "^a", "minLength": 4}, ["aaaa"]),
    ({"type": "boolean"}, [True, False]),
    ({"type": "null"}, [None]),
    ({"enum": ["a", "b", "c"], "allOf": [{"enum": ["c", "b"]}]}, ["b", "c"]),
    ({"enum": [1, True, "1"], "$comment": key_of([1, True, "1"])}, [1, True, "1"]),
    ({"type": "array", "maxItems": 0}, [[]]),
    ({"type": "array", "minItems": 2, "maxItems": 3, "items": {"type": "null"}}, [[None] * 2, [None] * 3]),
    ({"type": "array", "prefixItems": [{"type": "null"}], "items": False}, [[], [None]]),
    ({"type": "object", "properties": {"a": {"enum": [""]}}, "additionalProperties": False}, [{}, {"a": ""}]),
    (
        {"type": "object", "required": ["a"], "dependentRequired": {"a": ["b"], "b": ["c"]}, "properties": {
            "a": {"type": "null"}, "b": {"type": "null"}, "c": {"type": "null"}}},
        [{"a": None, "b": None, "c": None}],
    ),
    (
        {"type": "object", "patternProperties": {"^x-": {"type": "null"}}, "additionalProperties": False,
         "minProperties": 1},
        [{"x-": None}],
    ),
    (
        {"type": "object", "properties": {"a": {"enum": ["1", "2", "3"]}}, "required": ["a"]},
        [{"a": "1"}, {"a": "2"}, {"a": "3"}],
    ),
    ({"anyOf": [{"type": "null"}, {"enum": ["b"]}]}, [None, "b"]),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "wanted"), CASES)
def test_each_limit_is_among_the_values_and_all_of_them_are_valid(schema: Any, wanted: list[Any]) -> None:
    found = values(schema)
    keys = {key_of(each) for each in found}
    assert [each for each in wanted if key_of(each) not in keys] == []
    valid = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    assert [each for each in found if not valid.is_valid(each)] == []


@pytest.mark.parametrize(
    ("schema", "first"),
    [
        ({"type": "array", "items": {"type": "boolean"}, "uniqueItems": True, "minItems": 2}, [True, False]),
        ({"type": "array", "contains": {"enum": ["a"]}, "minItems": 1}, ["a"]),
        (
            {"type": "array", "contains": {"enum": ["a"]}, "items": {"type": "string"}, "minItems": 2},
            ["a", ""],
        ),
    ],
)
def test_guesses_at_whole_arrays_begin_with_a_valid_one(schema: Any, first: Any) -> None:
    assert values(schema)[0] == first


@pytest.mark.parametrize(
    "schema",
    [
        False,
        {"type": "string", "minLength": 3, "maxLength": 2},
        {"type": "integer", "minimum": 3, "maximum": 2},
        {"type": "integer", "minimum": 3, "exclusiveMaximum": 3},
        {"type": "object", "required": ["a"], "properties": {"a": False}},
        {"type": "array", "minItems": 1, "items": False},
        {"type": "string", "enum": ["a"], "allOf": [{"enum": ["b"]}]},
    ],
)
def test_nothing_comes_of_a_contradiction(schema: Any) -> None:
    assert values(schema) == []


def test_a_value_is_found_at_every_depth_down_to_the_deepest_and_not_below() -> None:
    def nested(depth: int) -> Any:
        schema: Any = {"type": "null"}
        for _ in range(depth):
            schema = {"type": "object", "required": ["a"], "properties": {"a": schema}}
        return schema

    deepest: Any = None
    for _ in range(MAX_DEPTH):
        deepest = {"a": deepest}
    assert values(nested(MAX_DEPTH))[:1] == [deepest]
    assert values(nested(MAX_DEPTH + 1)) == []


def test_a_schema_that_needs_itself_has_no_value_and_this_is_found() -> None:
    endless = {"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#/$defs/e"}}}
    assert values({"$ref": "#/$defs/e"}, e=endless) == []
    listed = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/e"}}
    assert values({"$ref": "#/$defs/e"}, e=listed) == []


def test_no_more_conjunctions_are_tried_than_the_budget_allows() -> None:
    schema = {"anyOf": [{"enum": [number]} for number in range(9)]}
    assert list(Generator({}, 4).values((schema,))) == [0, 1, 2]
    assert list(Generator({}, 0).values((schema,))) == []
