"""The breaker: a bad deployment must not empty the stream into quarantine.

When more than ``share`` of a batch, and at least ``at_least`` records, can never succeed, the deployment is
at fault, not the records, and the batch fails as a whole. Lambda then splits the failed batch and repeats the
parts. A small batch is therefore judged together with the batches just before it: otherwise its parts would
pass one by one.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence

from bridge.errors import BreakerTripped, RecordError


class Breaker:
    """Remembers the last ``2 * at_least`` outcomes of one process. They are neither shared nor durable."""

    def __init__(self, *, share: float = 0.5, at_least: int = 10) -> None:
        self.share = share
        self.at_least = at_least
        self._recent: deque[bool] = deque(maxlen=2 * at_least)  # True = failed for good

    def judge(self, received: int, errors: Sequence[RecordError]) -> None:
        """Raise :class:`BreakerTripped` when the batch must fail as a whole."""
        failed = len(errors)
        if failed <= self.share * received:
            return
        recent_failed, recent = sum(self._recent), len(self._recent)
        alone = failed >= self.at_least
        together = recent_failed + failed >= self.at_least and recent_failed + failed > self.share * (
            recent + received
        )
        if alone or together:
            self.remember(received - failed, failed)
            (reason, count), *_ = Counter(f"{e.stage}: {e.message}" for e in errors).most_common(1)
            raise BreakerTripped(
                f"{failed} of {received} records can never succeed, so the batch is failed as a whole "
                f"and nothing is quarantined; the most common reason ({count}) is {reason}",
                hint="check the last change of bridge.yaml or the schemas; the records stay in the stream",
            )

    def remember(self, good: int, failed: int) -> None:
        """Add a batch's outcome to those that later batches are judged with."""
        self._recent.extend([False] * good + [True] * failed)
