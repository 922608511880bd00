"""The CloudEvents envelope (1.0.2, JSON format, structured mode) around an event's data.

Everything that never changes for one type and version is prepared once and put through the CloudEvents
SDK's own checks then; what differs per record is correct by construction.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from bridge.core.diff.view import ChangeView
from bridge.core.event import Event, Trace
from bridge.core.events.deprecation import Deprecation
from bridge.core.mapping.project import key_path
from bridge.errors import EventInvalid

SPECVERSION = "1.0"


class Envelope:
    """Wraps the data of one type and version.

    ``shared`` is the type without its major where several majors of it are published: their events of one
    change have one ``correlationid`` then, ``<eventID>:<type>`` (CloudEvents' correlation extension).
    ``deprecation`` tells that this version is being replaced.
    """

    __slots__ = ("_deprecation", "_id_suffix", "_shared_suffix", "dataschema", "sinks", "source", "type")

    def __init__(
        self,
        *,
        source: str,
        type: str,
        dataschema: str,
        sinks: tuple[str, ...],
        shared: str = "",
        deprecation: Deprecation | None = None,
    ) -> None:
        self.source = source
        self.type = type
        self.dataschema = dataschema
        self.sinks = sinks
        self._id_suffix = f":{type}"
        self._shared_suffix = f":{shared}" if shared else ""
        self._deprecation = {} if deprecation is None else deprecation.attributes()

    def check(self) -> str | None:
        """What the CloudEvents SDK finds wrong with the fixed attributes; None = nothing."""
        from cloudevents.core.exceptions import CloudEventValidationError
        from cloudevents.core.v1.event import CloudEvent

        attributes = {
            "specversion": SPECVERSION,
            "id": f"check:{self.type}",
            "source": self.source,
            "type": self.type,
            "subject": "check",
            "time": datetime.fromtimestamp(0, UTC),
            "datacontenttype": "application/json",
            "dataschema": self.dataschema,
            "sequence": "check",
            "partitionkey": "check",
            "causationid": "check",
            "correlationid": f"check{self._shared_suffix}",
            **self._deprecation,
            "authtype": "system",
            "fetched": True,
            "gap": True,
            "redriven": True,
            "reconciled": True,
            "reconcilerun": "check",
            "snapshot": True,
        }
        try:
            CloudEvent(attributes)
        except CloudEventValidationError as error:
            return str(error)
        return None

    def wrap(
        self, view: ChangeView, data: dict[str, Any], *, subject: str, key: str, trace: Trace | None
    ) -> Event:
        """The finished event. Raises :class:`EventInvalid` where a value has no JSON text."""
        change = view.change
        sequence = change.sequence
        partition_key = key_path(change.key)
        event_id = change.record_id + self._id_suffix
        attributes: dict[str, Any] = {
            "specversion": SPECVERSION,
            "id": event_id,
            "source": self.source,
            "type": self.type,
            "subject": subject,
            "time": view.time_text,
            "datacontenttype": "application/json",
            "dataschema": self.dataschema,
            "sequence": sequence,
            "partitionkey": partition_key,
            "causationid": change.record_id,
        }
        if self._shared_suffix:
            attributes["correlationid"] = change.record_id + self._shared_suffix
        if self._deprecation:
            attributes.update(self._deprecation)
        if trace is not None:
            attributes["traceparent"] = trace.traceparent
        if change.actor == "ttl":
            attributes["authtype"] = "system"
        if change.fetched:  # on the envelope, because a mapping may leave every trace of it out of the data
            attributes["fetched"] = True
        if change.marks:
            attributes.update(change.marks)
        attributes["data"] = data
        return Event(
            event_id,
            self.type,
            self.source,
            subject,
            change.time,
            sequence,
            self.dataschema,
            change.stream.table_arn,
            change.record_id,
            key,
            event_bytes(attributes),
            self.sinks,
            "" if trace is None else trace.header,
        )


def event_bytes(attributes: dict[str, Any]) -> bytes:
    """The event's JSON. orjson refuses lone surrogates, which are no text in any encoding."""
    try:
        return orjson.dumps(attributes)
    except orjson.JSONEncodeError as error:
        raise EventInvalid(
            "the event cannot be written as JSON: a string in it is not valid Unicode",
            hint="a lone surrogate or the like came with the record; DynamoDB itself never stores one",
            stage="event",
        ) from error
