"""The bytes and the name of a quarantined record: equal in every store, so that every tool reads every store.

The bytes are one JSON object with the fields of ``ports.Quarantined``, ASCII only, so that a record with a
lone surrogate survives. The record keeps its own shape. Values without a form in JSON are written as Lambda
writes them: binary as base64 text, times as seconds since the epoch.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Set
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final

from bridge.errors import BatchError, BridgeError, Unavailable
from bridge.ports.quarantine import Found, Quarantined, Selection

_FIELDS: Final = tuple(field.name for field in fields(Quarantined))
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9]+")  # for names on any file system, in any object store
_NAME_CHARS: Final = 60


def encode(entry: Quarantined, *, compact: bool = False) -> bytes:
    """The entry as one JSON object and a newline; ``compact`` for a store that counts every byte."""
    content = {name: getattr(entry, name) for name in _FIELDS}
    indent, separators = (None, (",", ":")) if compact else (2, None)
    return json.dumps(content, default=_plain, indent=indent, separators=separators).encode("ascii") + b"\n"


def decode(data: bytes) -> Quarantined:
    """The entry that ``encode`` wrote. Raises ``BridgeError`` where the bytes are something else."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BridgeError("not a quarantined record: no JSON", stage="quarantine") from error
    if not isinstance(content, dict) or "record" not in content:  # a record may be anything
        raise BridgeError("not a quarantined record: the record is missing", stage="quarantine")
    try:
        return Quarantined(**{name: content[name] for name in _FIELDS if name in content})
    except TypeError as error:
        raise BridgeError("not a quarantined record: a field is missing", stage="quarantine") from error


def identity_of(entry: Quarantined) -> str:
    """64 hex digits: equal for the same record, whenever and for whatever reason it is quarantined."""
    digest = sha256()
    parts = [entry.table, entry.record_id, entry.sequence]
    if not entry.record_id:  # a record without an id is only identified by its content
        parts.append(json.dumps(entry.record, default=_plain, sort_keys=True))
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:%s" % (len(data), data))
    return digest.hexdigest()


def name_of(entry: Quarantined) -> str:
    """A file or object name: readable, sorted by position within a stream, unique by identity."""
    position = entry.sequence.rpartition("/")[2]
    readable = "-".join(
        _UNSAFE.sub("_", part)[:_NAME_CHARS].strip("_") for part in (position, entry.record_id) if part
    )
    return "-".join(part for part in (readable, identity_of(entry)[:16]) if part) + ".json"


def scan_names(
    names: Iterable[str], load: Callable[[str], Quarantined], selection: Selection
) -> Generator[Found]:
    """``QuarantineReader.scan`` of a store that lists names and loads them one by one."""
    for name in names:
        try:
            entry = load(name)
        except (Unavailable, BatchError):
            raise
        except BridgeError as error:
            yield Found(name, error=error)
            continue
        if selection.takes(entry):
            yield Found(name, entry)


def entries_of(found: Iterable[Found]) -> Iterator[Quarantined]:
    """``QuarantineReader.entries``: raises at the first thing that is not an entry."""
    for each in found:
        if each.error is not None:
            raise each.error
        if each.entry is not None:
            yield each.entry


def _plain(value: object) -> Any:
    """For ``json.dumps``: the types of the Streams API that JSON does not have."""
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, datetime):
        seconds = value.timestamp()
        return int(seconds) if seconds.is_integer() else seconds
    if isinstance(value, Decimal):
        return int(value) if value.is_finite() and value == value.to_integral_value() else str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Set | tuple):
        return list(value)
    wrapped = getattr(value, "value", None)  # boto3's Binary
    return _plain(wrapped) if isinstance(wrapped, bytes) else str(value)
