"""A subject names exactly one item."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.diff.view import ChangeView
from bridge.core.entities.template import compile_key
from bridge.core.mapping.paths import MappingError
from bridge.core.mapping.subject import compile_subject, key_path
from bridge.core.records.decode import decode
from bridge.errors import MappingFailed
from tests.builders.bridges import table
from tests.builders.records import item, lambda_record

VALUES = st.text(st.characters() | st.sampled_from("/%#?a-1\x1f\uffff"), max_size=6)


def view(**key: Any) -> ChangeView:
    return table().view(decode(lambda_record(key=key, after={"id": "a"})))


def test_a_subject_is_made_from_the_key() -> None:
    assert compile_subject("user/{$.key.id}/{$.key.n}")(view(id="a", n=7)) == "user/a/7"
    assert compile_subject("user/{$.key['a b']}")(view(**{"a b": "ü ✓"})) == "user/ü ✓"


def test_a_key_path_has_the_values_of_each_type_in_the_order_of_their_names() -> None:
    assert key_path({"b": {"N": "7"}, "a": {"S": "x/y"}, "c": {"B": "AQI="}}) == "x%2Fy/7/AQI="


def test_the_subject_of_an_entity_uses_the_attributes_whose_parts_it_names() -> None:
    key = compile_key({"PK": "USER#{user}", "SK": "ORDER#{order}"})
    assert compile_subject("u/{user}", key, whole=False).names == ("PK",)
    assert compile_subject("o/{order}", key, whole=False).names == ("SK",)
    assert compile_subject("o/{$.key.SK}/{user}", key, whole=False).names == ("SK", "PK")


def test_a_separator_inside_a_value_is_no_separator() -> None:
    subject = compile_subject("tab/{$.key.org}/{$.key.id}")
    assert subject(view(org="org/eu", id="7")) == "tab/org%2Feu/7"
    assert subject(view(org="org", id="eu/7")) == "tab/org/eu%2F7"


@given(st.tuples(VALUES, VALUES), st.tuples(VALUES, VALUES))
def test_two_items_never_share_a_subject_or_a_partition_key(one: Any, other: Any) -> None:
    template = "t/{$.key.b}#x?{$.key.a}"
    first, second = (view(a=a, b=b) for a, b in (one, other))
    subject = compile_subject(template)
    assert (subject(first) == subject(second)) == (one == other)
    assert (key_path(first.change.key) == key_path(second.change.key)) == (one == other)


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("", "not empty"),
        ("user", "same subject"),
        ("user/{id}", "placeholder"),
        ("user/{$.key.id", "placeholder"),
        ("user/{$.after.id}", "placeholder"),
        ("user/{$.key}", "placeholder|member"),
        ("user/{$.key.id.x}", "placeholder"),
        ("user/{$.key[0]}", "placeholder"),
        ("user/{$.key.*}", "placeholder"),
        ("user/{$.key.a}/{$.key.a}", "once"),
        ("user/{$.key.a}{$.key.b}", "run together"),
        ("user/{$.key.a}-{$.key.b}", "run together"),
    ],
)
def test_a_template_that_could_name_two_items_alike_is_refused(template: str, problem: str) -> None:
    with pytest.raises(MappingError, match=problem):
        compile_subject(template)


@pytest.mark.parametrize(
    "template", ["user/{$.key.other}", "user/{$.key.id}", "user/{$.key.id}/{$.key.other}"]
)
def test_a_record_whose_key_has_other_attributes_than_the_subject_is_never_published(template: str) -> None:
    record = lambda_record(key={"id": "a", "sk": "1"}, after={"id": "a", "sk": "1"})
    with pytest.raises(MappingFailed, match="'id', 'sk'") as caught:
        table(subject=template).translate(record, decode(record), "key")
    assert "exactly once" in caught.value.hint


def test_a_key_path_keeps_compound_keys_apart() -> None:
    assert key_path(item({"pk": "a/b", "sk": 1})) == "a%2Fb/1"
    assert key_path(item({"pk": "a", "sk": "b/1"})) == "a/b%2F1"
    assert key_path(item({"pk": "USER#1"})) == "USER%231"


ORDERS = compile_key({"PK": "USER#{user}", "SK": "ORDER#{order}"})


@pytest.mark.parametrize(
    ("template", "message", "advice"),
    [
        ("o/{order}", "does not use user of PK: items that differ in it", "write o/{order}/{user}"),
        ("o/{$.key.SK}", "does not use user of PK", "write o/{$.key.SK}/{user}"),
        (
            "x/{user}/{ordr}",
            "'ordr' is no part of the key templates, whose parts are: user, order",
            "'order'",
        ),
        ("x/{user}/{$.id.ordr}", "'ordr' is no part of the key templates", "'order'"),
        ("x/{user}/{$.key.SKK}", "'SKK' is no attribute of the key", "'SK'"),
        ("x/{user}/{$.after.a}", "", ""),
        ("x/{user}/{order}/}", "", ""),
        ("x/{user}{order}", "could run together", ""),
        ("x/{user}/{user}/{order}", "once", ""),
        ("same", "every item would have the same subject", ""),
    ],
)
def test_the_subject_of_an_entity_that_could_name_two_items_alike_is_refused(
    template: str, message: str, advice: str
) -> None:
    with pytest.raises(MappingError, match=message or None) as caught:
        compile_subject(template, ORDERS)
    assert advice in str(caught.value.suggestion)


def test_an_attribute_of_the_key_stands_for_all_its_parts() -> None:
    assert compile_subject("{$.key.PK}/{$.key.SK}", ORDERS).names == ("PK", "SK")
    assert compile_subject("{user}/{$.key.SK}!", ORDERS).texts == ("", "/", "!")
    assert compile_subject("{$.id.user}/{$.id.order}", ORDERS).places == (("id", "user"), ("id", "order"))
    for template in ("x/{$.id.user}", "x/{user}"):
        with pytest.raises(MappingError):
            compile_subject(template)


def test_a_key_template_without_parts_says_so() -> None:
    with pytest.raises(MappingError, match="whose parts are: none"):
        compile_subject("x/{user}", compile_key({"PK": "ALL", "SK": "META"}))


def of_entity(**parts: Any) -> ChangeView:
    made = view(PK="USER#u", SK="ORDER#o")
    return ChangeView(made.change._replace(parts=parts), lambda *_: [], template=ORDERS)


def test_a_subject_is_made_of_the_parts_and_a_record_without_one_is_never_published() -> None:
    subject = compile_subject("o/{user}/{order}", ORDERS)
    assert subject(of_entity(user="a/b", order="7")) == "o/a%2Fb/7"
    with pytest.raises(MappingFailed, match="the record's key has the attributes 'PK', 'SK'"):
        subject(of_entity(user="a"))


def test_a_key_path_reads_every_way_in_which_a_value_is_written() -> None:
    assert key_path({"a": {"B": b"\x01\x02"}, "b": {"N": "1.50"}}) == key_path(
        {"a": {"B": "AQI="}, "b": {"N": "1.50"}}
    )
    assert key_path({"a": {"BOOL": True}}) == "True"
