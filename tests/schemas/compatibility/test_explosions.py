"""Schemas that cause very much work: the result is an answer or "unproven", in limited time and memory."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from bridge.schemas.compatibility.compare import LIMIT_S, compare
from bridge.schemas.compatibility.verdict import Comparison, Mode, Policy, Verdict
from bridge.schemas.compatibility.worker import Stopped, compare_elsewhere

TEXT = {"type": "string"}
SHORT = {"type": "string", "maxLength": 3}


def full(old: Any, new: Any, limit_s: float = LIMIT_S) -> Comparison:
    return compare(old, new, mode=Mode.FULL, policy=Policy.VIEWS, limit_s=limit_s)


def chained(length: int, last: Any, **link: Any) -> dict[str, Any]:
    """Definitions, each with a reference to the next one, which ``make`` puts into a schema."""
    make = link["make"]
    defs = {f"d{i}": make({"$ref": f"#/$defs/d{i + 1}"}) for i in range(length)}
    return {"$ref": "#/$defs/d0", "$defs": {**defs, f"d{length}": last}}


def nested(depth: int, last: Any) -> Any:
    for _ in range(depth):
        last = {"type": "object", "properties": {"n": last}}
    return last


def choices(count: int, last: int) -> dict[str, Any]:
    def needing(name: str, value: int) -> dict[str, Any]:
        return {"properties": {name: {"const": value}}, "required": [name]}

    return {"allOf": [{"oneOf": [needing(f"a{i}", 1), needing(f"b{i}", last)]} for i in range(count)]}


def test_definitions_that_double_at_each_step_stop_at_the_time_limit() -> None:
    def twice(each: Any) -> Any:
        return {"allOf": [each, each]}

    old, new = chained(40, TEXT, make=twice), chained(40, SHORT, make=twice)
    result = full(old, new, limit_s=0.7)
    assert result.verdict is Verdict.UNPROVEN
    assert {each.reason for each in result.unproven} <= {"time-limit", "too-complex"}


def test_a_tree_of_references_is_walked_once_for_each_definition() -> None:
    """2 ** 40 places, 40 definitions."""

    def fork(each: Any) -> Any:
        return {"type": "object", "properties": {"a": each, "b": each}}

    result = full(chained(40, TEXT, make=fork), chained(40, SHORT, make=fork), limit_s=30)
    assert result.verdict is Verdict.INCOMPATIBLE
    assert {each.rule for each in result.breaks} == {"max-length-lowered"}


def test_an_enum_of_50_000_values_is_compared() -> None:
    values = [f"v{number}" for number in range(50_000)]
    result = full({"enum": values}, {"enum": [*values, "new"]}, limit_s=30)
    assert [each.example for each in result.breaks] == ["new"]


def test_a_schema_nested_10_000_deep_is_not_read() -> None:
    deep = nested(10_000, TEXT)
    for result in (full(deep, TEXT), full(TEXT, deep), full(deep, deep)):
        assert {each.reason for each in result.unproven} == {"too-deep"}
    chain = chained(10_000, TEXT, make=lambda each: each)
    assert {each.reason for each in full(chain, TEXT).unproven} == {"too-deep"}


def test_a_schema_nested_100_deep_is_compared_to_the_bottom() -> None:
    result = full(nested(100, TEXT), nested(100, SHORT))
    (found,) = result.breaks
    event = found.example
    for _ in range(100):
        event = event["n"]
    assert event == "xxxx"


def test_choices_that_multiply_stop_at_the_time_limit() -> None:
    result = full(choices(20, 1), choices(20, 2), limit_s=1.0)
    assert result.verdict in (Verdict.UNPROVEN, Verdict.INCOMPATIBLE)
    assert full(choices(20, 1), {**choices(20, 1), "title": "T"}).verdict is Verdict.COMPATIBLE


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|a?)+$", "^(?=(a+))a*b$", "(x+x+)+y"])
def test_patterns_that_backtrack_exponentially_are_compared_in_time(pattern: str) -> None:
    old, new = {"type": "string", "pattern": pattern}, {"type": "string", "pattern": pattern, "minLength": 40}
    assert full(old, new, limit_s=10).verdict in (Verdict.UNPROVEN, Verdict.INCOMPATIBLE)
    members = {"type": "object", "patternProperties": {pattern: TEXT}}
    assert full(members, {**members, "maxProperties": 3}, limit_s=10).verdict is not Verdict.COMPATIBLE


def test_a_pattern_too_large_to_compile_is_invalid_input() -> None:
    result = full({"pattern": "^((a{1,100}){1,100}){1,100}$"}, TEXT)
    assert (result.verdict, "/pattern" in result.problem) == (Verdict.INVALID, True)


def test_circular_references_that_describe_nothing_are_refused() -> None:
    loop = {
        "$ref": "#/$defs/a",
        "$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}]}, "b": {"anyOf": [{"$ref": "#/$defs/a"}]}},
    }
    assert "leads back to itself" in full(loop, TEXT).problem


def test_an_ordinary_schema_of_5_000_lines_is_compared() -> None:
    inner = {f"q{j}": {"type": "string", "minLength": 1, "description": "what it is"} for j in range(20)}
    old = {
        "type": "object",
        "properties": {
            f"p{i}": {"type": "object", "properties": inner, "required": ["q1"]} for i in range(60)
        },
    }
    grown, broken = copy.deepcopy(old), copy.deepcopy(old)
    grown["properties"]["p30"]["properties"]["new"] = TEXT  # type: ignore[index]
    broken["properties"]["p30"]["required"].append("q2")  # type: ignore[index]
    assert full(old, grown).verdict is Verdict.COMPATIBLE
    (found,) = full(old, broken).breaks
    assert found.example == {"p30": {"q1": "x"}}


def test_a_separate_process_gives_the_same_result() -> None:
    old, new = {"type": "object", "properties": {"a": TEXT}}, {"type": "object", "properties": {"a": SHORT}}
    here = compare(old, new, mode=Mode.FULL, policy=Policy.STRICT)
    there = compare_elsewhere(old, new, {}, Mode.FULL, Policy.STRICT, limit_s=30)
    assert here == there


def test_the_separate_process_is_ended_at_the_time_limit() -> None:
    with pytest.raises(Stopped, match="time limit") as stopped:
        compare_elsewhere(TEXT, SHORT, {}, Mode.FULL, Policy.VIEWS, limit_s=0.001)
    assert stopped.value.reason == "time-limit"
