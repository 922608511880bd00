"""A rule that begins to match, or matches more, is reported: a proof is needed to say "as before"."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core.pattern.matchers import compile_matchers
from bridge.schemas.evolution.rules.finding import Effect
from bridge.schemas.evolution.rules.impact import Impact
from bridge.schemas.evolution.rules.matcher_schema import schema_of
from tests.schemas.evolution.rules.rig import PLAN, TYPE, changed, judged, side

EXAMPLE: dict[str, Any] = {"userId": "u-1", "plan": "pro", "seats": 5, "trial": True}
ALL_SEATS = {**PLAN, "required": ["userId", "plan", "seats"]}

MORE: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], str, str]] = [
    # what, data pattern, old schema, new schema, effect, kind
    ("a required field was dropped", {"seats": [{"exists": False}]}, ALL_SEATS,
     {**PLAN, "properties": changed(seats=None)["properties"]}, "begins", "always-missing"),
    ("an optional field was dropped", {"seats": [{"exists": False}]}, PLAN, changed(seats=None), "more",
     "always-missing"),
    ("a required field became optional", {"seats": [{"exists": False}]}, ALL_SEATS, PLAN, "begins",
     "may-be-missing"),
    ("the parent of a required field became optional", {"address": {"city": [{"exists": False}]}},
     {**PLAN, "required": ["address"]}, PLAN, "begins", "may-be-missing"),
    ("an optional field became required", {"seats": [{"exists": True}]}, PLAN, ALL_SEATS, "more",
     "always-present"),
    ("a field was added", {"colour": ["red"]}, PLAN, changed(colour={"type": "string"}), "begins",
     "value-new"),
    ("a name with dots was added", {"a.b": ["x"]}, PLAN, changed(**{"a.b": {"type": "string"}}), "begins",
     "value-new"),
    ("an enum got the value", {"plan": ["gold"]}, PLAN, changed(plan={"enum": ["pro", "gold"]}), "begins",
     "value-new"),
    ("an enum may get the value", {"plan": ["gold"]}, PLAN,
     changed(plan={"enum": ["pro"], "x-extensible-enum": True}), "begins", "value-new"),
    ("an enum grew by what is not excluded", {"plan": [{"anything-but": "free"}]}, PLAN,
     changed(plan={"enum": ["free", "pro", "enterprise", "gold"]}), "more", "value-new"),
    ("an enum grew under a prefix", {"plan": [{"prefix": "p"}]}, PLAN,
     changed(plan={"enum": ["free", "pro", "plus"]}), "more", "value-new"),
    ("an enum grew under a wildcard", {"plan": [{"wildcard": "e*e"}]}, PLAN,
     changed(plan={"enum": ["enterprise", "eye"]}), "more", "value-new"),
    ("a maximum went up", {"seats": [{"numeric": [">", 20]}]}, PLAN,
     changed(seats={"type": "integer", "minimum": 1, "maximum": 500}), "more", "value-new"),
    ("a maximum went away", {"seats": [{"numeric": [">", 50]}]}, PLAN,
     changed(seats={"type": "integer"}), "begins", "value-new"),
    ("a pattern was widened", {"userId": [{"suffix": "-9"}]}, PLAN,
     changed(userId={"type": "string", "pattern": "^(u|user)-"}), "more", "value-new"),
    ("a type was widened", {"seats": [{"exists": True}]}, PLAN,
     changed(seats={"type": ["integer", "string"], "minimum": 1, "maximum": 50}), "more", "value-new"),
    ("elements may have it", {"lines": {"price": [{"numeric": [">", 0]}]}}, PLAN,
     changed(lines={"type": "array", "items": {"type": "object", "properties": {"price": {}}}}),
     "begins", "value-new"),
    ("one of two alternatives begins", {"$or": [{"plan": ["free"]}, {"colour": ["red"]}]}, PLAN,
     changed(colour={"type": "string"}), "more", "value-new"),
    ("an alternative may be met otherwise", {"plan": ["pro"], "trial": [{"exists": False}]},
     {**PLAN, "required": ["trial"]}, PLAN, "begins", "may-be-missing"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "detail", "old", "new", "effect", "kind"), MORE, ids=[each[0] for each in MORE]
)
def test_a_rule_that_matches_more_is_named_with_its_reason(
    what: str, detail: dict[str, Any], old: dict[str, Any], new: dict[str, Any], effect: str, kind: str
) -> None:
    found = judged(detail, new, old=old)
    assert effect == found.effect, found
    assert kind in [finding.kind for finding in found.findings], found


AS_BEFORE: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("an enum grew by what the rule does not name", {"plan": ["pro"]}, {"plan": {"enum": ["pro", "gold"]}}),
    ("an enum grew by what the rule excludes", {"plan": [{"anything-but": ["gold"]}]},
     {"plan": {"enum": ["free", "pro", "enterprise", "gold"]}}),
    ("an enum grew outside the prefix", {"plan": [{"prefix": "p"}]}, {"plan": {"enum": ["pro", "gold"]}}),
    ("a maximum went up above the range", {"seats": [{"numeric": [">", 2, "<", 9]}]},
     {"seats": {"type": "integer", "minimum": 1, "maximum": 500}}),
    ("a pattern was narrowed", {"userId": [{"exists": True}]},
     {"userId": {"type": "string", "pattern": "^u-[0-9]+$"}}),
    ("a pattern was widened outside the prefix", {"userId": [{"prefix": "u-"}]},
     {"userId": {"type": "string", "pattern": "^(u|user)-"}}),
    ("the same rules are written otherwise", {"seats": [{"anything-but": [3]}]},
     {"seats": {"allOf": [{"type": "integer", "minimum": 1}, {"maximum": 50}]}}),
    ("the field moved behind a reference", {"plan": [{"anything-but": "free"}]},
     {"plan": {"$ref": "#/properties/copy"}, "copy": PLAN["properties"]["plan"]}),
    ("another field was widened", {"userId": [{"prefix": "u-"}]}, {"seats": {"type": "integer"}}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "detail", "new"), AS_BEFORE, ids=[each[0] for each in AS_BEFORE])
def test_a_rule_that_gains_nothing_matches_as_before(
    what: str, detail: dict[str, Any], new: dict[str, Any]
) -> None:
    found = judged(detail, changed(**new))
    assert found.effect is Effect.NONE, found


def test_a_rule_that_loses_and_gains_shows_both() -> None:
    found = judged({"plan": ["free", "gold"]}, changed(plan={"enum": ["pro", "gold"]}))
    assert found.effect is Effect.PARTLY
    assert [finding.kind for finding in found.findings] == ["value-gone", "value-new"]


def test_a_rule_that_waits_for_the_new_major_gains_nothing() -> None:
    rule = {"detail-type": [f"{TYPE}.v2"], "detail": {"data": {"colour": ["red"]}}}
    new = side(changed(colour={"type": "string"}), "2.0.0")
    assert Impact(side(PLAN), new).judge("rule", rule).effect is Effect.NONE


def test_a_rule_for_every_major_begins_with_a_field_that_the_new_major_drops() -> None:
    prefix: dict[str, Any] = {"detail-type": [{"prefix": f"{TYPE}.v"}]}
    new = {**PLAN, "properties": changed(seats=None)["properties"]}
    found = judged({"seats": [{"exists": False}]}, new, old=ALL_SEATS, version="2.0.0", **prefix)
    assert found.effect is Effect.BEGINS


def test_an_event_is_shown_that_matches_only_now() -> None:
    new = changed(plan={"enum": ["free", "pro", "enterprise", "gold"]})
    found = judged({"plan": [{"anything-but": "free"}]}, new, new_examples={"one.json": EXAMPLE})
    assert found.gained is not None
    assert found.gained.data == {**EXAMPLE, "plan": "gold"}


def test_what_cannot_be_compared_is_unknown_and_not_as_before() -> None:
    old, new = (side(document) for document in (PLAN, changed(userId={"type": "string"})))
    found = Impact(old, new).judge("rule", {"detail": {"data": {"userId": [{"cidr": "10.0.0.0/8"}]}}})
    assert (found.effect, found.findings[0].kind) == (Effect.UNKNOWN, "perhaps-more")


@pytest.mark.parametrize("value", ["gold", "plus"])
def test_a_rule_with_the_fix_for_anything_but_no_longer_gains_the_value(value: str) -> None:
    new = changed(plan={"enum": ["free", "pro", "enterprise", value]})
    (finding,) = judged({"plan": [{"anything-but": ["free"]}]}, new).findings
    assert finding.fix == f'to keep it out, write {{"anything-but": ["free", "{value}"]}}'
    assert judged({"plan": [{"anything-but": ["free", value]}]}, new).effect is Effect.NONE


# --- against the matcher and the validator ---------------------------------------------------------

_SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.text("abAB*\\^.é\n", max_size=4), st.integers(-3, 9), st.sampled_from([1.5, True, False, None, "ß"])
)
_TEXT = st.text("abAB.^é", min_size=1, max_size=2)
_AT, _COMPARISONS = st.sampled_from(["prefix", "suffix"]), [">", ">=", "<", "<=", "="]
_MATCHERS = st.one_of(
    _SCALARS,
    st.builds(lambda op, text: {op: text}, _AT | st.just("exactly"), _TEXT),
    st.builds(lambda op, text: {op: {"equals-ignore-case": text}}, _AT, _TEXT),
    st.builds(lambda text: {"equals-ignore-case": text}, _TEXT | st.just("ß")),
    st.sampled_from(["*", "a*", "*b", r"a\*b", r"\\*", "a*b*A"]).map(lambda text: {"wildcard": text}),
    st.builds(lambda op, text: {"anything-but": {op: text}}, _AT, _TEXT),
    st.builds(lambda texts: {"anything-but": texts}, st.lists(_TEXT, min_size=1, max_size=2)),
    st.builds(lambda number: {"anything-but": number}, st.integers(-3, 9)),
    st.builds(lambda op, n: {"numeric": [op, n]}, st.sampled_from(_COMPARISONS), st.integers(-3, 9)),
    st.just({"numeric": [">", 0, "<=", 5]}),
    st.just({"exists": True}),
)  # fmt: skip


@given(_MATCHERS, _SCALARS)
@settings(max_examples=400)
def test_the_schema_of_a_matcher_refuses_nothing_that_the_matcher_accepts(matcher: Any, value: Any) -> None:
    wrong: list[Any] = []
    accepts, _ = compile_matchers([matcher], wrong)
    if not wrong and accepts(value):
        assert jsonschema_rs.is_valid(schema_of(matcher), value)


_LEAVES: st.SearchStrategy[Any] = st.one_of(
    st.lists(_SCALARS, min_size=1, max_size=4, unique_by=repr).map(lambda values: {"enum": values}),
    st.sampled_from(
        [{"type": "string"}, {"type": "string", "pattern": "^a"}, {"type": "string", "maxLength": 2},
         {"type": "integer", "maximum": 3}, {"type": "number", "minimum": 0}, {"type": ["boolean", "null"]},
         {"type": ["string", "integer"]}, {"anyOf": [{"const": "a"}, {"type": "number"}]}]
    ),
)  # fmt: skip


@given(st.data())
@settings(max_examples=250)
def test_a_value_that_only_the_new_version_allows_is_never_called_as_before(data: st.DataObject) -> None:
    new = data.draw(_LEAVES)
    value = data.draw(_SCALARS.filter(lambda each: jsonschema_rs.is_valid(new, each)))
    old = data.draw(_LEAVES.filter(lambda each: not jsonschema_rs.is_valid(each, value)))
    matcher = data.draw(
        _MATCHERS | st.just(value) | st.sampled_from([{"exists": True}, {"anything-but": "q"}])
    )
    wrong: list[Any] = []
    accepts, _ = compile_matchers([matcher], wrong)
    if not wrong and accepts(value):
        rule = {"detail-type": [f"{TYPE}.v1"], "detail": {"data": {"v": [matcher]}}}
        was, now = (
            side({"type": "object", "properties": {"v": each}}, version)
            for each, version in ((old, "1.0.0"), (new, "1.1.0"))
        )
        effect = Impact(was, now).judge("rule", rule).effect
        assert effect.gains or effect is Effect.UNKNOWN, effect
