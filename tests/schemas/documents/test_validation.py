"""What a broken event's error says: path and rule, for a few errors, and never a value."""

from __future__ import annotations

import traceback
from typing import Any

import pytest

from bridge.errors import EventInvalid
from bridge.schemas.documents.validation import SchemaVersion, compile_schema, offline_registry
from bridge.schemas.semver import Version

TYPE = "com.example.thing.made"
SECRET = "s3cr3t-value"
NUMBER = 987654321.25


def version(**schema: Any) -> SchemaVersion:
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"https://schemas.example.com/{TYPE}/1.0.0.json",
        **schema,
    }
    known = offline_registry({document["$id"]: document})
    validator = compile_schema(document, known)
    return SchemaVersion(TYPE, Version(1, 0, 0), document["$id"], document, lambda: validator)


def error(data: Any, **schema: Any) -> EventInvalid:
    with pytest.raises(EventInvalid) as caught:
        version(**schema).validate(data)
    return caught.value


LEAKS: dict[str, tuple[Any, Any]] = {
    "type": ({"type": "integer"}, SECRET),
    "type of an object": ({"type": "string"}, {SECRET: SECRET}),
    "types": ({"type": ["integer", "null"]}, [SECRET]),
    "enum": ({"enum": ["a", "b"]}, SECRET),
    "const": ({"const": "a"}, SECRET),
    "pattern": ({"pattern": "^a$"}, SECRET),
    "format": ({"format": "email"}, SECRET),
    "minLength": ({"minLength": 99}, SECRET),
    "maxLength": ({"maxLength": 1}, SECRET),
    "minimum": ({"minimum": 10**12}, NUMBER),
    "maximum": ({"maximum": 1}, NUMBER),
    "exclusiveMinimum": ({"exclusiveMinimum": 10**12}, NUMBER),
    "exclusiveMaximum": ({"exclusiveMaximum": 1}, NUMBER),
    "multipleOf": ({"multipleOf": 7}, NUMBER),
    "uniqueItems": ({"uniqueItems": True}, [SECRET, SECRET]),
    "minItems": ({"minItems": 9}, [SECRET]),
    "maxItems": ({"maxItems": 0}, [SECRET]),
    "contains": ({"contains": {"const": 1}}, [SECRET]),
    "maxContains": ({"contains": {"type": "string"}, "maxContains": 1}, [SECRET, SECRET]),
    "prefixItems": ({"prefixItems": [{"const": 1}]}, [SECRET]),
    "items": ({"items": False}, [SECRET]),
    "unevaluatedItems": ({"unevaluatedItems": False}, [SECRET]),
    "required": ({"required": ["a"]}, {SECRET: SECRET}),
    "dependentRequired": ({"dependentRequired": {"a": ["b"]}}, {"a": SECRET}),
    "dependentSchemas": ({"dependentSchemas": {"a": {"maxProperties": 0}}}, {"a": SECRET}),
    "minProperties": ({"minProperties": 9}, {SECRET: SECRET}),
    "maxProperties": ({"maxProperties": 0}, {SECRET: SECRET}),
    "additionalProperties": ({"additionalProperties": False}, {SECRET: SECRET}),
    "additionalProperties beside others": (
        {"properties": {"a": {}}, "additionalProperties": False},
        {"a": 1, SECRET: SECRET, SECRET * 2: 1},
    ),
    "unevaluatedProperties": ({"unevaluatedProperties": False}, {SECRET: SECRET}),
    "propertyNames": ({"propertyNames": {"pattern": "^a$"}}, {SECRET: SECRET}),
    "propertyNames by format": ({"propertyNames": {"format": "uuid"}}, {SECRET: SECRET}),
    "patternProperties": ({"patternProperties": {"^s": {"const": 1}}}, {SECRET: SECRET}),
    "a free map": ({"additionalProperties": {"type": "integer"}}, {SECRET: SECRET}),
    "a free map of objects": (
        {"additionalProperties": {"properties": {"a": {"enum": [1]}}}},
        {SECRET: {"a": SECRET}},
    ),
    "anyOf": ({"anyOf": [{"const": 1}, {"type": "integer"}]}, SECRET),
    "oneOf none": ({"oneOf": [{"const": 1}, {"type": "integer"}]}, SECRET),
    "oneOf both": ({"oneOf": [{"type": "string"}, {"minLength": 1}]}, SECRET),
    "allOf": ({"allOf": [{"const": 1}, {"maxLength": 1}]}, SECRET),
    "not": ({"not": {"const": SECRET}}, SECRET),
    "not of an enum": ({"not": {"enum": [SECRET, NUMBER]}}, NUMBER),
    "if": ({"if": {"type": "string"}, "then": {"const": 1}}, SECRET),
    "false": ({"properties": {"a": False}}, {"a": SECRET}),
    "a lone surrogate": ({"maxLength": 1}, SECRET + "\ud800"),
    "bytes": ({"type": "integer"}, SECRET.encode()),
    "a name that is no text": ({"maxProperties": 0}, {NUMBER: SECRET}),
    "a pattern that never ends": ({"pattern": "^(?=(s|s3|.)+b)(.+)+$"}, SECRET + "a" * 40),
}


