"""Repeating a call that may succeed later: with backoff, for a limited time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

from bridge.delivery.backoff import Backoff
from bridge.errors import Unavailable
from bridge.ports.clock import Clock, Deadline

CALL_S: Final = 60.0
"""How long one call is repeated while the registry throttles or does not answer."""
SETTLE_S: Final = 60.0
"""How long a version may take until the registry shows it as available."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Patience:
    """``until`` bounds all calls together, where there is such a bound."""

    clock: Clock
    backoff: Backoff
    call_s: float = CALL_S
    settle_s: float = SETTLE_S
    until: Deadline | None = None

    def call(self, work: Callable[[], _T]) -> _T:
        """What ``work`` gives. Raises its last ``Unavailable`` once the time is up."""
        deadline = Deadline.after(self.clock, self.call_s)
        tries = 0
        while True:
            try:
                return work()
            except Unavailable:
                wait_s = self.backoff.delay_s(self.backoff.draw(), tries)
                left_s = deadline.remaining_s()
                if self.until is not None:
                    left_s = min(left_s, self.until.remaining_s())
                if wait_s >= left_s:
                    raise
                self.clock.sleep(wait_s)
                tries += 1

    def pages(self, call: Callable[..., Mapping[str, Any]], member: str) -> Iterator[Mapping[str, Any]]:
        """What stands under ``member`` on all pages of a list, each page asked for as in :meth:`call`;
        ``call`` takes ``NextToken`` from the second page on."""
        more: dict[str, str] = {}
        while True:
            answer = self.call(partial(call, **more))
            yield from answer.get(member, ())
            if not answer.get("NextToken"):
                return
            more = {"NextToken": answer["NextToken"]}
