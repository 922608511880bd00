"""Patterns mean here what they mean on EventBridge. The oracle is MiniStack's TestEventPattern."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import assume, event, example, given, settings
from hypothesis import strategies as st
from ministack.services import eventbridge as oracle

from bridge.core.pattern.matching import PatternError, check_pattern, compile_filters, compile_pattern

FRAME = {
    "id": "1",
    "detail-type": "t",
    "source": "s",
    "account": "123456789012",
    "time": "2026-01-01T00:00:00Z",
    "region": "eu-west-1",
    "resources": [],
}


def oracle_matches(pattern: Any, detail: Any) -> bool | None:
    """What TestEventPattern answers; None where it refuses the pattern."""
    request = {
        "EventPattern": json.dumps({"detail": pattern}),
        "Event": json.dumps({**FRAME, "detail": detail}),
    }
    status, _, body = oracle._test_event_pattern(request)
    return bool(json.loads(body)["Result"]) if status == 200 else None


@pytest.mark.parametrize(
    ("matchers", "value", "matches"),
    [
        (["pro"], "pro", True),
        (["pro", "free"], "free", True),
        (["pro"], "PRO", False),
        ([1], 1.0, True),
        ([1], "1", False),
        ([1], True, False),
        ([True], 1, False),
        ([None], None, True),
        ([{"prefix": "ent"}], "enterprise", True),
        ([{"prefix": {"equals-ignore-case": "ENT"}}], "enterprise", True),
        ([{"suffix": ".png"}], "a.png", True),
        ([{"suffix": {"equals-ignore-case": ".PNG"}}], "a.png", True),
        ([{"suffix": ".png"}], 5, False),
        ([{"anything-but": "a"}], "b", True),
        ([{"anything-but": ["a", "b"]}], "b", False),
        ([{"anything-but": [1, 2]}], 3, True),
        ([{"anything-but": {"prefix": "a"}}], "ab", False),
        ([{"anything-but": {"prefix": ["a", "b"]}}], "bc", False),
        ([{"anything-but": {"suffix": "z"}}], "ab", True),
        ([{"anything-but": {"equals-ignore-case": ["A"]}}], "a", False),
        ([{"anything-but": {"wildcard": "a*c"}}], "abc", False),
        ([{"numeric": ["=", 5]}], 5.0, True),
        ([{"numeric": [">", 0, "<=", 5]}], 5, True),
        ([{"numeric": [">", 0, "<", 5]}], 5, False),
        ([{"numeric": ["<", 0]}], "-1", False),
        ([{"equals-ignore-case": "PrO"}], "pRo", True),
        ([{"wildcard": "a*b*c"}], "a--b--c", True),
        ([{"wildcard": "a*b*c"}], "a--c", False),
        ([{"wildcard": "a\\*b"}], "a*b", True),
        ([{"wildcard": "a\\*b"}], "axb", False),
        ([{"wildcard": "a*a"}], "a", False),
        ([{"cidr": "10.0.0.0/8"}], "10.1.2.3", True),
        ([{"cidr": "10.0.0.0/8"}], "11.1.2.3", False),
        ([{"cidr": "2001:db8::/32"}], "2001:db8::1", True),
        ([{"cidr": "10.0.0.0/8"}], "no address", False),
        ([{"exists": True}], None, True),
        ([{"exists": False}], "x", False),
        ([{"exists": True}], {"inside": 1}, False),
        (["b"], ["a", "b"], True),
        (["c"], ["a", "b"], False),
        (["b"], [["b"]], True),
        ([{"anything-but": "a"}], ["a", "b"], True),
        ([{"anything-but": "a"}], ["a"], False),
        ([{"exists": False}], [], True),
        ([{"exists": True}], [], False),
    ],
)
def test_a_leaf_matches_as_documented(matchers: list[Any], value: Any, matches: bool) -> None:
    assert compile_pattern({"field": matchers}).matches({"field": value}) is matches
    assert oracle_matches({"field": matchers}, {"field": value}) is matches


@pytest.mark.parametrize(
    ("pattern", "detail", "matches"),
    [
        ({"a": ["x"], "b": ["y"]}, {"a": "x", "b": "y"}, True),
        ({"a": ["x"], "b": ["y"]}, {"a": "x"}, False),
        ({"a": {"b": ["x"]}}, {"a": {"b": "x"}}, True),
        ({"a": {"b": ["x"]}}, {"a": "x"}, False),
        ({"a": {"b": [{"exists": False}]}}, {}, True),
        ({"a": {"b": [{"exists": False}]}}, {"a": 1}, True),
        ({"a": [{"exists": False}]}, {"a": {"b": 1}}, True),
        ({"a": [{"exists": False}, "x"]}, {"a": "x"}, True),
        ({"l": {"k": [1], "v": [2]}}, {"l": [{"k": 1, "v": 2}]}, True),
        ({"l": {"k": [1], "v": [2]}}, {"l": [{"k": 1, "v": 3}, {"k": 2, "v": 2}]}, False),
        ({"l": {"k": [{"exists": False}]}}, {"l": []}, True),
        ({"$or": [{"a": [1]}, {"b": [2]}]}, {"b": 2}, True),
        ({"$or": [{"a": [1]}, {"b": [2]}], "c": [3]}, {"a": 1}, False),
        ({"$or": [{"a": [1]}, {"$or": [{"b": [2]}, {"c": [3]}]}]}, {"c": 3}, True),
        ({"x": {"$or": [{"a": [1]}, {"b": [2]}]}}, {"x": {"a": 1}}, True),
    ],
)
def test_fields_are_combined_as_documented(pattern: Any, detail: Any, matches: bool) -> None:
    assert compile_pattern(pattern).matches(detail) is matches
    assert oracle_matches(pattern, detail) is matches


@pytest.mark.parametrize(
    ("pattern", "path", "message"),
    [
        ({}, (), "empty object"),
        ({"a": {}}, ("a",), "empty object"),
        ({"a": []}, ("a",), "empty list"),
        ({"a": "x"}, ("a",), "list of values"),
        ({"a": [["x"]]}, ("a", 0), "a matcher is"),
        ({"a": [{}]}, ("a", 0), "exactly one operator"),
        ({"a": [{"prefix": "x", "suffix": "y"}]}, ("a", 0), "exactly one operator"),
        ({"a": [{"prefx": "x"}]}, ("a", 0), "did you mean 'prefix'?"),
        ({"a": [{"prefix": ["x"]}]}, ("a", 0), "prefix takes a string"),
        ({"a": [{"prefix": {"suffix": "x"}}]}, ("a", 0), "equals-ignore-case"),
        ({"a": [{"anything-but": []}]}, ("a", 0), "not empty"),
        ({"a": [{"anything-but": ["x", 1]}]}, ("a", 0), "not mixed"),
        ({"a": [{"anything-but": True}]}, ("a", 0), "anything-but takes"),
        ({"a": [{"anything-but": {"numeric": [">", 1]}}]}, ("a", 0), "one of prefix"),
        ({"a": [{"anything-but": {"prefix": ""}}]}, ("a", 0), "empty prefix"),
        ({"a": [{"numeric": [">"]}]}, ("a", 0), "one comparison or two"),
        ({"a": [{"numeric": ["!=", 1]}]}, ("a", 0), "is not one of"),
        ({"a": [{"numeric": [">", "1"]}]}, ("a", 0), "not a number"),
        ({"a": [{"numeric": ["<", 5, ">", 1]}]}, ("a", 0), "a lower bound"),
        ({"a": [{"numeric": [">", 5, "<", 5]}]}, ("a", 0), "not below"),
        ({"a": [{"exists": "yes"}]}, ("a", 0), "true or false"),
        ({"a": [{"wildcard": "a**"}]}, ("a", 0), "two * in a row"),
        ({"a": [{"wildcard": "a\\b"}]}, ("a", 0), "backslash"),
        ({"a": [{"cidr": "10.0.0.0"}]}, ("a", 0), "prefix length"),
        ({"a": [{"cidr": "x/8"}]}, ("a", 0), "cidr"),
        ({"$or": []}, ("$or",), "at least two"),
        ({"$or": [{"a": [1]}]}, ("$or",), "at least two"),
        ({"$or": [{"a": [1]}, {}]}, ("$or", 1), "empty object"),
    ],
)
def test_an_invalid_pattern_is_refused_at_its_place(pattern: Any, path: Any, message: str) -> None:
    with pytest.raises(PatternError, match=re.escape(message)) as caught:
        compile_pattern(pattern)
    assert caught.value.path == path
    assert oracle_matches(pattern, {}) is None


def test_bounds_beyond_what_eventbridge_takes_are_refused() -> None:
    """The user guide says ±5e9; the oracle does not check it."""
    with pytest.raises(PatternError, match="within"):
        compile_pattern({"a": [{"numeric": [">", 5_000_000_001]}]})


def test_everything_that_is_wrong_is_reported_at_once() -> None:
    problems = check_pattern({"a": [], "b": [{"foo": 1}], "c": {"d": "x"}})
    assert [problem.path for problem in problems] == [("a",), ("b", 0), ("c", "d")]


def test_an_explanation_names_the_fields_that_do_not_match_and_never_their_values() -> None:
    pattern = compile_pattern({"plan": ["pro"], "address": {"city": [{"prefix": "B"}]}, "age": [1]})
    found = pattern.explain({"plan": "secret-plan", "address": {"city": "secret-city"}})
    assert [(m.path, m.problem) for m in found] == [
        ("plan", "no match"),
        ("address.city", "no match"),
        ("age", "absent"),
    ]
    assert "secret" not in repr(found)
    assert pattern.explain({"plan": "pro", "address": {"city": "Bonn"}, "age": 1}) == []


def test_a_pattern_lists_the_fields_that_it_uses() -> None:
    pattern = compile_pattern({"a": {"b": ["x"]}, "$or": [{"c": [1]}, {"d": {"e": [2]}}]})
    assert pattern.paths == {("a", "b"), ("c",), ("d", "e")}


def test_one_of_several_filters_is_enough() -> None:
    passes = compile_filters(
        [{"eventName": ["INSERT"]}, {"dynamodb": {"Keys": {"id": {"S": [{"prefix": "u-"}]}}}}]
    )
    assert passes({"eventName": "INSERT", "dynamodb": {"Keys": {"id": {"S": "x"}}}})
    assert passes({"eventName": "REMOVE", "dynamodb": {"Keys": {"id": {"S": "u-1"}}}})
    assert not passes({"eventName": "REMOVE", "dynamodb": {"Keys": {"id": {"S": "x"}}}})


# --- against the oracle ---------------------------------------------------------------------------

WORDS = st.sampled_from(["", "a", "ab", "abc", "A", "Ab", "b", "a*b", "10.0.0.1", "10.0.0.9", "x"])
NUMBERS = st.sampled_from([0, 1, -1, 2, 1.5, 300, 1e6])
SCALARS = st.one_of(WORDS, NUMBERS, st.booleans(), st.none())
FIELDS = st.sampled_from(["a", "b", "c"])


def numeric() -> st.SearchStrategy[list[Any]]:
    one = st.tuples(st.sampled_from(["=", "<", "<=", ">", ">="]), NUMBERS).map(list)
    two = st.tuples(
        st.sampled_from([">", ">="]),
        st.sampled_from([-1, 0]),
        st.sampled_from(["<", "<="]),
        st.sampled_from([1, 2]),
    ).map(list)
    return st.one_of(one, two)


AFFIXES = st.sampled_from(["a", "ab", "b", "A"])
BUTS = st.one_of(
    WORDS,
    NUMBERS,
    st.lists(WORDS, min_size=1, max_size=3),
    st.lists(NUMBERS, min_size=1, max_size=3),
    st.tuples(st.sampled_from(["prefix", "suffix", "equals-ignore-case", "wildcard"]), AFFIXES).map(
        lambda pair: {pair[0]: pair[1]}
    ),
    st.lists(AFFIXES, min_size=1, max_size=2).map(lambda many: {"prefix": many}),
)
MATCHERS = st.one_of(
    SCALARS,
    AFFIXES.map(lambda text: {"prefix": text}),
    AFFIXES.map(lambda text: {"suffix": {"equals-ignore-case": text}}),
    AFFIXES.map(lambda text: {"equals-ignore-case": text}),
    st.sampled_from(["a*", "*b", "a*c", "*", "a\\*b"]).map(lambda text: {"wildcard": text}),
    st.booleans().map(lambda flag: {"exists": flag}),
    numeric().map(lambda form: {"numeric": form}),
    st.sampled_from(["10.0.0.0/30", "10.0.0.0/8"]).map(lambda text: {"cidr": text}),
    BUTS.map(lambda but: {"anything-but": but}),
)


def patterns(depth: int = 2) -> st.SearchStrategy[dict[str, Any]]:
    leaf: st.SearchStrategy[Any] = st.lists(MATCHERS, min_size=1, max_size=3)
    below = leaf if depth == 0 else st.one_of(leaf, leaf, patterns(depth - 1))
    fields = st.dictionaries(FIELDS, below, min_size=1, max_size=2)
    if depth == 0:
        return fields
    choices = st.lists(patterns(depth - 1), min_size=2, max_size=2).map(lambda many: {"$or": many})
    return st.one_of(fields, fields, fields, choices)


DETAILS = st.dictionaries(
    FIELDS,
    st.recursive(
        SCALARS,
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(FIELDS, inner, max_size=3)),
        max_leaves=6,
    ),
    max_size=3,
)


def assert_agreement(pattern: Any, detail: Any) -> None:
    assume(not (has_absence(pattern) and has_list_of_objects(detail)))
    theirs = oracle_matches(pattern, detail)
    assume(theirs is not None)
    event(f"matches: {theirs}")
    assert compile_pattern(pattern).matches(detail) is theirs
    assert (compile_pattern(pattern).explain(detail) == []) is theirs


def has_absence(pattern: Any) -> bool:
    if isinstance(pattern, dict):
        return pattern == {"exists": False} or any(map(has_absence, pattern.values()))
    return isinstance(pattern, list) and any(map(has_absence, pattern))


def has_list_of_objects(value: Any) -> bool:
    """There the oracle asks each element whether a field is absent. AWS asks the whole event ("no such
    field"), see test_absence_is_asked_of_every_element_still_in_question.
    """
    if isinstance(value, dict):
        return any(map(has_list_of_objects, value.values()))
    return isinstance(value, list) and any(isinstance(e, dict) or has_list_of_objects(e) for e in value)


@st.composite
def details_for(draw: st.DrawFn, pattern: Any) -> Any:
    """A detail of the pattern's shape whose values come from its matchers, so that many match."""
    detail: dict[str, Any] = {}
    for name, below in pattern.items():
        if name == "$or":
            detail |= draw(details_for(draw(st.sampled_from(below))))
        elif draw(st.integers(0, 9)):
            value = draw(details_for(below) if isinstance(below, dict) else values_for(below))
            detail[name] = draw(st.sampled_from([value, value, [value], [[], [value], "z"]]))
    return detail


@st.composite
def values_for(draw: st.DrawFn, matchers: list[Any]) -> Any:
    matcher = draw(st.sampled_from(matchers))
    while isinstance(matcher, dict | list) and matcher:
        matcher = draw(st.sampled_from(list(matcher.values() if isinstance(matcher, dict) else matcher)))
    return draw(st.one_of(st.just(matcher), st.just(matcher), SCALARS))


@settings(max_examples=150)
@given(patterns().flatmap(lambda pattern: st.tuples(st.just(pattern), details_for(pattern))))
def test_the_pattern_and_the_oracle_agree_on_details_that_often_match(both: Any) -> None:
    assert_agreement(*both)


@settings(max_examples=200)
@given(patterns(), DETAILS)
@example({"a": {"b": [1]}}, {"a": [[{"b": 1}]]})
def test_the_pattern_and_the_oracle_agree(pattern: Any, detail: Any) -> None:
    assert_agreement(pattern, detail)
