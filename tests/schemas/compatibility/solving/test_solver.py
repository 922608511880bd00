"""The search for values, compared with every value of a small domain."""

from __future__ import annotations

import random
from typing import Any

import jsonschema_rs
import pytest

from bridge.schemas.compatibility.prepare import Prepared, text_of
from bridge.schemas.compatibility.reading.complexity import Patience, TooComplex
from bridge.schemas.compatibility.reading.json_values import key_of
from bridge.schemas.compatibility.solving import expand
from bridge.schemas.compatibility.solving.solver import Solver
from tests.schemas.compatibility.hard.domains import domain
from tests.schemas.compatibility.hard.drawn import KINDS, Author

PATIENT = 20.0


def normal(document: Any) -> Any:
    return Prepared(document, {}, "t-", text_of("", document)).normal


def found_for(wanted: Any, refused: Any, want: int = 6) -> Any:
    one, other = normal(wanted), normal(refused)
    solver = Solver({**one.defs, **other.defs}, Patience(PATIENT))
    return solver.counterexamples((one.root,), other.root, want)


def missed(kind: str, pairs: int) -> list[Any]:
    """Values of a small domain that show a difference and that a complete answer does not have."""
    out = []
    for number in range(pairs):
        author = Author(random.Random(f"{kind}/{number}"), kind)
        wanted, refused = author.document(), author.document()
        accepts = jsonschema_rs.Draft202012Validator(wanted).is_valid
        refuses = jsonschema_rs.Draft202012Validator(refused).is_valid
        found = found_for(wanted, refused)
        listed = list(map(key_of, found.values))
        for value in domain(kind).values if found.complete else ():
            if accepts(value) and not refuses(value) and key_of(value) not in listed:
                out.append((wanted, refused, value))
    return out


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_called_impossible_that_a_value_shows(kind: str) -> None:
    assert missed(kind, 60) == []


@pytest.mark.parametrize(
    ("kind", "keyword"),
    [("text", "maxLength"), ("number", "maximum"), ("array", "maxItems"), ("object", "maxProperties")],
)
def test_the_domains_show_a_bound_that_is_off_by_one(
    monkeypatch: pytest.MonkeyPatch, kind: str, keyword: str
) -> None:
    kinds, make = expand._LITERALS[keyword]
    monkeypatch.setitem(expand._LITERALS, keyword, (kinds, lambda value, wanted: make(value - 1, wanted)))
    assert missed(kind, 120)


@pytest.mark.parametrize(
    ("wanted", "refused"),
    [
        ({"type": "integer", "allOf": [{"multipleOf": 4}, {"multipleOf": 6}]}, {"multipleOf": 12}),
        ({"type": "number", "multipleOf": 0.5}, {"multipleOf": 0.25}),
        ({"type": "array", "items": {"type": "boolean"}, "uniqueItems": True}, {"maxItems": 2}),
        ({"type": "array", "contains": {"const": 1}, "minContains": 2}, {"minItems": 2}),
        ({"type": "object", "propertyNames": {"enum": ["a", "b"]}}, {"maxProperties": 2}),
        ({"type": "object", "patternProperties": {"^a": {"type": "string"}, "b$": {"type": "integer"}}},
         {"patternProperties": {"^a.*b$": False}}),
        ({"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, {"minProperties": 1}),
        ({"$ref": "#/$defs/t", "$defs": {"t": {"items": {"$ref": "#/$defs/t"}, "type": "array"}}},
         {"$ref": "#/$defs/t", "$defs": {"t": {"items": {"$ref": "#/$defs/t"}, "type": ["array", "null"]}}}),
        ({"type": "string", "format": "date"}, {"maxLength": 10}),
        ({"type": "string", "pattern": r"^(a)\1$"}, {"pattern": r"^(a)\1$", "type": "string"}),
    ],
)  # fmt: skip
def test_that_no_value_exists_is_proven(wanted: Any, refused: Any) -> None:
    assert found_for(wanted, refused).empty


@pytest.mark.parametrize(
    ("wanted", "refused"),
    [
        ({"type": "integer", "multipleOf": 2}, {"multipleOf": 4}),
        ({"type": "number", "minimum": 0.1, "maximum": 0.2}, {"multipleOf": 0.05}),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, {"uniqueItems": True}),
        ({"type": "array", "contains": {"const": 1}}, {"contains": {"const": 1}, "maxContains": 2}),
        ({"type": "object"}, {"propertyNames": {"maxLength": 10}}),
        ({"type": "object", "minProperties": 3}, {"maxProperties": 3}),
        ({"type": "string", "format": "email"}, {"maxLength": 20}),
        ({"enum": [[1], {"a": 1}, "x"]}, {"enum": [[1], "x"]}),
        ({}, {"type": ["null", "boolean", "string", "array", "object"]}),
    ],
)
def test_values_that_show_a_difference_are_found(wanted: Any, refused: Any) -> None:
    values = found_for(wanted, refused, 1).values
    one, other = (
        jsonschema_rs.Draft202012Validator(each, validate_formats=True) for each in (wanted, refused)
    )
    assert any(one.is_valid(value) and not other.is_valid(value) for value in values)


def test_a_search_that_may_take_no_time_is_given_up() -> None:
    schema = normal({"type": "object", "required": ["a"]})
    with pytest.raises(TooComplex):
        Solver({}, Patience(-1)).counterexamples((schema.root,), False, 1)


def test_in_draft_4_a_number_such_as_one_point_zero_is_no_integer() -> None:
    draft_4 = {"$schema": "http://json-schema.org/draft-04/schema#", "type": "integer"}
    assert found_for({"type": "integer"}, draft_4).values == (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
    assert found_for(draft_4, {"type": "integer"}).empty
