"""Every difference between two schemas has a sentence, and equal schemas have none."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.schemas.evolution.changes import find_changes

TEXT = {"type": "string"}


def of(**members: Any) -> dict[str, Any]:
    return {"$id": "x", "type": "object", "properties": members}


def card(**members: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"by": {"const": "card"}, **members}}


def cash(**members: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"by": {"const": "cash"}, **members}}


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
        ["`a`: `x-note` was 1, is 2"],
    ),
    "deprecated": (of(a=TEXT), of(a={**TEXT, "deprecated": True}), ["`a` is deprecated now"]),
    "no longer deprecated": (
        of(a={**TEXT, "deprecated": True}),
        of(a={**TEXT, "deprecated": False}),
        ["`a` is no longer deprecated"],
    ),
    "the whole deprecated": (of(), {**of(), "deprecated": True}, ["the schema is deprecated now"]),
    "a default": (of(a=TEXT), of(a={**TEXT, "default": "x"}), ['`a` has the default "x" now']),
    "another default": (
        of(a={**TEXT, "default": "x"}),
        of(a={**TEXT, "default": "y"}),
        ['`a` has the default "y" now; it was "x"'],
    ),
    "no default": (
        of(a={**TEXT, "default": 1}),
        of(a=TEXT),
        ["`a` no longer has a default; it was 1"],
    ),
    "a variant of the elements": (
        of(a={"type": "array", "items": {"oneOf": [card(n={"type": "integer"}), cash()]}}),
        of(a={"type": "array", "items": {"oneOf": [cash(), card(n={"type": "integer", "minimum": 1})]}}),
        ['`a[].n` in variant "card" was integer, is integer, >= 1'],
    ),
    "a new variant": (
        of(a={"oneOf": [cash()]}),
        of(a={"oneOf": [cash(), card()]}),
        ['`a` has a new variant "card": object'],
    ),
    "a lost variant": (
        of(a={"anyOf": [cash(), card()]}),
        of(a={"anyOf": [card()]}),
        ['`a` no longer has the variant "cash"'],
    ),
    "a variant behind a reference": (
        {**of(a={"oneOf": [{"$ref": "#/$defs/cash"}]}), "$defs": {"cash": cash(n=TEXT)}},
        {**of(a={"oneOf": [{"$ref": "#/$defs/cash"}]}), "$defs": {"cash": cash()}},
        ["`a.n` in variant `cash` was removed; it was optional, string"],
    ),
    "a limit beside a constant": (
        of(a={"enum": ["x"], "minLength": 1}),
        of(a={"enum": ["x"], "minLength": 2}),
        ["`a`: `minLength` was 1, is 2"],
    ),
    "what other members must be": (
        of(a={"type": "object", "additionalProperties": TEXT}),
        of(a={"type": "object", "additionalProperties": {"type": "integer"}}),
        ["`a` in `additionalProperties` was string, is integer"],
    ),
    "a place in a tuple": (
        of(a={"type": "array", "prefixItems": [TEXT]}),
        of(a={"type": "array", "prefixItems": [{"type": "integer"}, TEXT]}),
        ["`a[0]` was string, is integer", "`a[1]` is new"],
    ),
    "required but not declared": (of(), {**of(), "required": ["z"]}, ["`z` is required now"]),
    "a condition": (
        of(a={"if": {"const": 1}, "then": {"minimum": 1}}),
        of(a={"if": {"const": 1}, "then": {"minimum": 2}}),
        ["`a` in `then` was anything, >= 1, is anything, >= 2"],
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


KEYWORDS = {
    "deprecated": True, "default": 7, "minLength": 3, "x-note": 1, "x-extensible-enum": True, "title": "T",
    "format": "date", "uniqueItems": True, "const": 7, "enum": [7], "required": ["q"], "minimum": 7,
    "patternProperties": {"^q": False}, "not": {"const": 7}, "contains": True, "examples": [7],
}  # fmt: skip


def places(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict) and "$ref" not in schema:
        yield schema
        for name in ("items", "not", "then", "additionalProperties"):
            yield from places(schema.get(name))
        for name in ("oneOf", "anyOf", "allOf", "prefixItems"):
            for each in schema.get(name, ()):
                yield from places(each)
        for name in ("properties", "patternProperties"):
            for each in schema.get(name, {}).values():
                yield from places(each)


BIG = of(
    a={"type": "array", "items": {"oneOf": [card(n=TEXT), cash(), TEXT]}},
    b={"anyOf": [of(c=TEXT), {"type": "array", "prefixItems": [TEXT, of(d={"type": "integer"})]}]},
    e={"type": "object", "patternProperties": {"^x": of(f=TEXT)}, "additionalProperties": of(g=TEXT)},
    h={"allOf": [of(i=TEXT), {"if": True, "then": of(j=TEXT)}], "not": of(k=TEXT)},
)


@pytest.mark.parametrize("keyword", KEYWORDS)
@pytest.mark.parametrize("index", range(sum(1 for _ in places(BIG))))
def test_a_keyword_that_is_added_at_any_depth_has_a_sentence(keyword: str, index: int) -> None:
    new = copy.deepcopy(BIG)
    list(places(new))[index][keyword] = KEYWORDS[keyword]
    for one, other in ((BIG, new), (new, BIG)):
        found = find_changes(one, other)
        assert found
        assert "compare the files" not in found[-1].text


def test_what_no_event_depends_on_is_an_annotation() -> None:
    new = of(a={**TEXT, "deprecated": True, "default": "x", "title": "A", "x-owner": "me"})
    assert {change.kind for change in find_changes(of(a=TEXT), new)} == {"annotation"}
    grows = of(a={**TEXT, "x-extensible-enum": True})
    assert {change.kind for change in find_changes(of(a=TEXT), grows)} == {"changed"}
