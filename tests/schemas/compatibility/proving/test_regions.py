"""The members and elements of an event with the schemas of either side; what is bundled and decided."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.schemas.compatibility.proving.containment import bundle, covers, left_over, satisfiable
from bridge.schemas.compatibility.proving.parts import take_apart
from bridge.schemas.compatibility.proving.regions import (
    element_pairs,
    element_schemas,
    impossible,
    member_pairs,
)

S, INT, N = {"type": "string"}, {"type": "integer"}, {"type": "null"}
CLOSED: dict[str, Any] = {"properties": {"a": S}, "additionalProperties": False}
OPEN: dict[str, Any] = {"properties": {"a": S}}
TYPED: dict[str, Any] = {"properties": {"a": S}, "additionalProperties": INT}


def members(*producers: Any, wanted: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    return list(member_pairs(take_apart({}, producers), wanted))


@pytest.mark.parametrize(
    ("producers", "wanted", "pairs"),
    [
        ((OPEN,), {}, []),
        ((OPEN,), {"additionalProperties": True}, []),
        ((OPEN,), {"properties": {"a": INT}}, [("a", (S,), INT)]),
        ((OPEN,), {"properties": {"a": True, "b": INT}}, [("b", (True,), INT)]),
        ((TYPED,), {"properties": {"b": S}}, [("b", (INT,), S)]),
        ((CLOSED,), {"properties": {"b": S}}, []),
        ((OPEN, TYPED), {"properties": {"a": INT, "b": S}}, [("a", (S, S), INT), ("b", (INT,), S)]),
        ((OPEN, CLOSED), {"properties": {"b": S}}, []),
        # Everything else of the consumer is one kind of name.
        ((OPEN,), {"additionalProperties": False}, [("a", (S,), False), ("undeclared", (), False)]),
        ((CLOSED,), {"additionalProperties": False}, [("a", (S,), False)]),
        ((TYPED,), {"additionalProperties": S}, [("a", (S,), S), ("undeclared", (INT,), S)]),
        (
            (OPEN,),
            {"properties": {"a": INT}, "additionalProperties": N},
            [("a", (S,), INT), ("undeclared", (), N)],
        ),
        (
            (OPEN,),
            {"properties": {"undeclared": True}, "additionalProperties": N},
            [("a", (S,), N), ("undeclared2", (), N)],
        ),
        # Patterns.
        ((OPEN,), {"patternProperties": {"^a": INT}}, [("a", (S,), INT), ("a-b", (), INT)]),
        ((OPEN,), {"patternProperties": {"^a": True}}, [("a", (S,), True)]),
        (
            (OPEN,),
            {"patternProperties": {"^a": INT}, "additionalProperties": N},
            [("a", (S,), INT), ("a-b", (), INT), ("undeclared", (), N)],
        ),
        (
            ({"patternProperties": {"^b": S}},),
            {"patternProperties": {"^b": INT}},
            [("b", (S,), INT)],
        ),
        (
            ({"patternProperties": {"^b": S}, "additionalProperties": False},),
            {"additionalProperties": N},
            [("b", (S,), N)],
        ),
        (
            ({"patternProperties": {"^b": False}, "additionalProperties": False},),
            {"additionalProperties": N},
            [],
        ),
        (
            ({"patternProperties": {"^b": S}}, {"additionalProperties": INT}),
            {"patternProperties": {"^b": N}, "additionalProperties": N},
            [("undeclared", (INT,), N), ("b", (S, INT), N)],
        ),
        (
            ({"patternProperties": {"^b": S}}, {"additionalProperties": False}),
            {"additionalProperties": N},
            [],
        ),
        (
            ({"properties": {"a": S}, "unevaluatedProperties": False},),
            {"additionalProperties": N},
            [("a", (S,), N)],
        ),
        (
            ({"patternProperties": {"^b": S}, "unevaluatedProperties": False},),
            {"additionalProperties": N},
            [("b", (S,), N)],
        ),
        (
            (
                {
                    "properties": {"a": S},
                    "anyOf": [{"additionalProperties": INT}],
                    "unevaluatedProperties": False,
                },
            ),
            {"additionalProperties": N},
            [("a", (S,), N), ("undeclared", (), N)],
        ),
    ],
)
def test_each_name_that_may_be_sent_meets_the_consumers_schema_for_it(
    producers: Any, wanted: dict[str, Any], pairs: Any
) -> None:
    assert members(*producers, wanted=wanted) == pairs


@pytest.mark.parametrize(
    ("producers", "wanted", "pairs"),
    [
        (({"items": S},), {}, []),
        (({"items": S},), {"items": True}, []),
        (({"items": S},), {"items": INT}, [(0, (S,), INT)]),
        (({"items": S},), {"prefixItems": [INT], "items": N}, [(0, (S,), INT), (1, (S,), N)]),
        (({"prefixItems": [S], "items": INT},), {"items": N}, [(0, (S,), N), (1, (INT,), N)]),
        (({"prefixItems": [S], "items": False},), {"items": N}, [(0, (S,), N)]),
        (({"prefixItems": [S]}, {"items": INT}), {"items": N}, [(0, (S, INT), N), (1, (INT,), N)]),
        (({"items": S, "maxItems": 1},), {"prefixItems": [INT, N]}, [(0, (S,), INT)]),
        (({"items": S, "maxItems": 2},), {"prefixItems": [INT], "items": N}, [(0, (S,), INT), (1, (S,), N)]),
        (({"maxItems": 0},), {"items": N}, []),
        (({"contains": S},), {"prefixItems": [INT]}, [(0, (), INT), (1, (), True)]),
    ],
)
def test_each_index_that_may_be_sent_meets_the_consumers_schema_for_it(
    producers: Any, wanted: dict[str, Any], pairs: Any
) -> None:
    assert list(element_pairs(take_apart({}, producers), wanted)) == pairs


def test_an_element_is_described_by_its_place_or_by_the_schema_of_the_rest() -> None:
    parts = take_apart({}, ({"prefixItems": [S], "items": INT}, {"items": N}, {"prefixItems": [N, N]}))
    assert element_schemas(parts, 0) == (S, N, N)
    assert element_schemas(parts, 1) == (INT, N, N)
    assert element_schemas(parts, 2) == (INT, N)


@pytest.mark.parametrize(
    ("schemas", "nothing"),
    [
        ((False,), True),
        ((S, INT), True),
        ((S,), False),
        (({"enum": []},), True),
        (({"enum": [1], "type": "string"},), True),
        (({"enum": [1, 2]}, {"enum": [2, 3]}), False),
        (({"enum": [1, 2]}, {"enum": [3]}), True),
        (({"enum": [1, 2]}, {"enum": [2, 3]}, {"enum": [1, 3]}), True),
        (
            (
                {"type": "object", "required": ["a"], "properties": {"a": S}},
                {"properties": {"a": INT}},
            ),
            True,
        ),
        (({"type": "object", "properties": {"a": S}}, {"properties": {"a": INT}}), False),
        (({"required": ["a"], "properties": {"a": S}}, {"properties": {"a": INT}}), False),
        (({"type": "object", "required": ["a", "b"], "maxProperties": 1, "properties": {}}, OPEN), True),
        (({"type": "object", "required": ["a", "b"], "maxProperties": 2, "properties": {}}, OPEN), False),
        (
            (
                {"type": "object", "required": ["x", "a"], "properties": {"x": S}},
                {"properties": {"a": False}},
            ),
            True,
        ),
    ],
)
def test_what_nothing_satisfies_is_seen_by_a_quick_check(schemas: Any, nothing: bool) -> None:
    assert impossible(take_apart({}, schemas)) is nothing


# --- documents for the canonical form --------------------------------------------------------------


def test_a_bundle_has_all_schemas_and_the_definitions_that_they_reach() -> None:
    defs: dict[str, Any] = {"a": {"items": {"$ref": "#/$defs/b"}}, "b": S, "c": INT}
    ref: dict[str, Any] = {"$ref": "#/$defs/a"}
    assert bundle((S,), defs) == S
    assert bundle((S, INT), defs) == {"allOf": [S, INT]}
    assert bundle((True,), defs) == {"allOf": [True]}
    assert bundle((ref,), defs) == {**ref, "$defs": {"a": defs["a"], "b": S}}
    assert bundle(({"properties": {"$ref": S}},), defs) == {"properties": {"$ref": S}}


def test_containment_is_decided_or_not() -> None:
    assert covers({"type": ["string", "null"]}, S) is True
    assert covers(S, {"type": ["string", "null"]}) is False
    assert covers({"type": "nonsense"}, S) is None
    assert covers(S, {"type": "nonsense"}) is None
    assert satisfiable(S) is True
    assert satisfiable({"allOf": [S, INT]}) is False
    assert satisfiable({"type": "nonsense"}) is None


def test_what_is_left_over_is_a_schema_of_what_one_side_refuses() -> None:
    left = left_over({"type": ["string", "null"]}, S)
    assert left is not None
    assert covers({"type": "null"}, left) is True
    assert left_over({"type": "nonsense"}, S) is None
    assert left_over(S, {"type": "nonsense"}) is None
