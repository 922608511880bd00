"""The base of every sink that sends events in calls of several entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from bridge.core.event import Event
from bridge.delivery.dispatch import Answer, Dispatcher
from bridge.ports.clock import Deadline
from bridge.ports.sink import EntryResult


class SinkOptions(TypedDict, total=False):
    """``name`` in bridge.yaml, by default the kind of the sink; ``max_bytes``, by default the service's."""

    name: str
    max_bytes: int | None


class BatchingSink:
    """A ``ports.Sink`` and its dispatcher's ``Target``. A sink adds what only it knows: ``kind``,
    ``limit_bytes`` (what its service takes), ``max_entries``, ``check``, ``size_of`` and ``send``."""

    kind: str
    limit_bytes: int
    max_entries: int

    def __init__(self, dispatcher: Dispatcher, name: str = "", max_bytes: int | None = None) -> None:
        self.name = name or self.kind
        self.max_bytes = max_bytes or self.limit_bytes
        self._dispatcher = dispatcher

    def publish(
        self, events: Sequence[Event], deadline: Deadline, *, halt_on_failure: bool = False
    ) -> list[EntryResult]:
        return self._dispatcher.publish(self, events, deadline, halt_on_failure=halt_on_failure)

    def size_of(self, event: Event) -> int:
        """Bytes of the event's entry, counted by the target's own rule."""
        raise NotImplementedError

    def send(self, events: Sequence[Event]) -> list[Answer]:
        """One call with these events; see ``delivery.target.Target.send``."""
        raise NotImplementedError


def utf8_bytes(*texts: str) -> int:
    """Bytes of the texts together."""
    return sum(len(text) if text.isascii() else len(text.encode()) for text in texts)
