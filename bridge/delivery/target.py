"""What the engine of :mod:`bridge.delivery.dispatch` needs to know of a sink."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bridge.core.event import Event
from bridge.errors import BridgeError, SinkUnavailable

Answer = BridgeError | None
"""What the target said to one entry: ``None`` = acknowledged."""


class Target(Protocol):
    """What the engine needs to know of a sink."""

    name: str
    max_entries: int
    """Entries of one call."""
    max_bytes: int
    """Bytes of one call and of one entry, inclusive, as ``size_of`` counts them."""

    def size_of(self, event: Event) -> int: ...

    def send(self, events: Sequence[Event]) -> Sequence[Answer]:
        """Make one call; answer one verdict per event, in order. Runs on the executor's threads.

        Raises ``Unavailable`` when no entry got through, ``RecordError`` when the call as a whole was
        refused because of what it carries, ``BatchError`` when nothing can be published at all. A single
        entry's ``BatchError`` is answered like the others and counts as raised.
        """
        ...


def unanswered(name: str) -> SinkUnavailable:
    """The verdict on an entry that the target's answer does not mention: not acknowledged, so send again."""
    return SinkUnavailable(f"sink {name}: the answer does not mention this entry")
