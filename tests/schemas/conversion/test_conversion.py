"""A converted schema gives the same verdicts as the original, or the conversion is refused."""

from __future__ import annotations

import json
import sys
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.schemas.conversion import DRAFT4, DRAFT7, Draft, NotExpressible, convert
from bridge.schemas.conversion.registered import compile_document

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ID = "https://schemas.example.com/com.example.order.placed/1.0.0.json"
OTHER = "https://schemas.example.com/com.example.money/2.1.0.json"
DRAFTS = pytest.mark.parametrize("draft", [DRAFT4, DRAFT7], ids=lambda draft: draft.name.replace(" ", ""))


def document(**keywords: Any) -> dict[str, Any]:
    return {"$schema": DIALECT, "$id": ID, **keywords}


def verdicts(schema: dict[str, Any], values: list[Any]) -> list[bool]:
    validator = compile_document(schema)
    return [validator.is_valid(value) for value in values]


VALUES: list[Any] = [
    None, True, False, 0, 1, 1.0, 1.5, 2, 3, -1, 10, "", "a", "ab", "abc", "1", "2026-01-01", [], [1], [1, 2],
    ["a"], ["a", 1], [1, "a", 2], [True], [[1]], [1, 1], {}, {"a": 1}, {"a": "x"}, {"b": 2}, {"a": 1, "b": 2},
    {"a": 1, "c": 3}, {"ab": 1}, {"a": {"a": 1}}, {"a": {"b": "x"}}, {"x-1": 0}, {"a": None, "d": []},
    "8d3a3c1e-3e5f-4d6f-9b7e-1d2c3b4a5f60", "a@example.com", {"a": [1]}, 1e300,
]  # fmt: skip

