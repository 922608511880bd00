"""Routing: a condition that does not hold keeps the event away; one change has one event of a type."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bridge.core.events.route import Route
from bridge.core.pattern.matching import compile_pattern
from bridge.core.records.decode import decode
from tests.builders.bridges import Operations, handle, relay, rule, table
from tests.builders.records import lambda_record
from tests.fakes.sink import ScriptedSink

CHANGE: dict[str, Any] = {
    "op": "modify",
    "key": {"id": "u-1"},
    "before": {"id": "u-1", "plan": "free"},
    "after": {"id": "u-1", "plan": "pro"},
}


@pytest.mark.parametrize("value", ["u-1", "u-2"])
@pytest.mark.parametrize(
    ("condition", "pattern"),
    [
        ("key", lambda value: {"id": [value]}),
        ("before", lambda value: {"id": [value], "plan": ["free"]}),
        ("after", lambda value: {"id": [value], "plan": ["pro"]}),
    ],
)
def test_a_pattern_that_does_not_match_keeps_the_type_away_and_says_so(
    condition: str, pattern: Any, value: str
) -> None:
    conditions: Any = {condition: compile_pattern(pattern(value))}
    route = Route(Operations, **conditions)
    view = table().view(decode(lambda_record(**CHANGE)))
    assert route.matches(view) is (value == "u-1")
    said = route.explain(view)
    assert (said is None) is (value == "u-1")
    assert said is None or said.startswith(f"{condition}.id:")


@pytest.mark.parametrize("value", ["7", "8"])
def test_a_pattern_over_the_parts_of_a_key_that_does_not_match_keeps_the_type_away(value: str) -> None:
    route = Route(Operations, id=compile_pattern({"userId": [value]}))
    view = table().view(decode(lambda_record(**CHANGE)))
    view._id = {"userId": "7"}  # as a key template names them
    assert route.matches(view) is (value == "7")


def test_parts_of_a_key_match_nothing_where_a_table_names_none() -> None:
    route = Route(Operations, id=compile_pattern({"userId": ["7"]}))
    assert not route.matches(table().view(decode(lambda_record(**CHANGE))))


def test_of_two_matching_rules_of_one_type_the_first_alone_makes_an_event() -> None:
    """Two events of one type and record would have one id, and subscribers would drop either."""
    first, second = rule(sinks=("domain",)), rule(project=lambda view: {"second": True})
    other = rule("com.example.user.renamed")
    sink = ScriptedSink()
    handle(relay(sink, tables=[table(first, second, other)]), lambda_record(**CHANGE))
    assert [event.type for event in sink.accepted] == [
        "com.example.user.changed.v1",
        "com.example.user.renamed.v1",
    ]
    assert len({event.id for event in sink.accepted}) == 2
    assert b"second" not in sink.accepted[0].body


def test_a_rule_that_does_not_match_leaves_its_type_to_the_next() -> None:
    no = rule()
    no = replace(no, route=replace(no.route, key=compile_pattern({"id": ["u-2"]})))
    sink = ScriptedSink()
    handle(
        relay(sink, tables=[table(no, rule(project=lambda view: {"second": True}))]), lambda_record(**CHANGE)
    )
    assert [b'"second":true' in event.body for event in sink.accepted] == [True]
