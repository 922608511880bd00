"""The CloudEvents envelope (1.0.2, JSON format, structured mode) around an event's data.

What never changes for one type and version is prepared once and checked once by the CloudEvents SDK. What
differs per record is correct by construction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import orjson

from bridge.core.diff.view import ChangeView
from bridge.core.event import Event, Trace
from bridge.core.text import json_bytes
from bridge.errors import EventInvalid

SPECVERSION = "1.0"


@dataclass(frozen=True, slots=True)
class Deprecation:
    """The notice that a version is being replaced, as CloudEvents' deprecation extension.

    ``since``: the day from which the version is deprecated. ``sunset``: the last whole day on which it is
    published; readers may refuse later events. A sunset may move later, never earlier. ``migration``: the URI
    of instructions for readers. Days are in UTC.

    Source: CloudEvents repository, cloudevents/extensions/deprecation.md. ``deprecated`` is always true where
    the extension is used; ``deprecationfrom`` and ``deprecationsunset`` (timestamps) and
    ``deprecationmigration`` (a URI) are optional.
    """

    since: date | None = None
    sunset: date | None = None
    migration: str = ""

    def attributes(self) -> dict[str, Any]:
        """The extension's attributes, in JSON."""
        attributes: dict[str, Any] = {"deprecated": True}
        if self.since is not None:
            attributes["deprecationfrom"] = f"{self.since.isoformat()}T00:00:00Z"
        if self.sunset is not None:
            attributes["deprecationsunset"] = f"{self.sunset.isoformat()}T23:59:59Z"
        if self.migration:
            attributes["deprecationmigration"] = self.migration
        return attributes


class Names(NamedTuple):
    """What names the item of an event. ``key`` is the unit of order (:attr:`Event.key`), ``group`` the group
    in sinks of the FIFO kind, empty where it is the subject."""

    subject: str
    partition_key: str
    key: str
    group: str = ""
    entity: str = ""


class Envelope:
    """Wraps the data of one type and version.

    ``shared`` is the type without its major where several majors of it are published: the events of one
    change then share one ``correlationid``, ``<eventID>:<type>`` (CloudEvents' correlation extension).
    ``deprecation`` says that this version is being replaced.
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
        """The CloudEvents SDK's objection to the fixed attributes; None where it has none."""
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

    def wrap(self, view: ChangeView, data: dict[str, Any], *, names: Names, trace: Trace | None) -> Event:
        """The finished event. Raises :class:`EventInvalid` where a value has no JSON text."""
        change = view.change
        sequence = change.sequence
        event_id = change.record_id + change.id_suffix + self._id_suffix
        attributes: dict[str, Any] = {
            "specversion": SPECVERSION,
            "id": event_id,
            "source": self.source,
            "type": self.type,
            "subject": names.subject,
            "time": view.time_text,
            "datacontenttype": "application/json",
            "dataschema": self.dataschema,
            "sequence": sequence,
            "partitionkey": names.partition_key,
            "causationid": change.record_id,
        }
        if self._shared_suffix:
            attributes["correlationid"] = change.record_id + change.id_suffix + self._shared_suffix
        if self._deprecation:
            attributes.update(self._deprecation)
        if trace is not None:
            attributes["traceparent"] = trace.traceparent
        if change.actor == "ttl":
            attributes["authtype"] = "system"
        if change.fetched:  # on the envelope, because a mapping may leave it out of the data
            attributes["fetched"] = True
        if change.marks:
            attributes.update(change.marks)
        attributes["data"] = data
        return Event(
            event_id,
            self.type,
            self.source,
            names.subject,
            change.time,
            sequence,
            self.dataschema,
            change.stream.table_arn,
            change.record_id,
            names.key,
            event_bytes(attributes),
            self.sinks,
            "" if trace is None else trace.header,
            names.group,
            names.entity,
        )


def event_bytes(attributes: dict[str, Any]) -> bytes:
    """The event's JSON. orjson refuses lone surrogates, which DynamoDB never stores."""
    try:
        return json_bytes(attributes)
    except orjson.JSONEncodeError as error:
        raise EventInvalid(
            "the event cannot be written as JSON: a string in it is not valid Unicode",
            hint="the record holds a lone surrogate or the like, which DynamoDB itself never stores",
            stage="event",
        ) from error
