"""Which texts of keys are labels and which are data, where both are possible."""

from __future__ import annotations

from typing import Any

from bridge.onboarding.entities.proposal import propose
from tests.onboarding.entities.tables import observed, proposed, shown


def test_tenants_before_the_labels_are_data() -> None:
    items = [
        {
            "PK": f"{tenant}#{kind}#{n}",
            "SK": "A",
            **({"name": 1} if kind == "user" else {"total": 2, "paid": 1}),
        }
        for n in range(30)
        for tenant in ("acme", "globex", "initech")
        for kind in ("user", "order")
    ]
    assert {name: key["PK"] for name, (key, _) in shown(proposed(items)).items()} == {
        "user": "{scope}#user#{userId}",
        "order": "{scope}#order#{orderId}",
    }


def test_a_hundred_words_are_data_although_each_has_attributes_of_its_own() -> None:
    words = [f"{chr(65 + n // 10)}{chr(65 + n % 10)}LABEL" for n in range(100)]
    items = [{"PK": f"{word}#{n}", "SK": "A", word: 1} for word in words for n in range(20)]
    assert propose(observed(items)) is None


def test_one_word_after_data_is_data_too() -> None:
    items = [{"PK": f"REACTION#{n}#sunglasses", "SK": f"PHOTO#{n}"} for n in range(30)]
    ((key, _),) = shown(proposed(items)).values()
    assert key["PK"] == "REACTION#{reactionId}#{reactionId2}"


def test_words_that_look_alike_are_data_beside_one_that_does_not() -> None:
    items: list[dict[str, Any]] = [
        {"PK": f"FUND#{n}", "SK": ticker, "price": 1}
        for n in range(20)
        for ticker in ("AAPL", "MSFT", "GOOG")
    ]
    items += [{"PK": f"FUND#{n}", "SK": "OWNER", "name": 1, "email": 2} for n in range(20)]
    assert sorted(key["SK"] for key, _ in shown(proposed(items)).values()) == ["OWNER", "{fundEntryId}"]


def test_an_id_in_capitals_after_a_label_is_data_in_a_sample_of_one() -> None:
    ((key, _),) = shown(proposed([{"PK": "USER#ABC#ORDER#1", "SK": "A"}])).values()
    assert key["PK"] == "USER#{userId}#ORDER#{orderId}"


def test_a_strange_key_within_a_kind_fits_none() -> None:
    items = [{"PK": f"USER#{n}", "SK": "PROFILE", "_et": "User"} for n in range(100)]
    found = proposed([*items, {"PK": "X#1", "SK": "Y#1", "_et": "User"}])
    assert list(shown(found)) == ["user"]
    assert found.fit_none == 1


def test_a_kind_with_many_forms_of_keys_is_one_entity() -> None:
    labels = ("CAR", "BUS", "VAN", "TRAM", "BIKE", "BOAT")
    items = [{"PK": f"{label}#{n}", "SK": "A", "_et": "Vehicle"} for n in range(20) for label in labels]
    items += [{"PK": f"USER#{n}", "SK": "A", "_et": "User"} for n in range(20)]
    assert shown(proposed(items)) == {
        "vehicle": ({"PK": "{scope}#{vehicleId}", "SK": "A"}, {"_et": ["Vehicle"]}),
        "user": ({"PK": "USER#{userId}", "SK": "A"}, {"_et": ["User"]}),
    }


def test_a_specific_kind_stands_before_the_general_one() -> None:
    items = [{"PK": f"USER#{n % 9}", "SK": f"2026-01-01T00:00:{n % 60:02}Z", "x": n} for n in range(90)]
    items += [{"PK": f"USER#{n}", "SK": "PROFILE", "name": 1} for n in range(9)]
    found = proposed(items)
    assert [entity.name for entity in found.entities] == ["user", "user_entry"]
    assert shown(found) == {
        "user": ({"PK": "USER#{userId}", "SK": "PROFILE"}, None),
        "user_entry": (
            {"PK": "USER#{userId}", "SK": "{time}"},
            {"SK": [{"anything-but": ["PROFILE"]}]},
        ),
    }


def test_an_item_that_was_seen_as_it_is_counts_once() -> None:
    item = {"PK": "USER#1", "SK": "PROFILE"}
    assert proposed([item, item]).seen == 1
