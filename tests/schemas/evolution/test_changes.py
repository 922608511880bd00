"""Every difference between two schemas has a sentence, and equal schemas have none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.schemas.evolution.changes import find_changes

TEXT = {"type": "string"}


def of(**members: Any) -> dict[str, Any]:
    return {"$id": "x", "type": "object", "properties": members}


CASES: dict[str, tuple[Any, Any, list[str]]] = {
    "the $id alone": (of(), {**of(), "$id": "y"}, []),
    "added": (of(), of(a=TEXT), ["`a` is new: optional, string"]),
    "removed": (of(a=TEXT), of(), ["`a` was removed; it was optional, string"]),
    "required": (of(a=TEXT), {**of(a=TEXT), "required": ["a"]}, ["`a` is required now"]),
    "optional": ({**of(a=TEXT), "required": ["a"]}, of(a=TEXT), ["`a` is optional now"]),
    "another type": (of(a=TEXT), of(a={"type": "integer"}), ["`a` was string, is integer"]),
    "enum": (
        of(a={"enum": ["x", "y"]}),
        of(a={"enum": ["y", "z"]}),
        ['`a` now also takes "z" and no longer takes "x"'],
    ),
    "nested": (of(a=of()), of(a=of(b=TEXT)), ["`a.b` is new: optional, string"]),
    "elements": (
        of(a={"type": "array", "items": of(b=TEXT)}),
        of(a={"type": "array", "items": of()}),
        ["`a[].b` was removed; it was optional, string"],
    ),
    "a whole that came": (of(), of(a=of(b=TEXT)), ["`a` is new: optional, object"]),
    "a whole that became something else": (of(a=of(b=TEXT)), of(a=TEXT), ["`a` was object, is string"]),
    "words": (
        of(a={**TEXT, "description": "x"}),
        of(a={**TEXT, "description": "y"}),
        ["`a` has another description: y"],
    ),
    "words of the whole": (of(), {**of(), "title": "T"}, ["the title of the schema changed"]),
    "a rule of the whole": (of(), {**of(), "minProperties": 1}, ["`minProperties` is new: 1"]),
    "a rule inside": (
        of(a={**TEXT, "x-note": 1}),
        of(a={**TEXT, "x-note": 2}),
        ["`a` has other rules"],
    ),
    "true and false": (True, False, ["was true, is false"]),
    "by reference": (
        {**of(a={"$ref": "#/$defs/t"}), "$defs": {"t": TEXT}},
        {**of(a={"$ref": "#/$defs/t"}), "$defs": {"t": {"type": "integer"}}},
        ["`a` was string, is integer"],
    ),
    "a definition nobody reaches": (
        {**of(), "$defs": {"t": TEXT}},
        {**of(), "$defs": {"t": {"type": "integer"}}},
        ["definitions changed: `t`"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_change_becomes_a_sentence(name: str) -> None:
    old, new, sentences = CASES[name]
    assert [change.text for change in find_changes(old, new)] == sentences


def test_a_schema_that_contains_itself_is_reported_once() -> None:
    old = {**of(a={"$ref": "#"}), "required": ["a"]}
    assert [c.text for c in find_changes(old, {**old, "required": []})] == ["`a` is optional now"]


def test_the_report_of_exploding_schemas_is_bounded() -> None:
    defs: dict[str, Any] = {
        f"d{n}": {"properties": {name: {"$ref": f"#/$defs/d{n + 1}"} for name in "ab"}} for n in range(40)
    }
    defs["loop"] = {"anyOf": [{"$ref": "#/$defs/loop"}, {"oneOf": [{"$ref": "#/$defs/loop"}] * 9}] * 9}
    old = {**of(a={"$ref": "#/$defs/d0"}, b={"$ref": "#/$defs/loop"}), "$defs": defs}
    assert [c.text for c in find_changes(old, {**old, "required": ["a"]})] == ["`a` is required now"]


leaf = st.sampled_from([TEXT, {"type": "integer"}, {"enum": [1, 2]}, {"const": None}, True, {"$ref": "#"}])
schemas = st.recursive(
    leaf,
    lambda inner: st.builds(
        lambda members, extra: {"type": "object", "properties": members, **extra},
        st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
        st.dictionaries(
            st.sampled_from(["allOf", "anyOf", "items", "if"]), st.lists(inner, max_size=2), max_size=1
        ),
    ),
    max_leaves=6,
)


@given(schemas, schemas)
def test_every_difference_is_reported_and_nothing_else(old: Any, new: Any) -> None:
    assert bool(find_changes(old, new)) == (repr(old) != repr(new) and old != new)
    assert find_changes(old, old) == []
