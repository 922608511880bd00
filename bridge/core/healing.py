"""Steps that no record showed: the missing step between two changes, its id and its place in the order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b

from bridge.core.change import Change, Operation, Position, StreamView, TypedItem
from bridge.core.fingerprint import canonical_json

ID_BYTES = 16


@lru_cache(maxsize=1024)  # the changes of a batch fall into a few seconds
def time_text(time: datetime) -> str:
    """RFC 3339 in UTC, always with microseconds, so that later times are also greater as text."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def suffix_at(as_of: str) -> str:
    """The suffix that a reconciliation which read the item at ``as_of`` (:func:`time_text`) appends to the
    last settled sequence. ``~`` sorts after the end of a sequence, and before the next one, whose digits
    differ."""
    return f"~{as_of}"


def suffix_after(as_of: str, time: str) -> str:
    """The same for a step that a later change reveals: it sorts after what was published at ``as_of``."""
    return f"{suffix_at(max(as_of, time))}~"


def step_id(table: str, key: str, sequence: str, *content: str) -> str:
    """The id of a step that no record showed.

    ``key`` is a keyed hash of the item's key. ``sequence`` is that of the event, with its suffix, because an
    item may come to the same state twice and be missed each time, also within one second. ``content`` is what
    else the event is made of (:func:`state_name`), so that one id always stands for the same content.
    """
    text = "\x1f".join((table, key, sequence, *content))
    return "reconciled-" + blake2b(text.encode(), digest_size=ID_BYTES).hexdigest()


def state_name(key: str, image: TypedItem | None) -> str:
    """A hash of a whole image, "" for None. Unlike a fingerprint it includes the paths that the diff ignores,
    because events show them. Its key is ``key``, itself a keyed hash. Raises ``MalformedRecord``."""
    if image is None:
        return ""
    return blake2b(canonical_json(image), digest_size=ID_BYTES, key=key.encode()).hexdigest()


def published_name(published: Mapping[str, str] | None) -> str:
    """The same for attribute hashes."""
    return "\x1e".join(f"{name}\x1e{value}" for name, value in sorted((published or {}).items()))


def missing_step(
    change: Change,
    *,
    was_live: bool,
    was: TypedItem | None,
    settled: Position,
    as_of: str,
    key_name: str,
    published: Mapping[str, str] | None = None,
) -> Change:
    """The step between the settled state and ``change``, which has both images. Raises ``MalformedRecord``.

    ``was_live``, ``was`` (the image, where it is known) and ``published`` (hashes by attribute) describe the
    settled state. All images are redacted. ``key_name`` is a keyed hash of the item's key.
    """
    operation: Operation
    view: StreamView = "NEW_AND_OLD_IMAGES"
    if change.operation == "insert":
        operation, published = "remove", None
        view = view if was is not None else "KEYS_ONLY"
    elif not was_live:
        operation, was, published = "insert", None, None
    else:
        operation = "modify"
        view = view if was is not None else "NEW_IMAGE"
    suffix = suffix_after(as_of, time_text(change.time))
    # Directly before the change: after everything that was ever published of the item, settled or not.
    position = max(settled, change.position._replace(number=change.position.number - 1))
    content = (
        operation,
        state_name(key_name, was),
        state_name(key_name, change.before),
        published_name(published),
        *((str(change.was), change.entity) if change.entity else ()),
    )
    return change._replace(
        record_id=step_id(change.table, key_name, position.sequence + suffix, *content),
        operation=operation,
        before=was,
        after=change.before,
        position=position,
        actor="user",
        view=view,
        current=None,
        fetched=False,
        published=published,
        marks={"reconciled": True},
        suffix=suffix,
    )