EXPRESSIBLE: dict[str, dict[str, Any]] = {
    "const": {"const": {"a": 1}},
    "const beside enum": {"const": 1, "enum": [1, 2]},
    "enum without values": {"enum": []},
    "enum with one value twice": {"enum": [1, 1.0, True]},
    "open bound": {"exclusiveMinimum": 1},
    "both bounds, the open one tighter": {"minimum": 0, "exclusiveMinimum": 1},
    "both bounds, the closed one tighter": {"maximum": 1, "exclusiveMaximum": 2},
    "both bounds alike": {"maximum": 1, "exclusiveMaximum": 1},
    "integer": {"type": "integer"},
    "integer or text": {"type": ["integer", "string"]},
    "integer or number": {"type": ["integer", "number"]},
    "integer in steps of a half": {"type": "integer", "multipleOf": 0.5},
    "lengths as floats": {"minLength": 1.0, "maxLength": 2.0},
    "required nothing": {"required": []},
    "nothing": {"properties": {"a": False}},
    "anything": {"items": True, "properties": {"a": True}},
    "no elements": {"items": False},
    "tuple": {"prefixItems": [{"type": "integer"}, {"type": "string"}]},
    "tuple and no more": {"prefixItems": [{"type": "integer"}], "items": False},
    "tuple and a kind of more": {"prefixItems": [{"type": "integer"}], "items": {"type": "string"}},
    "contains": {"contains": {"type": "string"}},
    "contains nothing": {"contains": False},
    "contains something": {"contains": {}, "maxContains": 1},
    "contains none": {"contains": {"type": "string"}, "minContains": 0, "maxContains": 0},
    "contains or not": {"contains": {"type": "string"}, "minContains": 0},
    "names by pattern": {"propertyNames": {"pattern": "^[ab]"}},
    "names by list": {"propertyNames": {"enum": ["a", "b"]}},
    "one name": {"propertyNames": {"const": "a", "type": "string"}},
    "no names": {"propertyNames": False},
    "dependent": {"dependentRequired": {"a": ["b"]}, "dependentSchemas": {"a": {"maxProperties": 2}}},
    "dependent on nothing": {"dependentRequired": {"a": []}},
    "dependent never": {"dependentSchemas": {"b": False}},
    "dependencies, which the validator applies in 2020-12, too": {"dependencies": {"a": ["b"]}},
    "if then else": {"if": {"type": "string"}, "then": {"minLength": 2}, "else": {"type": "object"}},
    "if then": {"if": {"type": "string"}, "then": {"minLength": 2}},
    "if else": {"if": {"type": "string"}, "else": False},
    "if alone": {"if": {"type": "string"}},
    "then alone": {"then": False},
    "not": {"not": {"type": "integer"}},
    "members and others": {"properties": {"a": {}}, "additionalProperties": {"type": "integer"}},
    "closed": {"properties": {"a": {}}, "patternProperties": {"^x-": {}}, "additionalProperties": False},
    "unevaluated is additional": {"properties": {"a": {}}, "unevaluatedProperties": False},
    "unevaluated behind allOf": {
        "allOf": [{"properties": {"a": {}}}, {"patternProperties": {"^b": {}}}],
        "unevaluatedProperties": False,
    },
    "unevaluated where all is evaluated": {"additionalProperties": {}, "unevaluatedProperties": False},
    "unevaluated behind a reference": {
        "$ref": "#/$defs/base",
        "unevaluatedProperties": {"type": "integer"},
        "$defs": {"base": {"properties": {"a": {}}}},
    },
    "unevaluated and a condition that names nothing new": {
        "properties": {"a": {}, "b": {}},
        "anyOf": [{"required": ["a"]}, {"properties": {"b": {"type": "integer"}}}],
        "unevaluatedProperties": False,
    },
    "unevaluated elements": {"prefixItems": [{}], "unevaluatedItems": {"type": "string"}},
    "no unevaluated elements": {"allOf": [{"prefixItems": [{}]}], "unevaluatedItems": False},
    "no elements, by unevaluatedItems": {"unevaluatedItems": False},
    "reference beside rules": {"$ref": "#/$defs/t", "minLength": 2, "$defs": {"t": {"type": "string"}}},
    "reference by anchor": {"$ref": "#t", "$defs": {"t": {"$anchor": "t", "type": "string"}}},
    "reference to itself": {"type": ["object", "integer"], "properties": {"a": {"$ref": "#"}}},
    "reference into a part": {
        "properties": {
            "a": {"if": {"type": "string"}, "then": {"maxLength": 1}},
            "b": {"$ref": "#/properties/a"},
        }
    },
    "reference by a name to escape": {"$ref": "#/$defs/a~1b%20c", "$defs": {"a/b c": {"type": "string"}}},
    "recursion": {
        "$ref": "#/$defs/tree",
        "$defs": {"tree": {"type": "object", "properties": {"a": {"$ref": "#/$defs/tree"}}}},
    },
    "formats that draft 4 does not know": {"oneOf": [{"format": "uuid"}, {"format": "email"}]},
    "format date": {"format": "date"},
    "content is not asserted": {"contentMediaType": "application/json", "contentEncoding": "base64"},
    "combined": {"oneOf": [{"type": "string"}, {"const": 1}], "allOf": [{}, {"not": {"const": "a"}}]},
    "a member called like a keyword": {"properties": {"$ref": {}, "if": {"const": 1}, "a": {"const": 1}}},
    "annotations": {"title": "t", "examples": [1], "deprecated": True, "x-extensible-enum": [1]},
}  # fmt: skip


@DRAFTS
@pytest.mark.parametrize("keywords", EXPRESSIBLE.values(), ids=EXPRESSIBLE.keys())
def test_a_converted_schema_gives_the_same_verdicts(keywords: dict[str, Any], draft: Draft) -> None:
    original = document(**keywords)
    converted = convert(original, draft)
    assert converted["$schema"] == draft.uri
    assert converted[draft.id_keyword] == ID
    assert verdicts(converted, VALUES) == verdicts(original, VALUES)


@DRAFTS
@pytest.mark.parametrize("keywords", EXPRESSIBLE.values(), ids=EXPRESSIBLE.keys())
def test_a_converted_schema_conforms_to_the_metaschema_of_its_draft(
    keywords: dict[str, Any], draft: Draft
) -> None:
    converted = convert(document(**keywords), draft)
    judge = jsonschema.Draft4Validator if draft is DRAFT4 else jsonschema.Draft7Validator
    judge.check_schema(converted)


