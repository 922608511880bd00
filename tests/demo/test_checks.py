"""Each check of the demonstration finds the fault that it looks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bridge.demo.checks import check_all, check_entity_changes
from bridge.demo.expectation import Expected
from bridge.demo.resources import Queue
from bridge.demo.subscribers import AppliesChanges, CloudEvent, NewestWins, Subscriber
from bridge.ports.quarantine import Quarantined
from bridge.relay.accounts import Account

ACCOUNT = Account(3, published=2, without_event=0, quarantined=1, returned=0, events=2)
QUARANTINED = Quarantined({}, "r3", "Users", "event_invalid", "validate", "", "", "", "")


def event(number: int, operation: str, **data: Any) -> dict[str, Any]:
    return {
        "id": f"r{number}:t.v1",
        "subject": "user/u-1",
        "sequence": f"label/{number:040d}",
        "data": {"operation": operation, **data},
    }


INSERT = event(1, "insert", after={"plan": "free"})
MODIFY = event(
    2,
    "modify",
    before={"plan": "free"},
    after={"plan": "pro"},
    changes=[{"path": "/plan", "op": "replace", "before": "free", "after": "pro"}],
)


def became(number: int, **start: Any) -> list[dict[str, Any]]:
    """The two events of one change that made a cart a purchase; ``start`` are attributes of the second."""
    end = event(number, "remove", before={"status": "open"})
    begin = event(number, "insert", after={"status": "placed"})
    end |= {"id": f"r{number}-end:c.v1", "subject": "cart/c-1/b-1"}
    begin |= {"id": f"r{number}-start:p.v1", "subject": "purchase/c-1/b-1", "sequence": end["sequence"] + "+"}
    return [end, begin | start]


def subscriber(name: str, events: list[CloudEvent]) -> Subscriber:
    made = Subscriber(
        name, None, Queue("", ""), NewestWins() if name == "bus" else AppliesChanges(), lambda *_: None
    )
    for each in events:
        made.events.append(each)
        made.copy.take(each)
    return made


def broken(**differently: Any) -> list[str]:
    """The promises that are not kept when every fact is right except those given ``differently``."""
    ids = frozenset({"r1:t.v1", "r2:t.v1"})
    facts: dict[str, Any] = {
        "account": ACCOUNT,
        "unselected": 0,
        "changes": 3,
        "expected": Expected(ids, ids, frozenset({"r3"})),
        "quarantined": [QUARANTINED],
        "bus": [MODIFY, INSERT],  # a bus keeps no order
        "feed": [INSERT, MODIFY],
        "tables": {"user/u-1": {"plan": "pro"}},
    } | differently
    for name in ("bus", "feed"):
        facts[name] = subscriber(name, facts[name])
    return [check.promise for check in check_all(**facts) if not check.kept]


def test_every_promise_is_kept_when_every_fact_is_right() -> None:
    assert broken() == []


@pytest.mark.parametrize(
    ("differently", "promise"),
    [
        ({"account": replace(ACCOUNT, published=1)}, "exactly one of the four ways"),
        ({"changes": 4}, "all 4 changes were received"),
        ({"account": replace(ACCOUNT, published=1, returned=1)}, "all 3 changes were received"),
        ({"quarantined": []}, "in quarantine"),
        ({"bus": [INSERT]}, "bus: the 2 expected events"),
        ({"feed": [INSERT]}, "feed: the 2 expected events"),
        ({"bus": [INSERT, MODIFY, event(9, "remove")]}, "bus: the 2 expected events"),
        ({"bus": [INSERT, MODIFY, INSERT]}, "bus: each arrived once"),
        ({"feed": [INSERT, MODIFY, INSERT]}, "feed: every item's events came in order"),
        ({"tables": {"user/u-1": {"plan": "free"}}}, "bus: the copy"),
        ({"tables": {}}, "feed: the copy"),
        ({"unselected": 1}, "no entity selects"),
        ({"feed": [INSERT, MODIFY, *became(9)]}, "feed: items that changed their entity"),
        ({"bus": [event(1, "insert", after={"passwordHash": "$demo$1"}), MODIFY]}, "redacted"),
    ],
)
def test_each_fault_is_found(differently: dict[str, Any], promise: str) -> None:
    assert any(promise in each for each in broken(**differently))


def pair(**older: Any) -> list[CloudEvent]:
    """One change of plan in two majors; attributes of the older one are set, and None removes one."""
    shared = {"subject": "user/u-1", "sequence": "label/1", "correlationid": "r1:p", "data": {}}
    marks = {"deprecated": True, "deprecationsunset": "2027-06-30T23:59:59Z"}
    first = shared | {"id": "r1:p.v1", "type": "p.v1"} | marks | older
    second = shared | {"id": "r1:p.v2", "type": "p.v2"}
    return [second, {name: value for name, value in first.items() if value is not None}]


@pytest.mark.parametrize(
    ("events", "kept"),
    [
        (pair(), True),
        (pair()[:1], False),
        (pair(deprecated=None), False),
        (pair(deprecationsunset=None), False),
        (pair(sequence="label/2"), False),
        ([*pair(), pair()[0]], False),
    ],
)
def test_a_change_that_is_not_published_in_both_majors_is_found(events: list[CloudEvent], kept: bool) -> None:
    ids = frozenset({"r1:t.v1", "r2:t.v1"}) | {event["id"] for event in pair()}
    expected = Expected(ids, frozenset({"r1:t.v1", "r2:t.v1"}), frozenset({"r3"}))
    found = broken(bus=[MODIFY, INSERT, *events], expected=expected)
    assert any("two majors" in each for each in found) is not kept


@pytest.mark.parametrize(
    ("events", "kept"),
    [
        (became(9), True),
        (became(9)[::-1], True),  # a bus keeps no order
        (became(9)[:1], False),
        (became(9)[1:], False),
        ([], False),
        (became(9, subject="cart/c-1/b-1"), False),
        (became(9, sequence=f"label/{9:040d}"), False),
        (became(9, data={"operation": "modify"}), False),
        ([*became(9), *became(10)], False),
    ],
)
def test_an_item_that_does_not_end_and_start_as_its_entities_say_is_found(
    events: list[CloudEvent], kept: bool
) -> None:
    assert check_entity_changes("bus", events, 1).kept is kept


@pytest.mark.parametrize("make", [NewestWins, AppliesChanges])
def test_a_removed_item_leaves_the_copy(make: Callable[[], Any]) -> None:
    copy = make()
    for each in (INSERT, MODIFY, event(3, "remove", before={"plan": "pro"})):
        copy.take(each)
    assert copy.items == {}
