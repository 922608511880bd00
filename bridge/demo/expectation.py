"""What must have arrived: computed from the raw stream and the tables by rules that are written here a second
time, so that the bridge is not checked against itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bridge.core.values import plain_item
from bridge.demo.resources import TABLES, key_of, scan
from bridge.ports.quarantine import Record
from bridge.ports.stream import StreamSource

NOT_COMPARED = ("updatedAt", "GSI1PK", "GSI1SK", "passwordHash", "cardToken")
"""``diff.ignore`` lists ``updatedAt`` and the index keys, and ``redact`` drops the other two."""

_PAGE = 1_000
_TYPES: Mapping[str, tuple[str, str, str]] = {
    "user": ("created", "updated", "deleted"),
    "order": ("placed", "updated", "archived"),
    "customer": ("registered", "changed", "closed"),
    "cart": ("opened", "filled", "closed"),
    "purchase": ("placed", "changed", "archived"),
}
"""Kind of item to the last words of its types, in the order of ``_ENDINGS``."""
_ENDINGS = ("INSERT", "MODIFY", "REMOVE")


@dataclass(frozen=True, slots=True)
class Expected:
    """Event ids for each subscriber, and the ids of records that must be quarantined. ``became``: in how
    many records an item changed its entity; ``unselected``: how many are of items without an entity."""

    bus: frozenset[str]
    feed: frozenset[str]
    quarantined: frozenset[str]
    became: int = 0
    unselected: int = 0


def read_stream(source: StreamSource) -> Iterator[Record]:
    """Every record that the stream holds now."""
    for shard in source.shards():
        iterator: str | None = source.iterator(shard.id, "TRIM_HORIZON")
        while iterator is not None:
            page = source.read(iterator, _PAGE)
            yield from page.records
            iterator = page.next if page.records else None


def kind_of(table: str, item: Mapping[str, Any]) -> str:
    """The kind of a typed item; "" for the settings in Shop, which have no event."""
    if table != "Shop":
        return {"Users": "user", "Orders": "order"}[table]
    if item["SK"]["S"] == "PROFILE":
        return "customer"
    if not item["SK"]["S"].startswith("ORDER#"):
        return ""
    return "cart" if item["status"]["S"] == "open" else "purchase"


def subject_of(table: str, item: Mapping[str, Any]) -> str:
    """The subject of a typed item; "" where it has no events."""
    kind = kind_of(table, item)
    if table != "Shop" or not kind:
        return kind and f"{kind}/{key_of(table, item)}"
    parts = [item[name]["S"].partition("#")[2] for name in TABLES[table]]
    return "/".join([kind, *(part for part in parts if part)])


def expect(streams: Mapping[str, StreamSource]) -> Expected:
    bus: set[str] = set()
    feed: set[str] = set()
    quarantined: set[str] = set()
    became = unselected = 0
    for table, source in streams.items():
        for record in read_stream(source):
            event_id = record["eventID"]
            before, after = (_reported(record["dynamodb"].get(name)) for name in ("OldImage", "NewImage"))
            if before == after:
                continue  # only fields that are not compared changed
            if table == "Users" and after is not None and "@" not in after["email"]["S"]:
                quarantined.add(event_id)
                continue
            kinds = [kind_of(table, image) for image in (before, after) if image is not None]
            if not any(kinds):
                unselected += 1
                continue
            if kinds[0] != kinds[-1]:
                became += 1
                names = {f"{event_id}-end:{_type(kinds[0], 2)}", f"{event_id}-start:{_type(kinds[-1], 0)}"}
            else:
                names = {f"{event_id}:{_type(kinds[0], _ENDINGS.index(record['eventName']))}"}
            bus |= names
            feed |= names
            if before and after and before.get("plan") != after.get("plan"):
                bus.update(f"{event_id}:com.example.user.plan_changed.v{major}" for major in (1, 2))
    return Expected(frozenset(bus), frozenset(feed), frozenset(quarantined), became, unselected)


def read_tables(dynamodb: Any, *, without: frozenset[str]) -> dict[str, tuple[str, dict[str, Any]]]:
    """Subject and item, as events show it, by table and key; ``without`` names subjects for which no event
    can be published. Items that no entity selects are left out."""
    found = {
        f"{table} {key}": (subject_of(table, item), compared(plain_item(item, "item")))
        for table in TABLES
        for key, item in scan(dynamodb, table).items()
    }
    return {key: (subject, item) for key, (subject, item) in found.items() if subject not in {"", *without}}


def compared(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in NOT_COMPARED}


def _reported(image: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if image is None else compared(image)


def _type(kind: str, ending: int) -> str:
    return f"com.example.demo.{kind}.{_TYPES[kind][ending]}.v1"