INEXPRESSIBLE: dict[str, tuple[dict[str, Any], str, str]] = {
    "counted elements": ({"contains": {"const": 1}, "minContains": 2}, "/contains", "counts elements"),
    "at most some": ({"contains": {"const": 1}, "maxContains": 2}, "/contains", "counts elements"),
    "unevaluated behind anyOf": (
        {"anyOf": [{"properties": {"a": {}}}, {}], "unevaluatedProperties": False},
        "/unevaluatedProperties",
        "depends on which alternatives apply",
    ),
    "unevaluated behind if": (
        {"if": {"properties": {"a": {}}}, "unevaluatedProperties": False},
        "/unevaluatedProperties",
        "depends on which alternatives apply",
    ),
    "unevaluated elements that contains selects": (
        {"contains": {"const": 1}, "unevaluatedItems": False},
        "/unevaluatedItems",
        "depends on which alternatives apply",
    ),
    "an id inside": (
        {"properties": {"a": {"$id": "https://schemas.example.com/x"}}},
        "/properties/a",
        "has its own $id",
    ),
    "a dynamic reference": ({"$dynamicRef": "#a", "$dynamicAnchor": "a"}, "", "finds its target during"),
    "a keyword of older drafts": ({"additionalItems": False}, "", "has no meaning in 2020-12"),
    "a reference to elsewhere": (
        {"properties": {"a": {"$ref": "https://elsewhere.example.org/s.json"}}},
        "/properties/a",
        "nothing is fetched",
    ),
    "a reference to nothing": ({"$ref": "#/$defs/none"}, "", "which does not exist"),
    "a reference to no schema": ({"$ref": "#/required", "required": ["a"]}, "", "which is not a schema"),
    "a reference to no anchor": ({"$ref": "#none"}, "", "an anchor that does not exist"),
}


@DRAFTS
@pytest.mark.parametrize(("keywords", "pointer", "reason"), INEXPRESSIBLE.values(), ids=INEXPRESSIBLE.keys())
def test_a_schema_that_cannot_be_expressed_is_refused_with_place_and_reason(
    keywords: dict[str, Any], pointer: str, reason: str, draft: Draft
) -> None:
    with pytest.raises(NotExpressible) as caught:
        convert(document(**keywords), draft)
    assert [each.pointer for each in caught.value.obstacles] == [pointer]
    assert reason in caught.value.message
    assert draft.name in caught.value.message


def test_draft_4_refuses_property_names_by_length_and_a_member_named_id() -> None:
    schema = document(properties={"a": {"propertyNames": {"maxLength": 3}}, "b": {"id": "x"}})
    with pytest.raises(NotExpressible) as caught:
        convert(schema, DRAFT4)
    assert [each.pointer for each in caught.value.obstacles] == [
        "/properties/a/propertyNames",
        "/properties/b/id",
    ]
    assert convert(schema, DRAFT7)["properties"]["a"] == {"propertyNames": {"maxLength": 3}}


@DRAFTS
def test_definitions_from_another_file_are_copied_into_the_document(draft: Draft) -> None:
    money = {
        "$schema": DIALECT,
        "$id": OTHER,
        "type": "object",
        "properties": {"amount": {"$ref": "#/$defs/amount"}, "parent": {"$ref": "#"}},
        "$defs": {"amount": {"const": 1}},
    }
    original = document(
        properties={"a": {"$ref": "../com.example.money/2.1.0.json"}, "b": {"$ref": f"{OTHER}#/$defs/amount"}}
    )
    converted = convert(original, draft, others={OTHER: money})
    assert sorted(converted["definitions"]) == ["com.example.money_2.1.0", "com.example.money_2.1.0_amount"]
    values: list[Any] = [
        {}, {"a": {}}, {"a": 1}, {"a": {"amount": 1}}, {"a": {"amount": 2}}, {"b": 1}, {"b": 2},
        {"a": {"parent": {"amount": 2}}}, {"a": {"parent": {"amount": 1}}},
    ]  # fmt: skip
    assert verdicts(converted, values) == [True, True, False, True, False, True, False, False, True]


def test_nested_conditions_double_neither_text_nor_time() -> None:
    nested: dict[str, Any] = {"type": "string"}
    for _ in range(6):
        nested = {"if": nested, "then": {"minLength": 1}, "else": {"type": "object"}}
    original = document(**nested)
    converted = convert(original, DRAFT4)
    assert len(json.dumps(converted)) < 3_000
    assert verdicts(converted, VALUES) == verdicts(original, VALUES)
    for _ in range(34):
        nested = {"if": nested, "then": {"minLength": 1}, "else": {"type": "object"}}
    with pytest.raises(NotExpressible, match="nests conditions more than 6 deep"):
        convert(document(**nested), DRAFT4)
    assert convert(document(**nested), DRAFT7)["else"] == {"type": "object"}


