"""A sink that is a real peer: keeps what it accepted in order, fails chosen events, counts its calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bridge.core.event import Event
from bridge.errors import BridgeError
from bridge.ports.clock import Deadline
from bridge.ports.sink import ACCEPTED, SKIPPED, EntryResult
from tests.fakes.faults import Fault


class ScriptedSink:
    """``fails`` returns the error that an event ends with; None accepts it. Keeps the order rules."""

    fails = Fault[Callable[[Event], BridgeError | None]](lambda event: None)

    def __init__(
        self,
        name: str = "domain",
        *,
        fails: Callable[[Event], BridgeError | None] | None = None,
        max_bytes: int = 1_000_000,
    ) -> None:
        self.name = name
        self.max_bytes = max_bytes
        if fails is not None:
            self.fails = fails
        self.accepted: list[Event] = []
        self.calls = 0

    def check(self) -> None:
        """Always there."""

    def size_of(self, event: Event) -> int:
        return len(event.body)

    def publish(
        self, events: Sequence[Event], deadline: Deadline, *, halt_on_failure: bool = False
    ) -> list[EntryResult]:
        self.calls += 1
        results: list[EntryResult] = []
        stopped: set[str] = set()
        halted = False
        for event in events:
            if halted or event.key in stopped or deadline.remaining_s() <= 0:
                results.append(SKIPPED)
                continue
            error = self.fails(event)
            if error is None:
                self.accepted.append(event)
                results.append(ACCEPTED)
                continue
            results.append(EntryResult("failed", error))
            halted = halt_on_failure
            stopped.add(event.key)
        return results
