"""Secrets stay in: what a rule takes out is in no value, no change and no subject."""

from __future__ import annotations

import hmac
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.diff.fields import compile_diff, differing_names
from bridge.core.jsonpath import parse_path
from bridge.core.records.decode import decode
from bridge.core.redact import Redacted, RedactRule, canonical_bytes, compile_redaction
from bridge.errors import MalformedRecord
from tests.builders.bridges import table
from tests.builders.records import item, lambda_record
from tests.builders.strategies import VALUES, shuffled


def rule(path: str, action: Any, key: bytes = b"k") -> RedactRule:
    return RedactRule(parse_path(path), action, key)


def view(before: Any, after: Any, *rules: RedactRule) -> Any:
    change = decode(lambda_record(op="modify", key={"id": "a"}, before=before, after=after))
    return table(redact=rules).view(change)


def test_a_dropped_attribute_is_gone_from_images_and_changes() -> None:
    it = view({"id": "a", "pw": "old"}, {"id": "a", "pw": "new"}, rule("$.pw", "drop"))
    assert (it.before.whole(), it.after.whole(), it.changes) == ({"id": "a"}, {"id": "a"}, [])


def test_a_masked_attribute_is_there_without_its_value_and_its_change_is_hidden() -> None:
    it = view({"id": "a", "pw": "old"}, {"id": "a", "pw": "new"}, rule("$.pw", "mask"))
    assert it.after.whole() == {"id": "a", "pw": "***"}
    assert it.changes == []


def test_an_hmac_shows_that_a_value_changed_but_not_what_it_was() -> None:
    it = view({"id": "a", "mail": "x@a"}, {"id": "a", "mail": "y@a"}, rule("$.mail", "hmac", b"key"))
    ours = "hmac-sha256:" + hmac.new(b"key", b"S3:y@a", "sha256").hexdigest()
    assert it.after["mail"] == ours
    assert [change["path"] for change in it.changes] == ["/mail"]
    assert "x@a" not in repr(it.changes)


@pytest.mark.parametrize(
    ("path", "left"),
    [
        ("$.card.number", {"card": {"name": "n"}, "cards": [{"number": "2"}, {"number": "3"}]}),
        ("$.cards[*].number", {"card": {"name": "n", "number": "1"}, "cards": [{}, {}]}),
        ("$.cards[0]", {"card": {"name": "n", "number": "1"}, "cards": [{"number": "3"}]}),
        ("$.cards[-1].number", {"card": {"name": "n", "number": "1"}, "cards": [{"number": "2"}, {}]}),
        ("$.card.*", {"card": {}, "cards": [{"number": "2"}, {"number": "3"}]}),
        (
            "$.nowhere.at.all",
            {"card": {"name": "n", "number": "1"}, "cards": [{"number": "2"}, {"number": "3"}]},
        ),
    ],
)
def test_rules_reach_into_maps_and_lists(path: str, left: Any) -> None:
    whole = {"card": {"name": "n", "number": "1"}, "cards": [{"number": "2"}, {"number": "3"}]}
    assert view({"id": "a"}, whole, rule(path, "drop")).after.whole() == left


SECRET = "4111-1111"
ELSEWHERE = [
    ("$.email.S", {"email": SECRET}, {}),
    ("$.pii.email", {"pii": SECRET}, {}),
    ("$.pii.email", {"pii": [{"email": SECRET}]}, {}),
    ("$.pii.email", {"pii": {SECRET}}, {}),
    ("$.pii.email", {"pii": 4111}, {}),
    ("$.pii.email", {"pii": b"4111-1111"}, {}),
    ("$.pii.email", {"pii": True}, {}),
    ("$.pii.mail.home", {"pii": {"mail": SECRET, "name": "n"}}, {"pii": {"name": "n"}}),
    ("$.cards[*].number", {"cards": {"number": SECRET}}, {"cards": {}}),
    ("$.cards[*].number", {"cards": {SECRET}}, {}),
    ("$.cards[*].number", {"cards": SECRET}, {}),
    ("$.cards[*].number", {"cards": [SECRET, {"number": SECRET, "of": "n"}]}, {"cards": [{"of": "n"}]}),
    ("$.cards[*].number", {"cards": [[{"number": SECRET}]]}, {"cards": []}),
    ("$.cards[0]", {"cards": {"number": SECRET}}, {}),
    ("$.cards[0]", {"cards": {SECRET}}, {}),
    ("$.cards[*]", {"cards": {SECRET}}, {}),
]


@pytest.mark.parametrize("action", ["drop", "mask", "hmac"])
@pytest.mark.parametrize(("path", "item", "left"), ELSEWHERE)
def test_where_a_rule_meets_another_shape_it_drops_the_value_there_and_counts_it(
    path: str, item: Any, left: Any, action: Any
) -> None:
    redact, done = compile_redaction((rule(path, action),)), Redacted()
    assert redact is not None
    change = decode(
        lambda_record(op="modify", key={"id": "a"}, before={"id": "a"}, after={"id": "a", **item})
    )
    image = table(redact=(rule(path, action),)).view(change).after
    assert image is not None
    shown = image.whole()
    redact(change, done)
    assert SECRET not in repr(shown).replace("hmac", "")
    assert done.parted == 1
    if action == "drop":
        assert shown == {"id": "a", **left}


