"""A JSONPath is read as it is written, and finds exactly the values at its steps."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.core.jsonpath import ANY, JsonPathError, parse_path, step_text, walk_plain, written

DOCUMENT: dict[str, Any] = {
    "a": {"b": 1, "odd name": 2, "it's": 3, "x\\y": 4, "*": 5},
    "list": [10, 20, {"b": 30}],
    "odd name": {"b": 6},
    "_u": 7,
}


@pytest.mark.parametrize(
    ("text", "root", "steps", "found"),
    [
        ("$.a", "a", (), [DOCUMENT["a"]]),
        ("$.a.b", "a", ("b",), [1]),
        ("$['a']", "a", (), [DOCUMENT["a"]]),
        ("$['a'].b", "a", ("b",), [1]),
        ('$["a"]["b"]', "a", ("b",), [1]),
        ("$.a['odd name']", "a", ("odd name",), [2]),
        ('$.a["odd name"]', "a", ("odd name",), [2]),
        (r"$.a['it\'s']", "a", ("it's",), [3]),
        ('$.a["it\'s"]', "a", ("it's",), [3]),
        (r"$.a['x\\y']", "a", ("x\\y",), [4]),
        ("$.a['*']", "a", ("*",), [5]),
        ('$.a["*"]', "a", ("*",), [5]),
        ("$['odd name'].b", "odd name", ("b",), [6]),
        ("$.list[0]", "list", (0,), [10]),
        ("$.list[-1]", "list", (-1,), [{"b": 30}]),
        ("$['list'][0]", "list", (0,), [10]),
        ("$['list'][-3]", "list", (-3,), [10]),
        ("$['list'][-4]", "list", (-4,), []),
        ("$['list'][2]", "list", (2,), [{"b": 30}]),
        ("$['list'][3]", "list", (3,), []),
        ("$['list'][2]['b']", "list", (2, "b"), [30]),
        ("$['list'][0]['b']", "list", (0, "b"), []),
        ("$['list'][*]", "list", (ANY,), [10, 20, {"b": 30}]),
        ("$.list[*].b", "list", (ANY, "b"), [30]),
        ("$['a'][0]", "a", (0,), []),
        ("$['nowhere'].b", "nowhere", ("b",), []),
        ("$._u", "_u", (), [7]),
        ('$["_u"]', "_u", (), [7]),
        ('$.list[2]["b"]', "list", (2, "b"), [30]),
        ("$.list[2]['b']", "list", (2, "b"), [30]),
    ],
)
def test_a_simple_path_has_its_steps_and_finds_its_values(
    text: str, root: str, steps: tuple[Any, ...], found: list[Any]
) -> None:
    path = parse_path(text)
    assert (path.root, path.steps, path.many) == (root, steps, ANY in steps)
    assert path.find(DOCUMENT) == found
    assert list(walk_plain(DOCUMENT, (root, *steps))) == found


@pytest.mark.parametrize(
    ("text", "root", "found"),
    [
        ("$.list[?(@.b > 1)].b", "list", [30]),
        ("$.list[0:2]", "list", [10, 20]),
        ("$.a..b", "a", [1]),
        ("$.a['b','odd name']", "a", [1, 2]),
    ],
)
def test_any_other_path_is_searched_by_the_library_and_may_find_many(
    text: str, root: str, found: list[Any]
) -> None:
    path = parse_path(text)
    assert (path.root, path.steps, path.many) == (root, None, True)
    assert path.find(DOCUMENT) == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a.b", "begins with"),
        ("$", "begins with"),
        ("$a", "begins with"),
        ("$.", "not a JSONPath"),
        ("$.a[", "not a JSONPath"),
        ("$[0]", "names a member after"),
        ("$[*]", "names a member after"),
        ("$.a.`len`", "not supported"),
        ("$.a + $.b", "not supported"),
        ("$.list[?(@.b =~ '(a+)+$')]", "the regular expression"),
    ],
)
def test_what_is_no_path_to_a_member_is_refused(text: str, message: str) -> None:
    with pytest.raises(JsonPathError, match=message):
        parse_path(text)


def test_the_advice_is_the_path_without_the_function() -> None:
    with pytest.raises(JsonPathError) as error:
        parse_path("$.a.`len`")
    assert error.value.suggestion == "did you mean '$.a'?"


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("sku", ".sku"), ("_x1", "._x1"), ("odd name", "['odd name']"), ("1st", "['1st']"), ("é", "['é']"),
        ("it's", r"['it\'s']"), ("a\\b", r"['a\\b']"), ("", "['']"),
    ],
)  # fmt: skip
def test_a_member_of_any_name_can_be_written_and_read_back(name: str, step: str) -> None:
    assert step_text(name) == step
    steps = ("r", name, 0, ANY)
    text = written(steps)
    assert text == f"$.r{step}[0][*]"
    assert parse_path(text).steps == steps[1:]


def test_all_members_are_those_of_maps_and_lists_only() -> None:
    assert list(walk_plain({"a": 1, "b": 2}, (ANY,))) == [1, 2]
    assert list(walk_plain([1, 2], (ANY,))) == [1, 2]
    for value in ("text", 5, None):
        assert list(walk_plain(value, (ANY,))) == []
        assert list(walk_plain(value, (0,))) == []
        assert list(walk_plain(value, ("a",))) == []


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("$.a.`len`.`len`", "did you mean '$.a'?"),
        ("$.a + $.b", "did you mean '$.a'?"),
        ("`len`", ""),
        ("$.`len`", ""),
        ("$.a[\\b]", None),
    ],
)
def test_the_advice_is_a_path_that_would_be_read_or_nothing(text: str, advice: str | None) -> None:
    with pytest.raises(JsonPathError) as error:
        parse_path(text)
    if advice is not None:
        assert error.value.suggestion == advice
    if error.value.suggestion:
        assert parse_path(error.value.suggestion.split("'")[1]).root


def test_a_path_with_a_name_in_quotes_that_begins_with_an_index_is_no_path_to_a_member() -> None:
    with pytest.raises(JsonPathError):
        parse_path("$[0]['a']")
