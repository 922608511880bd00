"""The normal form of each keyword, written by hand: what a draft does not assert is gone."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.schemas.compatibility.reading.drafts import URIS, Draft
from bridge.schemas.compatibility.reading.json_values import key_of
from bridge.schemas.compatibility.reading.normal import Normal, in_place, normalise, subschemas

TEXT = {"type": "string"}


def normal(document: Any, draft: Draft = Draft.D2020) -> Normal:
    whole = {"$schema": URIS[draft], **document} if isinstance(document, dict) else document
    return normalise(whole, {}, "n", lambda *_: None)


@pytest.mark.parametrize(
    ("draft", "written", "wanted"),
    [
        # An if without its branches, and branches without an if.
        (Draft.D7, {"then": TEXT, "else": TEXT, "minimum": 1}, {"minimum": 1}),
        (Draft.D7, {"then": TEXT, "if": True, "else": False}, {"if": True, "then": TEXT, "else": False}),
        (Draft.D6, {"if": TEXT, "then": TEXT}, {}),
        # Content is asserted by drafts 6 and 7 or not known at all.
        (Draft.D4, {"contentEncoding": "base64"}, {}),
        # Booleans of draft 4, numbers since.
        (Draft.D4, {"minimum": 1, "exclusiveMinimum": True}, {"minimum": 1, "exclusiveMinimum": 1}),
        (Draft.D4, {"maximum": 1, "exclusiveMaximum": True}, {"maximum": 1, "exclusiveMaximum": 1}),
        (Draft.D4, {"maximum": 1, "exclusiveMaximum": False}, {"maximum": 1}),
        (Draft.D4, {"exclusiveMaximum": True}, {}),
        (Draft.D4, {"minimum": 2, "exclusiveMaximum": True}, {"minimum": 2}),
        (Draft.D6, {"maximum": 2, "exclusiveMaximum": 1}, {"maximum": 2, "exclusiveMaximum": 1}),
        # Types: one or several, each once; a number may be an integer.
        (Draft.D7, {"type": "integer"}, {"type": "integer"}),
        (Draft.D7, {"type": ["string"]}, TEXT),
        (Draft.D7, {"type": ["string", "null"]}, {"type": ["null", "string"]}),
        (Draft.D7, {"type": ["integer", "number"]}, {"type": "number"}),
        (Draft.D4, {"type": "integer"}, {"type": "integer", "x-draft4-integer": True}),
        (Draft.D4, {"type": "number"}, {"type": "number"}),
        (Draft.D4, {"type": ["integer", "number"]}, {"type": "number"}),
        # Names that are needed.
        (Draft.D7, {"required": ["b", "a", "b"]}, {"required": ["a", "b"]}),
        (Draft.D7, {"required": []}, {}),
        (
            Draft.D7,
            {"dependencies": {"a": ["c", "b", "c"], "d": TEXT}},
            {"dependentRequired": {"a": ["b", "c"]}, "dependentSchemas": {"d": TEXT}},
        ),
        (
            Draft.D2019,
            {"dependentRequired": {"a": ["b"]}, "dependencies": {"a": ["c"], "e": ["f"]}},
            {"dependentRequired": {"a": ["b", "c"], "e": ["f"]}},
        ),
        (
            Draft.D2019,
            {"dependentSchemas": {"a": True, "b": TEXT}, "dependencies": {"a": TEXT}},
            {"dependentSchemas": {"a": {"allOf": [True, TEXT]}, "b": TEXT}},
        ),
        # Elements.
        (Draft.D7, {"items": [TEXT, {}], "additionalItems": {}}, {"prefixItems": [TEXT, {}], "items": {}}),
        (Draft.D7, {"items": [TEXT]}, {"prefixItems": [TEXT]}),
        (Draft.D7, {"items": [], "additionalItems": TEXT}, {"items": TEXT}),
        (Draft.D7, {"items": TEXT, "additionalItems": False}, {"items": TEXT}),
        (Draft.D7, {"additionalItems": False}, {}),
        (Draft.D2020, {"prefixItems": [TEXT], "items": False}, {"prefixItems": [TEXT], "items": False}),
        # One value.
        (Draft.D7, {"const": "a"}, {"enum": ["a"]}),
        (Draft.D7, {"const": 1}, {"enum": [1], "$comment": key_of([1])}),
        (Draft.D7, {"enum": ["a", "b"], "const": "a"}, {"enum": ["a", "b"], "allOf": [{"enum": ["a"]}]}),
        (Draft.D4, {"const": "a"}, {}),
        # What asserts nothing.
        (Draft.D7, {"uniqueItems": False, "title": "A", "default": 1, "examples": []}, {}),
        (Draft.D7, {"uniqueItems": True}, {"uniqueItems": True}),
    ],
)  # fmt: skip
def test_a_keyword_has_this_normal_form(draft: Draft, written: Any, wanted: Any) -> None:
    assert normal(written, draft).root == wanted


def test_a_draft_says_more_than_2020_12_can_only_where_it_does() -> None:
    """``inexact`` sends a comparison to the slower judges."""
    assert normal({"type": "integer"}, Draft.D4).inexact
    assert not normal({"type": "integer"}, Draft.D7).inexact
    assert not normal({"type": "string"}, Draft.D4).inexact
    content = normal({"contentEncoding": "base64", "contentMediaType": "application/json"}, Draft.D7)
    assert content.root == {
        "x-content": {"contentEncoding": "base64", "contentMediaType": "application/json"}
    }
    assert content.inexact


@pytest.mark.parametrize(
    ("written", "closes"),
    [
        ({"additionalProperties": False}, True),
        ({"properties": {"a": {"unevaluatedProperties": TEXT}}}, True),
        ({"x-extensible-enum": True, "enum": ["a"]}, True),
        ({"x-extensible-enum": False, "enum": ["a"]}, False),
        ({"x-extensible-enum": True}, False),
        ({"propertyNames": TEXT, "enum": ["a"]}, False),
    ],
)
def test_closing_keywords_are_noticed_at_any_depth(written: Any, closes: bool) -> None:
    assert normal(written).has_closing is closes


def test_references_become_definitions_named_once_and_origins_are_kept() -> None:
    document = {
        "properties": {"a": {"$ref": "#/$defs/t"}, "b": {"$ref": "#/$defs/t"}},
        "$defs": {"t": {"type": "string", "not": {"$ref": "#"}}},
    }
    found = normal(document)
    assert found.root == {"properties": {"a": {"$ref": "#/$defs/n0"}, "b": {"$ref": "#/$defs/n0"}}}
    assert found.defs == {"n0": {"type": "string", "not": {"$ref": "#/$defs/n1"}}, "n1": found.root}
    places = {found.origin[id(each)] for each in (found.root, found.defs["n0"])}
    assert places == {"", "/$defs/t"}


def test_below_draft_2019_nothing_beside_a_reference_counts() -> None:
    document = {"properties": {"a": {"$ref": "#/definitions/t", "minimum": 1}}, "definitions": {"t": TEXT}}
    assert normal(document, Draft.D7).root == {"properties": {"a": {"$ref": "#/$defs/n0"}}}
    assert normal(document, Draft.D2019).root == {"properties": {"a": {"$ref": "#/$defs/n0", "minimum": 1}}}


def test_the_schemas_in_a_node_are_listed_each_once() -> None:
    one, two, three = {"minimum": 1}, {"minimum": 2}, {"minimum": 3}
    assert list(subschemas("properties", {"a": one, "b": two})) == [one, two]
    assert list(subschemas("anyOf", [one, two])) == [one, two]
    assert list(subschemas("not", one)) == list(subschemas("items", one)) == [one]
    assert list(subschemas("required", ["a"])) == list(subschemas("$ref", "#")) == []
    node = {
        "anyOf": [one],
        "if": two,
        "else": three,
        "dependentSchemas": {"a": one},
        "not": two,
        "items": two,
    }
    assert list(in_place(node)) == [one, two, three, one]


def test_an_id_below_moves_the_base_of_references_unless_a_reference_beside_it_hides_it() -> None:
    own = {"definitions": {"t": TEXT}, "$id": "part.json", "properties": {"b": {"$ref": "#/definitions/t"}}}
    whole = {"$id": "https://example.com/main.json", "definitions": {"t": {"minimum": 1}}}
    below = normal({**whole, "properties": {"a": own}}, Draft.D7)
    assert below.defs == {"n0": TEXT}
    hidden = {"$id": "part.json", "$ref": "#/definitions/t"}
    assert normal({**whole, "properties": {"a": hidden}}, Draft.D7).defs == {"n0": {"minimum": 1}}
    beside = {**hidden, "definitions": {"t": TEXT}}
    assert normal({**whole, "properties": {"a": beside}}, Draft.D2019).defs == {"n0": TEXT}
