"""States that no record told: the missing step between two changes, its id and its place in the order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b

from bridge.core.change import Change, Operation, Position, StreamView, TypedItem
from bridge.core.fingerprint import canonical_json

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


def step_id(table: str, key: str, sequence: str, *content: str) -> str:
    """Names a state that no record told. ``key`` is a keyed hash of the item's key, ``sequence`` the whole
    one, suffix included, because an item may come to the same state twice and each time be missed.
    ``content`` is what else the event is made of (:func:`state_name`): one id always says the same."""
    text = "\x1f".join((table, key, sequence, *content))
    return "reconciled-" + blake2b(text.encode(), digest_size=ID_BYTES).hexdigest()


def state_name(key: str, image: TypedItem | None) -> str:
    """A hash of a whole image, "" for None. Unlike a fingerprint it takes in what the diff ignores, since
    events show it. Keyed by ``key``, a keyed hash itself. Raises ``MalformedRecord``."""
    if image is None:
        return ""
    return blake2b(canonical_json(image), digest_size=ID_BYTES, key=key.encode()).hexdigest()


def published_name(published: Mapping[str, str] | None) -> str:
    """The same of attribute hashes."""
    return (
        "" if published is None else "\x1e".join(f"{name}\x1e{published[name]}" for name in sorted(published))
    )


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
    """What must have happened between the state that was settled (``was_live``; ``was`` where it is known,
    ``told`` its attributes' hashes) and ``change``, which has both images. All images are redacted;
    ``key_name`` is a keyed hash of the item's key. Raises ``MalformedRecord``."""
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
    content = (
        operation,
        state_name(key_name, was),
        state_name(key_name, change.before),
        published_name(published),
    )
    return change._replace(
        record_id=step_id(change.table, key_name, settled.sequence + suffix, *content),
        operation=operation,
        before=was,
        after=change.before,
        position=settled,
        actor="user",
        view=view,
        current=None,
        fetched=False,
        published=published,
        marks={"reconciled": True},
        suffix=suffix,
    )
