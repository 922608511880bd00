"""PutEvents: events onto an EventBridge bus of the rules-and-targets kind.

``Detail`` is the whole CloudEvent, so that rules match ``detail.subject`` and ``detail.data.…`` and targets
see the event byte for byte. The bus itself keeps no order and may deliver twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Unpack

from bridge.core.event import Event
from bridge.delivery.dispatch import Answer, Dispatcher, unanswered
from bridge.delivery.sink import BatchingSink, SinkOptions, utf8_bytes
from bridge.edges.answers.errors import sink_target
from bridge.limits import EVENTBRIDGE_BYTES, EVENTBRIDGE_ENTRIES, EVENTBRIDGE_TIME_BYTES

MAX_BYTES: Final = EVENTBRIDGE_BYTES - 1  # the documented limit is exclusive


class EventBridgeSink(BatchingSink):
    """Publishes to one bus, given by name or ARN, through a boto3 ``events`` client without retries.

    Needs ``events:PutEvents`` and ``events:DescribeEventBus``.
    """

    kind, limit_bytes, max_entries = "eventbridge", MAX_BYTES, EVENTBRIDGE_ENTRIES

    def __init__(self, client: Any, bus: str, dispatcher: Dispatcher, **options: Unpack[SinkOptions]) -> None:
        super().__init__(dispatcher, **options)
        self._bus = bus
        self._target = sink_target(client, "events", f"event bus {bus}")

    def check(self) -> None:
        """Ask for the bus by name. PutEvents cannot answer this: it accepts every entry to a bus that does
        not exist, and the events are gone.

        Raises ``TargetMissing``, ``AccessDenied``, ``SinkUnavailable``.
        """
        self._target.call("DescribeEventBus", Name=self._bus)

    def size_of(self, event: Event) -> int:
        return entry_bytes(event)

    def send(self, events: Sequence[Event]) -> list[Answer]:
        answer = self._target.call("PutEvents", Entries=[self._entry(event) for event in events])
        return [self._verdict(entry) for entry in answer["Entries"]]

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
    return EVENTBRIDGE_TIME_BYTES + len(event.body) + utf8_bytes(event.source, event.type, event.table_arn)
