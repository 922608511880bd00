"""Each rule that a type cannot say is enforced, and no value is read as another one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.schemas.authoring.codegen import rig
from tests.schemas.authoring.codegen.conforming import nonconforming

Make = Callable[..., Any]

TEXT, WHOLE = {"type": "string"}, {"type": "integer"}
AB = {"type": "object", "properties": {"a": TEXT, "b": TEXT}}

REFUSED: dict[str, tuple[dict[str, Any], Any, Any]] = {
    "if, then": (
        {**AB, "if": {"properties": {"a": {"const": "x"}}}, "then": {"required": ["b"]}},
        {"a": "y"},
        {"a": "x"},
    ),
    "oneOf of required": (
        {**AB, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
        {"a": "x"},
        {"a": "x", "b": "y"},
    ),
    "anyOf of required": ({**AB, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, {"b": "y"}, {}),
    "not": ({**AB, "not": {"required": ["a"]}}, {"b": "y"}, {"a": "x"}),
    "dependentRequired": ({**AB, "dependentRequired": {"a": ["b"]}}, {"b": "y"}, {"a": "x"}),
    "minProperties": ({**AB, "minProperties": 1}, {"a": "x"}, {}),
    "const of an object": (
        {"type": "object", "properties": {"c": {"const": {"x": 1}}}},
        {"c": {"x": 1.0}},
        {"c": {"x": True}},
    ),
    "allOf on a text": (
        {**AB, "properties": {"a": {"allOf": [TEXT, {"minLength": 2}]}}},
        {"a": "xy"},
        {"a": "x"},
    ),
    "a number as a date": (
        {"type": "object", "properties": {"d": {"type": "string", "format": "date"}}},
        {"d": "2030-01-31"},
        {"d": 20300131},
    ),
    "a number as a duration": (
        {"type": "object", "properties": {"d": {"type": "string", "format": "duration"}}},
        {"d": "P1M"},
        {"d": 60},
    ),
    "a number as an address": (
        {"type": "object", "properties": {"d": {"type": "string", "format": "ipv4"}}},
        {"d": "192.0.2.1"},
        {"d": 3221225985},
    ),
    "true as 1": ({"type": "object", "properties": {"n": {"enum": [1, 2]}}}, {"n": 1.0}, {"n": True}),
    "contains": (
        {"type": "object", "properties": {"l": {"type": "array", "contains": {"const": 1}}}},
        {"l": [2, 1]},
        {"l": [2]},
    ),
    "uniqueItems": (
        {"type": "object", "properties": {"l": {"type": "array", "uniqueItems": True}}},
        {"l": [1, True]},
        {"l": [1, 1.0]},
    ),
    "null for an optional member": (AB, {}, {"a": None}),
    "propertyNames": ({"type": "object", "propertyNames": {"maxLength": 2}}, {"ab": 1}, {"abc": 1}),
    "a pattern of another dialect": (
        {"type": "object", "properties": {"p": {"type": "string", "pattern": r"^(?!x)\p{L}+$"}}},
        {"p": "bé"},
        {"p": "x"},
    ),
}
"""Name to schema, data that it accepts and data that it refuses."""


@pytest.fixture
def model(tmp_path: Path) -> Iterator[Make]:
    """From a schema to the class of its event."""
    packages: list[ModuleType] = []

    def make(document: dict[str, Any]) -> Any:
        schema = rig.proposed(tmp_path, document, "com.example.thing")
        packages.append(rig.imported([schema], tmp_path / str(len(packages))))
        return packages[-1].EVENTS["com.example.thing.v1"]

    yield make
    for package in packages:
        rig.forget(package)


def event(data: Any) -> dict[str, Any]:
    return rig.event_of("com.example.thing.v1", data)


@pytest.mark.parametrize("name", REFUSED)
def test_a_rule_is_enforced(name: str, model: Make) -> None:
    document, good, bad = REFUSED[name]
    made = model(document)
    assert json.dumps(made.from_json(event(good)).to_json()["data"]) == json.dumps(good)
    with pytest.raises(ValueError, match="/data"):
        made.from_json(event(bad))


TEXTS: dict[str, tuple[dict[str, Any], str]] = {
    "an instant where a date is allowed too": (
        {"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]},
        "2030-01-31T12:00:00Z",
    ),
    "a duration with months": ({"type": "string", "format": "duration"}, "P1Y2M"),
    "a UUID in upper case": (
        {"type": "string", "format": "uuid"},
        "3F0E1B2A-5C4D-4E6F-8A9B-0C1D2E3F4A5B",
    ),
    "a URL without a path": ({"type": "string", "format": "uri"}, "https://EXAMPLE.com"),
    "a time with a leap second": ({"type": "string", "format": "date-time"}, "1998-12-31T23:59:60Z"),
    "an instant with a short fraction": (
        {"type": "string", "format": "date-time"},
        "2030-01-31T12:00:00.10+01:00",
    ),
    "a compressed address": ({"type": "string", "format": "ipv6"}, "2001:DB8:0::1"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_text_stays_the_very_text(name: str, model: Make) -> None:
    schema, text = TEXTS[name]
    made = model({"type": "object", "properties": {"t": schema}}).from_json(event({"t": text}))
    assert (type(made.data.t), made.data.t, made.to_json()["data"]) == (str, text, {"t": text})


def test_a_number_keeps_its_form_and_is_read_as_its_type(model: Make) -> None:
    data = {"whole": 1.0, "one": 2.0, "any": 3, "many": [1.0, 2], "mixed": 1.0}
    numbers = {"type": "array", "items": WHOLE}
    members = {"whole": WHOLE, "one": {"enum": [2]}, "any": {"type": "number"}, "many": numbers}
    mixed = {"mixed": {"enum": [True, 1]}}
    made = model({"type": "object", "properties": {**members, **mixed}}).from_json(event(data))
    assert json.dumps(made.to_json()["data"]) == json.dumps(data)
    assert repr([getattr(made.data, name) for name in data]) == "[1, 2, 3, [1, 2], 1]"


def test_unknown_members_and_the_order_of_members_are_kept(model: Make) -> None:
    data = {"z": 1, "b": "x", "a": "y", "deep": {"u": [None]}}
    made = model(AB).from_json(event(data))
    assert json.dumps(made.to_json()["data"]) == json.dumps(data)
    assert (made.data["deep"], "z" in made.data, "y" in made.data) == ({"u": [None]}, True, False)


def test_only_the_real_name_of_a_member_is_accepted(model: Make) -> None:
    document = {"type": "object", "properties": {"first-name": TEXT}, "required": ["first-name"]}
    made = model(document)
    assert made.from_json(event({"first-name": "Ada"})).data.first_name == "Ada"
    with pytest.raises(ValueError, match="first-name"):
        made.from_json(event({"first_name": "Ada"}))


def test_the_variant_of_a_union_is_the_one_whose_schema_accepts_the_value(model: Make) -> None:
    variants = [
        {"type": "object", "title": title, "required": [name], "properties": {name: TEXT}}
        for title, name in (("Card", "pan"), ("Bank", "iban"))
    ]
    made = model({"type": "object", "properties": {"pay": {"oneOf": variants}, "kept": {"items": TEXT}}})
    bank = made.from_json(event({"pay": {"kind": "iban", "iban": "x"}})).data.pay
    assert (type(bank).__name__, bank.iban) == ("Bank", "x")
    assert type(made.from_json(event({"pay": {"pan": "x"}})).data.pay).__name__ == "Card"


def test_a_schema_that_refers_to_itself_is_read_to_any_depth(model: Make) -> None:
    document = {
        "type": "object",
        "properties": {"name": TEXT, "children": {"type": "array", "items": {"$ref": "#"}}},
        "required": ["name"],
    }
    data = {"name": "a", "children": [{"name": "b", "children": [{"name": "c"}]}]}
    made = model(document).from_json(event(data))
    assert made.data.children[0].children[0].name == "c"
    assert list(nonconforming(made)) == []


def test_places_with_any_name_have_classes_that_are_distinguished_by_their_schema(model: Make) -> None:
    name = "a/b~c%d #?é\"'"
    variants = [{"type": "object", "required": [each], "properties": {each: TEXT}} for each in "xy"]
    made = model({"type": "object", "properties": {name: {"anyOf": variants}}}).from_json(
        event({name: {"y": "z"}})
    )
    (attribute,) = type(made.data)._members()
    assert getattr(made.data, attribute).y == "z"


NESTED = {
    "$id": "https://x.example.com/nested",
    "type": "object",
    "properties": {"v": {"$ref": "#/$defs/v"}, "w": WHOLE},
    "$defs": {"v": WHOLE},
}

PRECISE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a schema with an $id of its own": ({"properties": {"n": NESTED}, "$defs": {"v": TEXT}}, {"n": {"v": 1}}),
    "a place in a schema with an $id of its own": (
        {"properties": {"n": NESTED, "v": {"$ref": "#/properties/n/properties/v"}}, "$defs": {"v": TEXT}},
        {"v": 1},
    ),
    "names that match a pattern": (
        {
            "properties": {"a1": True},
            "allOf": [{"patternProperties": {"^a": WHOLE}, "additionalProperties": TEXT}],
        },
        {"a1": 1},
    ),
    "all other names": (
        {"properties": {"a": True}, "allOf": [{"properties": {"b": WHOLE}, "additionalProperties": TEXT}]},
        {"a": "x", "b": 1},
    ),
    "a branch that is not written": (
        {"if": {"required": ["a"]}, "then": {"properties": {"a": WHOLE}}},
        {"a": 1},
    ),
}
"""Name to schema of an object and data that it accepts, where a type is easily wrong."""


@pytest.mark.parametrize("name", PRECISE)
def test_values_have_the_types_of_their_attributes(name: str, model: Make) -> None:
    schema, data = PRECISE[name]
    made = model({"type": "object", **schema}).from_json(event(data))
    assert list(nonconforming(made)) == []


def test_data_need_not_be_an_object(model: Make) -> None:
    made = model({"type": "array", "items": WHOLE})
    assert made.from_json(event([1, 2.0])).data == [1, 2]
    with pytest.raises(ValueError, match="/data/0"):
        made.from_json(event(["x"]))


def test_an_enumeration_to_which_values_may_be_added_takes_the_next_one(model: Make) -> None:
    members = {"plan": {"enum": ["free"], "x-extensible-enum": True}, "step": {"enum": ["a"]}}
    made = model({"type": "object", "properties": members})
    assert made.from_json(event({"plan": "gold"})).data.plan == "gold"
    with pytest.raises(ValueError, match="/data/step breaks enum"):
        made.from_json(event({"step": "b"}))


def test_members_that_have_the_names_of_keywords_are_members(model: Make) -> None:
    members = {"enum": {"enum": ["a"]}, "x-extensible-enum": {"type": "boolean"}, "$ref": TEXT}
    made = model({"type": "object", "properties": members})
    with pytest.raises(ValueError, match="/data/enum breaks enum"):
        made.from_json(event({"enum": "b"}))
    assert made.from_json(event({"$ref": "x"})).data["$ref"] == "x"
