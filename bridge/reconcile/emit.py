"""Re-emitting what was missed: publish, and only then settle, each key only if nothing else settled it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.errors import ClaimCheckUnavailable, RecordError
from bridge.ports.clock import Deadline
from bridge.reconcile.confirm import Confirmed
from bridge.reconcile.counts import Counts
from bridge.reconcile.reader import Parts

PUBLISH_S = 60.0
"""How long 100 changes may take to be accepted. The next run finds again what was not accepted by then."""


@dataclass(frozen=True, slots=True)
class Emitter:
    """Sends confirmed changes in order; never two of one key."""

    parts: Parts

    def emit(self, confirmed: Sequence[Confirmed], counts: Counts) -> None:
        """Raises ``BatchError`` if nothing can be published or settled at all."""
        failed: set[str] = set()
        self._store_claims(confirmed, failed, counts)
        deadline = Deadline.after(self.parts.clock, PUBLISH_S)
        for name, sink in self.parts.sinks.items():
            work = [
                (one, event)
                for one in confirmed
                if one.reemission.token not in failed
                for event in one.events
                if name in event.sinks
            ]
            if not work:
                continue
            results = sink.publish([event for _, event in work], deadline)
            for (one, event), result in zip(work, results, strict=True):
                token = one.reemission.token
                if result.status == "accepted" or token in failed:
                    continue
                failed.add(token)
                if isinstance(result.error, RecordError):
                    key_hash = self.parts.comparer.name(token)
                    counts.block(result.error.reason, key_hash, result.error.message, event.type)
                else:
                    counts.add("unsent")
        for one in confirmed:
            if one.reemission.token not in failed:
                self._settle(one, counts)

    def _settle(self, one: Confirmed, counts: Counts) -> None:
        if one.verdict == "missed":
            snapshot = one.reemission.row.settled_by == "snapshot"
            counts.add("snapshots" if snapshot else f"reemitted_{one.reemission.kind}")
            counts.of_entity(one.reemission.entity, "snapshots" if snapshot else "reemitted")
            counts.add("events", one.event_count)
        if not one.settles:
            return
        # A live change that settled the key since then wins: its event sorts after the re-emitted one.
        won = self.parts.ledger.settle_if(one.reemission.row, one.reemission.expected)
        counts.add("settled" if won else "overtaken")

    def _store_claims(self, confirmed: Sequence[Confirmed], failed: set[str], counts: Counts) -> None:
        store = self.parts.claim_check
        for one in confirmed if store is not None else ():
            try:
                for claim in one.claims:
                    store.store(claim)  # type: ignore[union-attr]
            except ClaimCheckUnavailable:
                failed.add(one.reemission.token)
                counts.add("unsent")
