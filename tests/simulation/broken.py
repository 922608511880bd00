"""The code with one promise broken each: what the simulation must catch to be worth anything.

Made by replacing a part, never by a hook in production code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, replace
from typing import Any

from bridge.core.change import Position, StreamRef
from bridge.core.event import Event, Trace
from bridge.core.records.dialect import Dialect
from bridge.delivery.dispatch import Answer
from bridge.edges.eventbridge.classic import EventBridgeSink
from bridge.errors import QuarantineUnavailable, SinkUnavailable, Unavailable
from bridge.ports.clock import Deadline
from bridge.ports.ledger import Ledger, Row
from bridge.ports.sink import EntryResult
from bridge.reconcile import Options, Progress, Reconciler, RunState
from bridge.reconcile.confirm import Confirmed, Confirmer
from bridge.reconcile.counts import Counts
from bridge.reconcile.emit import Emitter
from bridge.reconcile.lease import LeaseKeeper
from bridge.reconcile.second_pass import SecondPass
from bridge.reconcile.state import Phase, Suspect
from bridge.relay.batch import Item
from bridge.relay.breaker import Breaker, Verdicts
from bridge.relay.relay import Relay
from bridge.relay.settling import Settling
from bridge.relay.verdicts import making, taking
from bridge.stream.mapping.shard import ShardInWork
from bridge.stream.runner import Runner


class SettlesBeforePublishing(Relay):
    __slots__ = ()

    def _process(
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
        self.breaker.judge(making(items))
        ready = [item for item in items if item.end is None and item.error is None]
        for item in ready:
            item.end_as("published", "accepted")
        settling.close(items)
        for item in ready:
            item.end = None
        self._publish(items, items, deadline)
        self.breaker.judge(taking(items))
        self._quarantine(items)


class _Unannounced(Settling):
    __slots__ = ()

    def announce(self, items: Iterable[Item]) -> None:
        """Nothing is written."""


class NeverAnnounces(Relay):
    """Publishes without having announced it: an event that is accepted and never settled leaves no trace."""

    __slots__ = ()

    def _process(
        self,
        items: list[Item],
        deadline: Deadline,
        stream: StreamRef | None,
        trace: Trace | None,
        settling: Settling,
    ) -> None:
        silent = _Unannounced(
            settling.ledger, settling.tables, settling.heal, settling.redriven, settling.deadline
        )
        super()._process(items, deadline, stream, trace, silent)


class HoldsNothingBack(Relay):
    """A later change goes on although an earlier one of its key failed."""

    __slots__ = ()

    def _process(
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
        self.breaker.judge(making(items))
        for name, sink in self.sinks.items():
            for item in items:
                wanted = [event for event in item.events if name in event.sinks]
                if item.end is None and item.error is None and wanted:
                    for event, result in zip(wanted, sink.publish(wanted, deadline), strict=True):
                        item.note(result, event)
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
                    self.quarantine.put(item.quarantined(error, self.clock.now()))
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
    """A stream that was switched off and on begins again with low numbers."""

    __slots__ = ()

    def is_settled(self, position: Position, settled: Position) -> bool:
        return position.number <= settled.number


class _ReadIsDone(ShardInWork):
    @property
    def checkpoint(self) -> str | None:
        through = [sequence for _, sequence in self._frontier._open if sequence]
        return through[-1] if through else super().checkpoint


class SavesBeforeDone(Runner):
    """The checkpoint is what was read, not what is done."""

    def _open_shard(self, shard_id: str, start: Any) -> ShardInWork:
        shard = super()._open_shard(shard_id, start)
        shard.__class__ = _ReadIsDone
        return shard


class NeverTrips(Breaker):
    def judge(self, verdicts: Verdicts) -> None:
        """A bad deploy may fill the quarantine."""


class TrustsTheFirstPass(Reconciler):
    """What differs in the first pass is published at once, although it may be in flight."""

    __slots__ = ()

    def _wait(self, state: RunState, options: Options, keeper: LeaseKeeper) -> Iterator[Progress]:
        yield from ()


class _Unconditional:
    """A ledger whose conditional write has no condition."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def settle_if(self, row: Row, expected: Row | None) -> bool:
        return not self._ledger.settle([row])


class WritesUnconditionally(Reconciler):
    """A live change that settled the key meanwhile is overwritten."""

    __slots__ = ()

    def _emitter(self) -> Emitter:
        return Emitter(replace(self, ledger=_Unconditional(self.ledger)))


class SettlesBeforeReemitting(Reconciler):
    __slots__ = ()

    def _emitter(self) -> Emitter:
        return _SettlesFirst(self)


class _SettlesFirst(Emitter):
    __slots__ = ()

    def emit(self, confirmed: Sequence[Confirmed], counts: Counts) -> None:
        for one in confirmed:
            self.parts.ledger.settle_if(one.reemission.row, one.reemission.expected)
        super().emit(confirmed, counts)


class ForgetsRemoves(Reconciler):
    """Only the table is compared: what is gone from it is never missed."""

    __slots__ = ()

    def _next(self, state: RunState) -> Phase:
        return "confirm" if state.phase == "table" else super()._next(state)


class ForgetsGapNames(Reconciler):
    """A gap is noted, but not what was lost in it."""

    __slots__ = ()

    def _second_pass(self, state: RunState, options: Options, keeper: LeaseKeeper) -> SecondPass:
        sound = super()._second_pass(state, options, keeper)
        nameless = replace(self, ledger=_Nameless(self.ledger))
        return replace(sound, confirmer=replace(sound.confirmer, parts=nameless))


class _Nameless:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def read(self, keys: Iterable[str], deadline: Deadline | None = None) -> Mapping[str, Row]:
        rows = self._ledger.read(keys, deadline)
        return {key: replace(row, gap_names=None) for key, row in rows.items()}


class HoldsAllTypesBack(Reconciler):
    """A type that cannot be decided blocks the others of its item."""

    __slots__ = ()

    def _second_pass(self, state: RunState, options: Options, keeper: LeaseKeeper) -> SecondPass:
        sound = super()._second_pass(state, options, keeper)
        return replace(sound, confirmer=_AllOrNothing(**_parts_of(sound.confirmer)))


class _AllOrNothing(Confirmer):
    __slots__ = ()

    def confirm(self, suspects: Sequence[Suspect], counts: Counts) -> list[Confirmed]:
        blocked = counts["blocked"]
        confirmed = super().confirm(suspects, counts)
        return confirmed if counts["blocked"] == blocked else []


def _parts_of(confirmer: Confirmer) -> dict[str, Any]:
    return {each.name: getattr(confirmer, each.name) for each in fields(confirmer)}
