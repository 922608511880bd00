"""A key has one reading by a template, and its parts build the same key again."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.entities.overlap import overlap
from bridge.core.entities.template import KeyTemplate, TemplateError, compile_key, compile_value


def typed(**texts: str) -> dict[str, dict[str, Any]]:
    return {name: {"S": text} for name, text in texts.items()}


@pytest.mark.parametrize(
    ("template", "value", "parts"),
    [
        ("USER#{userId}", "USER#1", {"userId": "1"}),
        ("USER#{userId}", "USER#", None),
        ("USER#{userId}", "ORDER#1", None),
        ("USER#{userId}", "USER#a#b", {"userId": "a#b"}),
        ("{a}#{b}", "x#y#z", {"a": "x", "b": "y#z"}),
        ("{a}#{b}", "#y", None),
        ("{a}#{b}", "x#", None),
        ("{a}#END", "x#END", {"a": "x"}),
        ("{a}#END", "x#END#END", None),
        ("{a}##{b}", "1###y", {"a": "1", "b": "#y"}),
        ("PROFILE", "PROFILE", {}),
        ("PROFILE", "PROFILES", None),
        ("{{{a}}}", "{x}", {"a": "x"}),
        ("a{{b}}c#{d}", "a{b}c#x", {"d": "x"}),
    ],
)
def test_a_value_has_one_reading_or_none(template: str, value: str, parts: dict[str, str] | None) -> None:
    compiled = compile_value(template)
    assert compiled.parse(value) == parts
    if parts is not None:
        assert compiled.build(parts) == value


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("{a}{b}", "run together"),
        ("{a}#{a}", "is twice"),
        ("{}", "names no part"),
        ("{a b}", "names no part"),
        ("{a", "write {{"),
        ("a}", "write {{"),
        ("", "not empty"),
    ],
)
def test_a_template_with_two_readings_is_refused(template: str, problem: str) -> None:
    with pytest.raises(TemplateError) as caught:
        compile_key({"PK": template})
    assert problem in f"{caught.value.message} {caught.value.suggestion}"
    assert caught.value.attribute == "PK"


def test_a_part_that_holds_the_text_that_ends_it_builds_no_key() -> None:
    with pytest.raises(ValueError, match="ends it"):
        compile_value("{a}#{b}").build({"a": "x#", "b": "y"})


def test_numbers_and_binary_values_match_a_bare_part_alone_and_keep_their_type() -> None:
    key = {"PK": {"S": "DEVICE#7"}, "at": {"N": "12"}}
    bare = compile_key({"PK": "DEVICE#{device}", "at": "{at}"})
    assert bare.parse(key) == {"device": "7", "at": "12"}
    assert bare.typed({"device": "7", "at": "12"}, key) == {"device": {"S": "7"}, "at": {"N": "12"}}
    assert compile_key({"PK": "DEVICE#{device}", "at": "1{at}"}).parse(key) is None
    assert bare.parse({"PK": {"S": "DEVICE#7"}, "at": {"B": b"\x00"}}) == {"device": "7", "at": "AA=="}


@pytest.mark.parametrize(
    "key", [typed(PK="USER#1"), typed(PK="USER#1", SK="P", x="y"), typed(PK="USER#1", X="P")]
)
def test_a_key_with_other_attributes_is_not_of_the_entity(key: Any) -> None:
    assert compile_key({"PK": "USER#{userId}", "SK": "P"}).parse(key) is None


def test_a_name_in_two_attributes_has_one_value() -> None:
    template = compile_key({"PK": "NODE#{id}", "SK": "NODE#{id}"})
    assert template.parse(typed(PK="NODE#1", SK="NODE#1")) == {"id": "1"}
    assert template.parse(typed(PK="NODE#1", SK="NODE#2")) is None
    assert template.names == ("id",)


@st.composite
def templates(draw: st.DrawFn) -> str:
    pieces = draw(st.lists(st.sampled_from(["#", "a", "a#", "##"]), min_size=0, max_size=3))
    text, names = "", iter("wxyz")
    for piece in pieces:
        if draw(st.booleans()):
            text += f"{{{next(names)}}}"
        text += piece
    if not text or draw(st.booleans()):
        text += f"{{{next(names)}}}"
    return text


@given(templates(), st.text("a#b", max_size=8))
def test_what_is_parsed_builds_the_same_value(template: str, value: str) -> None:
    compiled = compile_value(template)
    parts = compiled.parse(value)
    if parts is not None:
        assert compiled.build(parts) == value


@given(templates(), st.data())
def test_what_is_built_parses_to_the_same_parts(template: str, data: st.DataObject) -> None:
    compiled = compile_key({"PK": template})
    parts = {name: data.draw(st.text("ab#", min_size=1, max_size=3)) for name in compiled.names}
    try:
        key = compiled.build(parts)
    except ValueError:
        return
    assert compiled.parse(typed(**key)) == parts


_VALUES = [""]
for _size in range(1, 7):
    _VALUES += [value + letter for value in _VALUES if len(value) == _size - 1 for letter in "a#z"]


def takes(template: KeyTemplate, text: str) -> bool:
    return template.parse(typed(PK=text)) is not None


@given(templates(), templates())
def test_an_overlap_is_a_key_that_both_take_and_none_is_overlooked(one: str, other: str) -> None:
    left, right = compile_key({"PK": one}), compile_key({"PK": other})
    found = overlap(left, right)
    if found is not None:
        assert left.parse(typed(**found)) is not None
        assert right.parse(typed(**found)) is not None
    else:
        both = [
            v for v in _VALUES if left.parse(typed(PK=v)) is not None and right.parse(typed(PK=v)) is not None
        ]
        assert both == []


@pytest.mark.parametrize(
    ("one", "other", "overlaps"),
    [
        ({"PK": "USER#{u}", "SK": "PROFILE"}, {"PK": "USER#{u}", "SK": "ORDER#{o}"}, False),
        ({"PK": "USER#{u}", "SK": "PROFILE"}, {"PK": "USER#{u}", "SK": "{sort}"}, True),
        ({"PK": "NODE#{a}", "SK": "NODE#{a}"}, {"PK": "NODE#{a}", "SK": "NODE#{b}"}, True),
        ({"PK": "NODE#{a}", "SK": "{a}"}, {"PK": "{b}", "SK": "EDGE#{c}"}, True),
        ({"PK": "T#{t}", "SK": "A"}, {"PK": "T#{t}", "SK": "B"}, False),
        ({"PK": "{a}", "SK": "{a}"}, {"PK": "X", "SK": "Y"}, False),
    ],
)
def test_templates_that_take_a_common_key_are_found(
    one: dict[str, str], other: dict[str, str], overlaps: bool
) -> None:
    left, right = compile_key(one), compile_key(other)
    assert (overlap(left, right) is not None) == overlaps
    assert (overlap(right, left) is not None) == overlaps
    assert isinstance(left, KeyTemplate)


def test_a_template_overlaps_with_itself() -> None:
    template = compile_key({"PK": "USER#{u}", "SK": "PROFILE"})
    assert overlap(template, template) == {"PK": "USER#a", "SK": "PROFILE"}


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("{a}ab{b}", "xab{c}", "xaba"),
        ("{a}ab{b}", "xxab{c}", "xxaba"),
        ("{a}aab{b}", "xaaab{c}", "xaaaba"),
        ("{a}ab{b}", "{c}ba", None),
        ("{a}ab", "{c}ba", None),
        ("ab{a}", "ab", None),
    ],
)
def test_a_separator_of_several_letters_is_found_wherever_it_ends(
    one: str, other: str, shared: str | None
) -> None:
    left, right = compile_key({"PK": one}), compile_key({"PK": other})
    found = overlap(left, right)
    if shared is None:
        assert found is None or (left.parse(typed(**found)) and right.parse(typed(**found)))
    else:
        assert left.parse(typed(PK=shared)) is not None
        assert right.parse(typed(PK=shared)) is not None
        assert found is not None
