"""The breaker: a bad deployment must not empty the stream into quarantine.

When more than ``share`` of the records that reached a step, and at least ``at_least`` of them, can never
succeed there, the deployment is at fault, not the records, and the batch fails as a whole. Lambda then
splits the failed batch and repeats the parts. A small batch is therefore judged together with the batches
just before it: otherwise its parts would pass one by one.

Records are judged in groups (:mod:`bridge.relay.verdicts`), each on its own: a table whose orders are fine
does not excuse a deployment that breaks its users.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from bridge.errors import BreakerTripped, RecordError

_GROUPS_MAX: Final = 1_000
"""More groups than a configuration has: names in records that cannot be decoded have no bound."""


class Group(NamedTuple):
    """What is judged together. ``step``: what the records reached. ``place``: their table or stream.
    ``type``: the event type with its major, "" before a type is known. ``entity``: whose items they are, in a
    table that holds several kinds."""

    step: str
    place: str
    type: str = ""
    entity: str = ""

    def __str__(self) -> str:
        place = f"{self.place}, entity {self.entity}" if self.entity else self.place
        return f"{place}, {self.type}" if self.type else place


@dataclass(slots=True)
class Verdicts:
    """How many records of each group passed their step, and with which error each of the others failed."""

    good: Counter[Group] = field(default_factory=Counter)
    failed: dict[Group, list[RecordError]] = field(default_factory=dict)

    def fail(self, group: Group, error: RecordError) -> None:
        self.failed.setdefault(group, []).append(error)


class Breaker:
    """Remembers the last ``2 * at_least`` verdicts of each group in one process. They are neither shared nor
    durable."""

    def __init__(self, *, share: float = 0.5, at_least: int = 10) -> None:
        self.share = share
        self.at_least = at_least
        self._recent: dict[Group, deque[bool]] = {}  # True = failed for good

    def judge(self, verdicts: Verdicts) -> None:
        """Raise :class:`BreakerTripped` when the batch must fail as a whole."""
        for group, errors in verdicts.failed.items():
            if self._trips(group, len(errors), len(errors) + verdicts.good[group]):
                self.remember(verdicts)
                raise _tripped(group, errors, len(errors) + verdicts.good[group])

    def _trips(self, group: Group, failed: int, received: int) -> bool:
        if failed <= self.share * received:
            return False
        recent: Sequence[bool] = self._recent.get(group, ())
        together = sum(recent) + failed
        return failed >= self.at_least or (
            together >= self.at_least and together > self.share * (len(recent) + received)
        )

    def remember(self, verdicts: Verdicts) -> None:
        """Add a batch's verdicts to those that later batches are judged with."""
        failed: Mapping[Group, int] = {group: len(errors) for group, errors in verdicts.failed.items()}
        for group in {**verdicts.good, **failed}:
            recent = self._recent.pop(group, None)
            if recent is None:
                recent = deque(maxlen=2 * self.at_least)
            recent.extend([False] * min(verdicts.good[group], 2 * self.at_least))
            recent.extend([True] * min(failed.get(group, 0), 2 * self.at_least))
            self._recent[group] = recent  # at the end: the group that was silent longest is forgotten first
        while len(self._recent) > _GROUPS_MAX:
            del self._recent[next(iter(self._recent))]


def _tripped(group: Group, errors: Sequence[RecordError], received: int) -> BreakerTripped:
    (reason, count), *_ = Counter(f"{each.stage}: {each.message}" for each in errors).most_common(1)
    return BreakerTripped(
        f"{len(errors)} of {received} records can never succeed, so the batch is failed as a whole "
        f"and none of them is quarantined ({group}); the most common reason ({count}) is {reason}",
        hint="check the last change of bridge.yaml or the schemas; the records stay in the stream",
    )
