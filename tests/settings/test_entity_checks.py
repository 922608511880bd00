"""Mistakes in `entities` are found by `check`, each with its place and what to do."""

from __future__ import annotations

import pytest

from bridge.errors import ConfigurationError
from tests.builders.single_table import CONFIG, settings, tables

USER = """      user:
        key: {PK: "USER#{userId}", SK: PROFILE}
        subject: user/{userId}"""


def problems(config: str) -> list[str]:
    try:
        tables(config)
    except ConfigurationError as error:
        return [f"{each.path}: {each.message}; {each.suggestion}" for each in error.problems]
    return []


def with_user(text: str) -> str:
    assert USER in CONFIG
    return CONFIG.replace(USER, text.strip("\n"))


@pytest.mark.parametrize(
    ("user", "path", "says"),
    [
        (USER.replace("USER#{userId}", "{a}{b}"), "entities.user.key.PK", "run together"),
        (USER.replace("USER#{userId}", "USER#{user"), "entities.user.key.PK", "written {name}"),
        (USER.replace("SK: PROFILE", "sort: PROFILE"), "entities.cart.key", "SK and sort"),
        (USER.replace("SK: PROFILE", 'SK: "{any}"'), "entities.cart.key", "PK=USER#a"),
        (USER.replace("user/{userId}", "user/{user}"), "entities.user.subject", "did you mean 'userId'"),
        (USER.replace("user/{userId}", "user"), "entities.user.subject", "names no attribute"),
        (USER.replace("user/{userId}", "user/{$.after.x}"), "entities.user.subject", "{<part>}"),
        (USER.replace("      user:", "      other:"), "entities.other", "reserved word"),
        (USER.replace("subject: user/{userId}", "where: {}"), "entities.user.subject", "missing"),
        (USER + "\n        partitionkey: user/{x}", "entities.user.partitionkey", "no part"),
    ],
    ids=lambda value: value[:40] if value.startswith("entities") else None,
)  # fmt: skip
def test_a_mistake_in_an_entity_is_found_at_its_place(user: str, path: str, says: str) -> None:
    found = [each for each in problems(with_user(user)) if path in each]
    assert found
    assert says in " ".join(found)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("$.password", "$.PK", "reads parts of PK"),
        ("$.id.orderId", "$.id.orderID", "did you mean 'orderId'"),
        ("        where: {status: [open]}\n", "", "takes the same items as cart"),
        ("    owner: {team: shop}", "    events: []", "belongs to an entity"),
        ("deleted, op: remove", "deleted, op: remove, when: {id: {x: [y]}}", "no part"),
        ("subject: order/{userId}/{orderId}", "subject: cart/{userId}/{orderId}", None),
        ("diff: {ignore: [/seen]}", 'partitionkey: "{orderId}"', "has one unit of order"),
    ],
)  # fmt: skip
def test_a_mistake_in_what_belongs_to_an_entity_is_found(before: str, after: str, says: str | None) -> None:
    assert before in CONFIG
    found = problems(CONFIG.replace(before, after))
    if says is None:
        assert found == []  # events of different types may share a subject
    else:
        assert any(says in each for each in found)


def test_two_entities_never_share_a_subject_in_events_of_one_type() -> None:
    config = CONFIG.replace("cart/{userId}", "order/{userId}").replace(
        "example.cart.changed", "example.order.changed"
    )
    assert any("can be the subject of another item, of entity cart" in each for each in problems(config))


def test_where_two_conditions_can_both_hold_the_first_entity_wins_and_the_check_says_so() -> None:
    loaded = settings(CONFIG.replace("status: [placed, paid]", "paid: [true]"))
    (warning,) = [each for each in loaded.warnings if "where" in each.message]
    assert "an item is of cart, the first in the list" in warning.message
    assert "PK=USER#a, SK=ORDER#a" in warning.message


def test_the_configuration_of_the_tests_has_no_finding() -> None:
    assert [each for each in settings().warnings if "entit" in each.path] == []


def test_a_table_without_entities_needs_a_subject_and_events() -> None:
    config = CONFIG[: CONFIG.index("    owner")]
    assert problems(config) == [
        "tables.app.events: required key 'events' is missing; ",
        "tables.app.subject: required key 'subject' is missing; ",
    ]


def test_redaction_of_the_table_and_of_the_entity_add_up() -> None:
    redact = tables()["app-main"].rules_of("user").redact
    assert redact is not None
    assert [rule.path.text for rule in redact.rules] == ["$.password", "$.email"]


CARTS, ORDERS = "where: {status: [open]}", "where: {status: [placed, paid]}"


@pytest.mark.parametrize(
    ("cart", "order"),
    [
        ("where: {status: [{exists: true}]}", "where: {status: [{exists: false}]}"),
        (CARTS, 'where: {SK: [{anything-but: {wildcard: "ORDER#*"}}]}'),
        (CARTS, 'where: {SK: [{anything-but: {wildcard: ["x", "ORDER#*"]}}]}'),
        (CARTS, 'where: {SK: [{anything-but: {prefix: "ORDER"}}]}'),
        ('where: {SK: [{anything-but: {prefix: ["x", "ORDER#"]}}]}', ORDERS),
    ],
)
def test_conditions_that_exclude_each_other_need_no_warning(cart: str, order: str) -> None:
    config = CONFIG.replace(CARTS, cart).replace(ORDERS, order)
    assert [each.message for each in settings(config).warnings if "entit" in each.path] == []


@pytest.mark.parametrize(
    "order",
    [
        "where: {status: [{exists: true}]}",
        'where: {SK: [{anything-but: {wildcard: "ORDER#1*"}}]}',
        'where: {SK: [{anything-but: {prefix: "ORDER#1"}}]}',
        'where: {SK: [{anything-but: "ORDER#"}]}',
        'where: {SK: [{anything-but: {prefix: "ORDER#"}}, "ORDER#1"]}',
        'where: {SK: [{anything-but: {suffix: "ORDER#"}}]}',
    ],
)
def test_conditions_that_exclude_only_some_keys_leave_the_warning(order: str) -> None:
    loaded = settings(CONFIG.replace(ORDERS, order))
    assert any("the first in the list" in each.message for each in loaded.warnings)


def test_an_entity_whose_condition_excludes_the_keys_of_an_earlier_one_may_follow_it() -> None:
    first = CONFIG.replace(CARTS, "").replace(ORDERS, 'where: {SK: [{anything-but: {wildcard: "ORDER#*"}}]}')
    assert [each for each in problems(first) if "takes the same" in each] == []
