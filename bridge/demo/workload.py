"""A lively, repeatable day of two tables: what happens to the demonstration's users and orders.

The same seed gives the same steps. Every step is legal on the table that the steps before it left, and all
but the one that means to break its schema fit the schemas of ``configuration``.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from bridge.demo.writer import PLANS, STATUSES, Cast, Step

_USERS_WANTED = 6
_BUSINESS = (
    "plan",
    "email",
    "place",
    "place",
    "advance",
    "advance",
    "advance",
    "save",
    "look",
    "cancel",
    "leave",
)


def steps(changes: int = 60, *, seed: int = 1) -> Iterator[Step]:
    """Steps that leave exactly ``changes`` stream records. Calls that change nothing come on top.

    The first twenty show every kind of change once; what follows is ordinary business.
    """
    given = 0
    for step in _endless(Cast(random.Random(seed))):  # noqa: S311 - a repeatable play, no secret
        if step.outcome != "nothing":
            if given == changes:
                return
            given += 1
        yield step


def _endless(cast: Cast) -> Iterator[Step]:
    yield from _opening(cast)
    while True:
        yield _business(cast)


def _opening(cast: Cast) -> Iterator[Step]:
    """Inserts, nested changes, a save that changes nothing, sets, exact numbers, binary, removals."""
    yield cast.sign_up("pro")
    yield cast.sign_up("free")
    ada, bob = cast.users
    yield cast.move(ada, "Łódź")
    yield cast.save_unchanged(ada)
    yield cast.change_plan(bob, "enterprise")
    yield cast.join_groups(ada, "beta", "ops")
    yield cast.leave_groups(ada, "ops")
    yield cast.set_balance(ada, "12345678901234567890.123456789012345678")
    yield cast.set_avatar(ada, bytes(range(0, 256, 16)))
    yield cast.change_email(bob)
    yield cast.look_in(ada)
    yield cast.place(ada, lines=2)
    (order,) = cast.orders
    yield cast.change_quantity(order, 7)
    yield cast.advance(order)
    yield cast.sign_up_with_a_broken_email()
    yield cast.place(bob, lines=1)
    yield cast.cancel(list(cast.orders)[-1])
    yield cast.leave(bob)


def _business(cast: Cast) -> Step:
    """What an ordinary moment brings: a handful of users and their orders stay alive."""
    if len(cast.users) < _USERS_WANTED:
        return cast.sign_up(cast.choose.choice(PLANS))
    user = cast.choose.choice(list(cast.users))
    order = cast.choose.choice(list(cast.orders)) if cast.orders else None
    match cast.choose.choice(_BUSINESS):
        case "plan":
            others = [plan for plan in PLANS if plan != cast.users[user]]
            return cast.change_plan(user, cast.choose.choice(others))
        case "email":
            return cast.change_email(user)
        case "save":
            return cast.save_unchanged(user)
        case "look":
            return cast.look_in(user)
        case "leave":
            return cast.leave(user)
        case "advance" if order:
            delivered = cast.orders[order] == STATUSES[-1]
            return cast.archive(order) if delivered else cast.advance(order)
        case "cancel" if order and cast.orders[order] != STATUSES[-1]:
            return cast.cancel(order)
    return cast.place(user, lines=cast.choose.randint(1, 3))
