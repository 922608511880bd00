"""What must have arrived: computed from the raw stream and the tables by rules that are written here a second
time, so that the bridge is not checked against itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bridge.core.values import plain_item
from bridge.demo.resources import TABLES, scan
from bridge.ports.quarantine import Record
from bridge.ports.stream import StreamSource

SUBJECTS: Mapping[str, str] = {"Users": "user", "Orders": "order"}
NOT_COMPARED = ("updatedAt", "passwordHash")
"""``diff.ignore`` lists ``updatedAt``, and ``redact`` drops ``passwordHash``."""

_PAGE = 1_000
_TYPES: Mapping[tuple[str, str], str] = {
    ("Users", "INSERT"): "user.created",
    ("Users", "MODIFY"): "user.updated",
    ("Users", "REMOVE"): "user.deleted",
    ("Orders", "INSERT"): "order.placed",
    ("Orders", "MODIFY"): "order.updated",
    ("Orders", "REMOVE"): "order.archived",
}


@dataclass(frozen=True, slots=True)
class Expected:
    """Event ids for each subscriber, and the ids of records that must be quarantined."""

    bus: frozenset[str]
    feed: frozenset[str]
    quarantined: frozenset[str]


def read_stream(source: StreamSource) -> Iterator[Record]:
    """Every record that the stream holds now."""
    for shard in source.shards():
        iterator: str | None = source.iterator(shard.id, "TRIM_HORIZON")
        while iterator is not None:
            page = source.read(iterator, _PAGE)
            yield from page.records
            iterator = page.next if page.records else None


def expect(streams: Mapping[str, StreamSource]) -> Expected:
    bus: set[str] = set()
    feed: set[str] = set()
    quarantined: set[str] = set()
    for table, source in streams.items():
        for record in read_stream(source):
            event_id = record["eventID"]
            before, after = (_reported(record["dynamodb"].get(name)) for name in ("OldImage", "NewImage"))
            if before == after:
                continue  # only fields that are not compared changed
            if table == "Users" and after is not None and "@" not in after["email"]["S"]:
                quarantined.add(event_id)
                continue
            name = f"{event_id}:com.example.demo.{_TYPES[table, record['eventName']]}.v1"
            bus.add(name)
            feed.add(name)
            if before and after and before.get("plan") != after.get("plan"):
                bus.update(f"{event_id}:com.example.user.plan_changed.v{major}" for major in (1, 2))
    return Expected(frozenset(bus), frozenset(feed), frozenset(quarantined))


def read_tables(dynamodb: Any, *, without: frozenset[str]) -> dict[str, dict[str, Any]]:
    """The items of both tables by subject, as events show them; ``without`` names subjects for which no event
    can be published."""
    items = {
        f"{SUBJECTS[table]}/{key}": plain_item(item, "item")
        for table in TABLES
        for key, item in scan(dynamodb, table).items()
    }
    return {subject: compared(item) for subject, item in items.items() if subject not in without}


def compared(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in NOT_COMPARED}


def _reported(image: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if image is None else compared(image)
