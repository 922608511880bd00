"""What follows from a producer's keywords alone, keyword by keyword and at each limit."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.schemas.compatibility.proving.keywords import find_local_gaps
from bridge.schemas.compatibility.proving.parts import take_apart

INT, NUM, STR, ARR, OBJ = ({"type": each} for each in ("integer", "number", "string", "array", "object"))
PRODUCERS = {"integer": INT, "number": NUM, "string": STR, "array": ARR, "object": OBJ}


def gaps(producer: Any, consumer: dict[str, Any]) -> list[tuple[str, str]]:
    schemas = producer if isinstance(producer, tuple) else (producer,)
    return [
        (each.rule, each.detail or each.keyword)
        for each in find_local_gaps(take_apart({}, schemas), consumer)
    ]


@pytest.mark.parametrize(
    ("producer", "consumer", "found"),
    [
        # types
        (STR, STR, []),
        (INT, NUM, []),
        (NUM, INT, [("type", "type")]),
        ({"type": ["number", "string"]}, STR, [("type", "type")]),
        (STR, INT, [("type-changed", "type")]),
        ({"type": "number", "multipleOf": 2}, INT, []),
        ({"type": "number", "multipleOf": 0.5}, INT, [("type", "type")]),
        ({"type": ["number", "null"], "multipleOf": 2}, INT, [("type", "type")]),
        ({"type": "number", "multipleOf": 2}, STR, [("type-changed", "type")]),
        ({"type": ["string", "null"]}, {"type": ["null", "string", "integer"]}, []),
        # integers of draft 4
        (INT, {"type": "integer", "x-draft4-integer": True}, [("integer", "type")]),
        ({"type": "integer", "x-draft4-integer": True}, {"type": "integer", "x-draft4-integer": True}, []),
        ({"enum": [1, 2]}, {"type": "integer", "x-draft4-integer": True}, []),
        ({"enum": [1.0, 2]}, {"type": "integer", "x-draft4-integer": True}, [("integer", "type")]),
        (STR, {"type": ["string", "integer"], "x-draft4-integer": True}, []),
        # values
        ({"enum": [1]}, {"enum": [1, 2]}, []),
        ({"enum": [1, 2]}, {"enum": [1.0, 2.0]}, []),
        ({"enum": [1]}, {"enum": [True]}, [("const", "enum")]),
        ({"enum": [1, 2]}, {"enum": [1]}, [("enum-value", "enum")]),
        ({"enum": [1]}, {"enum": [2, 3]}, [("enum-value", "enum")]),
        (({"enum": [1, 2]}, {"enum": [2, 3, 4]}), {"enum": [2]}, []),
        (({"enum": [1, 2]}, {"enum": [2]}), {"enum": [1]}, [("enum-value", "enum")]),
        (({"enum": [1]}, {"enum": [1]}), {"enum": [2]}, [("const", "enum")]),
        ({"enum": [1, "a"], "type": "string"}, {"enum": ["a"]}, []),
        (STR, {"enum": ["a"]}, [("enum", "enum")]),
        ({"enum": ["a"]}, {"minLength": 2, "maximum": 3}, [("min-length", "minLength")]),
        ({"enum": [5]}, {"minLength": 2, "maximum": 3}, [("maximum", "maximum")]),
        ({"enum": [{}]}, {"type": "object", "minProperties": 1}, [("min-properties", "minProperties")]),
        ({"enum": [5]}, {"type": "string", "maxLength": 3}, [("type-changed", "type")]),
        # required
        ({**OBJ, "required": ["a"]}, {"required": ["a"]}, []),
        ({**OBJ, "required": ["a"]}, {"required": ["b", "a", "c"]}, [("required", "b"), ("required", "c")]),
        (STR, {"required": ["a"]}, []),
        # a keyword that is about another type
        (STR, {"minimum": 3, "minItems": 1, "minProperties": 1}, []),
        (INT, {"minLength": 3, "pattern": "a"}, []),
        # what no producer's keyword shows
        (ARR, {"contains": True}, [("contains", "contains")]),
        (ARR, {"unevaluatedItems": True}, []),
        (ARR, {"unevaluatedItems": False}, [("items", "unevaluatedItems")]),
        (OBJ, {"unevaluatedProperties": True}, []),
        (OBJ, {"unevaluatedProperties": False}, [("additional-properties", "unevaluatedProperties")]),
        (OBJ, {"propertyNames": True}, []),
        (OBJ, {"propertyNames": {"maxLength": 1}}, [("property-names", "propertyNames")]),
        ({**STR, "x-content": "j"}, {"x-content": "j"}, []),
        (({**STR, "x-content": "j"}, {"minLength": 1}), {"x-content": "j"}, []),
        ({**STR, "x-content": "k"}, {"x-content": "j"}, [("content", "x-content")]),
        # text
        ({**STR, "pattern": "^a$"}, {"pattern": "^a$"}, []),
        ({**STR, "pattern": "^a$"}, {"pattern": "^[ab]$"}, []),
        ({**STR, "pattern": "^[ab]$"}, {"pattern": "^a$"}, [("pattern", "pattern")]),
        (({**STR, "pattern": "^[ab]$"}, {"pattern": "^a$"}), {"pattern": "^a$"}, []),
        ({**STR, "format": "date"}, {"format": "date"}, []),
        ({**STR, "format": "date"}, {"format": "email"}, [("format", "format")]),
        # unique elements
        ({**ARR, "uniqueItems": True}, {"uniqueItems": True}, []),
        ({**ARR, "uniqueItems": False}, {"uniqueItems": True}, [("unique-items", "uniqueItems")]),
        (({**ARR, "uniqueItems": True}, {"uniqueItems": False}), {"uniqueItems": True}, []),
        (ARR, {"uniqueItems": False}, []),
        (ARR, {"uniqueItems": True}, [("unique-items", "uniqueItems")]),
        ({**ARR, "maxItems": 1}, {"uniqueItems": True}, []),
        ({**ARR, "maxItems": 2}, {"uniqueItems": True}, [("unique-items", "uniqueItems")]),
        # members that others need
        ({**OBJ, "required": ["b"]}, {"dependentRequired": {"a": ["b"]}}, []),
        ({**OBJ, "dependentRequired": {"a": ["b", "c"]}}, {"dependentRequired": {"a": ["b"]}}, []),
        (OBJ, {"dependentRequired": {"a": ["a"]}}, []),
        (OBJ, {"dependentRequired": {"a": ["b"]}}, [("dependent-required", "dependentRequired")]),
        (
            {**OBJ, "required": ["b"]},
            {"dependentRequired": {"a": ["b"], "c": ["d"]}},
            [("dependent-required", "dependentRequired")],
        ),
        (
            ({**OBJ, "dependentRequired": {"a": ["b"]}}, {"dependentRequired": {"a": ["c"]}}),
            {"dependentRequired": {"a": ["b", "c"]}},
            [],
        ),
        # multiples
        ({**NUM, "multipleOf": 0.5}, {"multipleOf": 0.5}, []),
        ({**INT, "multipleOf": 6}, {"multipleOf": 3}, []),
        ({**INT, "multipleOf": 6}, {"multipleOf": 4}, [("multiple-of", "multipleOf")]),
        ({**INT, "multipleOf": 3}, {"multipleOf": 6}, [("multiple-of", "multipleOf")]),
        (({"multipleOf": 4}, {**INT, "multipleOf": 6}), {"multipleOf": 3}, []),
        (INT, {"multipleOf": 1}, []),
        (INT, {"multipleOf": 2}, [("multiple-of", "multipleOf")]),
        (NUM, {"multipleOf": 1}, [("multiple-of", "multipleOf")]),
        ({"type": ["integer", "string"]}, {"multipleOf": 1}, []),
        # counted members
        ({**OBJ, "required": ["a", "b"]}, {"minProperties": 2}, []),
        ({**OBJ, "required": ["a", "b"]}, {"minProperties": 3}, [("min-properties", "minProperties")]),
        ({**OBJ, "required": ["a"], "minProperties": 3}, {"minProperties": 3}, []),
        ({**OBJ, "properties": {"a": True}, "additionalProperties": False}, {"maxProperties": 1}, []),
        (
            {**OBJ, "properties": {"a": True, "b": True}, "additionalProperties": False},
            {"maxProperties": 1},
            [("max-properties", "maxProperties")],
        ),
        ({**OBJ, "additionalProperties": False}, {"maxProperties": 0}, []),
        ({**OBJ, "properties": {"a": True}}, {"maxProperties": 1}, [("max-properties", "maxProperties")]),
        (
            {
                **OBJ,
                "properties": {"a": True},
                "patternProperties": {"b": True},
                "additionalProperties": False,
            },
            {"maxProperties": 1},
            [("max-properties", "maxProperties")],
        ),
        (
            (
                {**OBJ, "properties": {"a": True, "b": True}, "additionalProperties": False},
                {"maxProperties": 1},
            ),
            {"maxProperties": 1},
            [],
        ),
    ],
)
def test_a_keyword_follows_or_is_a_gap(producer: Any, consumer: dict[str, Any], found: Any) -> None:
    assert gaps(producer, consumer) == found


def limit(keyword: str, kind: str, value: Any) -> dict[str, Any]:
    return {**PRODUCERS[kind], keyword: value}


@pytest.mark.parametrize(
    ("keyword", "kind", "rule"),
    [
        ("minLength", "string", "min-length"),
        ("minItems", "array", "min-items"),
        ("minProperties", "object", "min-properties"),
        ("minimum", "number", "minimum"),
    ],
)
def test_a_lower_limit_follows_from_one_that_is_as_large(keyword: str, kind: str, rule: str) -> None:
    for own, follows in ((1, False), (2, True), (3, True)):
        assert gaps(limit(keyword, kind, own), {keyword: 2}) == ([] if follows else [(rule, keyword)])
    assert gaps(PRODUCERS[kind], {keyword: 2}) == [(rule, keyword)]
    assert gaps((limit(keyword, kind, 1), limit(keyword, kind, 3)), {keyword: 3}) == []
    assert gaps((limit(keyword, kind, 3), limit(keyword, kind, 1)), {keyword: 3}) == []
    if keyword != "minimum":
        assert gaps(PRODUCERS[kind], {keyword: 0}) == []
        assert gaps(PRODUCERS[kind], {keyword: 1}) == [(rule, keyword)]


@pytest.mark.parametrize(
    ("keyword", "kind", "rule"),
    [
        ("maxLength", "string", "max-length"),
        ("maxItems", "array", "max-items"),
        ("maxProperties", "object", "max-properties"),
        ("maximum", "number", "maximum"),
    ],
)
def test_an_upper_limit_follows_from_one_that_is_as_small(keyword: str, kind: str, rule: str) -> None:
    for own, follows in ((3, False), (2, True), (1, True)):
        assert gaps(limit(keyword, kind, own), {keyword: 2}) == ([] if follows else [(rule, keyword)])
    assert gaps(PRODUCERS[kind], {keyword: 2}) == [(rule, keyword)]
    assert gaps((limit(keyword, kind, 1), limit(keyword, kind, 3)), {keyword: 1}) == []
    assert gaps((limit(keyword, kind, 3), limit(keyword, kind, 1)), {keyword: 1}) == []


@pytest.mark.parametrize("own", ["minimum", "exclusiveMinimum"])
@pytest.mark.parametrize("wanted", ["minimum", "exclusiveMinimum"])
def test_a_bound_from_below_follows_with_and_without_its_value(own: str, wanted: str) -> None:
    follows = {bound for bound in (1, 2, 3) if not gaps({**NUM, own: bound}, {wanted: 2})}
    assert follows == ({3} if (own, wanted) == ("minimum", "exclusiveMinimum") else {2, 3})


@pytest.mark.parametrize("own", ["maximum", "exclusiveMaximum"])
@pytest.mark.parametrize("wanted", ["maximum", "exclusiveMaximum"])
def test_a_bound_from_above_follows_with_and_without_its_value(own: str, wanted: str) -> None:
    follows = {bound for bound in (1, 2, 3) if not gaps({**NUM, own: bound}, {wanted: 2})}
    assert follows == ({1} if (own, wanted) == ("maximum", "exclusiveMaximum") else {1, 2})


def test_a_bound_is_a_gap_under_the_name_of_its_kind() -> None:
    consumer = {"exclusiveMinimum": 1, "exclusiveMaximum": 1}
    assert [each.rule for each in find_local_gaps(take_apart({}, (NUM,)), consumer)] == ["minimum", "maximum"]
