"""Repeats a call that may succeed later: with backoff, for a limited time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from bridge.delivery.backoff import Backoff
from bridge.errors import Unavailable
from bridge.ports.clock import Clock, Deadline

CALL_S: Final = 60.0
"""How long one call is repeated while the service throttles or does not answer."""
SETTLE_S: Final = 60.0
"""How long a registry may take to show a version as available."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Patience:
    """``until`` limits all calls together, if it is given."""

    clock: Clock
    backoff: Backoff
    call_s: float = CALL_S
    settle_s: float = SETTLE_S
    until: Deadline | None = None

    def call(self, work: Callable[..., _T], *words: Any, **named: Any) -> _T:
        """What ``work`` returns. Raises its last ``Unavailable`` once the time is up."""
        deadline = Deadline.after(self.clock, self.call_s)
        tries = 0
        while True:
            try:
                return work(*words, **named)
            except Unavailable:
                left_s = deadline.remaining_s()
                if self.until is not None:
                    left_s = min(left_s, self.until.remaining_s())
                if not self.pause(tries, left_s):
                    raise
                tries += 1

    def pause(self, tries: int, left_s: float) -> bool:
        """Sleep before the next try, at most ``left_s``. False, without sleeping, if no time is left."""
        if left_s <= 0:
            return False
        self.clock.sleep(min(left_s, self.backoff.delay_s(self.backoff.draw(), tries)))
        return True

    def pages(
        self, work: Callable[..., Mapping[str, Any]], member: str, *words: Any, **named: Any
    ) -> Iterator[Mapping[str, Any]]:
        """The elements of ``member`` on all pages of a list, each page requested as by :meth:`call`. From the
        second page on, ``work`` gets ``NextToken``."""
        more: dict[str, str] = {}
        while True:
            answer = self.call(work, *words, **named, **more)
            yield from answer[member]
            if not answer.get("NextToken"):
                return
            more = {"NextToken": answer["NextToken"]}
