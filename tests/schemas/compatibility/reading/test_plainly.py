"""What is called plainly satisfiable is satisfiable; the rest is proven, each distinct part once."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.schemas.compatibility.reading.plainly import Plainly
from bridge.schemas.documents.validation import SchemaVersion, compile_schema, offline_registry
from bridge.schemas.evolution.satisfiable import Asked, find_unsatisfiable
from bridge.schemas.semver import Version
from tests.schemas.folders import BASE, TYPE

NAMES = st.sampled_from(["a", "b", "c"])
SMALL = st.integers(0, 3)
TYPES = ["null", "boolean", "string", "number", "integer", "array", "object"]
LEAVES: list[st.SearchStrategy[dict[str, Any]]] = [
    st.just({"type": "integer", "const": 1.5}),
    st.sampled_from(TYPES).map(lambda name: {"type": name}),
    st.lists(st.sampled_from(TYPES), min_size=1, max_size=3, unique=True).map(lambda names: {"type": names}),
    st.fixed_dictionaries({}, optional={"minLength": SMALL, "maxLength": SMALL}),
    st.fixed_dictionaries({}, optional={"minimum": SMALL, "maximum": SMALL, "exclusiveMaximum": SMALL}),
    st.just({"minimum": 0.2, "maximum": 0.8}),
    st.fixed_dictionaries({}, optional={"multipleOf": st.just(2), "minimum": st.just(1)}),
    st.sampled_from([{"pattern": "^a$"}, {"format": "date"}, {"enum": ["a", 1]}, {"enum": [None]}]),
    st.sampled_from(
        [{"const": "b"}, {"enum": []}, {"not": {}}, {"$ref": "#/$defs/a"}, {"$ref": "#/$defs/b"}]
    ),
]


def larger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    part = inner | st.just(False)
    named = st.dictionaries(NAMES, part, max_size=3)
    return st.one_of(
        st.fixed_dictionaries(
            {},
            optional={
                "type": st.sampled_from(["object", "array"]),
                "properties": named,
                "required": st.lists(NAMES, min_size=1, max_size=2, unique=True),
                "additionalProperties": part,
                "minProperties": SMALL,
                "items": part,
                "minItems": SMALL,
                "maxItems": SMALL,
                "contains": part,
            },
        ),
        st.builds(lambda parts: {"anyOf": parts}, st.lists(part, min_size=1, max_size=3)),
        st.builds(lambda parts: {"allOf": parts}, st.lists(part, min_size=1, max_size=2)),
        st.builds(lambda one, other: {**one, **other}, inner, inner),
    )


SCHEMAS = st.recursive(
    st.builds(lambda one, other: {**one, **other}, *[st.one_of(LEAVES)] * 2), larger, max_leaves=6
)


def version(**parts: Any) -> SchemaVersion:
    document = {"$id": f"{BASE}/{TYPE}/1.0.0.json", **parts}
    registry = offline_registry({document["$id"]: document})
    return SchemaVersion(
        TYPE, Version(1, 0, 0), document["$id"], document, lambda: compile_schema(document, registry)
    )


def is_plain(schema: SchemaVersion, part: Any, asked: Asked | None = None) -> bool:
    return Plainly({schema.id: schema.document}, (asked or Asked()).satisfiable).satisfiable(schema.id, part)


@pytest.mark.reaches(0.05)
@given(SCHEMAS, SCHEMAS, SCHEMAS)
def test_nothing_that_is_called_plain_is_unsatisfiable(root: Any, one: Any, other: Any) -> None:
    schema = version(**{"properties": {"x": root}, "$defs": {"a": one, "b": other}})
    if is_plain(schema, root):
        whole = {**schema.document, "required": ["x"], "type": "object"}
        whole.pop("$id")
        form = jsonschema_rs.canonicalize(whole, draft=jsonschema_rs.Draft202012, validate_formats=True)
        assert form.satisfiability() != jsonschema_rs.canonical.Satisfiability.NO


IMPOSSIBLE: dict[str, Any] = {
    "lengths": {"type": "string", "minLength": 3, "maxLength": 2},
    "bounds": {"type": "number", "minimum": 3, "maximum": 2},
    "bounds without an integer": {"type": "integer", "minimum": 0.2, "maximum": 0.8},
    "an open bound": {"type": "number", "minimum": 3, "exclusiveMaximum": 3},
    "a pattern and a length": {"type": "string", "pattern": "^abc$", "maxLength": 2},
    "elements": {"type": "array", "minItems": 3, "maxItems": 2},
    "an element that nothing is": {"type": "array", "minItems": 1, "items": False},
    "a contained element that nothing is": {"type": "array", "contains": False},
    "a required member that nothing is": {"type": "object", "required": ["a"], "properties": {"a": False}},
    "a required member that is closed out": {
        "type": "object", "required": ["a"], "properties": {"b": True}, "additionalProperties": False,
    },
    "a required member that contradicts itself": {
        "type": "object", "required": ["a"], "properties": {"a": {"type": "integer", "const": 1.5}},
    },
    "too few members allowed": {"type": "object", "required": ["a", "b"], "maxProperties": 1},
    "a value of another type": {"type": "string", "enum": [1, 2]},
    "alternatives of which each is impossible": {"anyOf": [False, {"type": "string", "const": 1}]},
    "a reference to what is impossible": {"$ref": "#/$defs/never"},
    "a member that needs itself": {"$ref": "#/$defs/endless"},
    "a reference that leads nowhere": {"$ref": "#/$defs/none"},
    "an anchor": {"$ref": "#anchor"},
}  # fmt: skip
DEFS: dict[str, Any] = {
    "never": {"type": "integer", "minimum": 3, "maximum": 2},
    "endless": {"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#/$defs/endless"}}},
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_may_be_impossible_is_not_called_plain(name: str) -> None:
    assert not is_plain(version(**{"$defs": DEFS}), IMPOSSIBLE[name])


PLAIN: dict[str, Any] = {
    "everything": {},
    "another type remains": {"minLength": 3, "maxLength": 2},
    "a text": {"type": "string", "minLength": 1, "maxLength": 1},
    "a pattern, by proof": {"type": "string", "pattern": "^[a-z]+$"},
    "a number": {"type": "integer", "minimum": 1, "maximum": 1},
    "an empty list of nothing": {"type": "array", "items": False},
    "an object whose other members are impossible": {"type": "object", "properties": {"a": False}},
    "a required member": {"type": "object", "required": ["a"], "properties": {"a": {"format": "date"}}},
    "an alternative": {"anyOf": [False, {"type": "null"}]},
    "a list in a list of itself": {"type": "array", "items": {"$ref": "#/$defs/endless"}},
    "a reference": {"description": "x", "$ref": "#/$defs/text"},
}


@pytest.mark.parametrize("name", PLAIN)
def test_what_is_plain_needs_no_proof_of_the_whole(name: str) -> None:
    assert is_plain(version(**{"$defs": {**DEFS, "text": {"type": "string"}}}), PLAIN[name])


def test_equal_parts_are_proven_once_for_all_versions() -> None:
    parts = {
        f"p{number}": {"title": f"P{number}", "type": "string", "pattern": "^[a-z]$"} for number in range(30)
    }
    schemas = [version(properties=parts, required=list(parts)) for _ in range(10)]
    asked = Asked()
    assert list(find_unsatisfiable(schemas, asked)) == []
    assert asked.proofs == 1


def test_a_part_with_too_many_combinations_is_not_proven() -> None:
    alternatives = [{"anyOf": [{"minLength": n, "pattern": f"^{m}"} for n in range(8)]} for m in range(8)]
    asked = Asked()
    assert not asked.satisfiable(json.loads(json.dumps({"type": "string", "allOf": alternatives})))
    assert asked.proofs == 0
