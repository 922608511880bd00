"""X-Ray's rules for what its daemon is sent.

Source: "AWS X-Ray segment documents" in the X-Ray developer guide; a document has at most 64 kB.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

DOCUMENT_BYTES = 64 * 1024
NAME_CHARS = 200
ANNOTATIONS = 50
ANNOTATION_NAME_CHARS = 500
ANNOTATION_CHARS = 1000

_NAME = re.compile(r"[\w\s_.:/%&#=+\\\-@]+")
_ID = re.compile(r"[0-9a-f]{16}")
_TRACE = re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}")


def problems(document: Mapping[str, Any], *, now_s: float) -> list[str]:
    """What X-Ray would not take of a segment or subsegment sent by itself; empty = it is kept."""
    found = []
    if len(json.dumps(document).encode()) > DOCUMENT_BYTES:
        found.append("the document is too large")
    name = document.get("name")
    if not isinstance(name, str) or len(name) > NAME_CHARS or not _NAME.fullmatch(name):
        found.append(f"name {name!r}")
    for member, form in (("id", _ID), ("trace_id", _TRACE)):
        if not form.fullmatch(str(document.get(member))):
            found.append(f"{member} {document.get(member)!r}")
    if document.get("type", "subsegment") != "subsegment":
        found.append(f"type {document['type']!r}")
    if "type" in document and not _ID.fullmatch(str(document.get("parent_id"))):
        found.append("a subsegment by itself without its parent")
    return found + _times(document, now_s) + _annotations(document.get("annotations") or {})


def _times(document: Mapping[str, Any], now_s: float) -> list[str]:
    begin, end = document.get("start_time"), document.get("end_time")
    if not isinstance(begin, int | float) or isinstance(begin, bool):
        return [f"start_time {begin!r}"]
    if document.get("in_progress"):
        return ["in progress and ended"] if end is not None else []
    if not isinstance(end, int | float) or not begin <= end <= now_s + 1:
        return [f"from {begin!r} to {end!r}, in seconds"]
    return [] if now_s - 3600 <= begin else ["start_time is not in seconds, or long ago"]


def _annotations(annotations: Mapping[str, Any]) -> list[str]:
    found = ["too many annotations"] if len(annotations) > ANNOTATIONS else []
    for name, value in annotations.items():
        if not re.fullmatch(r"[A-Za-z0-9_]+", name) or len(name) > ANNOTATION_NAME_CHARS:
            found.append(f"annotation {name!r}")
        if not isinstance(value, str | int | float) or len(str(value)) > ANNOTATION_CHARS:
            found.append(f"annotation {name}: {value!r}")
    return found
