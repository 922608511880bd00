"""Which of two events is newer: the one rule that a subscriber's copy needs on a bus without order.

Events of one subject and type are compared; copy this module where the package is not wanted.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def supersedes(new: Mapping[str, Any], held: Mapping[str, Any] | None) -> bool:
    """Whether ``new`` is to be applied over ``held``, the event applied last (None: there is none).

    Both are CloudEvents in structured JSON, of one subject and type. Raises ``KeyError`` where one has no
    ``sequence``. Whatever the order of arrival, the same event is held in the end.

    ``sequence`` decides, as text. One exception: of two events with different ``time``, the later one is
    newer if it says ``reconciled: true``. Why: a re-emission tells an item's state, not a change. Its
    ``sequence`` stands behind the last change that the ledger knows as told. A change that was accepted but
    never settled, because the process died between the two, is not known there; where its record is lost
    too, the re-emission sorts before it although it tells what came after. But the state was read at
    ``time`` and still held when it was confirmed, ``grace`` later: a change with an earlier ``time`` is in
    it, and one that is not in it is later than that by ``grace``, far more than clocks differ. Times are
    whole seconds, rounded down; within one second ``sequence`` decides.
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
    """RFC 3339; None where the event does not tell."""
    text = event.get("time")
    try:
        time = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return time if time is None or time.tzinfo is not None else time.replace(tzinfo=UTC)
