"""The second phase: its lost steps are legal on whatever the tables hold, and its checks find every fault."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.demo.recovery import check_recovery
from bridge.demo.resources import key_of
from bridge.demo.workload import differences, lost_steps

USERS = {f"u-{number}": "pro" for number in range(1001, 1006)}
ORDERS = {"o-1": "placed", "o-2": "delivered", "o-3": "cancelled", "o-4": "paid"}
SHOP: list[dict[str, Any]] = [
    {"PK": {"S": "CUSTOMER#c-1"}, "SK": {"S": "PROFILE"}, "country": {"S": "PT"}},
    {"PK": {"S": "SETTINGS"}, "SK": {"S": "VAT"}},
    *(
        {
            "PK": {"S": "CUSTOMER#c-1"},
            "SK": {"S": f"ORDER#b-{number}"},
            "status": {"S": status},
            "goods": {"M": {"TEA-GREEN": {"N": "2"}}},
        }
        for number, status in enumerate(("open", "open", "paid"))
    ),
]
LOST: dict[str, Any] = {"user/u-1": "remove", "user/u-2": "modify", "user/u-3": "insert"}


def report(*, events: int = 0, blocked: int = 0, **missed: int) -> dict[str, Any]:
    whole = dict.fromkeys(("insert", "modify", "remove"), 0) | missed
    return {"missed": whole, "events": events, "blocked": {"count": blocked}}


def reported(subject: str, operation: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"{subject}:t.v1",
        "subject": subject,
        "reconciled": True,
        "data": {"operation": operation, **more},
    }


EVENTS = [reported(subject, kind) for subject, kind in LOST.items()]


def broken(**differently: Any) -> list[str]:
    """The promises that are not kept when every fact is right except those given ``differently``."""
    facts: dict[str, Any] = {
        "lost": LOST,
        "missed": dict.fromkeys(("insert", "modify", "remove"), 1),
        "became": 0,
        "behind": {"bus": list(LOST), "feed": list(LOST)},
        "first": [report(insert=1, modify=1, remove=1, events=3, blocked=1)],
        "again": {"bus": EVENTS, "feed": EVENTS},
        "second": [report(blocked=1)],
        "late": 0,
        "read": 0,
        "quarantined": 1,
    }
    return [check.promise for check in check_recovery(**(facts | differently)) if not check.kept]


def test_every_promise_is_kept_when_every_fact_is_right() -> None:
    assert broken() == []


@pytest.mark.parametrize(
    ("differently", "promise"),
    [
        ({"read": 1}, "skipped all lost changes"),
        ({"behind": {"bus": list(LOST)[1:]}}, "bus: after the loss its copy differs"),
        ({"behind": {"feed": [*LOST, "user/u-9"]}}, "feed: after the loss its copy differs"),
        ({"first": [report(insert=1, modify=1, events=2, blocked=1)]}, "exactly what was lost"),
        ({"first": [report(insert=2, modify=1, remove=1, blocked=1)]}, "exactly what was lost"),
        ({"first": [report(insert=1, modify=1, remove=1, blocked=0)]}, "reported as blocked"),
        ({"again": {"bus": EVENTS[1:]}}, "bus: each lost change was published once"),
        ({"again": {"bus": [*EVENTS, EVENTS[0]]}}, "bus: each lost change was published once"),
        (
            {"again": {"feed": [*EVENTS[1:], reported("user/u-1", "modify")]}},
            "feed: each lost change was published once",
        ),
        ({"again": {"feed": [*EVENTS[1:], EVENTS[0] | {"reconciled": False}]}}, "marked as reconciled"),
        ({"again": {"bus": [*EVENTS[1:], reported("user/u-1", "remove", h="$demo$1")]}}, "redacted"),
        ({"became": 1}, "after the loss, items that changed their entity"),
        ({"second": [report(modify=1)]}, "a second run finds nothing"),
        ({"second": [report(events=1)]}, "a second run finds nothing"),
        ({"late": 1}, "a second run finds nothing"),
    ],
)
def test_each_fault_is_found(differently: dict[str, Any], promise: str) -> None:
    assert any(promise in each for each in broken(**differently))


@pytest.mark.parametrize("users", [0, 1, 2, 3, 5])
@pytest.mark.parametrize("orders", [0, 1, 2, 4])
@pytest.mark.parametrize("items", [0, 2, 3, 5])
def test_lost_steps_change_only_items_that_exist(users: int, orders: int, items: int) -> None:
    alive = {*list(USERS)[:users], *list(ORDERS)[:orders], *(key_of("Shop", each) for each in SHOP[:items])}
    steps = list(
        lost_steps(dict(list(USERS.items())[:users]), dict(list(ORDERS.items())[:orders]), SHOP[:items])
    )
    for step in steps:
        key = key_of(step.table, step.request.get("Item") or step.request["Key"])
        if step.call == "put_item":
            assert key not in alive or step.outcome == "unselected"
            alive.add(key)
        else:
            assert key in alive
            if step.call == "delete_item":
                alive.remove(key)
    assert "put_item" in {step.call for step in steps}
    assert users == 0 or any(step.request.get("Key") == {"userId": {"S": "u-1001"}} for step in steps)


def test_the_shop_loses_an_insert_a_modify_a_remove_and_a_change_of_entity() -> None:
    steps = [step for step in lost_steps({}, {}, SHOP) if step.table == "Shop"]
    changes = [step.call for step in steps if step.outcome == "change"]
    assert sorted(changes) == ["delete_item", "put_item", "update_item", "update_item"]
    (became,) = [step for step in steps if ":total" in step.request.get("ExpressionAttributeValues", {})]
    assert became.request["Key"]["SK"] == {"S": "ORDER#b-0"}
    assert [step.outcome for step in steps].count("unselected") == 1


def test_differences_name_what_happened_to_each_item() -> None:
    before = {"a": {"n": 1}, "b": {"n": 1}, "c": {"n": 1}}
    after = {"b": {"n": 2}, "c": {"n": 1}, "d": {"n": 1}}
    assert differences(before, after) == {"a": "remove", "b": "modify", "d": "insert"}
