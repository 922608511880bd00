"""The CloudEvent inside a message, whichever way it came: from a bus, from a topic, or as it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_LAYERS_MAX = 4  # bus → topic → queue is two


def cloud_event(body: str | bytes) -> dict[str, Any] | None:
    """The CloudEvent in a message's body; None where there is none.

    Knows EventBridge's envelope (the event is its ``detail``), an SNS notification that is not delivered raw
    (the event is the text of its ``Message``), one inside the other, and the bare event.
    """
    value: Any = body
    for _ in range(_LAYERS_MAX):
        if isinstance(value, str | bytes):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                return None
        if not isinstance(value, dict):
            return None
        if is_cloud_event(value):
            return value
        if "detail-type" in value:
            value = value.get("detail")
        elif value.get("Type") == "Notification":
            value = value.get("Message")
        else:
            return None
    return None


def is_cloud_event(value: Mapping[str, Any]) -> bool:
    """Whether ``value`` has what every CloudEvent must have (CloudEvents 1.0.2, "Required attributes")."""
    return all(isinstance(value.get(name), str) for name in ("specversion", "id", "source", "type"))
