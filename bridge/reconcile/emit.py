"""Telling what was missed: publish, and only then settle, each key on the condition that nobody else did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bridge.errors import ClaimCheckUnavailable, RecordError
from bridge.ports.claim_check import ClaimCheck
from bridge.ports.clock import Clock, Deadline
from bridge.ports.ledger import Ledger
from bridge.ports.sink import Sink
from bridge.reconcile.comparer import Comparer
from bridge.reconcile.confirm import Confirmed
from bridge.reconcile.counts import Counts

PUBLISH_S = 60.0
"""How long a hundred changes may take to be accepted; what is not by then is found again by the next run."""


@dataclass(frozen=True, slots=True)
class Emitter:
    """Sends confirmed changes in order; never two of one key."""

    comparer: Comparer
    sinks: Mapping[str, Sink]
    ledger: Ledger
    claim_check: ClaimCheck | None
    clock: Clock

    def emit(self, confirmed: Sequence[Confirmed], counts: Counts) -> None:
        """Raises ``BatchError`` where nothing can be published or settled at all."""
        failed: set[str] = set()
        self._store_claims(confirmed, failed, counts)
        deadline = Deadline.after(self.clock, PUBLISH_S)
        for name, sink in self.sinks.items():
            work = [
                (one, event)
                for one in confirmed
                if one.restated.token not in failed
                for event in one.events
                if name in event.sinks
            ]
            if not work:
                continue
            results = sink.publish([event for _, event in work], deadline)
            for (one, event), result in zip(work, results, strict=True):
                token = one.restated.token
                if result.status == "accepted" or token in failed:
                    continue
                failed.add(token)
                if isinstance(result.error, RecordError):
                    name_of = self.comparer.name(token)
                    counts.block(result.error.reason, name_of, result.error.message, event.type)
                else:
                    counts.add("unsent")
        for one in confirmed:
            if one.restated.token not in failed:
                self._settle(one, counts)

    def _settle(self, one: Confirmed, counts: Counts) -> None:
        if one.verdict == "missed":
            operation = "snapshot" if one.restated.row.settled_by == "snapshot" else one.restated.kind
            counts.add(f"emitted_{operation}")
            counts.add("events", len({event.id for event in one.events}))
        if not one.settles:
            return
        # A live change that settled the key since then wins: its event sorts after ours.
        won = self.ledger.settle_if(one.restated.row, one.restated.expected)
        counts.add("settled" if won else "overtaken")

    def _store_claims(self, confirmed: Sequence[Confirmed], failed: set[str], counts: Counts) -> None:
        for one in confirmed:
            try:
                for claim in one.claims if self.claim_check is not None else ():
                    self.claim_check.store(claim)  # type: ignore[union-attr]
            except ClaimCheckUnavailable:
                failed.add(one.restated.token)
                counts.add("unsent")
