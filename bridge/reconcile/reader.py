"""What every step of a reconciliation works with, and how it reads: under a rate, and counted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Final

from bridge.core.change import TypedItem
from bridge.core.entities.select import NO_ENTITY
from bridge.ports.claim_check import ClaimCheck
from bridge.ports.clock import Clock
from bridge.ports.lag import LagSource
from bridge.ports.ledger import Ledger, LedgerScan, Row
from bridge.ports.run_store import RunStore
from bridge.ports.sink import Sink
from bridge.ports.table import TableSource
from bridge.reconcile.comparer import Comparer
from bridge.reconcile.counts import Counts
from bridge.reconcile.options import Options
from bridge.reconcile.segment import SegmentCheckpoint
from bridge.relay.generations import current_rows

PACE_NAP_S: Final = 30.0


class Pace:
    """A token bucket that may go into debt: the units of a call are known only after it, so each call pays
    for the one before. All segments of a process share one, on any of its threads."""

    def __init__(self, clock: Clock, units_per_s: float) -> None:
        self._clock = clock
        self._rate = self._tokens = units_per_s
        self._at_s = clock.monotonic()
        self._lock = Lock()

    def spend(self, units: float, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Account for ``units`` and wait until the debt is paid. ``meanwhile`` is called at least every
        ``PACE_NAP_S`` of the wait, so that what was taken for this work can be kept."""
        with self._lock:
            now_s = self._clock.monotonic()
            self._tokens = min(self._rate, self._tokens + (now_s - self._at_s) * self._rate) - units
            self._at_s = now_s
            wait_s = -self._tokens / self._rate if self._tokens < 0 else 0.0
        while wait_s > PACE_NAP_S:
            self._clock.sleep(PACE_NAP_S)
            wait_s -= PACE_NAP_S
            meanwhile()
        if wait_s > 0:
            self._clock.sleep(wait_s)


@dataclass(frozen=True, slots=True)
class Parts:
    """One table, its ledger and its sinks, with what a run needs beside them."""

    comparer: Comparer
    source: TableSource
    ledger: Ledger
    scan: LedgerScan
    sinks: Mapping[str, Sink]
    store: RunStore
    lag: LagSource
    clock: Clock
    claim_check: ClaimCheck | None = None

    @property
    def table(self) -> str:
        return self.comparer.facts.name


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads items and rows for a step that counts in ``counts``."""

    parts: Parts
    pace: Pace
    options: Options

    def page(self, segment: int, at: SegmentCheckpoint, *, consistent: bool = False) -> Sequence[TypedItem]:
        """The next page of the table; ``at`` moves behind it."""
        page = self.parts.source.page(segment, self.options.segments, at.start, consistent=consistent)
        self._pay(page.units, at.counts)
        at.counts.add("compared", len(page.items))
        at.start, at.done = page.next, page.next is None
        return page.items

    def items(self, keys: Mapping[str, TypedItem], counts: Counts) -> Mapping[str, TypedItem | None]:
        """Items by key token, read consistently; None or absent: the item does not exist."""
        found = self.parts.source.read(keys)
        self._pay(found.units, counts)
        return found.items

    def rows(self, tokens: Collection[str], counts: Counts) -> Mapping[str, Row]:
        """Ledger rows by key token."""
        counts.looked_up(len(tokens))
        if not tokens:
            return {}
        comparer = self.parts.comparer
        return current_rows(self.parts.ledger.read(tokens), {comparer.facts.name: comparer.table})

    def rules_of(self, item: TypedItem) -> Comparer | None:
        """By the rules of the item's entity; None where no entity selects it, or not one of
        ``options.entities``. Raises ``MalformedRecord``."""
        comparer = self.parts.comparer
        if comparer.table.entities is None:
            return comparer
        entity = comparer.entity_of(comparer.key_of(item), item) or NO_ENTITY
        chosen = entity in self.options.entities if self.options.entities else entity != NO_ENTITY
        return comparer.of(entity) if chosen else None

    def _pay(self, units: float, counts: Counts) -> None:
        self.pace.spend(units)
        counts.read(units)
