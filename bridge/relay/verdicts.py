"""Which records of a batch the breaker judges together: those that reached the same step.

A record that a step never saw says nothing about that step: a duplicate and a record without an event are
not evidence that a type's mapping works, nor is a record of another type.

==========  =======================  ==================================================================
step        judged for each          among
==========  =======================  ==================================================================
decode      stream                   all of its records
make        table                    records with an event, where a record fails before its type is known
make        table and event type     records of that type
take        table and event type     records of that type that a sink took or refused for good
==========  =======================  ==================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bridge.errors import MalformedRecord, RecordError
from bridge.relay.batch import Item
from bridge.relay.breaker import Group, Verdicts


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
        if isinstance(error, RecordError):
            # That a record is malformed is no fault of the type that met the value first.
            event_type = "" if isinstance(error, MalformedRecord) else error.event_type
            verdicts.fail(Group("make", item.change.table, event_type), error)
        elif item.events and item.end != "without_event":
            verdicts.good[Group("make", item.change.table)] += 1
            for event_type in {event.type for event in item.events}:
                verdicts.good[Group("make", item.change.table, event_type)] += 1
    return verdicts


def taking(items: Iterable[Item]) -> Verdicts:
    """Whether the sinks took the events that were sent."""
    verdicts = Verdicts()
    for item in items:
        if not item.sent or item.change is None:
            continue
        if isinstance(item.error, RecordError):
            verdicts.fail(Group("take", item.change.table, item.error.event_type), item.error)
        elif item.end == "published":
            for event_type in {event.type for event in item.events}:
                verdicts.good[Group("take", item.change.table, event_type)] += 1
    return verdicts


def _stream_of(item: Item) -> str:
    """The stream that a record names; "" where it names none, and its reader has to know."""
    arn = item.record.get("eventSourceARN") if isinstance(item.record, Mapping) else None
    return arn if isinstance(arn, str) else ""
