"""Which records of a batch the breaker judges together: those that reached the same step.

A record that a step never saw says nothing about that step: a duplicate and a record without an event are
not evidence that a type's mapping works, nor is a record of another type. A table without entities is one
entity.

==========  =======================  ==================================================================
step        judged for each          among
==========  =======================  ==================================================================
decode      stream                   all of its records
select      table with entities      records for which an entity was sought
make        entity                   records with an event, where a record fails before its type is known
make        entity and event type    records of that type
take        entity and event type    records of that type that a sink took or refused for good
==========  =======================  ==================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from bridge.errors import MalformedRecord, NoEntity, RecordError
from bridge.relay.batch import Item
from bridge.relay.breaker import Group, Verdicts

_NEVER_SOUGHT: Final = frozenset({"duplicate", "seeded", "filtered", "unknown_table"})
"""Records that ended for these reasons were not looked at by an entity's rules."""


def making(items: Sequence[Item]) -> Verdicts:
    """Whether the records could be decoded and made into events."""
    verdicts = Verdicts()
    decoded = list(dict.fromkeys(_stream_of(item) for item in items if item.change is not None))
    for item in items:
        stream = _stream_of(item)
        if item.change is None:
            # A record that names no known stream came with the others of its batch.
            known = stream in decoded or not decoded
            if isinstance(item.error, RecordError):
                verdicts.fail(Group("decode", stream if known else decoded[0]), item.error)
            continue
        verdicts.good[Group("decode", stream)] += 1
        error = None if item.sent else item.error
        if isinstance(error, NoEntity):
            # Among all items of the table: nobody can say which entity should have selected this one.
            verdicts.fail(Group("select", item.change.table), error)
            continue
        if item.change.entity and item.why not in _NEVER_SOUGHT:
            verdicts.good[Group("select", item.change.table)] += 1
        if isinstance(error, RecordError):
            # That a record is malformed is no fault of the type that met the value first.
            event_type = "" if isinstance(error, MalformedRecord) else error.event_type
            verdicts.fail(Group("make", item.change.table, event_type, item.entity), error)
        elif item.events and item.end != "without_event":
            for entity in {event.entity for event in item.events}:
                verdicts.good[Group("make", item.change.table, "", entity)] += 1
            for event_type, entity in _types(item):
                verdicts.good[Group("make", item.change.table, event_type, entity)] += 1
    return verdicts


def taking(items: Iterable[Item]) -> Verdicts:
    """Whether the sinks took the events that were sent."""
    verdicts = Verdicts()
    for item in items:
        if not item.sent or item.change is None:
            continue
        if isinstance(item.error, RecordError):
            group = Group("take", item.change.table, item.error.event_type, item.entity)
            verdicts.fail(group, item.error)
        elif item.end == "published":
            for event_type, entity in _types(item):
                verdicts.good[Group("take", item.change.table, event_type, entity)] += 1
    return verdicts


def _types(item: Item) -> set[tuple[str, str]]:
    return {(event.type, event.entity) for event in item.events}


def _stream_of(item: Item) -> str:
    """The stream that a record names; "" where it names none, and its reader has to know."""
    arn = item.record.get("eventSourceARN") if isinstance(item.record, Mapping) else None
    return arn if isinstance(arn, str) else ""
