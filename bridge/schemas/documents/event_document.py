"""The JSON Schema of a whole event: the CloudEvent around the data, and EventBridge's envelope around that.

A schema of the registry describes the ``data`` alone. What stands around it is the same for every type, and
is said here once: for the catalogue, for generated classes, and for judging rule patterns.

Source: CloudEvents 1.0.2, "Context Attributes" and its extensions (distributed tracing, partitioning,
sequence, auth context, deprecation, dataref); EventBridge user guide, "Event structure".
"""

from __future__ import annotations

from typing import Any, Final

_TEXT: Final = {"type": "string", "minLength": 1}
_TIME: Final = {"type": "string", "format": "date-time"}

REQUIRED: Final = ("specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema",
                   "sequence", "partitionkey", "causationid")  # fmt: skip
"""What every event of the bridge carries, beside ``data`` or, where that lies in S3, ``dataref``."""

_OWN: Final[dict[str, dict[str, Any]]] = {
    "specversion": {"description": "Version of CloudEvents.", "const": "1.0"},
    "id": {"description": "The same for every delivery of this event.", **_TEXT},
    "source": {"description": "Who publishes it.", **_TEXT},
    "type": {"description": "What happened, with the schema's major version.", **_TEXT},
    "subject": {"description": "Which item it happened to.", **_TEXT},
    "time": {"description": "When the item was written, to the second.", **_TIME},
    "datacontenttype": {"description": "What data is.", "const": "application/json"},
    "dataschema": {"description": "The $id of the schema that data satisfies.", **_TEXT},
    "sequence": {"description": "Sorts, as text, the events of one subject and type.", **_TEXT},
    "partitionkey": {"description": "The item's key.", **_TEXT},
    "causationid": {"description": "The stream record that it was made of.", **_TEXT},
    "correlationid": {"description": "Shared by all events of one change.", **_TEXT},
    "traceparent": {"description": "W3C trace context.", **_TEXT},
    "authtype": {"description": "Who wrote the item: only told where it was the system itself.", **_TEXT},
    "fetched": {"description": "The item was read when the change came.", "const": True},
    "gap": {"description": "A change before this one was lost.", "const": True},
    "redriven": {"description": "It had failed before and was sent through again.", "const": True},
    "reconciled": {"description": "A reconciliation found that it had been missed.", "const": True},
    "reconcilerun": {"description": "The run that found it.", **_TEXT},
    "snapshot": {"description": "The item as it is; nothing happened just now.", "const": True},
    "deprecated": {"description": "This major is going to end.", "const": True},
    "deprecationfrom": {"description": "Since when it is on its way out.", **_TIME},
    "deprecationsunset": {"description": "From when on it may no longer come.", **_TIME},
    "deprecationmigration": {"description": "How to move to the next major.", **_TEXT},
    "dataref": {"description": "Where data lies that was too large for the event.", **_TEXT},
}

ATTRIBUTES: Final = tuple(_OWN)


def cloud_event(
    data: Any, *, type_name: str = "", dataschema: str = "", source: str = "", described: bool = True
) -> dict[str, Any]:
    """The schema of a CloudEvent whose ``data`` satisfies the schema ``data``. What is given of the rest
    becomes a constant. ``described`` False leaves the descriptions out. Events whose data lies in S3 are not
    described."""
    properties = {
        name: dict(schema) if described else {k: v for k, v in schema.items() if k != "description"}
        for name, schema in _OWN.items()
    }
    for name, value in (("type", type_name), ("dataschema", dataschema), ("source", source)):
        if value:
            kept = {k: v for k, v in properties[name].items() if k == "description"}
            properties[name] = {**kept, "const": value}
    return {
        "type": "object",
        "required": [*REQUIRED, "data"],
        "properties": {**properties, "data": data},
    }


def bus_envelope(detail: Any, *, type_name: str = "", source: str = "") -> dict[str, Any]:
    """The schema of what a rule on a bus sees, around the schema of a CloudEvent."""
    return {
        "type": "object",
        "required": ["version", "id", "detail-type", "source", "account", "time", "region", "resources",
                     "detail"],
        "properties": {
            "version": {"const": "0"},
            "id": _TEXT,
            "detail-type": {"const": type_name} if type_name else _TEXT,
            "source": {"const": source} if source else _TEXT,
            "account": {"type": "string", "pattern": "^[0-9]{12}$"},
            "time": _TIME,
            "region": _TEXT,
            "resources": {"type": "array", "items": _TEXT},
            "replay-name": _TEXT,
            "detail": detail,
        },
    }  # fmt: skip
