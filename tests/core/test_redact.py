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
from bridge.core.redact import RedactRule, canonical_bytes
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
