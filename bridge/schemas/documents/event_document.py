"""The JSON Schema of a whole event: the CloudEvent around the data, and EventBridge's envelope around that.

A schema in the registry describes only the ``data``. The envelope around it is the same for every type and is
defined once, here: for the catalogue, for generated classes, and for the analysis of rule patterns.

Source: CloudEvents 1.0.2, "Context Attributes" and its extensions (distributed tracing, partitioning,
sequence, auth context, deprecation, dataref); EventBridge user guide, "Event structure".
"""

from __future__ import annotations

from typing import Any, Final

_TEXT: Final = {"type": "string", "minLength": 1}
_TIME: Final = {"type": "string", "format": "date-time"}

REQUIRED: Final = ("specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema",
                   "sequence", "partitionkey", "causationid")  # fmt: skip
"""The attributes of every event, beside ``data`` (or ``dataref``, where the data is in S3)."""

_OWN: Final[dict[str, dict[str, Any]]] = {
    "specversion": {"description": "Version of CloudEvents.", "const": "1.0"},
    "id": {"description": "The same for every delivery of this event.", **_TEXT},
    "source": {"description": "The publisher.", **_TEXT},
    "type": {"description": "What happened, with the schema's major version.", **_TEXT},
    "subject": {"description": "The item that changed.", **_TEXT},
    "time": {"description": "When the item was written, to the second.", **_TIME},
    "datacontenttype": {"description": "The media type of data.", "const": "application/json"},
    "dataschema": {"description": "The $id of the schema that data satisfies.", **_TEXT},
    "sequence": {"description": "Orders the events of one subject and type, compared as text.", **_TEXT},
    "partitionkey": {"description": "The item's key.", **_TEXT},
    "causationid": {"description": "The id of the stream record that it was made from.", **_TEXT},
    "correlationid": {"description": "Shared by all events of one change.", **_TEXT},
    "traceparent": {"description": "W3C trace context.", **_TEXT},
    "authtype": {"description": "Who wrote the item; only set when it was DynamoDB itself.", **_TEXT},
    "fetched": {"description": "The item was read when the change arrived.", "const": True},
    "gap": {"description": "A change before this one was lost.", "const": True},
    "redriven": {"description": "It had failed before and was processed again.", "const": True},
    "reconciled": {"description": "A reconciliation found that it was missed.", "const": True},
    "reconcilerun": {"description": "The reconciliation run that found it.", **_TEXT},
    "snapshot": {"description": "The current item; no change happened.", "const": True},
    "deprecated": {"description": "This major will be retired.", "const": True},
    "deprecationfrom": {"description": "When its deprecation began.", **_TIME},
    "deprecationsunset": {"description": "When it may stop being published.", **_TIME},
    "deprecationmigration": {"description": "How to move to the next major.", **_TEXT},
    "dataref": {"description": "Where the data is stored that was too large for the event.", **_TEXT},
}

ATTRIBUTES: Final = tuple(_OWN)


def cloud_event(
    data: Any, *, type_name: str = "", dataschema: str = "", source: str = "", described: bool = True
) -> dict[str, Any]:
    """The schema of a CloudEvent whose ``data`` satisfies the schema ``data``. Each other argument that is
    given becomes a constant. ``described`` False leaves the descriptions out. Events whose data is in S3 are
    not covered."""
    properties = {
        name: dict(schema) if described else {k: v for k, v in schema.items() if k != "description"}
        for name, schema in _OWN.items()
    }
    for name, value in (("type", type_name), ("dataschema", dataschema), ("source", source)):
        if value:
            kept = {k: v for k, v in properties[name].items() if k == "description"}
            properties[name] = {**kept, "const": value}
    return {"type": "object", "required": [*REQUIRED, "data"], "properties": {**properties, "data": data}}


def example_event(type_name: str, source: str, dataschema: str, data: Any, **more: Any) -> dict[str, Any]:
    """A whole CloudEvent around example data; ``more`` are further attributes."""
    return {
        "specversion": "1.0",
        "id": f"4b25bd51ee0d4f1b9a3b8c3b8a2f3c11:{type_name}",
        "source": source,
        "type": type_name,
        "subject": "example/1",
        "time": "2026-01-01T00:00:00Z",
        "datacontenttype": "application/json",
        "dataschema": dataschema,
        "sequence": f"2026-01-01T00:00:00.000/{1:040}",
        "partitionkey": "1",
        "causationid": "4b25bd51ee0d4f1b9a3b8c3b8a2f3c11",
        **more,
        "data": data,
    }


def bus_envelope(detail: Any, *, type_name: str = "", source: str = "") -> dict[str, Any]:
    """The schema of EventBridge's envelope, which rules match, around the schema of a CloudEvent."""
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
