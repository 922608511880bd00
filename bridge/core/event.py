"""One CloudEvent of one type and one major version: as a sink gets it, and inside a received message."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, NamedTuple

# Letters, digits and punctuation of ASCII (model: SNS PublishBatchRequestEntry, MessageGroupId and
# MessageDeduplicationId; the same alphabet as SQS FIFO, where such ids often end up).
_ID: Final = re.compile(r"[!-~]+")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_LAYERS_MAX = 4  # bus → topic → queue is two


@dataclass(frozen=True, slots=True)
class Trace:
    """The trace that the handler runs in: X-Ray's header for entries, W3C's ``traceparent`` for events."""

    header: str
    traceparent: str


class Event(NamedTuple):
    """A finished event: the bytes that are published and what a sink needs to route them.

    ``body`` is the structured-mode CloudEvents 1.0 JSON, byte for byte what subscribers see. ``key``
    identifies the item (table and typed key) and is the unit of order: a sink never has two changes of one
    key in flight at once. An entity may have a larger unit, with a ``group`` of its own: the group in sinks
    of the FIFO kind, empty where it is the subject. The key may hold personal data: never log or publish it.
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
    group: str = ""
    entity: str = ""  # whose event it is, in a table that holds several kinds of items


def bounded_id(text: str, max_chars: int) -> str:
    """A group or deduplication id for targets of the FIFO kind.

    ``text`` itself where it is plain ASCII and at most ``max_chars`` (64 or more) long, else its hash: equal
    texts have equal ids, different texts different ones. A text that looks like a hash is hashed too, so that
    it is not taken for the one of another text.
    """
    if len(text) <= max_chars and _ID.fullmatch(text) and not _HASH.fullmatch(text):
        return text
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def cloud_event(body: str | bytes) -> dict[str, Any] | None:
    """The CloudEvent in a message's body; None where the body holds none.

    Reads EventBridge's envelope (the event is its ``detail``), an SNS notification that is not delivered raw
    (the event is the text of its ``Message``), one inside the other, and the bare event.
    """
    value: Any = body
    for _ in range(_LAYERS_MAX):
        if isinstance(value, str | bytes):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                return None
        if not isinstance(value, dict):
            return None
        if is_cloud_event(value):
            return value
        if "detail-type" in value:
            value = value.get("detail")
        elif value.get("Type") == "Notification":
            value = value.get("Message")
        else:
            return None
    return None


def is_cloud_event(value: Mapping[str, Any]) -> bool:
    """Whether ``value`` has what every CloudEvent must have (CloudEvents 1.0.2, "Required attributes")."""
    return all(isinstance(value.get(name), str) for name in ("specversion", "id", "source", "type"))