def test_null_and_absence_are_no_other_shape() -> None:
    without: list[dict[str, Any]] = [{"pii": None}, {}, {"pii": {}}, {"pii": {"email": None}}]
    for left in without:
        redact, done = compile_redaction((rule("$.pii.email", "mask"),)), Redacted()
        assert redact is not None
        redact(decode(lambda_record(after={"id": "a", **left})), done)
        assert done.parted == 0


def test_a_malformed_value_where_shapes_part_is_refused_and_not_dropped() -> None:
    one = lambda_record(after={"id": "a"})
    one["dynamodb"]["NewImage"]["pii"] = {"S": 5}
    with pytest.raises(MalformedRecord):
        table(redact=(rule("$.pii.email", "drop"),)).view(decode(one))


def test_what_a_rule_reached_is_known_rule_by_rule() -> None:
    rules = (
        rule("$.mail", "mask"),
        rule("$.Mail", "drop"),
        rule("$.cards[*].n", "drop"),
        rule("$.id.S", "drop"),
    )
    redact, done = compile_redaction(rules), Redacted()
    assert redact is not None
    redact(decode(lambda_record(after={"id": "a", "mail": "m", "cards": [{"n": "1"}]})), done)
    assert (list(done.unmatched(4)), done.parted) == ([1, 3], 1)


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), VALUES, max_size=3), st.data())
def test_no_text_survives_below_the_place_that_a_rule_names(image: Any, data: st.DataObject) -> None:
    """Whatever shape the item has: nothing is left of an attribute but what a rule's path provably avoids."""
    step = data.draw(st.sampled_from(["x", "[0]", "[*]"]))
    path = "$.a" + (step if step.startswith("[") else f".{step}") + ".secret"
    redact = compile_redaction((rule(path, "drop"),))
    assert redact is not None
    record = lambda_record(after={"id": "a"})
    record["dynamodb"]["NewImage"].update(image)
    left = redact(decode(record)).after
    assert left is not None
    was, now = image.get("a"), left.get("a")
    if was is not None and now is not None:
        ((tag, _),) = was.items()
        assert (
            tag == "NULL" or tag == ("L" if step == "[0]" else "M") or (step == "[*]" and tag in ("L", "M"))
        )


def test_a_redacted_key_is_redacted_in_key_and_subject_and_keeps_items_apart() -> None:
    rules = (rule("$.id", "hmac"),)
    one = table(redact=rules).view(decode(lambda_record(key={"id": "alice"}, after={"id": "alice"})))
    two = table(redact=rules).view(decode(lambda_record(key={"id": "bob"}, after={"id": "bob"})))
    assert one.key["id"] != two.key["id"]
    assert one.key["id"].startswith("hmac-sha256:")


def test_a_malformed_value_is_refused_even_where_it_would_be_hashed_away() -> None:
    one = lambda_record(after={"id": "a"})
    one["dynamodb"]["NewImage"]["mail"] = {"N": "NaN"}
    with pytest.raises(MalformedRecord):
        table(redact=(rule("$.mail", "hmac"),)).view(decode(one))


@given(st.data())
def test_equal_values_have_equal_digests_whatever_their_order(data: st.DataObject) -> None:
    value = data.draw(VALUES)
    assert canonical_bytes(value) == canonical_bytes(shuffled(data.draw, value))


@given(VALUES, VALUES)
def test_different_values_have_different_digests(one: Any, two: Any) -> None:
    before, after = {"v": one}, {"v": two}
    differ = bool(compile_diff()(before, after, differing_names(before, after)))
    assert (canonical_bytes(one) != canonical_bytes(two)) == differ


def test_redaction_leaves_the_record_itself_alone() -> None:
    record = lambda_record(op="insert", key={"id": "a"}, after={"id": "a", "pw": {"deep": "secret"}})
    table(redact=(rule("$.pw.deep", "mask"),)).view(decode(record))
    assert record["dynamodb"]["NewImage"] == item({"id": "a", "pw": {"deep": "secret"}})


def test_maps_that_differ_have_different_digests_whatever_their_members_are_called() -> None:
    one = {"M": {"a": {"S": "q=S1:x"}}}
    other = {"M": {"a=S6:q": {"S": "x"}}}
    assert canonical_bytes(one) != canonical_bytes(other)
    assert canonical_bytes({"M": {"a%3D": {"S": "x"}}}) != canonical_bytes({"M": {"a=": {"S": "x"}}})


@pytest.mark.parametrize("action", ["drop", "mask", "hash"])
def test_a_value_of_another_shape_than_its_rule_expects_is_dropped_but_null_holds_no_secret(
    action: str,
) -> None:
    whole = {"id": "a", "null": None, "text": "t", "list": ["t"], "map": {"other": 1}}
    rules = [rule(f"$.{name}.pw", action) for name in ("null", "text", "list", "map")]
    assert view({"id": "a"}, whole, *rules).after.whole() == {"id": "a", "null": None, "map": {"other": 1}}
