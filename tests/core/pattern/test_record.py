"""What is said of a filter is true: no record matches what "never matches", every record what always does."""

from __future__ import annotations

from typing import Any

from hypothesis import given
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
PATTERNS = st.recursive(
    st.dictionaries(
        st.sampled_from(NAMES), st.lists(MATCHERS, min_size=1, max_size=1), min_size=1, max_size=1
    ),
    lambda inner: st.dictionaries(st.sampled_from(NAMES), inner, min_size=1, max_size=1),
    max_leaves=5,
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from(["a", "5", 5, True, False, None, {"a"}, {5}]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "n"]), inner, max_size=2)
    ),
    max_leaves=4,
)
ITEMS = st.dictionaries(st.sampled_from(["n", "b"]), VALUES, max_size=2).map(lambda each: {"id": "a", **each})


@given(PATTERNS, st.sampled_from(["insert", "modify", "remove"]), ITEMS, st.booleans())
def test_what_is_said_of_a_filter_is_true_for_every_record(
    pattern: dict[str, Any], op: Any, image: dict[str, Any], ttl: bool
) -> None:
    if check_pattern(pattern):
        return
    before = None if op == "insert" else image
    after = None if op == "remove" else image
    record = lambda_record(op=op, key={"id": "a"}, before=before, after=after, ttl=ttl)
    for problem in record_problems(pattern):
        matches = compile_pattern(pattern).matches(record)
        if "matches every record" in problem.message or "always matches" in problem.message:
            assert matches or "always matches" in problem.message
        elif "exists" not in repr(pattern):
            assert not matches, problem


@given(PATTERNS)
def test_a_piece_of_a_pattern_as_text_reads_as_the_same_pattern(pattern: dict[str, Any]) -> None:
    assert parse_yaml(flow(pattern).encode(), "f.yaml").data == pattern


@given(PATTERNS)
def test_every_problem_is_at_a_place_inside_the_pattern(pattern: dict[str, Any]) -> None:
    for problem in record_problems(pattern) if not check_pattern(pattern) else ():
        here: Any = pattern
        for step in problem.path:
            here = here[step]
