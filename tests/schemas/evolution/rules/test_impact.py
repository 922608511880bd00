"""Rules that a new version breaks are named, and no rule is reported to stop that could still match."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core.pattern.matching import compile_pattern
from bridge.core.pattern.rules import envelope
from bridge.schemas.documents.nodes import Documents
from bridge.schemas.evolution.rules.finding import Effect
from bridge.schemas.evolution.rules.impact import Impact
from tests.schemas.evolution.rules.closed_events import SCHEMAS, instances, patterns
from tests.schemas.evolution.rules.rig import PLAN, TYPE, changed, judged, side

EXAMPLE: dict[str, Any] = {
    "userId": "u-1",
    "plan": "pro",
    "seats": 5,
    "address": {"city": "Bern"},
    "lines": [{"sku": "TEA"}],
}

BREAKS: list[tuple[str, dict[str, Any], dict[str, Any], str, str]] = [
    # what, data pattern, new properties, effect, kind
    ("a field was removed", {"seats": [5]}, {"seats": None}, "stops", "field-gone"),
    ("a parent was removed", {"address": {"city": ["Bern"]}}, {"address": None}, "stops", "field-gone"),
    ("an enum lost its value", {"plan": ["free"]}, {"plan": {"enum": ["pro"]}}, "stops", "value-gone"),
    ("a constant is another", {"plan": ["pro"]}, {"plan": {"const": "free"}}, "stops", "value-gone"),
    ("text became a number", {"userId": ["u-1"]}, {"userId": {"type": "number"}}, "stops", "type-changed"),
    ("a number became text", {"seats": [5]}, {"seats": {"type": "string"}}, "stops", "type-changed"),
    ("a range became text", {"seats": [{"numeric": [">", 3]}]}, {"seats": {"type": "string"}}, "stops",
     "type-changed"),
    ("a maximum went below", {"seats": [{"numeric": [">", 20]}]},
     {"seats": {"type": "integer", "maximum": 20}}, "stops", "value-gone"),
    ("a pattern excludes it", {"userId": ["u-1"]}, {"userId": {"type": "string", "pattern": "^user-"}},
     "stops", "value-gone"),
    ("no value begins so", {"plan": [{"prefix": "ent"}]}, {"plan": {"enum": ["free", "pro"]}}, "stops",
     "value-gone"),
    ("a boolean is constant", {"trial": [True]}, {"trial": {"const": False}}, "stops", "value-gone"),
    ("a scalar became an object", {"userId": [{"exists": True}]},
     {"userId": {"type": "object", "properties": {"id": {"type": "string"}}}}, "stops", "value-gone"),
    ("elements lost a field", {"lines": {"sku": ["TEA"]}},
     {"lines": {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "string"}}}}},
     "stops", "field-gone"),
    ("one value of two went", {"plan": ["free", "pro"]}, {"plan": {"enum": ["pro"]}}, "partly", "value-gone"),
    ("one alternative went", {"$or": [{"plan": ["free"]}, {"trial": [True]}]}, {"trial": None}, "partly",
     "field-gone"),
    ("it never was a field", {"colour": ["red"]}, {}, "never", "field-unknown"),
    ("it never was a value", {"plan": ["gold"]}, {}, "never", "value-unknown"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "detail", "new", "effect", "kind"), BREAKS, ids=[each[0] for each in BREAKS]
)
def test_a_rule_that_a_change_breaks_is_named_with_its_reason(
    what: str, detail: dict[str, Any], new: dict[str, Any], effect: str, kind: str
) -> None:
    found = judged(detail, changed(**new))
    assert (found.effect, found.findings[0].kind) == (effect, kind), found


GOES_ON: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("a field was added", {"plan": ["pro"]}, {"colour": {"type": "string"}}),
    ("a type was widened", {"seats": [5]}, {"seats": {"type": ["integer", "string"]}}),
    ("an enum grew", {"plan": ["pro"]}, {"plan": {"enum": ["free", "pro", "gold"]}}),
    ("everything else is left", {"plan": [{"anything-but": "free"}]}, {"plan": {"enum": ["free", "pro"]}}),
    ("case does not matter", {"plan": [{"equals-ignore-case": "PRO"}]}, {}),
    ("a wildcard still fits", {"userId": [{"wildcard": "u-*"}]}, {}),
    ("the value moved into an alternative", {"plan": ["pro"]},
     {"plan": {"oneOf": [{"const": "free"}, {"const": "pro"}]}}),
    ("the value is behind a reference", {"plan": ["pro"]}, {"plan": {"$ref": "#/properties/copy"},
                                                           "copy": {"enum": ["pro"]}}),
    ("the list became one", {"plan": ["pro"]}, {"plan": {"type": "array", "items": {"const": "pro"}}}),
    ("a list of lists", {"plan": ["pro"]},
     {"plan": {"type": "array", "prefixItems": [{"type": "array", "items": {"const": "pro"}}]}}),
    ("only a condition declares it", {"trial": [True], "plan": ["pro"]},
     {"plan": {"if": {"const": "pro"}, "then": True, "else": False}}),
    ("a pattern declares it", {"plan": ["pro"]}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "detail", "new"), GOES_ON, ids=[each[0] for each in GOES_ON])
def test_a_rule_that_can_still_match_is_not_reported_to_stop(
    what: str, detail: dict[str, Any], new: dict[str, Any]
) -> None:
    assert judged(detail, changed(**new)).effect is Effect.NONE


def test_a_field_that_becomes_required_ends_a_rule_that_asks_for_its_absence() -> None:
    found = judged({"seats": [{"exists": False}]}, {**PLAN, "required": [*PLAN["required"], "seats"]})
    assert (found.effect, found.findings[0].kind) == (Effect.STOPS, "always-there")


def test_a_field_below_what_may_be_null_may_be_missing_though_it_is_required() -> None:
    address = {"type": ["object", "null"], "required": ["city"], "properties": {"city": {"type": "string"}}}
    new = {**changed(address=address), "required": ["address"]}
    assert judged({"address": {"city": [{"exists": False}]}}, new).effect is Effect.NONE


def test_what_the_schema_leaves_open_is_unknown_and_not_fine() -> None:
    found = judged({"anything": {"colour": ["red"]}}, PLAN)
    assert (found.effect, found.findings[0].kind) == (Effect.UNKNOWN, "undecided")
    found = judged({"plan": ["pro"]}, changed(plan={"$dynamicRef": "#x"}))
    assert found.effect is Effect.UNKNOWN


def test_a_rule_for_the_old_major_is_named_and_so_is_what_would_be_wrong_besides() -> None:
    found = judged({"plan": ["free"]}, changed(plan={"enum": ["pro"]}), version="2.0.0")
    assert found.effect is Effect.OLD_MAJOR
    assert [finding.kind for finding in found.findings] == ["old-major", "value-gone"]
    assert f"{TYPE}.v2" in found.findings[0].fix


def test_a_rule_for_every_major_goes_on() -> None:
    prefix: dict[str, Any] = {"detail-type": [{"prefix": f"{TYPE}.v"}]}
    assert judged({"plan": ["pro"]}, PLAN, version="2.0.0", **prefix).effect is Effect.NONE


def test_a_type_without_its_major_is_reported_as_that_mistake() -> None:
    rule = {"detail-type": [TYPE]}
    found = Impact(side(PLAN), side(PLAN, "1.1.0")).judge("rule", rule)
    assert found.effect is Effect.NEVER
    assert "ends with its major" in found.findings[0].message


@pytest.mark.parametrize(
    "envelope_part",
    [{"detail-type": ["com.example.order.placed.v1"]}, {"source": ["elsewhere"]}],
    ids=["type", "source"],
)
def test_a_rule_for_other_events_is_not_affected(envelope_part: dict[str, Any]) -> None:
    assert judged({"colour": ["red"]}, PLAN, **envelope_part).effect is Effect.OTHER


def test_a_rule_on_the_source_alone_is_undecided_where_the_source_is_not_known() -> None:
    new = replace(side(PLAN), source="")
    rule = {"source": ["shop"], "detail": {"colour": ["red"]}}
    assert Impact(None, new).judge("rule", rule).effect is Effect.UNKNOWN
    assert Impact(None, new).judge("rule", {**rule, "source": ["aws.ec2"]}).effect is Effect.OTHER


def test_a_rule_for_the_full_version_stops_at_the_next_one() -> None:
    uri = f"https://schemas.example.com/{TYPE}/1.0.0.json"
    rule = {"detail": {"dataschema": [uri]}}
    assert Impact(side(PLAN), side(PLAN, "1.1.0")).judge("rule", rule).effect is Effect.STOPS


def test_a_pattern_that_eventbridge_refuses_is_reported_as_invalid() -> None:
    assert judged({"plan": "pro"}, PLAN).effect is Effect.INVALID


def test_a_finding_has_both_places_and_a_fix() -> None:
    (finding,) = judged({"address": {"city": ["Bern"]}}, changed(address={
        "type": "object", "properties": {"cities": {"type": "string"}},
    })).findings  # fmt: skip
    assert finding.path == "detail.data.address.city"
    assert finding.old_pointer == "/properties/address/properties/city"
    assert finding.new_pointer == "/properties/address"
    assert finding.fix == "did you mean cities?"
    (finding,) = judged({"seats": ["5"]}, changed(), old=changed(seats={"type": "string"})).findings
    assert finding.fix == "write numbers without quotes: 5"


def test_an_event_that_matched_before_is_shown_and_made_up_where_no_example_did() -> None:
    gone = changed(plan={"enum": ["pro"]})
    reported = {"upgrade.json": {**EXAMPLE, "plan": "free"}}
    shown = judged({"plan": ["free"]}, gone, examples=reported).witness
    assert shown is not None
    assert (shown.source, shown.data["plan"]) == ("upgrade.json", "free")
    made = judged({"plan": ["free"]}, gone, examples={"one.json": EXAMPLE}).witness
    assert made is not None
    assert (made.source, made.data["plan"]) == ("made", "free")


def test_an_example_that_matches_against_the_proof_makes_it_unknown() -> None:
    found = judged({"colour": ["red"]}, PLAN, new_examples={"red.json": {**EXAMPLE, "colour": "red"}})
    assert found.effect is Effect.UNKNOWN
    assert "red.json" in found.findings[0].message


# --- against the matcher itself: nothing that matches was reported as impossible ------------------------


@given(st.data())
@settings(max_examples=250)
def test_whatever_a_closed_event_matches_is_never_called_impossible(data: st.DataObject) -> None:
    schema = data.draw(SCHEMAS)
    instance = data.draw(instances(schema))
    pattern = data.draw(patterns(instance))
    new = side({"type": "object", "properties": {"v": schema}}, "1.0.0")
    whole = {"detail-type": [f"{TYPE}.v1"], "detail": {"data": {"v": pattern}}}
    documents = Documents(new.documents)
    value = {"v": instance}
    event = {"type": f"{TYPE}.v1", "source": "shop", "data": value}
    if documents.takes(documents.root(new.data), value) and compile_pattern(whole).matches(envelope(event)):
        effect = Impact(None, new).judge("rule", whole).effect
        assert effect not in (Effect.NEVER, Effect.STOPS), (value, effect)


FIXES: list[tuple[str, dict[str, Any], dict[str, Any], str, dict[str, Any]]] = [
    # what, the rule's data, the new properties, the fix that is printed, the data of the rule that follows it
    ("a name", {"address": {"cty": ["Bern"]}}, {}, "did you mean city?", {"address": {"city": ["Bern"]}}),
    ("a number in quotes", {"seats": ["5"]}, {}, "write numbers without quotes: 5", {"seats": [5]}),
    ("text without quotes", {"userId": [5]}, {"userId": {"type": "string"}}, 'write text in quotes: "5"',
     {"userId": ["5"]}),
    ("a value of the schema", {"plan": ["gold"]}, {}, 'the schema has "free", "pro", "enterprise"',
     {"plan": ["pro"]}),
    ("a field that is always there", {"plan": [{"exists": False}], "trial": [True]}, {},
     "remove this condition", {"trial": [True]}),
    ("an object", {"address": ["Bern"]}, {}, "match a member of it", {"address": {"city": ["Bern"]}}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "rule", "new", "fix", "fixed"), FIXES, ids=[each[0] for each in FIXES])
def test_a_rule_that_follows_the_printed_fix_matches_as_before(
    what: str, rule: dict[str, Any], new: dict[str, Any], fix: str, fixed: dict[str, Any]
) -> None:
    same = changed(**new)
    assert fix in [finding.fix for finding in judged(rule, same, old=same).findings]
    assert judged(fixed, same, old=same).effect is Effect.NONE


@pytest.mark.parametrize("detail_type", [[f"{TYPE}.v1", f"{TYPE}.v2"], [{"prefix": f"{TYPE}.v"}]])
def test_a_rule_that_follows_the_fix_about_majors_gets_the_new_one(detail_type: list[Any]) -> None:
    (finding,) = judged({"plan": ["pro"]}, PLAN, version="2.0.0").findings
    assert finding.fix == f"add {TYPE}.v2, or write {{prefix: {TYPE}.v}}"
    fixed: dict[str, Any] = {"detail-type": detail_type}
    assert judged({"plan": ["pro"]}, PLAN, version="2.0.0", **fixed).effect is Effect.NONE


def test_a_rule_that_follows_the_fix_about_its_type_matches() -> None:
    (finding,) = Impact(side(PLAN), side(PLAN, "1.1.0")).judge("rule", {"detail-type": [TYPE]}).findings
    assert finding.fix.startswith(f"write {TYPE}.v1, or {{prefix: {TYPE}.v}}")
    for fixed in ([f"{TYPE}.v1"], [{"prefix": f"{TYPE}.v"}]):
        found = Impact(side(PLAN), side(PLAN, "1.1.0")).judge("rule", {"detail-type": fixed})
        assert found.effect is Effect.NONE