def test_a_schema_that_causes_very_much_work_is_converted_or_refused() -> None:
    diamond: dict[str, Any] = {"s0": {"properties": {"a": {}}}}
    for number in range(1, 40):
        diamond[f"s{number}"] = {"allOf": [{"$ref": f"#/$defs/s{number - 1}"}] * 2}
    schema = document(**{"$ref": "#/$defs/s39", "unevaluatedProperties": False, "$defs": diamond})
    assert len(convert(schema, DRAFT7)["definitions"]) == 40
    deep: dict[str, Any] = {}
    for _ in range(sys.getrecursionlimit()):  # which a library that another test uses may have raised
        deep = {"not": deep}
    with pytest.raises(NotExpressible, match="nested too deep"):
        convert(document(**deep), DRAFT4)
    wide = {f"m{n}": {"$ref": f"#/properties/m{n + 1}"} for n in range(150)}
    chain: dict[str, Any] = {"type": "string"}
    for _ in range(150):
        chain = {"not": chain, "properties": wide}
    with pytest.raises(NotExpressible, match="grows beyond 20,000"):
        convert(document(**chain, **{"$defs": {}}), DRAFT4)


# --- random schemas and values ---

names = st.sampled_from(["a", "b", "ab", "x-1"])
scalars = st.sampled_from([None, True, False, 0, 1, 1.0, 1.5, 2, "", "a", "ab", "abc"])
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
types = st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])


def _combined(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    some = st.lists(inner, min_size=1, max_size=2)
    keywords: dict[str, st.SearchStrategy[Any]] = {
        "properties": st.dictionaries(names, inner | st.just({"$ref": "#/$defs/one"}), max_size=2),
        "patternProperties": st.dictionaries(st.sampled_from(["^a", "b$"]), inner, max_size=1),
        "additionalProperties": inner,
        "unevaluatedProperties": inner,
        "propertyNames": st.fixed_dictionaries(
            {}, optional={"pattern": st.just("^a"), "enum": st.lists(names)}
        ),
        "dependentRequired": st.dictionaries(names, st.lists(names, max_size=2, unique=True), max_size=2),
        "dependentSchemas": st.dictionaries(names, inner, max_size=1),
        "prefixItems": some,
        "items": inner,
        "contains": inner,
        "minContains": st.sampled_from([0, 1, 2]),
        "unevaluatedItems": inner,
        "allOf": some,
        "anyOf": some,
        "oneOf": some,
        "not": inner,
        "if": inner,
        "then": inner,
        "else": inner,
        "$ref": st.just("#/$defs/two"),
        "const": values,
        "type": types | st.lists(types, min_size=1, max_size=3, unique=True),
        "exclusiveMinimum": st.sampled_from([0, 1, 1.5]),
        "minimum": st.sampled_from([0, 1, 1.5]),
    }
    chosen = st.lists(st.sampled_from(sorted(keywords)), min_size=1, max_size=4, unique=True)
    return chosen.flatmap(lambda names: st.fixed_dictionaries({name: keywords[name] for name in names}))


plain = st.fixed_dictionaries(
    {},
    optional={
        "type": types,
        "enum": st.lists(values, max_size=3),
        "const": values,
        "exclusiveMaximum": st.sampled_from([0, 1, 1.5, 2]),
        "maximum": st.sampled_from([0, 1, 1.5, 2]),
        "multipleOf": st.sampled_from([1, 0.5, 2]),
        "minLength": st.sampled_from([1, 2.0]),
        "required": st.lists(names, max_size=2, unique=True),
        "minItems": st.integers(0, 2),
    },
)
schemas = st.recursive(st.booleans() | plain, _combined, max_leaves=6)


@DRAFTS
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(root=_combined(schemas), one=schemas, two=plain, given_=st.lists(values, min_size=8, max_size=16))
def test_random_schemas_give_the_same_verdicts_on_random_values(
    draft: Draft, root: dict[str, Any], one: Any, two: Any, given_: list[Any]
) -> None:
    """By the same validator and, for the older draft, also by another library."""
    original = document(**root, **{"$defs": {"one": one, "two": two}})
    before = verdicts(original, given_ + VALUES)
    try:
        converted = convert(original, draft)
    except NotExpressible:
        return
    assert verdicts(converted, given_ + VALUES) == before
    second = jsonschema.Draft4Validator if draft is DRAFT4 else jsonschema.Draft7Validator
    assert [second(converted).is_valid(value) for value in given_] == before[: len(given_)]
