"""What is written while no mapping reads the streams: changes that no event will tell of by itself."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from bridge.demo.writer import PLANS, STATUSES, Cast, Step

Kind = Literal["insert", "modify", "remove"]

_LATER = 5_000  # behind every id and every minute of the workload


def lost_steps(users: Mapping[str, str], orders: Mapping[str, str]) -> Iterator[Step]:
    """Steps on what the tables hold: ``users`` id to plan, ``orders`` id to status. As many of them as the
    items allow.

    Not every call leaves something to tell: one user comes and goes, one only looks in, and one changes
    twice, which is one difference.
    """
    cast = Cast(random.Random(2), after=_LATER)  # noqa: S311 - a repeatable play, no secret
    cast.users |= users
    cast.orders |= orders
    yield cast.sign_up("pro")
    yield cast.sign_up("free")
    new, passing = list(cast.users)[-2:]
    yield cast.place(new, lines=2)
    yield cast.leave(passing)
    yield cast.sign_up("enterprise")
    gone, *staying = sorted(users) or [""]
    if gone:
        yield cast.leave(gone)
    for user in staying[:1]:
        yield cast.change_plan(user, PLANS[PLANS.index(users[user]) - 1])
        yield cast.move(user, "Reykjavík")
    for user in staying[1:2]:
        yield cast.change_email(user)
    for user in staying[2:3]:
        yield cast.look_in(user)
    delivered = sorted(orders, key=lambda order: (orders[order] != STATUSES[-1], order))
    for order in delivered[:1]:
        yield cast.archive(order)
    for order in [each for each in delivered[1:] if orders[each] in STATUSES[:-1]][:2]:
        yield cast.advance(order)


def differences(
    before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> dict[str, Kind]:
    """How items differ, by subject."""
    return {
        subject: "insert" if subject not in before else "modify" if subject in after else "remove"
        for subject in sorted(before.keys() | after.keys())
        if before.get(subject) != after.get(subject)
    }
