"""What is proposed for samples that are small, mixed or strange: a documented result, and no item is lost."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.errors import BridgeError
from bridge.onboarding.entities.proposal import propose
from tests.onboarding.entities.tables import observed, proposed, shown


def users(count: int, **more: Any) -> list[dict[str, Any]]:
    return [{"PK": f"USER#{number}", "SK": "PROFILE", "name": "x", **more} for number in range(count)]


def orders(count: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {"PK": f"USER#{number % 7}", "SK": f"ORDER#{number}", "total": number, **more}
        for number in range(count)
    ]


USER = {"PK": "USER#{userId}", "SK": "PROFILE"}
ORDER = {"PK": "USER#{userId}", "SK": "ORDER#{orderId}"}


def test_one_item_with_labels_is_one_entity() -> None:
    assert shown(proposed(users(1))) == {"user": (USER, None)}


@pytest.mark.parametrize(
    "item",
    [
        {"PK": "alice", "SK": "2026-01-01", "name": "x"},
        {"PK": "ALICE", "SK": "1"},
        {"PK": "0b9e6c1e-3f7d-4f2c-9b51-0d1f6d3a8c11", "SK": "a"},
    ],
)
def test_one_item_without_labels_is_a_plain_table(item: dict[str, Any]) -> None:
    assert propose(observed([item])) is None


def test_no_item_is_a_plain_table() -> None:
    assert propose(observed([{"PK": "a", "SK": "b"}]).__class__({"PK": "S", "SK": "S"})) is None


@pytest.mark.parametrize("upper", [False, True])
def test_two_thousand_prefixes_are_data_and_not_kinds(upper: bool) -> None:
    texts = [f"{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}{chr(97 + n // 676)}name" for n in range(2000)]
    items = [{"PK": f"{text.upper() if upper else text}#{n}", "SK": "A"} for n, text in enumerate(texts)]
    assert propose(observed(items)) is None


def test_two_thousand_prefixes_below_an_entity_attribute_are_one_part() -> None:
    items = [
        {
            "PK": f"{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}{chr(97 + n // 676)}name#{n}",
            "SK": "A",
            "_et": kind,
        }
        for n, kind in enumerate(["User", "Order"] * 1000)
    ]
    assert shown(proposed(items)) == {
        "user": ({"PK": "{scope}#{userId}", "SK": "A"}, {"_et": ["User"]}),
        "order": ({"PK": "{scope}#{orderId}", "SK": "A"}, {"_et": ["Order"]}),
    }


def test_a_plain_table_with_an_attribute_called_type_stays_plain() -> None:
    items = [{"id": f"u-{n}", "type": ("free", "pro")[n % 2], "email": "x"} for n in range(100)]
    assert propose(observed(items, ["id"])) is None


def test_items_whose_entity_attribute_is_missing_null_or_a_number_are_taken_by_their_keys() -> None:
    items = [
        *users(50, _et="User"),
        *orders(50, _et="Order"),
        {"PK": "USER#90", "SK": "PROFILE"},
        {"PK": "USER#91", "SK": "PROFILE", "_et": None},
        {"PK": "USER#92", "SK": "PROFILE", "_et": 7},
    ]
    found = proposed(items)
    assert shown(found) == {"user": (USER, None), "order": (ORDER, None)}
    assert found.without_kind == {"missing": 1, "null": 1, "of another type": 1}
    assert [entity.items for entity in found.entities] == [53, 50]
    assert found.merged == ()
    assert found.fit_none == 0


def test_items_of_rare_forms_fit_none_and_are_counted() -> None:
    found = proposed([*users(200), {"PK": "lock", "SK": "lock"}, {"PK": "???", "SK": "!"}])
    assert shown(found) == {"user": (USER, None)}
    assert found.fit_none == 2


def test_only_items_of_a_kind_count_as_without_the_entity_attribute() -> None:
    found = proposed([*users(200, _et="User"), {"PK": "lock", "SK": "lock"}])
    assert (found.fit_none, found.without_kind) == (1, {})


def test_after_many_items_further_ones_are_only_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.onboarding.entities.observed.ITEMS_MAX", 30)
    sample = observed(users(50))
    assert (len(sample.items), sample.left_out) == (30, 20)


def test_an_empty_part_fits_no_template() -> None:
    found = proposed([*users(50), {"PK": "USER#", "SK": "PROFILE", "name": "x"}])
    assert found.fit_none == 1


def test_names_that_mean_something_else_in_the_configuration_are_not_used() -> None:
    kinds = ("null", "other", "true", "order", "Order", "ORDERS", "💥", "123", "on")
    items = [{"PK": f"{k.upper()}#{n}", "SK": "INFO", "_et": k} for n in range(20) for k in kinds]
    found = proposed(items)
    assert [entity.name for entity in found.entities] == [
        *("null_item", "other_item", "true_item", "order", "order_2", "order_3", "item", "item_2", "on_item")
    ]
    assert [entity.where for entity in found.entities] == [{"_et": [kind]} for kind in kinds]
    assert found.fit_none == 0


def test_a_named_attribute_is_used_whatever_its_values_say() -> None:
    items = [{"id": f"i-{n}", "category": "ab"[n % 2]} for n in range(20)]
    found = proposed(items, ["id"], attribute="category")
    assert {entity.name: entity.where for entity in found.entities} == {
        "a": {"category": ["a"]},
        "b": {"category": ["b"]},
    }
    assert found.kind is not None
    assert found.kind.found_by == "option"


@pytest.mark.parametrize("value", [None, 3, True])
def test_a_named_attribute_that_no_item_has_as_text_is_an_error(value: Any) -> None:
    with pytest.raises(BridgeError, match="no item of the sample has the attribute kind as text"):
        propose(observed(users(3, kind=value)), attribute="kind")


def test_numeric_key_attributes_are_bare_parts() -> None:
    items = [{"PK": f"USER#{n}", "at": n, "_et": "Visit"} for n in range(20)]
    assert shown(proposed(items, ["PK", "at"])) == {"visit": ({"PK": "USER#{userId}", "at": "{at}"}, None)}


def test_kinds_that_nothing_separates_become_one_and_are_named() -> None:
    items = [
        *({"PK": f"USER#{n}", "SK": f"USER#{n}", "since": n} for n in range(20)),
        *({"PK": f"USER#{n}", "SK": f"USER#{n + 1}", "since": n} for n in range(20)),
    ]
    found = proposed(items)
    assert [(entity.name, entity.items) for entity in found.entities] == [("user", 40)]
    assert found.merged == (("user", "user_link"),)


def test_two_forms_of_one_kind_become_two_entities() -> None:
    both = [{"PK": f"ORG#{n}", "SK": f"USER#{n + 1}", "_et": "Membership"} for n in range(9)]
    both += [{"PK": f"USER#{n + 1}", "SK": f"ORG#{n}", "_et": "Membership"} for n in range(9)]
    assert shown(proposed(both)) == {
        "membership": ({"PK": "ORG#{orgId}", "SK": "USER#{userId}"}, None),
        "membership_by_user": ({"PK": "USER#{userId}", "SK": "ORG#{orgId}"}, None),
    }


def test_a_more_specific_key_without_an_entity_attribute_is_excluded_from_the_general_one() -> None:
    items = [*orders(60), *({**item, "SK": f"{item['SK']}#ITEM#{item['total']}"} for item in orders(60))]
    assert shown(proposed(items)) == {
        "order_item": ({"PK": "USER#{userId}", "SK": "ORDER#{orderId}#ITEM#{itemId}"}, None),
        "order": (ORDER, {"SK": [{"anything-but": {"wildcard": "ORDER#*#ITEM#*"}}]}),
    }


def test_braces_in_keys_are_literal_text() -> None:
    items = [{"PK": f"{{USER}}#{n}", "SK": "PROFILE", "_et": "User"} for n in range(9)]
    found = proposed(items)
    assert found.fit_none == 0
    assert found.entities[0].key["PK"] == "{{USER}}#{userId}"


def test_values_are_in_no_proposal() -> None:
    items = [
        {"PK": f"TENANT#{name}#USER#{n}", "SK": "INFO"} for n in range(30) for name in ("acme", "globex")
    ]
    assert shown(proposed(items)) == {"user": ({"PK": "TENANT#{tenantId}#USER#{userId}", "SK": "INFO"}, None)}
