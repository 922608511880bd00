"""What schemas assert together at one place: members, values, choices, and their JSON values."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.schemas.compatibility.proving import parts as module
from bridge.schemas.compatibility.proving.gaps import MISSING, TOP, Gap
from bridge.schemas.compatibility.proving.parts import (
    declared_beside,
    matches,
    member_schemas,
    options_of,
    take_apart,
    values_of,
)
from bridge.schemas.compatibility.reading.complexity import TooComplex
from bridge.schemas.compatibility.reading.json_values import (
    has_integral_float,
    key_of,
    mentions,
    objects_in,
    type_of,
    types_of,
)
from bridge.schemas.compatibility.reading.members import (
    Member,
    by_name,
    declares,
    elements,
    members,
    named,
    needed,
    types_allowed,
    undeclared_needs,
)

S, INT, N = {"type": "string"}, {"type": "integer"}, {"type": "null"}


def test_references_and_all_of_are_followed_each_once() -> None:
    defs: dict[str, Any] = {"n": {"minLength": 2, "allOf": [{"$ref": "#/$defs/n"}]}}
    found = take_apart(defs, ({"$ref": "#/$defs/n", "allOf": [S, {"maxLength": 3}]}, True))
    assert (found.types, found.smallest, found.largest, found.never) == (
        frozenset({"string"}),
        {"Length": 2},
        {"Length": 3},
        False,
    )


@pytest.mark.parametrize("schemas", [(False,), (False, True), (True, False), (S, {"allOf": [False]})])
def test_what_can_never_hold_is_noticed_wherever_it_stands(schemas: Any) -> None:
    assert take_apart({}, schemas).never
    assert not take_apart({}, (True, S)).never


def test_so_many_schemas_may_describe_one_place_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PARTS", 3)
    assert len(take_apart({}, ({"allOf": [{"a": 1}, {"b": 2}]},)).nodes) == 3
    with pytest.raises(TooComplex):
        take_apart({}, ({"allOf": [{"a": 1}, {"b": 2}, {"c": 3}]},))


def test_each_keyword_is_kept_under_its_meaning() -> None:
    one: dict[str, Any] = {
        "type": ["number", "string"],
        "x-draft4-integer": True,
        "minimum": 1,
        "exclusiveMinimum": 2,
        "maximum": 3,
        "exclusiveMaximum": 4,
        "multipleOf": 5,
        "pattern": "a",
        "format": "date",
        "enum": [1],
    }
    found = take_apart({}, (one, {"minimum": 6}))
    assert found.types == {"number", "integer", "string"}
    assert found.strict_integer
    assert (found.lower, found.upper) == ([(1, False), (2, True), (6, False)], [(3, False), (4, True)])
    assert (found.multiples, found.patterns, found.formats, found.enums) == ([5], {"a"}, {"date"}, [[1]])
    assert (found.objects, found.arrays) == ([], [])
    for keyword in ("properties", "patternProperties", "additionalProperties", "unevaluatedProperties"):
        assert len(take_apart({}, ({keyword: {}},)).objects) == 1
    for keyword in ("prefixItems", "items", "unevaluatedItems", "contains"):
        assert len(take_apart({}, ({keyword: {}},)).arrays) == 1
    assert [
        keyword for _, keyword in take_apart({}, ({"oneOf": [S]}, {"anyOf": [S]}, {"if": S})).choices
    ] == [
        "oneOf",
        "anyOf",
        "if",
    ]


def test_a_pattern_matches_anywhere() -> None:
    assert [matches("^a", "ab"), matches("b", "ab"), matches("^b", "ab")] == [True, True, False]


@pytest.mark.parametrize(
    ("schema", "name", "found"),
    [
        ({"properties": {"a": S}}, "a", (S,)),
        ({"properties": {"a": S}}, "b", ()),
        ({"properties": {"a": S}, "additionalProperties": INT}, "a", (S,)),
        ({"properties": {"a": S}, "additionalProperties": INT}, "b", (INT,)),
        ({"properties": {"a": S}, "patternProperties": {"^a": N}}, "a", (S, N)),
        ({"patternProperties": {"^a": N}, "additionalProperties": INT}, "ab", (N,)),
        ({"patternProperties": {"^a": N}, "additionalProperties": INT}, "b", (INT,)),
        ({"properties": {"a": S}, "unevaluatedProperties": False}, "a", (S,)),
        ({"properties": {"a": S}, "unevaluatedProperties": False}, "b", (False,)),
        ({"patternProperties": {"^a": S}, "unevaluatedProperties": False}, "ab", (S,)),
        ({"patternProperties": {"^a": S}, "unevaluatedProperties": False}, "b", (False,)),
        ({"additionalProperties": INT, "unevaluatedProperties": False}, "b", (INT,)),
        ({"properties": {}, "anyOf": [{"properties": {"b": S}}], "unevaluatedProperties": False}, "b", ()),
        ({"properties": {}, "anyOf": [{"additionalProperties": S}], "unevaluatedProperties": False}, "z", ()),
        (
            {"properties": {}, "anyOf": [{"unevaluatedProperties": S}], "unevaluatedProperties": False},
            "z",
            (),
        ),
        (
            {"properties": {}, "anyOf": [{"additionalProperties": False}], "unevaluatedProperties": False},
            "z",
            (False,),
        ),
        ({"properties": {}, "$ref": "#/$defs/n", "unevaluatedProperties": False}, "c", (N,)),
        ({"properties": {}, "$ref": "#/$defs/n", "unevaluatedProperties": False}, "d", (False,)),
    ],
)
def test_a_member_is_described_by_every_schema_that_is_about_its_name(
    schema: Any, name: str, found: Any
) -> None:
    assert member_schemas(take_apart({"n": {"properties": {"c": N}}}, (schema,)), name) == found


def test_what_is_declared_beside_a_closed_schema_is_its_names_its_patterns_or_anything() -> None:
    node: dict[str, Any] = {
        "properties": {"a": S},
        "patternProperties": {"^x": S},
        "unevaluatedProperties": False,
        "allOf": [{"properties": {"b": S}}, True, {"patternProperties": {"^y": S}}],
    }
    parts = take_apart({}, (node,))
    assert declared_beside(node, parts) == ({"a", "b"}, {"^x", "^y"}, False)
    assert declared_beside({**node, "additionalProperties": S}, parts)[2] is True
    assert declared_beside({**node, "additionalProperties": False}, parts)[2] is False


def test_the_values_are_those_of_the_shortest_enum_with_an_allowed_type() -> None:
    assert values_of(take_apart({}, (S,))) is None
    assert values_of(take_apart({}, ({"enum": [1, 2, "a"]}, {"enum": ["a", 1]}))) == ["a", 1]
    assert values_of(take_apart({}, ({"enum": [1, "a", 1.5], "type": "string"},))) == ["a"]
    parts = take_apart({}, ({"enum": []},))
    assert values_of(parts) == values_of(parts) == []


def test_the_alternatives_of_a_choice_are_conjunctions() -> None:
    assert options_of({"anyOf": [S, INT]}, "anyOf") == ((S,), (INT,))
    assert options_of({"if": S, "then": INT, "else": N}, "if") == ((S, INT), (N,))
    assert options_of({"if": S}, "if") == ((S, True), (True,))


# --- JSON values -----------------------------------------------------------------------------------


def test_the_type_of_a_value_is_json_schemas() -> None:
    values = [True, 1, 1.0, 1.5, "a", [], {}, None]
    kinds = ["boolean", "integer", "integer", "number", "string", "array", "object", "null"]
    assert [type_of(value) for value in values] == kinds
    assert types_of([1, 1.5, "a"]) == ["number", "string"]
    assert types_of(["a", 1]) == ["integer", "string"]


def test_values_are_equal_as_json_schema_says() -> None:
    assert key_of(1) == key_of(1.0) != key_of(True)
    assert key_of({"a": 1, "b": [2]}) == key_of({"b": [2.0], "a": 1})


@pytest.mark.parametrize(
    ("value", "has"),
    [
        (1.0, True),
        (1.5, False),
        (1, False),
        ([1, [2.0]], True),
        ({"a": {"b": 3.0}}, True),
        ({"a": 1}, False),
        ("1.0", False),
    ],
)
def test_a_whole_number_that_is_written_with_a_point_is_found_at_any_depth(value: Any, has: bool) -> None:
    assert has_integral_float(value) is has


def test_every_object_in_a_value_is_found_and_its_keywords() -> None:
    value = {"a": [{"b": 1}, [{"c": 2}]], "d": "x"}
    assert [set(each) for each in objects_in(value)] == [{"a", "d"}, {"c"}, {"b"}]
    assert mentions(value, frozenset({"c", "z"}))
    assert not mentions(value, frozenset({"x", "z"}))


# --- places ----------------------------------------------------------------------------------------


def test_a_place_names_its_value_in_an_event_or_says_that_there_is_none() -> None:
    below = TOP.below((S,), "a/b").below((S, INT), 1)
    assert (below.pointer, below.depth, below.holder_key) == ("/a~1b/1", 2, (id(S), id(INT)))
    assert below.value_in({"a/b": [1, 2]}) == 2
    events: list[Any] = [{"a/b": [1]}, {"a/b": {"1": 2}}, {}, [], {"a/b": []}, 7]
    for event in events:
        assert below.value_in(event) is MISSING
    assert TOP.value_in(7) == 7
    assert TOP.below((), "x").value_in({"x": None}) is None
    assert Gap("r", below, (), True).pointer == "/a~1b/1"
    assert Gap("r", TOP, (), True, "required", "a~b").pointer == "/a~0b"


# --- members ---------------------------------------------------------------------------------------

NODE: dict[str, Any] = {
    "properties": {"a": S},
    "patternProperties": {"^x": INT},
    "additionalProperties": N,
    "unevaluatedProperties": False,
    "prefixItems": [S],
    "items": INT,
    "contains": N,
    "required": ["a", "r"],
    "dependentRequired": {"a": ["d"]},
}


def test_members_and_elements_are_all_schemas_below_and_only_the_declared_ones_of_its_own() -> None:
    assert list(members(NODE, False)) == [INT, S, N, False]
    assert list(members(NODE, True)) == [INT, S]
    assert list(elements(NODE, False)) == [S, INT, N]
    assert list(elements(NODE, True)) == []
    assert list(by_name("a")(NODE, False)) == [INT, S]
    assert list(by_name("b")(NODE, False)) == [INT, N, False]
    assert list(by_name("a")(NODE, True)) == [INT]
    assert list(by_name("a")({}, False)) == list(members({}, False)) == list(elements({}, False)) == []


def test_a_name_that_is_needed_counts_as_named() -> None:
    assert list(needed(NODE)) == ["a", "r", "d"]
    assert list(named(NODE)) == ["a", "a", "r", "d"]
    nodes: list[dict[str, Any]] = [{"properties": {}}, {"patternProperties": {}}, {"items": S}]
    assert [declares(node) for node in nodes] == [
        True,
        True,
        False,
    ]
    assert types_allowed({}) == ["object"]
    assert types_allowed({"type": "string"}) == ["string"]
    assert types_allowed({"type": ["string", "null"]}) == ["string", "null"]


def test_what_is_needed_and_not_declared_is_one_member_more() -> None:
    one, other = Member({"required": ["a", "b"]}), Member({"properties": {"a": S}, "required": ["c"]})
    assert undeclared_needs([one, other], [other]) == [Member({"properties": {"b": True, "c": True}})]
    assert undeclared_needs([Member({"required": ["a"]})], [other]) == []


def test_members_of_different_branches_of_one_choice_exclude_each_other() -> None:
    def member(*tags: tuple[int, int]) -> Member:
        return Member({}, frozenset(tags))

    assert member((1, 0)).excludes(member((1, 1)))
    assert not member((1, 0)).excludes(member((1, 0)))
    assert not member((1, 0)).excludes(member((2, 1)))
    assert not member().excludes(member((1, 1)))
    assert member((1, 0), (2, 0)).excludes(member((1, 0), (2, 1)))
    assert Member({}).test is False
