"""Which of two events is newer: the only rule that a subscriber's copy needs on a bus without order.

    Apply an event if its ``sequence`` is greater, as text, than that of the event applied last.

Text is compared by code point: in PostgreSQL ``COLLATE "C"``, in JavaScript ``>`` (every ``sequence`` is
ASCII). Events of one subject and type are compared. ``sequence`` alone decides, whatever produced the event:
a live change, a redriven one, a missing step that was healed, a re-emission, a snapshot. The bridge makes it
so; docs/events.md says how.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def supersedes(new: Mapping[str, Any], held: Mapping[str, Any] | None) -> bool:
    """Whether ``new`` is to be applied over ``held``, the event applied last (None: none was).

    Both are CloudEvents in structured JSON, of one subject and type. The order is strict and total: whatever
    the order of arrival, and however often an event arrives, the same event is held in the end. Raises
    ``KeyError`` if one has no ``sequence``.
    """
    return held is None or bool(new["sequence"] > held["sequence"])
