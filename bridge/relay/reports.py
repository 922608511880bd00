"""What is told of a batch once it is over: metrics, one line, and a line for each event where asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from bridge.core.keys import key_hash
from bridge.ports.telemetry import Telemetry
from bridge.relay.batch import Item, Outcome


def count_batch(
    items: Sequence[Item], whole: Outcome, telemetry: Telemetry, tables: Collection[str], now_s: float
) -> None:
    """Every metric of every table in the batch. ``tables`` are those of the configuration: only they become
    dimensions, because what else a record calls its table has no bound."""
    for table, own in _by_table(items, tables):
        outcome = whole if len(own) == len(items) else Outcome.of(own)
        by = {"table": table} if table else {}
        telemetry.count("RecordsReceived", outcome.received, **by)
        telemetry.count("RecordsPublished", outcome.published, **by)
        telemetry.count("RecordsWithoutEvent", outcome.without_event, **by)
        telemetry.count("RecordsQuarantined", outcome.quarantined, **by)
        telemetry.count("RecordsReturned", outcome.returned, **by)
        telemetry.count("RecordsHeldBack", outcome.reasons.get("returned", {}).get("held_back", 0), **by)
        telemetry.count("EventsPublished", outcome.events, **by)
        changes = [item.change for item in own if item.change is not None]
        operations = Counter(change.operation for change in changes)
        telemetry.count("Inserts", operations["insert"], **by)
        telemetry.count("Modifies", operations["modify"], **by)
        telemetry.count("Removes", operations["remove"], **by)
        telemetry.count("GapsSeen", sum(item.gap for item in own), **by)
        if changes:
            lag_ms = (now_s - changes[-1].time.timestamp()) * 1000
            telemetry.measure("StreamLag", max(0.0, lag_ms), **by)


def _by_table(items: Sequence[Item], tables: Collection[str]) -> Iterator[tuple[str, list[Item]]]:
    groups: dict[str, list[Item]] = {}
    for item in items:
        table = item.change.table if item.change is not None and item.change.table in tables else ""
        groups.setdefault(table, []).append(item)
    yield from groups.items()


def report_batch(items: Sequence[Item], outcome: Outcome, telemetry: Telemetry, hash_key: bytes) -> None:
    """One line for the batch and, where debug is on, one for each event that was published."""
    if telemetry.wants("info"):
        tables = sorted({item.change.table for item in items if item.change is not None})
        telemetry.log("info", "batch handled", tables=tables, **outcome.as_dict())
    if not telemetry.wants("debug"):
        return
    for item in items:
        if item.end != "published" or item.change is None:
            continue
        for event in item.events:
            telemetry.log(
                "debug",
                "event published",
                record_id=item.change.record_id,
                event_id=event.id,
                event_type=event.type,
                table=item.change.table,
                key_hash=key_hash(item.key, hash_key),
                sequence=item.change.position.sequence,
                sinks=list(event.sinks),
            )
