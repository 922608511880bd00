"""A derived filter takes every record that an entity takes, and fits what Lambda allows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from ministack.services import eventbridge as oracle

from bridge.core.entities.filters import DerivedFilter, Wanted, derive_filter, pattern_text
from bridge.core.entities.template import compile_key
from bridge.core.pattern.matching import check_pattern, compile_filters

Json = dict[str, Any]


def wanted(pk: str, sk: str = "", operations: Sequence[str] | None = None) -> Wanted:
    key = compile_key({"PK": pk, "SK": sk} if sk else {"PK": pk})
    return Wanted(key, None if operations is None else frozenset(operations))


def derived(*each: Wanted, patterns: int = 5, chars: int = 4_096) -> DerivedFilter:
    return derive_filter(each, patterns_max=patterns, chars_max=chars)


def record(operation: str = "INSERT", **key: str) -> Json:
    return {"eventName": operation, "dynamodb": {"Keys": {name: {"S": text} for name, text in key.items()}}}


def takes(found: DerivedFilter, each: Json) -> bool:
    return not found.patterns or compile_filters(found.patterns)(each)


def test_a_literal_is_exact_and_text_before_a_part_is_a_prefix() -> None:
    assert derived(wanted("USER#{userId}", "PROFILE")).patterns == (
        {"dynamodb": {"Keys": {"PK": {"S": [{"prefix": "USER#"}]}, "SK": {"S": ["PROFILE"]}}}},
    )


def test_entities_that_differ_in_one_attribute_share_a_pattern_and_no_record_more() -> None:
    found = derived(
        wanted("USER#{userId}", "PROFILE"), wanted("USER#{userId}", "ORDER#{id}"), wanted("TEAM#{id}", "META")
    )
    assert (len(found.patterns), found.widened) == (2, False)
    assert takes(found, record(PK="USER#1", SK="ORDER#2"))
    assert not takes(found, record(PK="USER#1", SK="META"))
    assert not takes(found, record(PK="TEAM#1", SK="PROFILE"))


def test_a_prefix_takes_the_place_of_what_it_takes_anyway() -> None:
    found = derived(wanted("U#{a}"), wanted("U#X#{a}"), wanted("U#ALL"))
    assert found.patterns == ({"dynamodb": {"Keys": {"PK": {"S": [{"prefix": "U#"}]}}}},)


def test_without_any_literal_no_filter_is_derived() -> None:
    assert derived(wanted("{id}"), wanted("USER#{id}")) == DerivedFilter()


def test_operations_are_a_part_of_the_pattern() -> None:
    found = derived(wanted("USER#{id}", operations=["insert"]), wanted("TEAM#{id}", operations=["remove"]))
    assert takes(found, record("INSERT", PK="USER#1"))
    assert not takes(found, record("MODIFY", PK="USER#1"))
    assert not takes(found, record("INSERT", PK="TEAM#1"))


def test_more_patterns_than_lambda_takes_are_joined_to_wider_ones_and_it_is_said() -> None:
    each = [wanted(f"{name}#{{id}}", f"{name}-{number}") for number, name in enumerate("ABCDEFG")]
    found = derived(*each)
    assert (len(found.patterns), found.widened) == (5, True)
    taken = [takes(found, record(PK=f"{name}#1", SK=f"{name}-{n}")) for n, name in enumerate("ABCDEFG")]
    assert taken == [True] * 7
    assert not takes(found, record(PK="X#1", SK="A-0"))


def test_a_pattern_that_is_too_long_loses_its_longest_attribute_or_the_filter_is_left_out() -> None:
    each = [wanted(f"T{number:04}#{{id}}", "META") for number in range(400)]
    found = derived(*each)
    assert found.patterns == ({"dynamodb": {"Keys": {"SK": {"S": ["META"]}}}},)
    assert found.widened
    only = derived(*(wanted(f"T{number:04}#{{id}}") for number in range(400)))
    assert only == DerivedFilter(widened=True)


# --- for all entities ----------------------------------------------------------------------------

text = st.text(st.sampled_from('AB#{}ü"\\'), min_size=1, max_size=4)
literal = text.map(lambda each: each.replace("{", "{{").replace("}", "}}"))


@st.composite
def templates(draw: st.DrawFn, name: str) -> str:
    forms = ("{0}", "{0}{{{2}}}", "{{{2}}}", "{{{2}}}{0}", "{0}{{{2}}}{1}")
    return draw(st.sampled_from(forms)).format(draw(literal), draw(literal), name)


operations = st.none() | st.sets(st.sampled_from(["insert", "modify", "remove"]), min_size=1)
entities = st.lists(st.tuples(templates("a"), templates("b"), operations), min_size=1, max_size=9)
parts = st.text(st.sampled_from("AB#ü1"), min_size=1, max_size=5)


def records_of(drawn: Any, draw: Any) -> list[tuple[Json, bool]]:
    """A record for each entity, and one of any key; whether an entity takes it."""
    found = []
    wants = [wanted(pk, sk, ops) for pk, sk, ops in drawn]
    for want in wants:
        try:
            key = want.key.build({"a": draw(parts), "b": draw(parts)})
        except ValueError:
            continue  # the part holds what ends it
        found.append(record(draw(st.sampled_from(["INSERT", "MODIFY", "REMOVE"])), **key))
    found.append(record(PK=draw(parts), SK=draw(parts)))
    return [(each, any(_takes(want, each) for want in wants)) for each in found]


def _takes(want: Wanted, each: Json) -> bool:
    wants_operation = want.operations is None or each["eventName"].lower() in want.operations
    return wants_operation and want.key.parse(each["dynamodb"]["Keys"]) is not None


@given(entities, st.integers(1, 5), st.integers(60, 400), st.data())
def test_no_record_that_an_entity_takes_is_dropped_whatever_the_limits(
    drawn: Any, patterns: int, chars: int, data: st.DataObject
) -> None:
    wants = [wanted(pk, sk, ops) for pk, sk, ops in drawn]
    found = derived(*wants, patterns=patterns, chars=chars)
    assert len(found.patterns) <= patterns
    for pattern in found.patterns:
        assert check_pattern(pattern) == []
        assert len(pattern_text(pattern)) <= chars
    for each, taken in records_of(drawn, data.draw):
        assert takes(found, each) or not taken


@given(entities, st.data())
def test_where_it_was_not_widened_it_drops_what_has_no_prefix_of_an_entity(
    drawn: Any, data: st.DataObject
) -> None:
    wants = [wanted(pk, sk, ops) for pk, sk, ops in drawn]
    found = derived(*wants, patterns=9, chars=4_096)
    each = record(PK=data.draw(parts), SK=data.draw(parts))
    near = any(_near(want, each) for want in wants)
    assert not found.widened
    assert takes(found, each) == near


def _near(want: Wanted, each: Json) -> bool:
    if want.operations is not None and each["eventName"].lower() not in want.operations:
        return False
    return all(
        text == template.prefix if template.is_literal else text.startswith(template.prefix)
        for name, template in want.key.values.items()
        for text in each["dynamodb"]["Keys"][name].values()
    )


@given(entities, st.data())
@settings(max_examples=40)
def test_ministack_drops_no_record_that_an_entity_takes(drawn: Any, data: st.DataObject) -> None:
    """TestEventPattern: the filter of its event source mapping is not AWS's."""
    found = derived(*(wanted(pk, sk, ops) for pk, sk, ops in drawn))
    for each, taken in records_of(drawn, data.draw):
        matched = not found.patterns or any(_oracle_matches(pattern, each) for pattern in found.patterns)
        assert matched == takes(found, each)
        assert matched or not taken


def _oracle_matches(pattern: Any, detail: Json) -> bool:
    frame = {"id": "1", "detail-type": "t", "source": "s", "account": "123456789012", "region": "eu-west-1"}
    event = {**frame, "time": "2026-01-01T00:00:00Z", "resources": [], "detail": detail}
    request = {"EventPattern": json.dumps({"detail": pattern}), "Event": json.dumps(event)}
    status, _, body = oracle._test_event_pattern(request)
    assert status == 200, body
    return bool(json.loads(body)["Result"])
