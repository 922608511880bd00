"""Hard pairs about objects: names, patterns of names, undeclared members, and how many there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from bridge.schemas.compatibility.verdict import Policy
from tests.schemas.compatibility.hard.pairs import TEXT, WHOLE, Pair, member, text

OBJECT: Final = {"type": "object"}


def mapped(**keywords: Any) -> dict[str, Any]:
    return {"type": "object", **keywords}


def _names(schema: Any, **keywords: Any) -> dict[str, Any]:
    return mapped(propertyNames=schema, **keywords)


def _patterns(schemas: dict[str, Any], **keywords: Any) -> dict[str, Any]:
    return mapped(patternProperties=schemas, **keywords)


_MAPS: Final[tuple[tuple[str, Any, Any, str], ...]] = (
    ("names", OBJECT, _names({"maxLength": 10}), "ic"),
    ("names", OBJECT, _names({"minLength": 1}), "ic"),
    ("names", OBJECT, _names({"minLength": 0}), "cc"),
    ("names", OBJECT, _names({"type": "string"}), "cc"),
    ("names", _names({"maxLength": 10}), _names({"maxLength": 20}), "ci"),
    ("names", _names({"maxLength": 10}), _names({"maxLength": 10, "minLength": 1}), "ic"),
    ("names", _names({"pattern": "^[a-z]+$"}), _names({"minLength": 1}), "ci"),
    ("names", _names({"pattern": "^[a-z]{1,8}$"}), _names({"maxLength": 8}), "ci"),
    ("names", _names({"pattern": "^[a-z]+$", "maxLength": 3}), _names({"pattern": "^[a-z]{1,3}$"}), "cc"),
    ("names", _names({"enum": ["a", "b"]}), _names({"maxLength": 1}), "ci"),
    ("names", _names({"enum": ["a", "b"]}), mapped(maxProperties=2), "ci"),
    ("names", _names({"enum": ["a", "b"]}), _names({"pattern": "^[ab]$"}), "cc"),
    ("names", _names({"format": "uuid"}), _names({"minLength": 36}), "ci"),
    ("names", _names({"const": "a"}), mapped(properties={"a": True}, additionalProperties=False), "cc"),
    ("names", _names({"pattern": "^x-"}), _patterns({"^x-": True}, additionalProperties=False), "cc"),
    ("names", _names({"maxLength": 3}, additionalProperties=TEXT),
     _patterns({"^.{0,3}$": TEXT}, propertyNames={"maxLength": 3}), "ci"),
    ("names", _names(False), mapped(maxProperties=0), "cc"),
    ("names", _names({"maxLength": 2}, required=["abc"]), _names({"maxLength": 1}), "ci"),
    ("names", mapped(properties={"long": TEXT}, additionalProperties=False),
     mapped(properties={"long": TEXT}, additionalProperties=False, propertyNames={"maxLength": 4}), "cc"),
    ("names", mapped(properties={"long": TEXT}, additionalProperties=False),
     mapped(properties={"long": TEXT}, additionalProperties=False, propertyNames={"maxLength": 3}), "ic"),
    ("names", mapped(additionalProperties=WHOLE, propertyNames={"pattern": "^u[0-9]+$"}),
     _patterns({"^u[0-9]+$": WHOLE}, additionalProperties=False), "cc"),
    ("overlap", _patterns({"^a": TEXT, "b$": text(maxLength=3)}), _patterns({"^a": TEXT, "b$": TEXT}), "ci"),
    ("overlap",
     _patterns({"^a": TEXT, "b$": WHOLE}), _patterns({"^a": TEXT, "b$": WHOLE, "^a.*b$": False}), "cc"),
    ("overlap", _patterns({"^a": TEXT}), _patterns({"^ab": TEXT}), "ci"),
    ("overlap", _patterns({"^a": TEXT}), _patterns({"a": TEXT}), "ic"),
    ("overlap", _patterns({"^a": text(minLength=1), "^ab": text(maxLength=5)}),
     _patterns({"^ab": text(minLength=1, maxLength=5)}), "ci"),
    ("overlap", _patterns({"^[a-m]": TEXT, "^[h-z]": TEXT}), _patterns({"^[a-z]": TEXT}), "cc"),
    ("overlap", _patterns({"^[a-m]": TEXT, "^[h-z]": WHOLE}), _patterns({"^[a-g]": TEXT}), "ci"),
    ("overlap", _patterns({"^[a-m]": TEXT, "^[h-z]": WHOLE}),
     _patterns({"^[a-g]": TEXT, "^[n-z]": WHOLE, "^[h-m]": False}), "cc"),
    ("overlap", _patterns({"": TEXT}), mapped(additionalProperties=TEXT), "cc"),
    ("overlap",
     _patterns({".*": TEXT}, properties={"a": WHOLE}), _patterns({".*": TEXT, "^a$": False}), "cc"),
    ("overlap", _patterns({"^x-": TEXT}, additionalProperties=False),
     _patterns({"^x-": TEXT, "^y-": TEXT}, additionalProperties=False), "ci"),
    ("overlap", _patterns({"^x-": TEXT}, additionalProperties=False),
     _patterns({"^x": TEXT}, additionalProperties=False), "ci"),
    ("overlap", mapped(properties={"ab": TEXT}), _patterns({"^a": TEXT}, properties={"ab": TEXT}), "ic"),
    ("overlap", _patterns({"^a": TEXT}, properties={"ab": text(maxLength=2)}),
     _patterns({"^a": TEXT}), "ci"),
    ("overlap",
     _patterns({"^a$": TEXT, "^b$": TEXT}, additionalProperties=False), mapped(maxProperties=2), "ci"),
    ("overlap", _patterns({"^[ab]$": TEXT}, additionalProperties=False), mapped(maxProperties=1), "ii"),
    ("count",
     mapped(properties={"a": TEXT, "b": TEXT}, additionalProperties=False), mapped(maxProperties=2), "ci"),
    ("count",
     mapped(properties={"a": TEXT, "b": False}, additionalProperties=False), mapped(maxProperties=1), "ci"),
    ("count", mapped(required=["a", "b"]), mapped(minProperties=2), "ci"),
    ("count", mapped(required=["a"], minProperties=2), mapped(anyOf=[{"minProperties": 2}]), "ci"),
    ("count",
     mapped(minProperties=1, additionalProperties=False,
            properties={"a": TEXT}), mapped(required=["a"]), "ci"),
    ("count", mapped(minProperties=2, additionalProperties=False, properties={"a": TEXT, "b": TEXT}),
     mapped(required=["a", "b"]), "ci"),
    ("count", mapped(minProperties=2, maxProperties=2), mapped(minProperties=1), "ci"),
    ("count", mapped(required=["a"], maxProperties=1), mapped(properties={"b": False}), "ci"),
    ("count", mapped(anyOf=[{"required": ["a"]}, {"required": ["b"]}]), mapped(minProperties=1), "ci"),
    ("closed", mapped(properties={"a": TEXT}, unevaluatedProperties=False),
     mapped(properties={"a": TEXT, "b": TEXT}, unevaluatedProperties=False), "ci"),
    ("closed", mapped(properties={"a": TEXT}, additionalProperties=False),
     mapped(properties={"a": TEXT}, unevaluatedProperties=False), "cc"),
    ("closed",
     mapped(properties={"a": TEXT}), mapped(properties={"a": TEXT}, unevaluatedProperties=False), "ic"),
    ("closed", mapped(allOf=[{"properties": {"a": TEXT}}], unevaluatedProperties=False),
     mapped(properties={"a": TEXT}, additionalProperties=False), "cc"),
    ("closed",
     mapped(allOf=[{"properties": {"a": TEXT}}], properties={"b": TEXT}, unevaluatedProperties=False),
     mapped(allOf=[{"properties": {"a": TEXT}}], properties={"b": TEXT, "c": TEXT},
            unevaluatedProperties=False), "ci"),
    ("closed",
     mapped(allOf=[{"properties": {"a": TEXT}}], properties={"b": TEXT}, unevaluatedProperties=WHOLE),
     mapped(properties={"a": TEXT, "b": TEXT}, additionalProperties={"type": "number"}), "ci"),
    ("closed", mapped(anyOf=[{"properties": {"a": TEXT}, "required": ["a"]},
                             {"properties": {"b": TEXT}, "required": ["b"]}], unevaluatedProperties=False),
     mapped(properties={"a": TEXT, "b": TEXT}, additionalProperties=False), "ci"),
    ("closed", mapped(oneOf=[{"properties": {"a": TEXT}, "required": ["a"]},
                             {"properties": {"b": TEXT}, "required": ["b"]}], unevaluatedProperties=False),
     mapped(maxProperties=1), "ci"),
    ("closed", mapped(properties={"k": {"enum": ["x", "y"]}}, required=["k"],
                      **{"if": {"properties": {"k": {"const": "x"}}},
                         "then": {"properties": {"v": TEXT}}}, unevaluatedProperties=False),
     mapped(properties={"k": {"enum": ["x", "y"]}, "v": TEXT}, required=["k"],
            additionalProperties=False), "ci"),
    ("closed", mapped(patternProperties={"^x-": TEXT}, unevaluatedProperties=False),
     mapped(patternProperties={"^x-": TEXT}, properties={"a": TEXT}, unevaluatedProperties=False), "ci"),
    ("closed", mapped(properties={"a": TEXT}, unevaluatedProperties=WHOLE),
     mapped(properties={"a": TEXT, "b": {"type": "number"}}, unevaluatedProperties=WHOLE), "ci"),
    ("closed", mapped(properties={"a": TEXT}, unevaluatedProperties=TEXT),
     mapped(properties={"a": TEXT, "b": WHOLE}, unevaluatedProperties=TEXT), "ii"),
    ("closed", mapped(dependentSchemas={"a": {"properties": {"b": TEXT}}}, properties={"a": TEXT},
                      unevaluatedProperties=False),
     mapped(properties={"a": TEXT, "b": TEXT}, dependentRequired={"b": ["a"]},
            additionalProperties=False), "cc"),
)  # fmt: skip

_TREE: Final = {
    "$defs": {"t": mapped(properties={"v": WHOLE, "l": {"$ref": "#/$defs/t"}})},
    "$ref": "#/$defs/t",
}


def _tree(leaf: Any, **keywords: Any) -> dict[str, Any]:
    node = mapped(
        properties={"v": leaf, "kids": {"type": "array", "items": {"$ref": "#/$defs/t"}}}, **keywords
    )
    return {"$defs": {"t": node}, "$ref": "#/$defs/t"}


def _nested(depth: int, last: Any) -> Any:
    for _ in range(depth):
        last = member(last)
    return last


def _references() -> Iterator[Pair]:
    for policy in (Policy.STRICT, Policy.VIEWS):
        yield Pair("reference", _tree(WHOLE), _tree({"type": "number"}), "ci", policy)
        yield Pair("reference", _tree(text(pattern="^a+$")), _tree(text(minLength=1)), "ci", policy)
        yield Pair("reference", _tree(text(pattern="^a+$")), _tree(text(minLength=2)), "ii", policy)
        yield Pair("reference", _tree(TEXT), _tree(TEXT, required=["v"]), "ic", policy)
        yield Pair(
            "reference", _tree({"enum": [1, 2]}), _tree({"type": "integer", "maximum": 2}), "ci", policy
        )
        yield Pair(
            "reference", _tree(TEXT), _tree({"anyOf": [text(maxLength=2), text(minLength=3)]}), "cc", policy
        )
        yield Pair(
            "reference", _nested(12, text(pattern="^..$")), _nested(12, text(minLength=2)), "ci", policy
        )
        yield Pair("reference", _nested(12, text(minLength=1)),
                   _nested(12, text(minLength=1, pattern="^[a-z]+$")), "ic", policy)  # fmt: skip


def pairs() -> Iterator[Pair]:
    for kind, old, new, expected in _MAPS:
        yield Pair(kind, old, new, expected)
    yield from _references()
    for count in (1, 3):
        old = mapped(properties={f"p{i}": TEXT for i in range(count)}, unevaluatedProperties=False)
        new = mapped(properties={f"p{i}": TEXT for i in range(count + 1)}, unevaluatedProperties=False)
        yield Pair("closed", old, new, "cc", Policy.VIEWS)
        yield Pair("closed", old, {**new, "required": [f"p{count}"]}, "ic", Policy.VIEWS)
