"""PutEvents and PutRawEvents: events onto EventBridge's new custom bus (boto3 client ``eventbridgev2``).

The bus keeps what it is given, in order within an event group, and drops what repeats a deduplication id in
that group within five minutes. The group is the event's subject, the deduplication id the event's id.
``DEDUPLICATED`` is an acknowledgement like any other: the bus has the event.

``PutEvents`` wraps the CloudEvent as ``Detail``, as on the classic bus, so that filters and patterns written
for that one fit (``detail.subject``, ``detail.data.…``). With ``raw`` the CloudEvent itself is the payload
(``PutRawEvents``), and filters name its attributes directly (``subject``, ``data.…``). Its content type is
``application/json``: of the JSON types it is the only one the bus takes, ``application/cloudevents+json`` is
refused (docs: "Supported content types"; API reference: PutRawEventsSystemMetadata).

Neither call has a place for a trace header; the event carries ``traceparent``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Unpack

from bridge.core.event import Event, bounded_id
from bridge.delivery.dispatch import Answer, Dispatcher, unanswered
from bridge.delivery.sink import BatchingSink, SinkOptions
from bridge.edges.answers.errors import sink_target
from bridge.edges.eventbridge import classic
from bridge.errors import BatchError
from bridge.limits import EVENTBRIDGE_V2_BYTES, EVENTBRIDGE_V2_ENTRIES, EVENTBRIDGE_V2_ID_CHARS

MAX_BYTES: Final = EVENTBRIDGE_V2_BYTES - 1
RAW_CONTENT_TYPE: Final = "application/json"

# model: BusState. A bus in state UPDATE_FAILED works on with its former configuration.
_TAKES_EVENTS: Final = frozenset({"ACTIVE", "UPDATING", "UPDATE_FAILED"})


class EventBridgeV2Sink(BatchingSink):
    """Publishes to one bus through a boto3 ``eventbridgev2`` client without retries. The bus is given by ARN:
    a bus that is created again under the same name is another bus.

    Needs ``events:PutEvents`` or ``events:PutRawEvents``, and ``events:DescribeEventBus``.
    """

    kind, limit_bytes, max_entries = "eventbridge_v2", MAX_BYTES, EVENTBRIDGE_V2_ENTRIES

    def __init__(
        self,
        client: Any,
        bus: str,
        dispatcher: Dispatcher,
        *,
        raw: bool = False,
        **options: Unpack[SinkOptions],
    ) -> None:
        super().__init__(dispatcher, **options)
        self._bus = bus
        self._raw = raw
        self._target = sink_target(client, "eventbridgev2", f"event bus {bus}")

    def check(self) -> None:
        """Ask for the bus, and whether it takes events yet: a bus is created in the background.

        Raises ``TargetMissing``, ``AccessDenied``, ``SinkUnavailable``, and ``BatchError`` for a bus that is
        being created or deleted.
        """
        state = self._target.call("DescribeEventBus", EventBusArn=self._bus).get("State", "ACTIVE")
        if state not in _TAKES_EVENTS:
            text = f"event bus {self._bus} takes no events in state {state}"
            raise BatchError(text, hint="wait until it is ACTIVE; DescribeEventBus says why it is not")

    def size_of(self, event: Event) -> int:
        return raw_entry_bytes(event) if self._raw else entry_bytes(event)

    def send(self, events: Sequence[Event]) -> list[Answer]:
        """Results belong to entries by position alone: an answer with another number of them is not believed,
        and all entries are sent again; the bus drops those that it has."""
        if self._raw:
            entries = [_raw_entry(event) for event in events]
            answer = self._target.call("PutRawEvents", EventBusArn=self._bus, Entries=entries)
        else:
            entries = [_entry(event) for event in events]
            answer = self._target.call("PutEvents", EventBusArn=self._bus, Entries=entries)
        return [self._verdict(result) for result in answer["Entries"]]

    def _verdict(self, result: Mapping[str, Any]) -> Answer:
        code = result.get("ErrorCode")
        if code:
            return self._target.entry_error(code, "PutRawEvents" if self._raw else "PutEvents")
        # model: only the results of successful entries have these members
        acknowledged = result.get("SuccessCode") or result.get("EventId")
        return None if acknowledged else unanswered(self.name)


def entry_bytes(event: Event) -> int:
    """Bytes of an entry of PutEvents, counted as on the classic bus. No rule is documented for this bus; the
    two ids count as well, because the bus stores them."""
    return classic.entry_bytes(event) + _id_bytes(event)


def raw_entry_bytes(event: Event) -> int:
    """Bytes of an entry of PutRawEvents: the event, its content type and the two ids (not documented)."""
    return len(event.body) + len(RAW_CONTENT_TYPE) + _id_bytes(event)


def _entry(event: Event) -> dict[str, Any]:
    return {
        "Source": event.source,
        "DetailType": event.type,
        "Detail": event.body.decode(),
        "Resources": [event.table_arn],
        "Time": event.time,
        "SystemMetadata": _ids(event),
    }


def _raw_entry(event: Event) -> dict[str, Any]:
    return {"Data": event.body, "SystemMetadata": {"ContentType": RAW_CONTENT_TYPE, **_ids(event)}}


def _ids(event: Event) -> dict[str, str]:
    """The bus itself takes any characters in a group id; a FIFO queue behind a subscriber does not."""
    return {
        "EventGroupId": bounded_id(event.group or event.subject, EVENTBRIDGE_V2_ID_CHARS),
        "DeduplicationId": bounded_id(event.id, EVENTBRIDGE_V2_ID_CHARS),
    }


def _id_bytes(event: Event) -> int:
    return sum(len(value) for value in _ids(event).values())  # ASCII
