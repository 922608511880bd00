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
from typing import Any, Final, Protocol

from bridge.core.event import Event, bounded_id
from bridge.delivery.dispatch import Answer, Dispatcher, unanswered
from bridge.edges.answers.errors import AWS_ERRORS, AwsTarget
from bridge.errors import BatchError, EventRefused, EventTooLarge, SinkUnavailable
from bridge.limits import (
    EVENTBRIDGE_TIME_BYTES,
    EVENTBRIDGE_V2_BYTES,
    EVENTBRIDGE_V2_ENTRIES,
    EVENTBRIDGE_V2_ID_CHARS,
)
from bridge.ports.clock import Deadline
from bridge.ports.sink import EntryResult

MAX_BYTES: Final = EVENTBRIDGE_V2_BYTES - 1
RAW_CONTENT_TYPE: Final = "application/json"

# model: BusState. In an UPDATE_FAILED bus the former configuration works on.
_TAKES_EVENTS: Final = frozenset({"ACTIVE", "UPDATING", "UPDATE_FAILED"})


class EventBridgeV2Client(Protocol):
    """The part of boto3's ``eventbridgev2`` client that is used; it must not retry by itself."""

    def put_events(self, *, EventBusArn: str, Entries: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]: ...

    def put_raw_events(
        self, *, EventBusArn: str, Entries: Sequence[Mapping[str, Any]]
    ) -> Mapping[str, Any]: ...

    def describe_event_bus(self, *, EventBusArn: str) -> Mapping[str, Any]: ...


class EventBridgeV2Sink:
    """Publishes to one bus, given by ARN: a bus made anew under the same name is another bus."""

    max_entries = EVENTBRIDGE_V2_ENTRIES

    def __init__(
        self,
        client: EventBridgeV2Client,
        bus: str,
        dispatcher: Dispatcher,
        *,
        name: str = "eventbridge_v2",
        raw: bool = False,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self.name = name
        self.max_bytes = max_bytes
        self._client = client
        self._bus = bus
        self._raw = raw
        self._dispatcher = dispatcher
        self._target = AwsTarget(
            service="events",  # the prefix of the IAM actions of both kinds of bus
            resource=f"event bus {bus}",
            unavailable=SinkUnavailable,
            refused=EventRefused,
            too_large=EventTooLarge,
        )

    def check(self) -> None:
        """Ask for the bus, and whether it takes events by now: one is made in the background.

        Needs ``events:DescribeEventBus``. Raises ``TargetMissing``, ``AccessDenied``, ``SinkUnavailable``,
        and ``BatchError`` for a bus that is being made or deleted.
        """
        try:
            answer = self._client.describe_event_bus(EventBusArn=self._bus)
        except AWS_ERRORS as error:
            raise self._target.translate(error) from error
        state = answer.get("State", "ACTIVE")
        if state not in _TAKES_EVENTS:
            text = f"event bus {self._bus} takes no events in state {state}"
            raise BatchError(text, hint="wait until it is ACTIVE; DescribeEventBus says why it is not")

    def size_of(self, event: Event) -> int:
        return raw_entry_bytes(event) if self._raw else entry_bytes(event)

    def publish(
        self, events: Sequence[Event], deadline: Deadline, *, halt_on_failure: bool = False
    ) -> list[EntryResult]:
        return self._dispatcher.publish(self, events, deadline, halt_on_failure=halt_on_failure)

    def send(self, events: Sequence[Event]) -> list[Answer]:
        """One call; see ``dispatch.Target.send``.

        Results belong to entries by position alone. Where their number differs, nobody knows which entry a
        result speaks of, so all of them go again; the bus drops what it has.
        """
        try:
            if self._raw:
                entries = [_raw_entry(event) for event in events]
                answer = self._client.put_raw_events(EventBusArn=self._bus, Entries=entries)
            else:
                entries = [_entry(event) for event in events]
                answer = self._client.put_events(EventBusArn=self._bus, Entries=entries)
        except AWS_ERRORS as error:
            raise self._target.translate(error) from error
        results = answer.get("Entries") or ()
        if len(results) != len(events):
            return [unanswered(self.name) for _ in events]
        return [self._verdict(result) for result in results]

    def _verdict(self, result: Mapping[str, Any]) -> Answer:
        code = result.get("ErrorCode")
        if code:
            return self._target.entry_error(code, "PutRawEvents" if self._raw else "PutEvents")
        # model: both stand in the results of successful entries only
        acknowledged = result.get("SuccessCode") or result.get("EventId")
        return None if acknowledged else unanswered(self.name)


def entry_bytes(event: Event) -> int:
    """Bytes of an entry of PutEvents, counted as on the classic bus: 14 for Time, and every text as UTF-8.
    No rule is documented for this bus; the two ids count as well, because the bus stores them."""
    return (
        EVENTBRIDGE_TIME_BYTES
        + len(event.body)
        + _utf8_bytes(event.source)
        + _utf8_bytes(event.type)
        + _utf8_bytes(event.table_arn)
        + _id_bytes(event)
    )


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
        "EventGroupId": bounded_id(event.subject, EVENTBRIDGE_V2_ID_CHARS),
        "DeduplicationId": bounded_id(event.id, EVENTBRIDGE_V2_ID_CHARS),
    }


def _id_bytes(event: Event) -> int:
    return sum(len(value) for value in _ids(event).values())  # ASCII


def _utf8_bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())
