"""The delay before another try: exponential backoff with full jitter.

Source: AWS Architecture Blog, "Exponential Backoff And Jitter": drawing evenly from the whole interval
spreads competing callers best.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

_MAX_DOUBLINGS: Final = 32  # beyond every cap, so that 2**n stays small


@dataclass(frozen=True, slots=True)
class Backoff:
    """The delay after try n (from 0) is drawn evenly from 0 to ``min(cap_s, base_s * 2**n)`` seconds."""

    rng: random.Random
    base_s: float = 0.1
    cap_s: float = 5.0

    def draw(self) -> float:
        """A share of the interval, 0 to 1. Calls that should be tried again together share one draw."""
        return self.rng.random()

    def delay_s(self, share: float, tries: int) -> float:
        """Seconds to wait after ``tries`` earlier failures."""
        return share * min(self.cap_s, self.base_s * 2.0 ** min(tries, _MAX_DOUBLINGS))
