"""Six layouts of single-table design, made by us in the style that is usual for them.

Each is generated from a seed. ``ITEMS`` of each layout know of which entity they are; the inference is given
the items alone.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

Plain = dict[str, Any]
Made = Iterator[tuple[str, Plain]]
"""Items, each with the name of its entity."""

_NAMES: Final = (
    "alice",
    "bob",
    "carol",
    "dave",
    "erin",
    "frank",
    "grace",
    "heidi",
    "ivan",
    "judy",
    "mallory",
)
_START: Final = datetime(2026, 1, 1, tzinfo=UTC)
_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True)
class Layout:
    """``items`` makes about ``size`` of them from a seed. ``kind``: the entity attribute, if there is one."""

    name: str
    items: Callable[[random.Random, int], Made]
    key: tuple[str, ...] = ("PK", "SK")
    kind: str = ""

    def made(self, size: int, seed: int = 1) -> list[tuple[str, Plain]]:
        rng = random.Random(seed)
        found = list(self.items(rng, size))
        rng.shuffle(found)
        return found


def at(rng: random.Random) -> str:
    return (_START + timedelta(seconds=rng.randrange(20_000_000))).strftime("%Y-%m-%dT%H:%M:%SZ")


def ulid(rng: random.Random) -> str:
    return "01J" + "".join(rng.choice(_CROCKFORD) for _ in range(23))


def guid(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def person(rng: random.Random) -> Plain:
    name = rng.choice(_NAMES)
    return {"name": name.capitalize(), "email": f"{name}{rng.randrange(10_000)}@shop.test"}


def shop(rng: random.Random, size: int) -> Made:
    """Customers with their addresses, orders, items of orders, and products."""
    for _ in range(size // 40):
        code = guid(rng)
        yield (
            "product",
            {
                "PK": f"PRODUCT#{code}",
                "SK": "PRODUCT",
                "_et": "Product",
                "productId": code,
                "title": rng.choice(_NAMES),
                "price": rng.randrange(1, 900),
                "currency": rng.choice(("EUR", "USD", "CHF")),
            },
        )
    for number in range(size // 20):
        customer = f"c{number:05}"
        yield (
            "customer",
            {
                "PK": f"CUSTOMER#{customer}",
                "SK": "PROFILE",
                "_et": "Customer",
                **person(rng),
                "createdAt": at(rng),
            },
        )
        for kind in rng.sample(("HOME", "WORK"), rng.randrange(1, 3)):
            yield (
                "address",
                {
                    "PK": f"CUSTOMER#{customer}",
                    "SK": f"ADDRESS#{kind}",
                    "_et": "Address",
                    "street": "Main Street",
                    "country": rng.choice(("DE", "FR")),
                },
            )
        for _ in range(rng.randrange(1, 5)):
            order = f"{rng.randrange(10**8):08}"
            placed = at(rng)
            yield (
                "order",
                {
                    "PK": f"CUSTOMER#{customer}",
                    "SK": f"ORDER#{order}",
                    "GSI1PK": f"ORDER#{order}",
                    "GSI1SK": placed,
                    "_et": "Order",
                    "orderId": order,
                    "status": rng.choice(("placed", "paid", "shipped")),
                    "placedAt": placed,
                    "version": rng.randrange(1, 9),
                },
            )
            for line in range(rng.randrange(1, 4)):
                yield (
                    "order_item",
                    {
                        "PK": f"CUSTOMER#{customer}",
                        "SK": f"ORDER#{order}#ITEM#{line}",
                        "GSI1PK": f"ORDER#{order}",
                        "GSI1SK": f"ITEM#{line}",
                        "_et": "OrderItem",
                        "productId": guid(rng),
                        "quantity": rng.randrange(1, 9),
                    },
                )


def saas(rng: random.Random, size: int) -> Made:
    """Tenants, users and memberships. Keys in lower case, a membership with the keys of both."""
    tenants = [f"t_{rng.randrange(10**6):06}" for _ in range(max(3, size // 40))]
    for tenant in tenants:
        yield (
            "tenant",
            {
                "pk": f"tenant#{tenant}",
                "sk": f"tenant#{tenant}",
                "entityType": "tenant",
                "plan": rng.choice(("free", "pro")),
                "createdAt": at(rng),
            },
        )
    for _ in range(size // 4):
        user = guid(rng)
        yield (
            "user",
            {
                "pk": f"user#{user}",
                "sk": f"user#{user}",
                "entityType": "user",
                **person(rng),
                "gsi1pk": f"email#{user[:8]}@shop.test",
                "gsi1sk": f"user#{user}",
            },
        )
        for tenant in rng.sample(tenants, rng.randrange(1, 4)):
            yield (
                "membership",
                {
                    "pk": f"tenant#{tenant}",
                    "sk": f"user#{user}",
                    "entityType": "membership",
                    "role": rng.choice(("owner", "member")),
                    "since": at(rng)[:10],
                    "gsi1pk": f"user#{user}",
                    "gsi1sk": f"tenant#{tenant}",
                },
            )


def series(rng: random.Random, size: int) -> Made:
    """Devices, and their readings and alarms by time. No entity attribute."""
    for number in range(max(3, size // 50)):
        device = f"{number:04}-{rng.randrange(10**4):04}"
        yield (
            "device",
            {
                "PK": f"DEVICE#{device}",
                "SK": "METADATA",
                "model": rng.choice(("t1", "t2")),
                "installedOn": at(rng)[:10],
            },
        )
        for _ in range(35):
            yield (
                "reading",
                {
                    "PK": f"DEVICE#{device}",
                    "SK": f"READING#{at(rng)}",
                    "celsius": rng.randrange(-200, 400),
                    "ttl": 1_800_000_000 + rng.randrange(10**6),
                },
            )
        for _ in range(rng.randrange(0, 4)):
            yield (
                "alarm",
                {
                    "PK": f"DEVICE#{device}",
                    "SK": f"ALARM#{at(rng)}",
                    "severity": rng.choice(("low", "high")),
                    "acknowledged": rng.random() < 0.5,
                },
            )


def graph(rng: random.Random, size: int) -> Made:
    """People, places and two kinds of edges as an adjacency list."""
    people = [f"{number}" for number in range(max(6, size // 8))]
    places = [f"{number}" for number in range(max(6, size // 16))]
    for one in people:
        yield "person", {"PK": f"PERSON#{one}", "SK": f"PERSON#{one}", "type": "Person", **person(rng)}
        for other in rng.sample(people, 3):
            if other != one:
                yield (
                    "friendship",
                    {
                        "PK": f"PERSON#{one}",
                        "SK": f"PERSON#{other}",
                        "type": "Friendship",
                        "since": at(rng)[:10],
                    },
                )
        yield (
            "visit",
            {
                "PK": f"PERSON#{one}",
                "SK": f"PLACE#{rng.choice(places)}",
                "type": "Visit",
                "visitedAt": at(rng),
            },
        )
    for place in places:
        yield (
            "place",
            {
                "PK": f"PLACE#{place}",
                "SK": f"PLACE#{place}",
                "type": "Place",
                "title": f"Place {place}",
                "url": f"https://shop.test/{place}",
            },
        )


def inverted(rng: random.Random, size: int) -> Made:
    """Employees, departments and projects; an overloaded index reads the same attributes the other way round.
    No entity attribute."""
    departments = [f"D{number}" for number in range(max(3, size // 60))]
    projects = [f"P{number:03}" for number in range(max(4, size // 20))]
    for department in departments:
        yield (
            "dept",
            {
                "PK": f"DEPT#{department}",
                "SK": f"DEPT#{department}",
                "GSI1PK": "DEPT",
                "GSI1SK": department,
                "title": department,
                "budget": rng.randrange(10**6),
            },
        )
    for project in projects:
        yield (
            "project",
            {
                "PK": f"PROJECT#{project}",
                "SK": f"PROJECT#{project}",
                "GSI1PK": f"STATUS#{rng.choice(('OPEN', 'CLOSED'))}",
                "GSI1SK": at(rng),
                "title": project,
                "dueOn": at(rng)[:10],
            },
        )
    for number in range(size // 4):
        employee = f"E{number:05}"
        yield (
            "employee",
            {
                "PK": f"EMPLOYEE#{employee}",
                "SK": f"EMPLOYEE#{employee}",
                "GSI1PK": f"DEPT#{rng.choice(departments)}",
                "GSI1SK": f"EMPLOYEE#{employee}",
                **person(rng),
            },
        )
        for project in rng.sample(projects, rng.randrange(0, 3)):
            yield (
                "project_employee",
                {
                    "PK": f"PROJECT#{project}",
                    "SK": f"EMPLOYEE#{employee}",
                    "GSI1PK": f"EMPLOYEE#{employee}",
                    "GSI1SK": f"PROJECT#{project}",
                    "hours": rng.randrange(40),
                },
            )


def events(rng: random.Random, size: int) -> Made:
    """Streams of events sorted by ULID, a snapshot of each, and the subscriptions to them, in the form of
    ElectroDB."""
    for _ in range(max(4, size // 25)):
        stream = ulid(rng).lower()
        yield (
            "stream",
            {
                "pk": f"$ledger#streamid_{stream}",
                "sk": "$stream_1",
                "__edb_e__": "stream",
                "__edb_v__": "1",
                "streamId": stream,
                "topic": rng.choice(_NAMES),
            },
        )
        for _ in range(18):
            event = ulid(rng).lower()
            yield (
                "event",
                {
                    "pk": f"$ledger#streamid_{stream}",
                    "sk": f"$event_1#eventid_{event}",
                    "__edb_e__": "event",
                    "__edb_v__": "1",
                    "streamId": stream,
                    "eventId": event,
                    "body": {"amount": rng.randrange(900)},
                },
            )
        for _ in range(rng.randrange(1, 4)):
            address = f"user{rng.randrange(10**5)}@shop.test"
            yield (
                "subscription",
                {
                    "pk": f"$ledger#streamid_{stream}",
                    "sk": f"$subscription_1#email_{address}",
                    "__edb_e__": "subscription",
                    "__edb_v__": "1",
                    "streamId": stream,
                    "email": address,
                    "confirmed": rng.random() < 0.8,
                },
            )


LAYOUTS: Final = (
    Layout("e-commerce", shop, kind="_et"),
    Layout("multi-tenant SaaS", saas, ("pk", "sk"), kind="entityType"),
    Layout("time series", series),
    Layout("adjacency list", graph, kind="type"),
    Layout("inverted index", inverted),
    Layout("ULID-sorted events", events, ("pk", "sk"), kind="__edb_e__"),
)
