"""What `check` knows of items is of one entity: a sample shows nothing of the others."""

from __future__ import annotations

from typing import Any

from bridge.settings.lint import find_never
from tests.builders.single_table import CONFIG, change, key, settings

USER = change(1, key("USER#1", "PROFILE"), None, {"email": "a@example.com", "password": "x", "plan": "free"})
ORDER = change(2, key("USER#1", "ORDER#1"), {"status": "open", "seen": 1}, {"status": "placed", "total": 5})


def found(config: str, *samples: Any) -> dict[str, str]:
    return {problem.path: problem.message for problem in find_never(settings(config), None, samples)}


def test_an_attribute_of_another_entity_is_not_one_of_this_entity() -> None:
    config = CONFIG.replace(
        "subject: order/{userId}/{orderId}",
        "subject: order/{userId}/{orderId}\n        redact: [{path: $.email, with: drop}]",
    )
    assert found(CONFIG, USER, ORDER) == {}
    assert list(found(config, USER, ORDER)) == ["tables.app.entities.order.redact[0].path"]


def test_each_image_of_an_item_that_changes_its_entity_is_known_of_its_own() -> None:
    config = CONFIG.replace("diff: {ignore: [/seen]}", "diff: {ignore: [/total]}")
    assert list(found(config, USER, ORDER)) == ["tables.app.entities.cart.diff.ignore[0]"]


def test_what_a_table_says_for_all_entities_is_of_use_if_it_is_for_one() -> None:
    shared = CONFIG.replace("    entities:\n", "    diff: {ignore: [/plan]}\n    entities:\n", 1)
    cart = change(3, key("USER#1", "ORDER#2"), None, {"status": "open", "seen": 1})
    assert found(shared, USER, ORDER, cart) == {}  # users have it
    nobody = shared.replace("[/plan]", "[/nobody]").replace("$.password", "$.passwort")
    assert list(found(nobody, USER, ORDER, cart)) == [
        "tables.app.redact[0].path",
        "tables.app.diff.ignore[0]",
    ]
