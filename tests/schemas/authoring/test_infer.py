"""Inference: what was seen validates, what is rare is optional, and memory is bounded whatever comes."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core.values import plain_item
from bridge.schemas.authoring.infer import ANY, Shape
from tests.builders.strategies import ITEMS

TIME = "2026-11-02T08:00:00Z"


def shape_of(*values: Any, **limits: Any) -> Shape:
    shape = Shape(**limits)
    for value in values:
        shape.add(value)
    return shape


def accepts(schema: dict[str, Any], value: Any) -> bool:
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid(value)


SAMPLES = st.lists(ITEMS.map(lambda item: plain_item(item, "item")), max_size=4)
TIGHT = st.fixed_dictionaries(
    {"names_max": st.integers(1, 6), "depth_max": st.integers(1, 3), "shapes_max": st.integers(1, 12)}
)


@settings(max_examples=50)
@given(SAMPLES, st.integers(1, 4))
def test_everything_that_was_added_validates(samples: list[Any], min_seen: int) -> None:
    schema = shape_of(*samples).schema(min_seen=min_seen)
    assert all(accepts(schema, sample) for sample in samples)


@settings(max_examples=50)
@given(SAMPLES, TIGHT)
def test_everything_validates_too_when_limits_are_reached(samples: list[Any], limits: dict[str, int]) -> None:
    schema = shape_of(*samples, **limits).schema(min_seen=1)
    assert all(accepts(schema, sample) for sample in samples)


@settings(max_examples=50)
@given(SAMPLES, SAMPLES, TIGHT, st.booleans())
def test_a_merged_shape_takes_what_either_has_seen(
    ours: list[Any], theirs: list[Any], limits: dict[str, int], tight: bool
) -> None:
    limits = limits if tight else {}
    shape, other = shape_of(*ours, **limits), shape_of(*theirs, **limits)
    shape.merge(other)
    schema = shape.schema(min_seen=1)
    assert shape.seen == len(ours) + len(theirs)
    assert all(accepts(schema, sample) for sample in ours + theirs)


def test_what_every_sample_has_is_required_and_what_is_rare_is_optional_with_its_count() -> None:
    schema = shape_of(*[{"id": "a"}] * 4, {"id": "a", "note": "x"}).schema()
    assert schema == {
        "type": "object",
        "required": ["id"],
        "properties": {
            "id": {"type": "string"},
            "note": {"$comment": "in 1 of 5 samples", "type": "string"},
        },
    }


def test_a_few_samples_are_not_enough_to_claim_anything_of_all() -> None:
    few = shape_of(*[{"id": TIME, "n": 1}] * 4).schema()
    enough = shape_of(*[{"id": TIME, "n": 1}] * 5).schema()
    assert few == {"type": "object", "properties": {"id": {"type": "string"}, "n": {"type": "number"}}}
    assert enough["required"] == ["id", "n"]
    assert enough["properties"] == {
        "id": {"type": "string", "format": "date-time"},
        "n": {"type": "integer"},
    }


@pytest.mark.parametrize(
    ("value", "format_"),
    [
        (TIME, "date-time"),
        ("2026-11-02", "date"),
        ("a@example.com", "email"),
        ("0b0c4b8e-54a5-4f0e-9c3e-0a3f4e1f2a3b", "uuid"),
        ("https://example.com/a", "uri"),
        ("USER:1", None),
        ("2026-13-02T08:00:00Z", None),
        ("", None),
    ],
)
def test_a_format_is_claimed_where_every_sample_has_it(value: str, format_: str | None) -> None:
    assert shape_of(*[value] * 5).schema().get("format") == format_
    assert "format" not in shape_of(*[value] * 5, "something else").schema()


def test_mixed_types_become_a_list_of_types() -> None:
    assert shape_of("a", 1, None, True, [1.5], {"a": 1}).schema(min_seen=1) == {
        "type": ["object", "array", "integer", "string", "boolean", "null"],
        "items": {"type": "number"},
        "required": ["a"],
        "properties": {"a": {"type": "integer"}},
    }


def test_a_number_is_a_string_too_where_its_digits_did_not_fit() -> None:
    schema = shape_of(1, 2.5, "12345678901234567890.123").schema()
    assert schema["type"] == ["number", "string"]
    assert accepts(schema, "0.1")
    assert not accepts(schema, "free text")


def test_one_object_with_two_thousand_names_is_a_dictionary() -> None:
    value = {"id": "t-1", **{f"name-{number}": number for number in range(2000)}}
    shape = shape_of(value, keep=frozenset({"id"}))
    schema = shape.schema(min_seen=1)
    assert schema["properties"] == {"id": {"type": "string"}}
    assert schema["required"] == ["id"]
    assert schema["additionalProperties"] == {"type": "integer"}
    assert shape.dictionary
    assert len(shape.members) == 1


def test_names_that_every_object_has_stay_members_of_a_dictionary() -> None:
    objects = [{"total": 1, **{f"{n}-{i}": "x" for i in range(100)}} for n in range(20)]
    schema = shape_of(*objects).schema()
    assert list(schema["properties"]) == ["total"]
    assert schema["additionalProperties"] == {"type": "string"}


def test_a_map_whose_names_are_data_is_a_dictionary_however_small() -> None:
    schema = shape_of({"2026-11-01": 1, "2026-11-02": 2, "2026-11-03": 3}).schema(min_seen=1)
    assert schema == {"type": "object", "additionalProperties": {"type": "integer"}}


KEYS = {
    "u1": [f"u{n}" for n in range(1, 61)],
    "order-1": [f"order-{n}" for n in range(1, 61)],
    "user#7/2026": [f"user#{n}/2026" for n in range(60)],
    "usr_4f3a": [f"usr_{n * 7919 + 40961:x}" for n in range(60)],
    "ord-2026-0001": [f"ord-2026-{n:04}" for n in range(60)],
}


@pytest.mark.parametrize("keys", KEYS.values(), ids=list(KEYS))
def test_a_map_whose_names_differ_by_their_numbers_is_a_dictionary(keys: list[str]) -> None:
    one_each = shape_of(*({"by": {key: {"n": 1}}} for key in keys)).schema()["properties"]["by"]
    many_each = shape_of(*({"by": {k: {"n": 1} for k in keys[at:] + keys[:2]}} for at in range(58))).schema()
    for found in (one_each, many_each["properties"]["by"]):
        assert "properties" not in found
        assert found["additionalProperties"]["properties"] == {"n": {"type": "integer"}}


def test_names_that_are_data_leave_the_members_beside_them() -> None:
    samples = [{"total": n, f"item{n}": {"sku": "x"}, f"item{n + 1}": {"sku": "y"}} for n in range(60)]
    schema = shape_of(*samples).schema()
    assert list(schema["properties"]) == ["total"]
    assert schema["required"] == ["total"]
    assert schema["additionalProperties"]["required"] == ["sku"]
    assert {accepts(schema, sample) for sample in samples} == {True}


@pytest.mark.parametrize(
    "samples",
    [
        [{"line1": "a", "line2": "b", "line3": "c", "line4": "d", "line5": "e"}] * 60,
        [{"line1": "a", **({"line2": "b"} if n % 3 else {})} for n in range(60)],
        [{"line1": "a", f"line{2 + n % 5}": "b"} for n in range(60)],
        [{f"address{n % 3}": {"city": "x"}, f"phone{n % 2}": "y"} for n in range(60)],
        [{"v1": 1, "v2": "x", "v3": True, "v4": [1], "v5": {"a": 1}}] * 60,
    ],
    ids=["always there", "often there", "one always there", "few", "of different kinds"],
)
def test_numbered_members_stay_members(samples: list[dict[str, Any]]) -> None:
    schema = shape_of(*samples).schema()
    assert "additionalProperties" not in schema
    assert set(schema["properties"]) == {name for sample in samples for name in sample}


def test_memory_is_bounded_for_any_input() -> None:
    shape = Shape(shapes_max=500)
    for outer in range(200):
        shape.add({f"a{outer}": {f"b{inner}": {f"c{outer}": inner} for inner in range(50)}})
    assert sum(1 for _ in shape.places()) <= 500 + 1
    assert accepts(shape.schema(), {"a1": {"b1": {"c1": 1}}})


def test_what_is_nested_too_deeply_is_left_open() -> None:
    value: Any = 1
    for _ in range(30):
        value = {"in": [value]}
    schema = shape_of(value).schema()
    assert accepts(schema, value)
    assert len(str(schema)) < 2000


def test_a_dropped_member_is_removed_wherever_it_is() -> None:
    shape = shape_of({"cards": [{"number": "1", "kind": "v"}], "by": {str(n): {"pin": 1} for n in range(4)}})
    shape.drop(("cards", ANY, "number"))
    shape.drop(("by", ANY, "pin"))
    assert "number" not in str(shape.schema())
    assert "pin" not in str(shape.schema())
    assert "kind" in str(shape.schema())


def test_what_json_does_not_have_is_refused() -> None:
    with pytest.raises(TypeError, match="set"):
        Shape().add({1})


def test_numbers_that_all_had_too_many_digits_may_have_fewer_next_time() -> None:
    schema = shape_of("12345678901234567890.5").schema()
    assert accepts(schema, 1)
    assert accepts(schema, "12345678901234567890.5")


def test_a_member_here_that_was_a_dictionary_key_there_takes_both() -> None:
    shape, other = shape_of({"a": "text"}), shape_of({"a": 1, "b": 1, "c": 1}, names_max=2)
    shape.merge(other)
    assert accepts(shape.schema(), {"a": 1})
    assert accepts(shape.schema(), {"a": "text"})
