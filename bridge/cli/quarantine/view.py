"""Quarantined records as text: a row, a page, and a record whose values are masked.

A masked record keeps the names and types of its attributes, by which a broken record is recognised. Masking
shows what is known to be harmless and covers everything else, so that a malformed record reveals nothing.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from bridge.cli.console.output import visible
from bridge.ports.quarantine import Quarantined

MASK: Final = "•••"
COLUMNS: Final = ("time", "reason", "table", "type", "id")
_NESTING_MAX: Final = 200  # an item has at most 32 levels; json fails near 1,000

_ENVELOPE: Final = frozenset(
    {"eventID", "eventName", "eventVersion", "eventSource", "eventSourceARN", "awsRegion"}
    | {"tableName", "recordFormat"}  # Kinesis
)
_DESCRIPTION: Final = frozenset(
    {"ApproximateCreationDateTime", "SequenceNumber", "SizeBytes", "StreamViewType"}
    | {"ApproximateCreationDateTimePrecision"}  # Kinesis
)
_SHOWN: Final[Mapping[tuple[str, ...], frozenset[str]]] = {
    (): _ENVELOPE,
    ("dynamodb",): _DESCRIPTION,
    ("userIdentity",): frozenset(("type", "principalId")),
    ("kinesis",): frozenset(("sequenceNumber", "approximateArrivalTimestamp", "kinesisSchemaVersion")),
    ("kinesis", "data"): _ENVELOPE,
    ("kinesis", "data", "dynamodb"): _DESCRIPTION,
    ("kinesis", "data", "userIdentity"): frozenset(("type", "principalId")),
}
"""What a stream adds to a record, by path: none of it is a value of an item."""


def mask(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record with dots for every value of its item and for everything not known to be harmless."""
    masked: dict[str, Any] = _masked(record, ())
    return masked


def _masked(value: Any, path: tuple[str, ...]) -> Any:
    if len(path) > _NESTING_MAX:
        return MASK
    if path == ("kinesis", "data"):
        value = _change_in(value)
    if isinstance(value, Mapping):
        shown = _SHOWN.get(path, frozenset())
        return {
            name: member
            if name in shown and not isinstance(member, Mapping | list)
            else _masked(member, (*path, name))
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [_masked(member, (*path, "")) for member in value]
    return MASK


def _change_in(data: Any) -> Any:
    """The change that a Kinesis record carries as base64 text; None if the text holds no change."""
    try:
        change = json.loads(base64.b64decode(data, validate=True))
    except (ValueError, TypeError, RecursionError):
        return None
    return change if isinstance(change, dict) else None


def described(name: str, entry: Quarantined) -> dict[str, Any]:
    """Everything about an entry except its record, which may hold anything."""
    about = {field.name: getattr(entry, field.name) for field in fields(entry) if field.name != "record"}
    return {"id": name, **about}


def row(name: str, entry: Quarantined) -> tuple[str, ...]:
    """The texts of :data:`COLUMNS`."""
    where = f"{entry.table}/{entry.entity}" if entry.entity else entry.table
    return tuple(visible(str(text)) for text in (entry.time, entry.reason, where, entry.event_type, name))


def short_row(name: str, entry: Quarantined) -> tuple[str, ...]:
    """The same in fewer characters: the record's own id if it has one, and the time to the second in UTC."""
    time, *middle, _ = row(name, entry)
    time = re.sub(r"^(\S{10})T(\S{8})(\.[0-9]+)?(\+00:00|Z)$", r"\1 \2", time)
    return (time, *middle, visible(entry.record_id) or visible(name))


def table(rows: Sequence[Sequence[str]]) -> Table:
    """Short rows for a terminal. Nothing is cut, so that ids can be copied."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in COLUMNS:
        made.add_column(column.upper(), overflow="fold", no_wrap=column == "id")
    for texts in rows:
        made.add_row(*(Text(text) for text in texts))
    return made


def page(name: str, entry: Quarantined, record: Mapping[str, Any]) -> Iterator[Text]:
    """One entry on several lines, with the record as JSON."""
    for label, value in described(name, entry).items():
        if value:
            yield Text.assemble((f"{label.replace('_', ' '):<11}", "bold"), visible(str(value)))
    yield Text("record", "bold")
    for line in json.dumps(record, ensure_ascii=False, indent=2).splitlines():
        yield Text(visible(line))
