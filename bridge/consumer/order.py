"""Which of two events is newer: the only rule that a subscriber's copy needs on a bus without order.

It compares events of one subject and type. You may copy this module instead of installing the package.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def supersedes(new: Mapping[str, Any], held: Mapping[str, Any] | None) -> bool:
    """Whether to apply ``new`` over ``held``, the event that was applied last (None: no event was applied).

    Both are CloudEvents in structured JSON, of one subject and type. Raises ``KeyError`` where an event has
    no ``sequence``. The event held in the end is the same for every order of arrival.

    ``sequence`` decides, as text, with one exception: of two events with different ``time``, the later event
    is newer if it says ``reconciled: true``. The reason: a re-emission shows an item's state, not a change.
    Its ``sequence`` comes after the last change that the ledger knows as published. The ledger does not know
    a change that was accepted but never settled, because the process died between the two. If the record of
    that change is lost too, the re-emission sorts before it although it shows the later state. But the state
    was read at ``time`` and was still the same when it was confirmed, ``grace`` later. A change with an
    earlier ``time`` is therefore part of it. A change that is not part of it is later by ``grace``, which is
    far more than clocks differ. Times are whole seconds, rounded down; within one second ``sequence``
    decides.
    """
    if held is None:
        return True
    new_time, held_time = _time(new), _time(held)
    if new_time is not None and held_time is not None and new_time != held_time:
        later = new if new_time > held_time else held
        if later.get("reconciled") is True:
            return later is new
    sequence, held_sequence = new["sequence"], held["sequence"]
    return bool(sequence > held_sequence)


def _time(event: Mapping[str, Any]) -> datetime | None:
    """The event's time (RFC 3339); None where it has none."""
    text = event.get("time")
    try:
        time = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return time if time is None or time.tzinfo is not None else time.replace(tzinfo=UTC)
