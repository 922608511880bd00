"""Where events go: the contract of every sink."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from bridge.core.event import Event
from bridge.errors import BridgeError
from bridge.ports.clock import Deadline


@dataclass(frozen=True, slots=True)
class EntryResult:
    """What became of one event at one sink.

    ``accepted``: the sink acknowledged it. ``failed``: it did not; ``error.permanent`` decides between
    quarantine and handing back. ``skipped``: it was never sent (time ran out, an earlier change of its
    key failed, or the call was told to halt at the first failure); hand it back.
    """

    status: Literal["accepted", "failed", "skipped"]
    error: BridgeError | None = None


ACCEPTED = EntryResult("accepted")


SKIPPED = EntryResult("skipped")


class Sink(Protocol):
    """Where events go.

    ``publish`` answers one result per event, in the order given. It sends the events of one key in the
    order given and never lets a later change of a key reach the sink before an earlier one: a call
    carries at most one change (``record_id``) of a key, and once one has failed for good or time is up, the
    later changes of that key are ``skipped``. Repeats are possible (a timeout after success is sent
    again): subscribers drop them by event id. Failed entries are retried inside the deadline, accepted ones
    never. Raises :class:`bridge.errors.BatchError` when nothing can be published at all (access denied,
    target missing); events accepted before that are published again by the redelivery.
    """

    name: str
    max_bytes: int
    """The largest single entry, in bytes as ``size_of`` counts them."""

    def check(self) -> None:
        """Ask once, at start-up, whether the target exists and may be used."""
        ...

    def size_of(self, event: Event) -> int:
        """What this event counts against ``max_bytes``, by the target's own rule."""
        ...

    def publish(
        self, events: Sequence[Event], deadline: Deadline, *, halt_on_failure: bool = False
    ) -> list[EntryResult]: ...
