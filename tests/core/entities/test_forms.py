"""Key templates, the filters made of them and the keys that two of them take: exact forms and limits."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.core.entities.explaining import misses
from bridge.core.entities.filters import DerivedFilter, Wanted, derive_filter, pattern_text
from bridge.core.entities.overlap import overlap
from bridge.core.entities.select import Selection, Selector
from bridge.core.entities.template import compile_key, compile_value
from bridge.core.pattern.matching import compile_pattern
from bridge.core.records.decode import decode
from tests.builders.records import lambda_record


def wanted(pk: str, sk: str = "", *operations: str) -> Wanted:
    key = compile_key({"PK": pk, "SK": sk} if sk else {"PK": pk})
    return Wanted(key, frozenset(operations) or None)


def derived(*each: Wanted, patterns: int = 5, chars: int = 4_096) -> DerivedFilter:
    return derive_filter(each, patterns_max=patterns, chars_max=chars)


def keys(found: DerivedFilter) -> list[dict[str, Any]]:
    return [each["dynamodb"]["Keys"] for each in found.patterns]


def test_of_too_many_patterns_the_two_that_differ_least_are_joined() -> None:
    """One of the others would take every key of its partition key."""
    found = derived(wanted("A#{x}", "M"), wanted("B#{x}", "N"), wanted("A#{x}{{", "N", "insert"), patterns=2)
    assert found.widened
    alike = derived(wanted("A", "M"), wanted("A", "N"), wanted("B", "O"), patterns=2)
    assert not alike.widened
    assert keys(alike) == [
        {"PK": {"S": ["A"]}, "SK": {"S": ["M", "N"]}},
        {"PK": {"S": ["B"]}, "SK": {"S": ["O"]}},
    ]
    three = [wanted("A", "M", "insert"), wanted("A", "N", "remove"), wanted("B", "O", "modify")]
    joined = derived(*three, patterns=2)
    assert joined.widened
    assert keys(joined) == [
        {"PK": {"S": ["B"]}, "SK": {"S": ["O"]}},
        {"PK": {"S": ["A"]}, "SK": {"S": ["M", "N"]}},
    ]


def test_an_operation_is_matched_whole() -> None:
    found = derived(wanted("A", "", "insert"), wanted("B", "", "insert", "modify"))
    assert [each["eventName"] for each in found.patterns] == [["INSERT"], ["INSERT", "MODIFY"]]


def test_a_pattern_that_takes_all_of_another_takes_its_place() -> None:
    for each in ([wanted("A#{x}"), wanted("A#1", "M")], [wanted("A#1", "M"), wanted("A#{x}")]):
        assert keys(derived(*each)) == [{"PK": {"S": [{"prefix": "A#"}]}}]
    apart = derived(wanted("A#1", "M"), wanted("B#{x}", "N"))
    assert len(apart.patterns) == 2
    near = derived(wanted("A#{x}", "M"), wanted("A#1", "N"))
    assert len(near.patterns) == 2, "the first takes no N"


def test_a_filter_that_would_take_every_record_is_none_and_says_whether_it_was_widened() -> None:
    assert derived(wanted("{id}")) == DerivedFilter((), widened=False)
    assert derived(wanted("{id}"), wanted("A")) == DerivedFilter((), widened=False)
    assert derived(wanted("A" * 50), chars=20) == DerivedFilter((), widened=True)
    some = derived(wanted("A" * 50), wanted("B", "C"), chars=20)
    assert some == DerivedFilter((), widened=True)


def test_a_pattern_may_have_exactly_so_many_characters_and_loses_its_longest_field_first() -> None:
    one = wanted("A" * 9, "B" * 30)
    whole = len(pattern_text(derived(one).patterns[0]))
    assert not derived(one, chars=whole).widened
    shorter = derived(one, chars=whole - 1)
    assert shorter.widened
    assert keys(shorter) == [{"PK": {"S": ["A" * 9]}}]


def test_the_text_of_a_filter_has_every_letter_as_it_is() -> None:
    assert pattern_text(derived(wanted("ü")).patterns[0]) == '{"dynamodb":{"Keys":{"PK":{"S":["ü"]}}}}'


# --- templates -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "wildcard"),
    [
        ("USER#{id}", "USER#*"),
        ("a*b{x}", "a\\*b*"),
        ("a\\b{x}", "a\\\\b*"),
        ("a\\*{x}", "a\\\\\\**"),
        ("{{{x}}}", "{*}"),
        ("}}{{", "}{"),
    ],
)
def test_a_template_is_a_wildcard_in_which_its_own_marks_are_letters(template: str, wildcard: str) -> None:
    assert compile_value(template).wildcard == wildcard


def typed(**key: Any) -> dict[str, Any]:
    return {name: {"S": value} if isinstance(value, str) else value for name, value in key.items()}


@pytest.mark.parametrize("order", [("PK", "SK"), ("SK", "PK")])
def test_every_attribute_of_a_key_must_have_its_form_in_whatever_order_they_are_written(
    order: tuple[str, str],
) -> None:
    forms = {"PK": "USER#{a}", "SK": "META"}
    template = compile_key({name: forms[name] for name in order})
    assert template.parse(typed(PK="USER#1", SK="META")) == {"a": "1"}
    assert template.parse(typed(PK="USER#1", SK="OTHER")) is None
    assert template.parse(typed(PK="TEAM#1", SK="META")) is None
    assert template._checks[0][0] == "SK", "what says no soonest comes first: a whole text before a part"
    longer = compile_key({"PK": "U{a}", "SK": "ORDER#{b}"})
    assert [name for name, _ in longer._checks] == ["SK", "PK"]


def test_all_parts_that_are_in_several_attributes_have_one_value() -> None:
    template = compile_key({"PK": "{a}#{b}", "SK": "{a}/{b}"})
    assert template.parse(typed(PK="1#2", SK="1/2")) == {"a": "1", "b": "2"}
    for key in ({"PK": "1#2", "SK": "1/3"}, {"PK": "1#2", "SK": "3/2"}, {"PK": "1#2", "SK": "3/4"}):
        assert template.parse(typed(**key)) is None


# --- keys that two templates take ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "key"),
    [
        ({"PK": "{a}#", "SK": "x"}, {"PK": "b{c}", "SK": "{d}"}, True),
        ({"PK": "{a}", "SK": "{a}#{b}"}, {"PK": "u{c}", "SK": "u#{d}"}, False),
        ({"PK": "{a}", "SK": "{a}#{b}"}, {"PK": "u{c}", "SK": "ux#{d}"}, True),
        ({"PK": "{a}", "SK": "{a}"}, {"PK": "xyz", "SK": "{b}z"}, True),
        ({"PK": "{a}", "SK": "{b}"}, {"PK": "{a}", "SK": "{a}"}, True),
        ({"PK": "{a}ab{b}"}, {"PK": "aab{c}"}, True),
        ({"PK": "{a}ab{b}"}, {"PK": "ab{c}"}, False),
        ({"PK": "{a}abab"}, {"PK": "xababab"}, False),
        ({"PK": "{a}abab"}, {"PK": "abxabab"}, True),
        ({"PK": "{a}aa"}, {"PK": "aaa"}, False),
        ({"PK": "{a}aab"}, {"PK": "aaab"}, True),
        ({"PK": "{a}#"}, {"PK": "#"}, False),
    ],
)
def test_a_common_key_is_found_where_there_is_one(one: Any, other: Any, key: bool) -> None:
    left, right = compile_key(one), compile_key(other)
    for first, second in ((left, right), (right, left)):
        found = overlap(first, second)
        if found is not None:
            assert left.parse(typed(**found)) is not None
            assert right.parse(typed(**found)) is not None
        assert (found is not None) is key, found


# --- why no entity selects an item -----------------------------------------------------------------

TEXT_ONLY, BARE = compile_key({"id": "U#{a}"}), compile_key({"id": "{a}"})


@pytest.mark.parametrize(
    ("value", "missed"),
    [({"S": "T#1"}, True), ({"S": "U#1"}, False), ({"N": "1"}, True), ({"B": "VQ=="}, True)],
)
def test_a_key_attribute_is_like_a_template_only_as_text_unless_it_is_one_part(
    value: dict[str, str], missed: bool
) -> None:
    made = decode(lambda_record(after={"id": "x"}))._replace(key={"id": value})
    said = dict(misses(Selector((Selection("u", TEXT_ONLY), Selection("any", BARE))), made))
    assert said == ({"u": "id is not like U#{a}"} if missed else {})


def test_binary_in_a_key_reads_as_base64_text_also_where_it_is_bytes() -> None:
    made = decode(lambda_record(after={"id": "x"}))
    selector = Selector((Selection("one", compile_key({"id": "{a}", "x": "X"})), Selection("two", BARE)))
    for value in ({"B": b"U"}, {"B": "VQ=="}):
        said = dict(misses(selector, made._replace(key={"id": value})))
        assert said == {"one": "the key has the attributes id, not id and x"}


def test_where_that_names_no_simple_attributes_is_asked_of_both_images() -> None:
    pattern = {"$or": [{"kind": ["a"]}, {"old": ["a"]}]}
    entities = (
        Selection("a", BARE, where=compile_pattern(pattern)),
        Selection("b", BARE, where=compile_pattern({"kind": ["b"]}), reads=("kind",)),
    )
    selector = Selector(entities)

    def placed(before: str, after: str) -> tuple[Any, Any]:
        record = lambda_record(
            op="modify", before={"id": "a", "kind": before}, after={"id": "a", "kind": after}
        )
        made = selector.placed(decode(record))
        return made.was, made.entity

    assert placed("a", "b") == ("a", "b")
    assert placed("b", "a") == ("b", "a")
    assert placed("b", "b") == ("b", "b")
