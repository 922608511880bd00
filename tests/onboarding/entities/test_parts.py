"""Names of parts, and where a key is divided."""

from __future__ import annotations

import pytest

from bridge.onboarding.entities.segments import form_of, is_word, split
from tests.onboarding.entities.tables import proposed

ULID = "01J0000000000000000000000{}"


def key(partition: str, sort: str, count: int = 9, **more: str) -> dict[str, str]:
    items = [
        {
            "PK": partition.format(n=n),
            "SK": sort.format(n=n),
            "_et": "Thing",
            **{k: v.format(n=n) for k, v in more.items()},
        }
        for n in range(1, count)
    ]
    (entity,) = proposed(items).entities
    return dict(entity.key)


@pytest.mark.parametrize(
    ("partition", "sort", "expected"),
    [
        ("USER#{n}", "PROFILE", ("USER#{userId}", "PROFILE")),
        ("USERS#{n}", "ORDER_ITEM#{n}", ("USERS#{userId}", "ORDER_ITEM#{orderItemId}")),
        ("user|{n}", "order|{n}", ("user|{userId}", "order|{orderId}")),
        ("org/{n}", "metadata", ("org/{orgId}", "metadata")),
        ("user:{n}", "a:b:{n}", ("user:{userId}", "a:b:{bId}")),
        ("DEVICE#{n}", "2026-01-0{n}T10:00:00Z", ("DEVICE#{deviceId}", "{time}")),
        ("DEVICE#{n}", "READING#2026-01-0{n}T10:00:00Z", ("DEVICE#{deviceId}", "READING#{readingTime}")),
        ("DEVICE#{n}", "DAY#2026-01-0{n}", ("DEVICE#{deviceId}", "DAY#{day}")),
        ("STREAM#{n}", "01J0000000000000000000000{n}", ("STREAM#{streamId}", "{thingId}")),
        ("USER#{n}", "USER#{n}", ("USER#{userId}", "USER#{userId}")),
        ("USER#{n}", "USER#1{n}", ("USER#{userId}", "USER#{otherUserId}")),
        ("USER#{n}", "#METADATA#{n}", ("USER#{userId}", "#METADATA#{userId}")),
        ("USER#{n}#USER#{n}", "INFO", ("USER#{userId}#USER#{otherUserId}", "INFO")),
        ("USER#{n}", "STATUS#{n}", ("USER#{userId}", "STATUS#{status}")),
        ("USER#a{n}@b.test", "PROFILE", ("USER#{userEmail}", "PROFILE")),
        ("APP#USER#{n}", "PROFILE", ("APP#USER#{userId}", "PROFILE")),
        ("{n}#USER#{n}", "PROFILE", ("{shard}#USER#{userId}", "PROFILE")),
        ("$app#orgid_{n}", "$user_1#userid_1{n}", ("$app#orgid_{orgid}", "$user_1#userid_{userid}")),
    ],
)
def test_a_part_has_the_name_that_its_label_or_its_form_suggests(
    partition: str, sort: str, expected: tuple[str, str]
) -> None:
    assert tuple(key(partition, sort).values()) == expected


def test_a_part_has_the_name_of_the_attribute_that_repeats_it() -> None:
    assert key("C#{n}", "PROFILE", customerId="{n}")["PK"] == "C#{customerId}"
    assert key("{n}", "INFO#{n}", customerId="{n}")["PK"] == "{customerId}"


def test_a_part_is_divided_where_every_value_has_another_delimiter() -> None:
    assert key("USER#{n}|x{n}", "PROFILE")["PK"] == "USER#{userId}|{userId2}"


def test_paths_and_times_inside_a_part_stay_whole() -> None:
    assert key("FILE#a/{n}/c", "PROFILE")["PK"] == "FILE#{fileId}"
    assert key("AT#10:0{n}", "PROFILE")["PK"] == "AT#{at}"


def test_the_first_delimiter_divides_a_value_and_times_do_not() -> None:
    assert [each.text for each in split("2026-01-01T10:00:00Z#EVENT#a:b")] == [
        "2026-01-01T10:00:00Z",
        "EVENT",
        "a:b",
    ]
    assert [each.text for each in split("#META#1")] == ["#META", "1"]
    assert [each.text for each in split("https://shop.test/1")] == ["https://shop.test/1"]
    assert [each.text for each in split("##")] == ["##"]


def test_a_label_is_a_word_and_data_are_not() -> None:
    assert all(map(is_word, ("USER", "order_item", "$task_1", "Profile", "#META", "v1")))
    data = ("12", "2026-01-01", "0b9e6c1e-3f7d-4f2c-9b51-0d1f6d3a8c11", "deadbeef01", "a1b2", "x" * 41, "")
    assert {is_word(text) for text in data} == {False}
    assert form_of("01J00000000000000000000001") == "ulid"
