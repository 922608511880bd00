"""Metrics and logs of a batch, of the records that failed in it, and of a sink's calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from bridge.core.keys import key_hash
from bridge.errors import BridgeError, RecordError
from bridge.ports.telemetry import Telemetry
from bridge.relay.accounts import Outcome
from bridge.relay.batch import Item, record_id_of


def count_batch(
    items: Sequence[Item], whole: Outcome, telemetry: Telemetry, tables: Collection[str], now_s: float
) -> None:
    """Count the metrics of every table in the batch.

    ``tables`` are those of the configuration. Only they and their entities become dimensions, because the
    table names in records have no bound. A change of an item from one entity to another counts for the new
    one.
    """
    for table, of_table in _by_table(items, tables).items():
        by = {"table": table} if table else {}
        groups = _by_entity(of_table) if table else {"": of_table}
        for entity, own in groups.items():
            outcome = whole if len(own) == len(items) else Outcome.of_items(own)
            _count(own, outcome, telemetry, {**by, "entity": entity} if entity else by)
        if any(groups):
            unselected = sum(item.why == "no_entity" for item in of_table)
            telemetry.count("RecordsWithoutEntity", unselected, **by)
        changes = [item.change for item in of_table if item.change is not None]
        if changes:
            lag_ms = (now_s - changes[-1].time.timestamp()) * 1000
            telemetry.measure("StreamLag", max(0.0, lag_ms), **by)


def _count(own: Sequence[Item], outcome: Outcome, telemetry: Telemetry, by: Mapping[str, str]) -> None:
    operations = Counter(item.change.operation for item in own if item.change is not None)
    telemetry.count("RecordsReceived", outcome.received, **by)
    telemetry.count("RecordsPublished", outcome.published, **by)
    telemetry.count("RecordsWithoutEvent", outcome.without_event, **by)
    telemetry.count("RecordsQuarantined", outcome.quarantined, **by)
    telemetry.count("RecordsReturned", outcome.returned, **by)
    telemetry.count("RecordsHeldBack", outcome.reasons.get("returned", {}).get("held_back", 0), **by)
    telemetry.count("EventsPublished", outcome.events, **by)
    telemetry.count("Inserts", operations["insert"], **by)
    telemetry.count("Modifies", operations["modify"], **by)
    telemetry.count("Removes", operations["remove"], **by)
    telemetry.count("GapsSeen", sum(item.gap for item in own), **by)


def _by_table(items: Sequence[Item], tables: Collection[str]) -> Mapping[str, list[Item]]:
    groups: dict[str, list[Item]] = {}
    for item in items:
        table = item.change.table if item.change is not None and item.change.table in tables else ""
        groups.setdefault(table, []).append(item)
    return groups


def _by_entity(items: Sequence[Item]) -> Mapping[str, list[Item]]:
    """By the names of bridge.yaml; one group where the table has no entities."""
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(item.entity, []).append(item)
    return groups


def log_batch(items: Sequence[Item], outcome: Outcome, telemetry: Telemetry, hash_key: bytes) -> None:
    """One line for the batch, one for each record that an error returned and, at level debug, one for each
    published event."""
    for item in items:
        if item.end == "returned" and item.error is not None:
            log_failure("record returned for retry", item, item.error, telemetry, hash_key)
    if telemetry.wants("info"):
        tables = sorted({item.change.table for item in items if item.change is not None})
        entities = Counter(item.entity for item in items if item.entity)
        by_entity = {"entities": dict(sorted(entities.items()))} if entities else {}
        telemetry.log("info", "batch handled", tables=tables, **by_entity, **outcome.as_dict())
    if not telemetry.wants("debug"):
        return
    for item in items:
        for event in item.events if item.end == "published" else ():
            telemetry.log(
                "debug",
                "event published",
                **_where(item, hash_key, event.entity),
                event_id=event.id,
                event_type=event.type,
                sinks=list(event.sinks),
            )


def log_failure(message: str, item: Item, error: BridgeError, telemetry: Telemetry, hash_key: bytes) -> None:
    """A warning that says which record failed, and why."""
    event_type = error.event_type if isinstance(error, RecordError) else ""
    optional = {"code": error.code, "event_type": event_type, "published": sorted(item.accepted)}
    telemetry.log(
        "warning",
        message,
        **_where(item, hash_key),
        reason=error.reason,
        stage=error.stage,
        permanent=error.permanent,
        error=error.message,
        hint=error.hint,
        **{name: value for name, value in optional.items() if value},
    )


def _where(item: Item, hash_key: bytes, entity: str = "") -> dict[str, object]:
    """What identifies a record in a log; never an image, never a key in the clear. ``entity``: the one of an
    event, else that of the record."""
    change = item.change
    if change is None:
        return {"record_id": record_id_of(item.record)}
    return {
        "record_id": change.record_id,
        "table": change.table,
        **({"entity": entity or item.entity} if entity or item.entity else {}),
        "key_hash": key_hash(item.key, hash_key),
        "sequence": change.position.sequence,
    }


class Traffic:
    """What the calls of one sink for one batch amounted to, counted once they are over.

    ``calls`` (the entries of each, by index) and ``latencies_ms`` are appended to from the threads that make
    the calls. A call that never began is in neither.
    """

    __slots__ = ("accepted_bytes", "calls", "failed", "latencies_ms")

    def __init__(self) -> None:
        self.calls: list[Sequence[int]] = []
        self.latencies_ms: list[float] = []
        self.failed = 0
        self.accepted_bytes = 0

    def report(self, telemetry: Telemetry, sink: str) -> None:
        if not self.calls:
            return
        sent = [index for call in self.calls for index in call]
        telemetry.count("SinkCalls", len(self.calls), sink=sink)
        telemetry.count("SinkRetries", len(sent) - len(set(sent)), sink=sink)
        telemetry.count("SinkEntriesFailed", self.failed, sink=sink)
        telemetry.count("SinkBytes", self.accepted_bytes, sink=sink)
        for latency_ms in self.latencies_ms:
            telemetry.measure("PublishLatency", latency_ms, sink=sink)
