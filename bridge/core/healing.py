"""States that no record told: the missing step between two changes, its id and its place in the order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b

from bridge.core.change import Change, Operation, Position, StreamView, TypedItem

ID_BYTES = 16


@lru_cache(maxsize=1024)  # the changes of a batch share a few seconds
def time_text(time: datetime) -> str:
    """RFC 3339 in UTC with microseconds always, so that later times are greater as text too."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def suffix_at(as_of: str) -> str:
    """What a reconciliation that read the item at ``as_of`` (:func:`time_text`) adds to the sequence that was
    settled last. ``~`` sorts after the end of a sequence, and before the next one, whose digits differ."""
    return f"~{as_of}"


def suffix_after(as_of: str, time: str) -> str:
    """The same for a step that a later change gives away: after what was told at ``as_of``."""
    return f"{suffix_at(max(as_of, time))}~"


def step_id(table: str, key: str, sequence: str, fingerprint: str) -> str:
    """Names a state that no record told. ``key`` and ``fingerprint`` are keyed hashes of the item's key and
    image ("" = removed); ``sequence`` is what was settled before, because an item may come to the same state
    twice and each time be missed."""
    text = "\x1f".join((table, key, sequence, fingerprint))
    return "reconciled-" + blake2b(text.encode(), digest_size=ID_BYTES).hexdigest()


def missing_step(
    change: Change,
    *,
    was_live: bool,
    was: TypedItem | None,
    settled: Position,
    as_of: str,
    record_id: str,
    told: Mapping[str, str] | None = None,
) -> Change:
    """What must have happened between the state that was settled (``was_live``; ``was`` where it is known)
    and ``change``, which has both images. All images are redacted."""
    operation: Operation
    view: StreamView = "NEW_AND_OLD_IMAGES"
    if change.operation == "insert":
        operation = "remove"
        view = view if was is not None else "KEYS_ONLY"
    elif not was_live:
        operation, was = "insert", None
    else:
        operation = "modify"
        view = view if was is not None else "NEW_IMAGE"
    return change._replace(
        record_id=record_id,
        operation=operation,
        before=was,
        after=change.before,
        position=settled,
        actor="user",
        view=view,
        current=None,
        fetched=False,
        told=told,
        marks={"reconciled": True},
        suffix=suffix_after(as_of, time_text(change.time)),
    )
