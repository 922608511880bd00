"""The result of one comparison: breaks with pointers, bumps, unusable input, references, drafts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.schemas.compatibility.compare import Comparer, compare
from bridge.schemas.compatibility.verdict import Bump, Comparison, Mode, Policy, Verdict

TEXT = {"type": "string"}
BASE = "https://example.com/schemas/"


def full(old: Any, new: Any, policy: Policy = Policy.VIEWS, **more: Any) -> Comparison:
    return compare(old, new, mode=Mode.FULL_TRANSITIVE, policy=policy, **more)


def thing(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def test_a_break_has_pointers_into_both_documents() -> None:
    old = thing(user=thing(name=TEXT))
    new = thing(user=thing(name={"type": "string", "maxLength": 3}))
    (found,) = full(old, new).breaks
    assert found.rule == "max-length-lowered"
    assert found.old_pointer == "/properties/user/properties/name"
    assert found.new_pointer == "/properties/user/properties/name/maxLength"
    assert (found.direction, found.produced_by, found.bump) == ("backward", "old", Bump.MAJOR)
    assert found.example == {"user": {"name": "xxxx"}}
    assert "/user/name" in found.message
    assert found.hint


def test_every_break_is_reported_not_only_the_first() -> None:
    old = thing(a=TEXT, b={"enum": ["x", "y"]}, c={"type": "integer"})
    new = {
        **thing(a={"type": "integer"}, b={"enum": ["x"]}, c={"type": "integer", "minimum": 1}),
        "required": ["c"],
    }
    rules = {(each.rule, each.direction) for each in full(old, new).breaks}
    assert rules == {
        ("type-changed", "backward"),
        ("type-changed", "forward"),
        ("enum-value-removed", "backward"),
        ("minimum-raised", "backward"),
        ("required-added", "backward"),
    }


def test_a_mode_checks_only_its_directions_and_the_bump_is_the_same() -> None:
    old, new = thing(a=TEXT), {**thing(a=TEXT), "required": ["a"]}
    found = {mode: compare(old, new, mode=mode, policy=Policy.VIEWS) for mode in Mode}
    assert {mode for mode, each in found.items() if each.verdict is Verdict.INCOMPATIBLE} == {
        Mode.BACKWARD, Mode.BACKWARD_TRANSITIVE, Mode.FULL, Mode.FULL_TRANSITIVE,
    }  # fmt: skip
    assert {each.bump for each in found.values()} == {Bump.MAJOR}
    assert found[Mode.NONE].breaks == found[Mode.FORWARD].breaks == ()


@pytest.mark.parametrize(
    ("new", "bump"),
    [
        (thing(a={"type": "integer"}), Bump.NONE),
        ({"properties": {"a": {"type": "integer"}}, "type": "object"}, Bump.NONE),
        ({**thing(a={"type": "integer", "description": "how many"}), "title": "T"}, Bump.PATCH),
        ({**thing(a={"$ref": "#/$defs/a"}), "$defs": {"a": {"type": "integer"}}}, Bump.MINOR),
        (thing(a={"type": "integer"}, b=TEXT), Bump.MINOR),
        (thing(a={"type": "number"}), Bump.MAJOR),
    ],
)
def test_the_bump_is_the_smallest_correct_one(new: Any, bump: Bump) -> None:
    assert full(thing(a={"type": "integer"}), new).bump is bump


def test_true_is_not_one() -> None:
    assert full(thing(a={"const": True}), thing(a={"const": 1})).verdict is Verdict.INCOMPATIBLE
    assert full(thing(a={"enum": [[1]]}), thing(a={"enum": [[True]]})).verdict is Verdict.INCOMPATIBLE
    assert full(thing(a={"const": 1}), thing(a={"const": 1.0})).verdict is Verdict.COMPATIBLE


def test_a_member_declared_twice_may_contain_what_either_schema_declares() -> None:
    """Both branches of allOf describe ``user``: the closed reading allows the members of both."""
    old = {"allOf": [thing(user=thing(x=TEXT)), thing(user=thing(y={"type": "integer"}))]}
    assert full(old, old).verdict is Verdict.COMPATIBLE
    tighter = {"allOf": [thing(user=thing(x=TEXT)), thing(user=thing(y={"type": "integer", "maximum": 1}))]}
    (found,) = full(old, tighter).breaks
    assert found.example == {"user": {"y": 2}}


def test_a_member_that_is_required_but_not_declared_may_be_sent() -> None:
    old = {**thing(a=TEXT), "required": ["id"]}
    (found,) = full(old, {**thing(a=TEXT, id={"type": "integer"}), "required": ["id"]}).breaks
    assert set(found.example) == {"id"}


def test_alternatives_that_differ_only_by_being_closed_are_compatible_with_themselves() -> None:
    """Opened, both branches would match the same event, so the branches as written are kept beside them."""
    one = {**thing(a=TEXT), "required": ["a"], "additionalProperties": False}
    both = {**thing(a=TEXT, b=TEXT), "required": ["a", "b"], "additionalProperties": False}
    old = {"oneOf": [one, both]}
    new = {**old, "minProperties": 1}
    assert full(old, new).verdict is Verdict.COMPATIBLE


def test_a_producer_that_can_send_nothing_proves_nothing() -> None:
    old = {**thing(a=TEXT), "minProperties": 2}
    result = full(old, {**thing(a={"type": "integer"}), "minProperties": 2})
    assert result.verdict is Verdict.UNPROVEN
    assert {each.reason for each in result.unproven} == {"nothing-is-sent"}


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (None, "neither an object nor"),
        ("text", "neither an object nor"),
        ([], "neither an object nor"),
        ({"type": "objekt"}, "/type"),
        (thing(a={"minimum": "1"}), "/properties/a/minimum"),
        (thing(a={"pattern": "("}), "/properties/a/pattern"),
        ({"$schema": "https://example.com/own"}, "/$schema"),
        ({"minimum": float("nan")}, "is not JSON"),
        ({"enum": ["\ud800"]}, "is not JSON"),
        ({"$ref": "#/$defs/missing"}, "leads nowhere"),
        ({"$ref": "#"}, "leads back to itself"),
        (thing(a={"$ref": "https://example.com/other.json"}), "/properties/a/$ref"),
        (thing(a={"$ref": "https://example.com/other.json"}), "never fetched"),
        ({"$ref": "http://[bad"}, "not a URI"),
        ({"$schema": "http://json-schema.org/draft-04/schema#", "exclusiveMinimum": 1}, "minimum"),
    ],
)
def test_unusable_input_is_reported_with_its_place(document: Any, problem: str) -> None:
    for result, side in ((full(document, {}), "old"), (full({}, document), "new")):
        assert result.verdict is Verdict.INVALID
        assert result.problem.startswith(f"{side}: ")
        assert problem in result.problem


def test_references_to_other_documents_of_the_folder_are_followed() -> None:
    documents = {
        BASE + "common/1.0.0.json": {"$id": BASE + "common/1.0.0.json", "$defs": {"name": {"maxLength": 5}}},
        BASE + "common/1.1.0.json": {"$id": BASE + "common/1.1.0.json", "$defs": {"name": {"maxLength": 4}}},
    }

    def using(version: str) -> dict[str, Any]:
        return {
            "$id": f"{BASE}user/{version}.json",
            **thing(name={"$ref": f"../common/{version}.json#/$defs/name", "type": "string"}),
        }

    (found,) = full(using("1.0.0"), using("1.1.0"), documents=documents).breaks
    assert found.example == {"name": "xxxxx"}
    assert found.new_pointer == f"{BASE}common/1.1.0.json#/$defs/name/maxLength"
    assert full(using("1.0.0"), using("1.0.0"), documents=documents).bump is Bump.NONE


def test_other_documents_without_references_to_them_are_not_checked() -> None:
    own = {"$id": BASE + "user/1.0.0.json", **thing(a={"$ref": "../common.json", "maxLength": 3})}
    documents = {
        BASE + "user/1.0.0.json": own,
        BASE + "common.json": {"$id": BASE + "common.json", "type": "string"},
        BASE + "broken.json": {"type": "objekt", "pattern": "("},
        "not a uri": {"$schema": "https://example.com/unknown"},
    }
    new = {**own, **thing(a={"$ref": "../common.json", "maxLength": 2})}
    (found,) = full(own, new, documents=documents).breaks
    assert found.example == {"a": "xxx"}


def test_anchors_and_ids_inside_a_document_are_followed() -> None:
    parts = {"p": {"$anchor": "part", "type": "string"}, "q": {"$id": "inner.json", "type": "integer"}}
    using = thing(a={"$ref": "#part"}, b={"$ref": "inner.json"})
    old = {"$id": BASE + "a.json", **using, "$defs": parts}
    assert full(old, thing(a=TEXT, b={"type": "integer"})).verdict is Verdict.COMPATIBLE
    assert full(old, thing(a=TEXT, b=TEXT)).verdict is Verdict.INCOMPATIBLE


def test_a_dynamic_reference_with_several_targets_is_unproven() -> None:
    old = {
        "$ref": "#/$defs/list",
        "$defs": {
            "list": {
                "$id": "list.json",
                "type": "array",
                "items": {"$dynamicRef": "#item"},
                "$defs": {"i": {"$dynamicAnchor": "item"}},
            },
            "own": {"$dynamicAnchor": "item", "type": "string"},
        },
    }
    result = full(old, {**old, "minItems": 0})
    assert {each.reason for each in result.unproven} == {"dynamic-reference"}


def test_in_draft_4_a_float_is_not_an_integer() -> None:
    draft4 = {"$schema": "http://json-schema.org/draft-04/schema#", **thing(a={"type": "integer"})}
    forward = compare(draft4, thing(a={"type": "integer"}), mode=Mode.FORWARD, policy=Policy.STRICT)
    assert (forward.verdict, forward.breaks[0].example) == (Verdict.INCOMPATIBLE, {"a": 0.0})
    assert compare(draft4, thing(a={"type": "integer"}), mode=Mode.BACKWARD, policy=Policy.VIEWS).verdict is (
        Verdict.COMPATIBLE
    )


def test_a_pattern_that_cannot_be_compared_is_unproven() -> None:
    old, new = (
        thing(a={"type": "string", "pattern": r"^(a|b)\1+$"}),
        thing(a={"type": "string", "pattern": r"^(a|b)\1{1,}$"}),
    )
    result = full(old, new)
    assert result.verdict is Verdict.UNPROVEN
    assert result.bump is Bump.MAJOR
    assert {each.reason for each in result.unproven} == {"undecided"}
    assert result.unproven[0].new_pointer == "/properties/a/pattern"


def test_many_pairs_in_one_process_do_not_affect_each_other() -> None:
    """The definitions of all documents are in one namespace while a pair is compared."""
    comparer = Comparer()

    def named(schema: Any) -> dict[str, Any]:
        return {**thing(a={"$ref": "#/$defs/x"}), "$defs": {"x": schema}}

    documents = [named(TEXT), named({"type": "integer"}), named(thing(b={"$ref": "#/$defs/x"}))]
    for old in documents:
        for new in documents:
            found = comparer.compare(old, new, mode=Mode.FULL, policy=Policy.VIEWS)
            assert found == full(old, new) or found.verdict is full(old, new).verdict
            assert (found.verdict is Verdict.COMPATIBLE) == (old is new)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "properties", "items", "$ref", "$id", "enum", "not", "allOf", "required", "a"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(json_values, json_values)
def test_no_input_makes_compare_raise(old: Any, new: Any) -> None:
    result = full(old, new)
    assert (result.verdict is Verdict.INVALID) == bool(result.problem)


def test_a_reference_that_leads_back_to_itself_at_the_same_place_is_refused() -> None:
    """Only a place further down in the event may be assumed in a proof."""
    node = {"anyOf": [{"$ref": "#/$defs/n"}, {"type": "string"}]}
    found = full(thing(a=TEXT), {**thing(a={"$ref": "#/$defs/n"}), "$defs": {"n": node}})
    assert found.verdict == Verdict.INVALID
    assert "leads back to itself" in found.problem
