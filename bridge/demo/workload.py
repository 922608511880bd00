"""The calls that the demonstration makes on its two tables: the workload, and the changes that are lost.

The same seed gives the same steps. Every step is legal on the tables as the steps before it left them. The
data of every step matches the schemas of ``configuration``, except in one step, which breaks its schema on
purpose.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from bridge.demo.writer import PLANS, STATUSES, Step, Writer

_USERS_WANTED = 6
_LOST_OFFSET = 5_000  # beyond every id and every minute of the workload
_ACTIONS = (
    *("plan", "email", "place", "place", "advance", "advance", "advance"),
    *("save", "look", "cancel", "leave"),
)
"""An action that is listed several times is chosen more often."""

Kind = Literal["insert", "modify", "remove"]


def steps(changes: int = 60, *, seed: int = 1) -> Iterator[Step]:
    """Steps that leave exactly ``changes`` stream records, and further calls that change nothing.

    The first twenty steps show every kind of change once. The steps after them are chosen at random.
    """
    given = 0
    for step in _endless(Writer(random.Random(seed))):  # noqa: S311 - repeatable, no secret
        if step.outcome != "nothing":
            if given == changes:
                return
            given += 1
        yield step


def _endless(writer: Writer) -> Iterator[Step]:
    yield from _opening(writer)
    while True:
        yield _random_step(writer)


def _opening(writer: Writer) -> Iterator[Step]:
    """Inserts, nested changes, a save that changes nothing, sets, exact numbers, binary, removals."""
    yield writer.sign_up("pro")
    yield writer.sign_up("free")
    ada, bob = writer.users
    yield writer.move(ada, "Łódź")
    yield writer.save_unchanged(ada)
    yield writer.change_plan(bob, "enterprise")
    yield writer.join_groups(ada, "beta", "ops")
    yield writer.leave_groups(ada, "ops")
    yield writer.set_balance(ada, "12345678901234567890.123456789012345678")
    yield writer.set_avatar(ada, bytes(range(0, 256, 16)))
    yield writer.change_email(bob)
    yield writer.look_in(ada)
    yield writer.place(ada, lines=2)
    (order,) = writer.orders
    yield writer.change_quantity(order, 7)
    yield writer.advance(order)
    yield writer.sign_up_with_a_broken_email()
    yield writer.place(bob, lines=1)
    yield writer.cancel(list(writer.orders)[-1])
    yield writer.leave(bob)


def _random_step(writer: Writer) -> Step:
    """One random step that keeps a few users and orders in the tables."""
    if len(writer.users) < _USERS_WANTED:
        return writer.sign_up(writer.choose.choice(PLANS))
    user = writer.choose.choice(list(writer.users))
    order = writer.choose.choice(list(writer.orders)) if writer.orders else None
    match writer.choose.choice(_ACTIONS):
        case "plan":
            others = [plan for plan in PLANS if plan != writer.users[user]]
            return writer.change_plan(user, writer.choose.choice(others))
        case "email":
            return writer.change_email(user)
        case "save":
            return writer.save_unchanged(user)
        case "look":
            return writer.look_in(user)
        case "leave":
            return writer.leave(user)
        case "advance" if order:
            delivered = writer.orders[order] == STATUSES[-1]
            return writer.archive(order) if delivered else writer.advance(order)
        case "cancel" if order and writer.orders[order] != STATUSES[-1]:
            return writer.cancel(order)
    return writer.place(user, lines=writer.choose.randint(1, 3))


def lost_steps(users: Mapping[str, str], orders: Mapping[str, str]) -> Iterator[Step]:
    """Steps that are made while no mapping reads the streams, so that no event is published for them.

    ``users`` (id to plan) and ``orders`` (id to status) are what the tables hold; the number of steps depends
    on them. Not every step leaves a difference: one user is created and deleted, one changes only
    ``updatedAt``, and one changes twice, which is one difference.
    """
    writer = Writer(random.Random(2), after=_LOST_OFFSET)  # noqa: S311 - repeatable, no secret
    writer.users |= users
    writer.orders |= orders
    yield writer.sign_up("pro")
    yield writer.sign_up("free")
    new, passing = list(writer.users)[-2:]
    yield writer.place(new, lines=2)
    yield writer.leave(passing)
    yield writer.sign_up("enterprise")
    gone, *staying = sorted(users) or [""]
    if gone:
        yield writer.leave(gone)
    for user in staying[:1]:
        yield writer.change_plan(user, PLANS[PLANS.index(users[user]) - 1])
        yield writer.move(user, "Reykjavík")
    for user in staying[1:2]:
        yield writer.change_email(user)
    for user in staying[2:3]:
        yield writer.look_in(user)
    delivered = sorted(orders, key=lambda order: (orders[order] != STATUSES[-1], order))
    for order in delivered[:1]:
        yield writer.archive(order)
    for order in [each for each in delivered[1:] if orders[each] in STATUSES[:-1]][:2]:
        yield writer.advance(order)


def differences(
    before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> dict[str, Kind]:
    """How items differ, by subject."""
    return {
        subject: "insert" if subject not in before else "modify" if subject in after else "remove"
        for subject in sorted(before.keys() | after.keys())
        if before.get(subject) != after.get(subject)
    }
