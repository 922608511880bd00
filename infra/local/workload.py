"""A repeatable workload for the table ``Users``: changes, and the events that must result from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

TABLE: Final = "Users"
SECRET: Final = "$argon2id$not-for-anybody"  # noqa: S105 - a password hash that no event may show
Kind = Literal["created", "plan_changed", "deleted"]
Published = tuple[str, str]
"""Type without its major, and subject."""


@dataclass(frozen=True, slots=True)
class Change:
    """One call on the table, and the event that it must become; "" for a change that the filter drops."""

    kind: Kind | Literal[""]
    key: str
    plan: str = ""

    @property
    def published(self) -> Published:
        return f"com.example.user.{self.kind}", f"user/{self.key}"

    def write(self, dynamodb: Any) -> None:
        if self.kind == "deleted":
            dynamodb.delete_item(TableName=TABLE, Key={"userId": {"S": self.key}})
        else:
            dynamodb.put_item(TableName=TABLE, Item=item(self.key, self.plan))


def item(key: str, plan: str) -> dict[str, Any]:
    profile = {"name": {"S": "Ada"}, "address": {"M": {"country": {"S": "DE"}}}}
    return {
        "userId": {"S": key},
        "email": {"S": f"{key}@example.com"},
        "plan": {"S": plan},
        "profile": {"M": profile},
        "groups": {"SS": ["beta", "ops"]},
        "passwordHash": {"S": SECRET},
        "createdAt": {"S": "2026-01-01T00:00:00Z"},
        "updatedAt": {"S": "2026-01-02T00:00:00Z"},
    }


def changes(count: int) -> Iterator[Change]:
    """``count`` changes that become one event each, and after every hundredth an additional change that the
    filter of bridge.yaml drops because of its key. Some users change, some leave, most stay."""
    for number, change in enumerate(_endless()):
        if number == count:
            return
        yield change
        if number % 100 == 0:
            yield Change("", f"test-{number}", "free")


def _endless() -> Iterator[Change]:
    number = 0
    while True:
        number += 1
        key = f"u-{number:05d}"
        yield Change("created", key, "free")
        if number % 2 == 0:
            yield Change("plan_changed", key, "pro")
        if number % 7 == 0:
            yield Change("deleted", key)


@dataclass(frozen=True, slots=True)
class Losses:
    """The losses made on purpose. ``unseen`` is written while nothing reads the stream; the rows of
    ``rowless`` items are deleted from the ledger; the rows of ``stale`` items are set to another state."""

    unseen: tuple[Change, ...]
    rowless: tuple[str, ...]
    stale: tuple[str, ...]

    def published(self) -> Counter[Published]:
        """What a reconciliation must publish."""
        rowless = [Change("created", key) for key in self.rowless]
        stale = [Change("plan_changed", key) for key in self.stale]
        return Counter(change.published for change in (*self.unseen, *rowless, *stale))

    def missed(self) -> Mapping[str, int]:
        """Number of missed changes by kind, as in a report."""
        kinds = [change.kind for change in self.unseen]
        return {
            "insert": kinds.count("created") + len(self.rowless),
            "modify": kinds.count("plan_changed") + len(self.stale),
            "remove": kinds.count("deleted"),
        }


def losses(count: int) -> Losses:
    """For a table that :func:`changes` has filled with ``count`` changes, at least 30."""
    plans: dict[str, str] = {}
    for change in changes(count):
        if change.kind == "deleted":
            del plans[change.key]
        elif change.kind:
            plans[change.key] = change.plan
    free = [key for key, plan in plans.items() if plan == "free"]
    pro = [key for key, plan in plans.items() if plan == "pro"]
    return Losses(
        unseen=(
            *(Change("created", f"u-lost-{number}", "enterprise") for number in range(3)),
            *(Change("plan_changed", key, "enterprise") for key in free[:2]),
            Change("deleted", pro[0]),
        ),
        rowless=tuple(free[2:4]),
        stale=tuple(pro[1:3]),
    )
