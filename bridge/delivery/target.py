"""The contract between a sink and the engine in :mod:`bridge.delivery.dispatch`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bridge.core.event import Event
from bridge.errors import BridgeError, SinkUnavailable

Answer = BridgeError | None
"""The target's answer for one entry: ``None`` = acknowledged."""


class Target(Protocol):
    """What the engine needs from a sink."""

    name: str
    max_entries: int
    """Entries of one call."""
    max_bytes: int
    """Bytes of one call and of one entry, inclusive, as ``size_of`` counts them."""

    def size_of(self, event: Event) -> int: ...

    def send(self, events: Sequence[Event]) -> Sequence[Answer]:
        """Make one call and return one answer per event, in order. Runs on the executor's threads.

        Raises ``Unavailable`` when no entry got through, ``RecordError`` when the call as a whole was
        refused because of its content, ``BatchError`` when nothing can be published at all. A ``BatchError``
        for a single entry is returned as its answer and counts as raised.
        """
        ...


def unanswered(name: str) -> SinkUnavailable:
    """The answer for an entry that the target's response does not mention: not acknowledged, so send it
    again."""
    return SinkUnavailable(f"sink {name}: the answer does not mention this entry")
