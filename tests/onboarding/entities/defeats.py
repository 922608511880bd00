"""Layouts that the inference does not understand, or understands only in part. Made to find its limits."""

from __future__ import annotations

import random
from typing import Final

from tests.onboarding.entities.layouts import Layout, Made, at, graph, guid, person, shop


def opaque(rng: random.Random, size: int) -> Made:
    """Users and orders under UUIDs, without an entity attribute: only their attributes differ."""
    for _ in range(size // 2):
        yield "user", {"PK": guid(rng), "SK": guid(rng), **person(rng)}
        yield "order", {"PK": guid(rng), "SK": guid(rng), "total": rng.randrange(90), "placedAt": at(rng)}


def hyphens(rng: random.Random, size: int) -> Made:
    """Prefixes that end in a hyphen."""
    for number in range(size // 2):
        yield "user", {"PK": f"user-{number}", "SK": "profile", **person(rng)}
        yield "team", {"PK": f"team-{number}", "SK": "profile", "title": f"Team {number}"}


def fixed(rng: random.Random, size: int) -> Made:
    """Keys of fixed widths, without delimiters."""
    for number in range(size // 2):
        yield "user", {"PK": f"U{number:08}", "SK": f"U{number:08}", **person(rng)}
        yield "order", {"PK": f"U{number:08}", "SK": f"O{number:08}", "total": rng.randrange(90)}


def numbered(rng: random.Random, size: int) -> Made:
    """The kind of an item is a number."""
    for _ in range(size // 2):
        yield "user", {"PK": guid(rng), "SK": "A", "kind": 1, **person(rng)}
        yield "order", {"PK": guid(rng), "SK": "A", "kind": 2, "total": rng.randrange(90)}


def nested(rng: random.Random, size: int) -> Made:
    """The kind of an item is inside a map."""
    for _ in range(size // 2):
        yield "user", {"PK": guid(rng), "SK": "A", "meta": {"type": "user"}, **person(rng)}
        yield "order", {"PK": guid(rng), "SK": "A", "meta": {"type": "order"}, "total": rng.randrange(90)}


def twins(rng: random.Random, size: int) -> Made:
    """Two kinds of edges with the same keys and the same attributes, without an entity attribute."""
    for number in range(size // 2):
        yield "follow", {"PK": f"USER#{number}", "SK": f"USER#{number + 1}", "since": at(rng)}
        yield "block", {"PK": f"USER#{number}", "SK": f"USER#{number + 2}", "since": at(rng)}


def rare(rng: random.Random, size: int) -> Made:
    """Two items of a kind among hundreds, without an entity attribute."""
    for number in range(size):
        yield "user", {"PK": f"USER#{number}", "SK": "PROFILE", **person(rng)}
    yield "lock", {"PK": "lock", "SK": "lock", "owner": "job"}
    yield "lock", {"PK": "lock2", "SK": "lock2", "owner": "job"}


DEFEATS: Final = (
    Layout("UUIDs, no entity attribute", opaque),
    Layout("prefixes with a hyphen", hyphens),
    Layout("fixed widths", fixed),
    Layout("kind is a number", numbered),
    Layout("kind inside a map", nested),
    Layout("twin edges", twins),
    Layout("rare items", rare),
)

WITHOUT_KIND: Final = (
    Layout("e-commerce, no entity attribute", lambda rng, size: _without("_et", shop(rng, size))),
    Layout("adjacency list, no entity attribute", lambda rng, size: _without("type", graph(rng, size))),
)
"""Layouts that are understood even so."""


def _without(name: str, made: Made) -> Made:
    for entity, item in made:
        yield entity, {each: value for each, value in item.items() if each != name}
