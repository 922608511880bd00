"""The two subscribers of the demonstration. Each keeps a copy of the tables, built from events alone.

Each knows what every subscriber knows: its queue, and the content of the events.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any, Protocol

from bridge.core.pointer import parse_pointer
from bridge.demo.resources import Queue, drain

CloudEvent = Mapping[str, Any]
Item = dict[str, Any]

_POLL_S = 0.05


class Copy(Protocol):
    """A copy of the tables: items by subject, such as ``user/u-1``."""

    def take(self, event: CloudEvent) -> None: ...

    @property
    def items(self) -> Mapping[str, Item]: ...


class NewestWins:
    """For a bus that keeps no order and may deliver twice: of an item's events the one with the highest
    ``sequence`` counts, compared as text."""

    def __init__(self) -> None:
        self._newest: dict[str, tuple[str, Item | None]] = {}

    def take(self, event: CloudEvent) -> None:
        data, subject = event["data"], event["subject"]
        if "operation" not in data:
            return  # mapped data shows only a part of the item
        known = self._newest.get(subject)
        if known is None or known[0] < event["sequence"]:
            self._newest[subject] = (event["sequence"], data.get("after"))

    @property
    def items(self) -> Mapping[str, Item]:
        return {subject: item for subject, (_, item) in self._newest.items() if item is not None}


class AppliesChanges:
    """For a FIFO feed: an item's events come in order, so the field changes alone are enough."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}

    def take(self, event: CloudEvent) -> None:
        data, subject = event["data"], event["subject"]
        match data["operation"]:
            case "insert":
                self._items[subject] = deepcopy(data["after"])
            case "modify":
                apply_changes(self._items[subject], data["changes"])
            case "remove":
                self._items.pop(subject, None)

    @property
    def items(self) -> Mapping[str, Item]:
        return self._items


def apply_changes(item: Item, changes: Sequence[Mapping[str, Any]]) -> None:
    """Apply an event's ``changes`` to ``item``, in their order."""
    for change in changes:
        *parents, last = parse_pointer(change["path"])
        place: Any = item
        for segment in parents:
            place = place[int(segment)] if isinstance(place, list) else place[segment]
        if isinstance(place, list):
            index = int(last)
            if change["op"] == "remove":
                del place[index]
            elif change["op"] == "add":
                place.insert(index, change["after"])
            else:
                place[index] = change["after"]
        elif change["op"] == "remove":
            del place[last]
        else:
            place[last] = change["after"]


class Subscriber:
    """Reads one queue until :meth:`end`, and keeps every event in order of arrival.

    ``received`` is called for every event, in the thread that calls :meth:`listen`.
    """

    def __init__(
        self, name: str, sqs: Any, queue: Queue, copy: Copy, received: Callable[[str, CloudEvent], None]
    ) -> None:
        self.name = name
        self.copy = copy
        self.events: list[CloudEvent] = []
        self._sqs = sqs
        self._queue = queue
        self._received = received
        self._ending = threading.Event()

    def listen(self) -> None:
        """Return after :meth:`end`, once the queue has been read to its end again."""
        while True:
            ending = self._ending.wait(_POLL_S)
            self.look()
            if ending:
                return

    def look(self) -> None:
        """Take what is in the queue now. For callers that do not :meth:`listen`."""
        for event in drain(self._sqs, self._queue):
            self.events.append(event)
            self.copy.take(event)
            self._received(self.name, event)

    def end(self) -> None:
        self._ending.set()
