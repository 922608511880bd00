"""One CloudEvent of one type and one major version, ready for a sink."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Trace:
    """The trace that the handler runs in: X-Ray's header for entries, W3C's ``traceparent`` for events."""

    header: str
    traceparent: str


class Event(NamedTuple):
    """A finished event: the bytes that are published and what a sink needs to route them.

    ``body`` is the structured-mode CloudEvents 1.0 JSON, byte for byte what subscribers see.
    ``key`` identifies the item (table and typed key) and is the unit of order: a sink never has two
    changes of one key in flight at once. It may hold personal data: never log or publish it.
    Events made from one record share ``record_id``.
    """

    id: str
    type: str  # with .v<major>
    source: str
    subject: str
    time: datetime  # UTC
    sequence: str
    dataschema: str
    table_arn: str
    record_id: str
    key: str
    body: bytes
    sinks: tuple[str, ...] = ()
    trace_header: str = ""
