"""PutEvents: events onto an EventBridge bus of the rules-and-targets kind.

``Detail`` is the whole CloudEvent, so that rules match ``detail.subject`` and ``detail.data.…`` and targets
see the event byte for byte. The bus itself keeps no order and may deliver twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from bridge.core.event import Event
from bridge.delivery.dispatch import Answer, Dispatcher, unanswered
from bridge.edges.answers.errors import AWS_ERRORS, AwsTarget
from bridge.errors import EventRefused, EventTooLarge, SinkUnavailable
from bridge.limits import EVENTBRIDGE_BYTES, EVENTBRIDGE_ENTRIES, EVENTBRIDGE_TIME_BYTES
from bridge.ports.clock import Deadline
from bridge.ports.sink import EntryResult

MAX_BYTES: Final = EVENTBRIDGE_BYTES - 1  # the documented limit is exclusive


class EventsClient(Protocol):
    """The part of boto3's ``events`` client that is used; it must not retry by itself."""

    def put_events(self, *, Entries: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]: ...

    def describe_event_bus(self, *, Name: str) -> Mapping[str, Any]: ...


class EventBridgeSink:
    """Publishes to one bus, given by name or ARN."""

    max_entries = EVENTBRIDGE_ENTRIES

    def __init__(
        self,
        client: EventsClient,
        bus: str,
        dispatcher: Dispatcher,
        *,
        name: str = "eventbridge",
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self.name = name
        self.max_bytes = max_bytes
        self._client = client
        self._bus = bus
        self._dispatcher = dispatcher
        self._target = AwsTarget(
            service="events",
            resource=f"event bus {bus}",
            unavailable=SinkUnavailable,
            refused=EventRefused,
            too_large=EventTooLarge,
        )

    def check(self) -> None:
        """Ask for the bus by name, because PutEvents would not tell: to a bus that does not exist it
        answers success for every entry, and the events are gone.

        Needs ``events:DescribeEventBus``. Raises ``TargetMissing``, ``AccessDenied``, ``SinkUnavailable``.
        """
        try:
            self._client.describe_event_bus(Name=self._bus)
        except AWS_ERRORS as error:
            raise self._target.translate(error) from error

    def size_of(self, event: Event) -> int:
        return entry_bytes(event)

    def publish(
        self, events: Sequence[Event], deadline: Deadline, *, halt_on_failure: bool = False
    ) -> list[EntryResult]:
        return self._dispatcher.publish(self, events, deadline, halt_on_failure=halt_on_failure)

    def send(self, events: Sequence[Event]) -> list[Answer]:
        """One PutEvents call; see ``dispatch.Target.send``."""
        try:
            answer = self._client.put_events(Entries=[self._entry(event) for event in events])
        except AWS_ERRORS as error:
            raise self._target.translate(error) from error
        return [self._verdict(entry) for entry in answer.get("Entries") or ()]

    def _entry(self, event: Event) -> dict[str, Any]:
        entry = {
            "Time": event.time,
            "Source": event.source,
            "Resources": [event.table_arn],
            "DetailType": event.type,
            "Detail": event.body.decode(),
            "EventBusName": self._bus,
        }
        if event.trace_header:
            entry["TraceHeader"] = event.trace_header
        return entry

    def _verdict(self, entry: Mapping[str, Any]) -> Answer:
        code = entry.get("ErrorCode")
        if code:
            return self._target.entry_error(code, "PutEvents")
        return None if entry.get("EventId") else unanswered(self.name)


def entry_bytes(event: Event) -> int:
    """Bytes of the entry by EventBridge's rule: 14 for Time, and Source, DetailType, Detail and every
    Resource as UTF-8 (docs: "Calculating PutEvents event entry size")."""
    return (
        EVENTBRIDGE_TIME_BYTES
        + len(event.body)
        + _utf8_bytes(event.source)
        + _utf8_bytes(event.type)
        + _utf8_bytes(event.table_arn)
    )


def _utf8_bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())
