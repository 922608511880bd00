"""The code with one promise broken each: what the simulation must catch to be worth anything.

Made by replacing a part, never by a hook in production code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bridge.batch import Item
from bridge.breaker import Breaker
from bridge.core.change import Position, StreamRef
from bridge.core.dialect import STREAM, Dialect
from bridge.core.event import Event, Trace
from bridge.dispatch import Answer
from bridge.edges.eventbridge import EventBridgeSink
from bridge.errors import QuarantineUnavailable, SinkUnavailable, Unavailable
from bridge.mapping.shard import ShardInWork
from bridge.ports import Deadline, EntryResult
from bridge.relay import Relay
from bridge.runner import Runner
from bridge.settling import Settling
from tests.simulation.options import Parts


class SettlesBeforePublishing(Relay):
    __slots__ = ()

    def _walk(
        self,
        items: list[Item],
        deadline: Deadline,
        stream: StreamRef | None,
        trace: Trace | None,
        settling: Settling,
    ) -> None:
        for item in items:
            self._decode(item, stream)
        settling.open(items)
        for item in items:
            self._translate(item, trace)
        self._judge(items)
        settling.close(items)
        self._publish(items, deadline)
        self._judge(items)
        self._quarantine(items)


class HoldsNothingBack(Relay):
    """A later change goes on although an earlier one of its key failed."""

    __slots__ = ()

    def _walk(
        self,
        items: list[Item],
        deadline: Deadline,
        stream: StreamRef | None,
        trace: Trace | None,
        settling: Settling,
    ) -> None:
        for item in items:
            self._decode(item, stream)
        settling.open(items)
        for item in items:
            self._translate(item, trace)
        self._judge(items)
        for name, sink in self.sinks.items():
            for item in items:
                wanted = [event for event in item.events if name in event.sinks]
                if item.end is None and item.error is None and wanted:
                    for result in sink.publish(wanted, deadline):
                        item.note(result)
        for item in items:
            if item.end is None and item.error is None:
                item.end_as("published", "accepted")
        self._quarantine(items)
        settling.close(items)


class ForgetsQuarantineFailures(Relay):
    """A record that the quarantine did not take counts as quarantined."""

    __slots__ = ()

    def _quarantine(self, items: Sequence[Item]) -> None:
        for item in items:
            error = item.to_quarantine
            if error is not None:
                with suppress(QuarantineUnavailable):
                    self.quarantine.put(self._entry(item, error))
                item.end_as("quarantined", error.reason)


class RetriesAllEntries(EventBridgeSink):
    """When one entry of a call failed, all of them are sent again."""

    def send(self, events: Sequence[Event]) -> list[Answer]:
        answers = super().send(events)
        failed = any(answer is not None for answer in answers)
        return [SinkUnavailable("sent again")] * len(answers) if failed else answers


class ReadsNoAnswers(EventBridgeSink):
    """A call that answers 200 counts as success, whatever its entries say."""

    def send(self, events: Sequence[Event]) -> list[Answer]:
        super().send(events)
        return [None] * len(events)


class TakesTimeoutsForSuccess(EventBridgeSink):
    def send(self, events: Sequence[Event]) -> list[Answer]:
        try:
            return super().send(events)
        except Unavailable:
            return [None] * len(events)


class KeepsNoOrder(EventBridgeSink):
    """Each event for itself: what fails does not stop the later changes of its key."""

    def publish(
        self, events: Sequence[Event], deadline: Deadline, *, halt_on_failure: bool = False
    ) -> list[EntryResult]:
        return [super(KeepsNoOrder, self).publish([event], deadline)[0] for event in events]


class ComparesText(Dialect):
    """Positions as they are written: "9" after "10"."""

    __slots__ = ()

    def is_settled(self, position: Position, settled: Position) -> bool:
        return (position.label, str(position.number)) <= (settled.label, str(settled.number))


class ForgetsLabels(Dialect):
    """A stream that was switched off and on begins anew with low numbers."""

    __slots__ = ()

    def is_settled(self, position: Position, settled: Position) -> bool:
        return position.number <= settled.number


class _ReadIsDone(ShardInWork):
    @property
    def checkpoint(self) -> str | None:
        through: list[str] = list(self._frontier._open)
        return through[-1] if through else super().checkpoint


class SavesBeforeDone(Runner):
    """The checkpoint is what was read, not what is done."""

    def _open_shard(self, shard_id: str, start: Any) -> ShardInWork:
        shard = super()._open_shard(shard_id, start)
        shard.__class__ = _ReadIsDone
        return shard


class NeverTrips(Breaker):
    def judge(self, received: int, errors: Sequence[Any]) -> None:
        """A bad deploy may fill the quarantine."""


@dataclass(frozen=True, slots=True)
class Variant:
    parts: Parts
    within: int
    """So many seeds are enough to catch it."""


def _dialect(kind: type[Dialect]) -> Dialect:
    return kind(**{name: getattr(STREAM, name) for name in Dialect.__slots__})


VARIANTS: Mapping[str, Variant] = {
    "settle before publish": Variant(Parts(relay=SettlesBeforePublishing), 100),
    "no hold-back in the relay": Variant(Parts(relay=HoldsNothingBack), 100),
    "no hold-back in the sink": Variant(Parts(sink=KeepsNoOrder), 100),
    "quarantine failures forgotten": Variant(Parts(relay=ForgetsQuarantineFailures), 200),
    "retry all entries": Variant(Parts(sink=RetriesAllEntries), 100),
    "per-entry answers unread": Variant(Parts(sink=ReadsNoAnswers), 100),
    "timeouts taken for success": Variant(Parts(sink=TakesTimeoutsForSuccess), 100),
    "positions compared as text": Variant(Parts(dialect=_dialect(ComparesText)), 100),
    "stream label forgotten": Variant(Parts(dialect=_dialect(ForgetsLabels)), 200),
    "checkpoint before done": Variant(Parts(runner=SavesBeforeDone), 200),
    "no breaker": Variant(Parts(breaker=NeverTrips), 400),
}
