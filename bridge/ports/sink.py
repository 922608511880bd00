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
    """What happened to one event at one sink.

    ``accepted``: the sink acknowledged it. ``failed``: the sink did not; ``error.permanent`` decides between
    quarantine and return for retry. ``skipped``: the event was never sent, because time ran out, an earlier
    change of its key failed, or it comes after the first failure and the call was to halt there; it is
    returned for retry.
    """

    status: Literal["accepted", "failed", "skipped"]
    error: BridgeError | None = None


ACCEPTED = EntryResult("accepted")
SKIPPED = EntryResult("skipped")


class Sink(Protocol):
    """Where events go.

    ``publish`` returns one result per event, in the order given. It sends the events of one key in the order
    given, and a later change of a key never reaches the sink before an earlier one: a call carries at most
    one change (``record_id``) of a key, and once a change has failed for good or time is up, the later
    changes of that key are ``skipped``. Repeats are possible (a timeout after success is sent again);
    subscribers drop them by event id. Failed entries are retried inside the deadline, accepted entries never.
    Raises :class:`bridge.errors.BatchError` when nothing can be published at all (access denied, target
    missing); the redelivery publishes events again that were accepted before the error.
    """

    name: str
    max_bytes: int
    """The largest single entry, in bytes as ``size_of`` counts them."""

    def check(self) -> None:
        """Ask once, at start-up, whether the target exists and may be used."""
        ...

    def size_of(self, event: Event) -> int:
        """The event's size against ``max_bytes``, by the target's own rule."""
        ...

    def publish(
        self, events: Sequence[Event], deadline: Deadline, *, halt_on_failure: bool = False
    ) -> list[EntryResult]: ...
