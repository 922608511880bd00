"""What is said of a filter is true: no record matches what "never matches", every record what always does."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from bridge.core.pattern.matching import check_pattern, compile_pattern
from bridge.core.pattern.parts import flow
from bridge.core.pattern.record import record_problems
from bridge.settings.yaml_source import parse_yaml
from tests.builders.records import lambda_record

NAMES = ["eventName", "eventname", "dynamodb", "Keys", "NewImage", "OldImage", "id", "n", "S", "N", "BOOL",
         "M", "L", "SS", "s", "data", "userIdentity", "type", "StreamViewType", "SizeBytes"]  # fmt: skip
MATCHERS: st.SearchStrategy[Any] = st.sampled_from(
    [
        "INSERT", "insert", "a", "5", 5, True, None, "true", {"exists": True}, {"exists": False},
        {"numeric": [">", 1]}, {"numeric": ["=", 5]}, {"prefix": "I"}, {"anything-but": 5},
        {"anything-but": "INSERT"}, {"wildcard": "*E*"}, {"equals-ignore-case": "insert"},
    ]
)  # fmt: skip


def below(names: list[str], inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(st.sampled_from(names), inner).map(lambda pair: {pair[0]: pair[1]})


def patterns(matchers: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Patterns of one field: in an image, or anywhere."""
    leaf = matchers.map(lambda matcher: [matcher])
    anywhere = st.recursive(below(NAMES, leaf), lambda inner: below(NAMES, inner), max_leaves=5)
    attribute = below(["id", "n"], leaf | below(["S", "N", "BOOL", "SS"], leaf))
    in_an_image = below(["dynamodb"], below(["Keys", "NewImage", "OldImage"], leaf | attribute | attribute))
    return st.one_of(anywhere, in_an_image)


PATTERNS = patterns(MATCHERS)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from(["a", "5", 5, True, False, None, {"a"}, {5}]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "n"]), inner, max_size=2)
    ),
    max_leaves=4,
)
ITEMS = st.dictionaries(st.sampled_from(["n", "b"]), VALUES, max_size=2).map(lambda each: {"id": "a", **each})


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    op, image = draw(st.sampled_from(["insert", "modify", "remove"])), draw(ITEMS)
    before = None if op == "insert" else image
    after = None if op == "remove" else image
    made: dict[str, Any] = lambda_record(
        op=op, key={"id": "a"}, before=before, after=after, ttl=draw(st.booleans())
    )
    return made


def said(pattern: dict[str, Any], claim: str) -> bool:
    assume(not check_pattern(pattern))
    return any(claim in problem.message for problem in record_problems(pattern))


@given(PATTERNS, records())
def test_no_record_matches_a_filter_that_is_said_to_match_none(
    pattern: dict[str, Any], record: dict[str, Any]
) -> None:
    if said(pattern, "never matches"):
        assert not compile_pattern(pattern).matches(record)


@given(patterns(st.just({"exists": False})), records())
def test_every_record_matches_a_filter_that_is_said_to_match_all(
    pattern: dict[str, Any], record: dict[str, Any]
) -> None:
    if said(pattern, "matches every record"):
        assert compile_pattern(pattern).matches(record)


@given(patterns(st.just({"anything-but": 5})), records())
def test_a_matcher_that_is_said_to_match_always_matches_wherever_its_field_is(
    pattern: dict[str, Any], record: dict[str, Any]
) -> None:
    if said(pattern, "always matches"):
        present = compile_pattern(with_any_value(pattern)).matches(record)
        assert compile_pattern(pattern).matches(record) == present


def with_any_value(pattern: Any) -> Any:
    """The same field, with any value."""
    if isinstance(pattern, dict):
        return {name: with_any_value(inner) for name, inner in pattern.items()}
    return [{"exists": True}]


@given(PATTERNS)
def test_every_problem_says_what_the_filter_does(pattern: dict[str, Any]) -> None:
    assume(not check_pattern(pattern))
    for problem in record_problems(pattern):
        says = ("never matches", "matches every record", "always matches", "a filter sees", "inside dynamodb")
        assert any(each in problem.message for each in says)


@given(PATTERNS)
def test_a_piece_of_a_pattern_as_text_reads_as_the_same_pattern(pattern: dict[str, Any]) -> None:
    assert parse_yaml(flow(pattern).encode(), "f.yaml").data == pattern


@given(PATTERNS)
def test_every_problem_is_at_a_place_inside_the_pattern(pattern: dict[str, Any]) -> None:
    for problem in record_problems(pattern) if not check_pattern(pattern) else ():
        here: Any = pattern
        for step in problem.path:
            here = here[step]