@pytest.mark.parametrize("name", LEAKS)
def test_no_value_and_no_free_name_reaches_the_error(name: str) -> None:
    schema, data = LEAKS[name]
    for nested, whole in ((schema, data), ({"properties": {"in": {"items": schema}}}, {"in": [data]})):
        found = error(whole, **nested)
        text = "".join(traceback.format_exception(found)) + repr(found.args) + found.hint
        assert SECRET not in text
        assert str(NUMBER) not in text
        assert found.__cause__ is None
        assert found.__context__ is None or found.__suppress_context__
        assert found.stage == "validate"


@pytest.mark.parametrize(
    ("schema", "data", "expected"),
    [
        (
            {"properties": {"plan": {"enum": ["a"]}}},
            {"plan": "b"},
            "/plan is not one of the enum values (enum)",
        ),
        ({"required": ["a"]}, {}, "data lacks the required member 'a' (required)"),
        (
            {"properties": {"a": {"items": {"type": ["string", "number"]}}}},
            {"a": [1, None]},
            "/a/1 is not of type number or string (type)",
        ),
        (
            {"properties": {"a/b": {"additionalProperties": {"minimum": 3}}}},
            {"a/b": {"x": 2}},
            "/a~1b/* is less than 3 (minimum)",
        ),
        (
            {
                "properties": {"a": {"$ref": "#/$defs/m"}},
                "$defs": {"m": {"properties": {"t": {"format": "date"}}}},
            },
            {"a": {"t": "x"}},
            "/a/t is not a valid date (format)",
        ),
        (
            {"properties": {"a": {}}, "additionalProperties": False},
            {"b": 1},
            "data has members that the schema does not declare (additionalProperties)",
        ),
        ({"properties": {"a": False}}, {"a": 1}, "/a must not be present (false)"),
    ],
)
def test_the_error_names_path_and_rule(schema: dict[str, Any], data: Any, expected: str) -> None:
    assert error(data, **schema).message == f"data breaks {TYPE} 1.0.0: {expected}"


def test_only_a_few_errors_are_reported() -> None:
    message = error({"a": ["x"] * 1000}, properties={"a": {"items": {"type": "integer"}}}).message
    assert message.count("(type)") == 5
    assert message.endswith("; and more")


def test_valid_data_passes_silently() -> None:
    version(type="object", properties={"a": {"type": "integer"}}).validate({"a": 1, "b": "more"})


FORMATS = {
    "date-time": ("2026-01-15T08:30:00Z", "2026-01-15 08:30"),
    "date": ("2026-01-15", "15.01.2026"),
    "time": ("08:30:00Z", "8:30"),
    "duration": ("PT15M", "15m"),
    "email": ("a@example.com", "a at example.com"),
    "hostname": ("a.example.com", "-a-"),
    "ipv4": ("192.0.2.1", "192.0.2"),
    "ipv6": ("2001:db8::1", "2001:db8"),
    "uri": ("https://example.com/a", "example.com/a"),
    "uri-reference": ("../a", "\\a b"),
    "uuid": ("2eb8aa08-aa98-11ea-b4aa-73b441d16380", "2eb8aa08"),
    "json-pointer": ("/a/0", "a"),
    "regex": ("^a$", "("),
}


@pytest.mark.parametrize("name", FORMATS)
def test_formats_are_asserted(name: str) -> None:
    right, wrong = FORMATS[name]
    version(format=name).validate(right)
    assert f"is not a valid {name} (format)" in error(wrong, format=name).message
