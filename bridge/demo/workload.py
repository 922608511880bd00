"""The calls that the demonstration makes on its tables: the workload, and the changes that are lost.

The same seed gives the same steps. Every step is legal on the tables as the steps before it left them. The
data of every step matches the schemas of ``configuration``, except in one step, which breaks its schema on
purpose.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from bridge.demo import shop
from bridge.demo.shop import Shop
from bridge.demo.writer import PLANS, STATUSES, Step, Writer

_USERS_WANTED = 6
_CUSTOMERS_WANTED = 2
_CARTS_WANTED = 3
_LOST_OFFSET = 5_000  # beyond every id and every minute of the workload
_ACTIONS = (
    *("plan", "email", "place", "place", "advance", "advance", "advance"),
    *("save", "look", "cancel", "leave"),
    *("shop", "shop", "shop", "shop", "shop"),
)
_SHOP_ACTIONS = (
    *("check out", "check out", "fill", "fill", "advance", "advance", "drop"),
    *("relocate", "rank", "set", "close"),
)
"""An action that is listed several times is chosen more often."""

Kind = Literal["insert", "modify", "remove"]


def steps(changes: int = 60, *, seed: int = 1) -> Iterator[Step]:
    """Steps that leave exactly ``changes`` stream records, and further calls that change nothing.

    The first steps show every kind of change once. The steps after them are chosen at random.
    """
    choose = random.Random(seed)  # noqa: S311 - repeatable, no secret
    given = 0
    for step in _endless(Writer(choose), Shop(choose)):
        if step.outcome != "nothing":
            if given == changes:
                return
            given += 1
        yield step


def _endless(writer: Writer, market: Shop) -> Iterator[Step]:
    yield from _opening(writer)
    yield from _shop_opening(market)
    while True:
        yield _random_step(writer, market)


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


def _shop_opening(market: Shop) -> Iterator[Step]:
    """Several kinds of items in one table: each kind inserted, changed and removed, a cart that becomes a
    purchase, an index key alone, and an item that no entity selects."""
    yield market.register()
    yield market.register()
    celia, gone = market.customers
    yield market.open_cart(celia)
    (first,) = market.carts
    yield market.fill(first)
    yield market.check_out(first)
    yield market.advance(first)
    yield market.set_rate(19)
    yield market.rank(celia)
    yield market.relocate(celia)
    yield market.open_cart(gone)
    yield market.drop(list(market.carts)[-1])
    yield market.close(gone)
    yield market.archive(first)


def _random_step(writer: Writer, market: Shop) -> Step:
    """One random step that keeps a few items of each kind in the tables."""
    if len(writer.users) < _USERS_WANTED:
        return writer.sign_up(writer.choose.choice(PLANS))
    if len(market.carts) < _CARTS_WANTED:
        return market.open_cart(writer.choose.choice(list(market.customers)))
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
        case "shop":
            return _random_shop_step(market)
    return writer.place(user, lines=writer.choose.randint(1, 3))


def _random_shop_step(market: Shop) -> Step:
    choose = market.choose
    if len(market.customers) < _CUSTOMERS_WANTED:
        return market.register()
    customer, cart = choose.choice(list(market.customers)), choose.choice(list(market.carts))
    purchase = choose.choice(list(market.purchases)) if market.purchases else None
    match choose.choice(_SHOP_ACTIONS):
        case "check out":
            return market.check_out(cart)
        case "advance" if purchase:
            shipped = market.purchases[purchase][1] == shop.STATUSES[-1]
            return market.archive(purchase) if shipped else market.advance(purchase)
        case "drop":
            return market.drop(cart)
        case "relocate":
            return market.relocate(customer)
        case "rank":
            return market.rank(customer)
        case "set":
            return market.set_rate(choose.randint(1, 25))
        case "close":
            return market.close(customer)
    return market.fill(cart)


def lost_steps(
    users: Mapping[str, str], orders: Mapping[str, str], items: Iterable[Mapping[str, Any]] = ()
) -> Iterator[Step]:
    """Steps that are made while no mapping reads the streams, so that no event is published for them.

    ``users`` (id to plan), ``orders`` (id to status) and ``items`` of Shop are what the tables hold; the
    number of steps depends on them. Not every step leaves a difference: one user is created and deleted, one
    changes only ``updatedAt``, one changes twice, which is one difference, and one item is of no entity.
    """
    choose = random.Random(2)  # noqa: S311 - repeatable, no secret
    writer = Writer(choose, after=_LOST_OFFSET)
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
    market = Shop(choose, after=_LOST_OFFSET)
    market.know(items)
    yield from _lost_in_the_shop(market)


def _lost_in_the_shop(market: Shop) -> Iterator[Step]:
    """One insert, modify, remove and change of entity, as far as there are items, and a setting."""
    customers, carts = sorted(market.customers), sorted(market.carts)
    yield market.register()
    for customer in customers[:1]:
        yield market.relocate(customer)
    for cart in carts[:1]:
        yield market.check_out(cart)
    for cart in carts[1:2]:
        yield market.drop(cart)
    yield market.set_rate(7)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Kind]:
    """How items differ, by what identifies them: their subjects, or their keys."""
    return {
        each: "insert" if each not in before else "modify" if each in after else "remove"
        for each in sorted(before.keys() | after.keys())
        if before.get(each) != after.get(each)
    }
