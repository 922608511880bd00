"""Rule patterns for subscribers, and the envelope in which a rule sees an event."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bridge.limits import EVENTBRIDGE_PATTERN_CHARS

Pattern = dict[str, Any]


def pattern_for(source: str, types: Sequence[str]) -> Pattern:
    """A pattern for the events of ``types`` (with their majors) from ``source``."""
    return {"source": [source], "detail-type": list(types)}


def compact(pattern: Mapping[str, Any]) -> str:
    """The pattern's text for PutRule, without white space."""
    return json.dumps(pattern, separators=(",", ":"), ensure_ascii=False)


def too_long(pattern: Mapping[str, Any]) -> int:
    """By how many characters a pattern exceeds EventBridge's limit."""
    return max(0, len(compact(pattern)) - EVENTBRIDGE_PATTERN_CHARS)


def envelope(event: Mapping[str, Any]) -> dict[str, Any]:
    """A CloudEvent as rules see it after the ``eventbridge`` sink published it. Members that only the bus
    knows (account, region, its own id) have placeholders."""
    return {
        "version": "0",
        "id": "00000000-0000-0000-0000-000000000000",
        "detail-type": event.get("type"),
        "source": event.get("source"),
        "account": "000000000000",
        "time": event.get("time"),
        "region": "us-east-1",
        "resources": [],
        "detail": dict(event),
    }


def is_envelope(value: Mapping[str, Any]) -> bool:
    return "detail-type" in value and "detail" in value


def hints(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> list[str]:
    """Common mistakes that explain why ``pattern`` does not match an envelope."""
    found = []
    inner = [name for name in ("type", "subject", "data", "specversion") if name in pattern]
    if inner:
        found.append(f"{', '.join(inner)}: the CloudEvent is under detail: {{detail: {{{inner[0]}: ...}}}}")
    wanted, actual = pattern.get("detail-type"), event.get("detail-type")
    if isinstance(wanted, list) and isinstance(actual, str):
        base, dot, major = actual.rpartition(".v")
        if dot and major.isdigit() and base in wanted:
            found.append(f"detail-type includes the major: {base}.v{major}, or {{prefix: {base}.v}}")
    return found
