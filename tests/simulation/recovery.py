"""After the live path: what was given up is redriven, what was lost is reconciled, crashed and resumed.

The stream goes on meanwhile: writers write, and the mapping works between the reconciliation's steps and
inside its edge calls.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any, cast

from bridge.core.change import TypedItem
from bridge.errors import (
    BridgeError,
    CheckpointUnavailable,
    LeaseHeld,
    ReconcileStopped,
    SourceUnavailable,
    StreamBehind,
)
from bridge.ports.run_store import Document, Lease
from bridge.ports.table import ItemPage, ItemsRead, TableFacts
from bridge.reconcile import Comparer, Options, Reconciler
from tests.builders.records import item
from tests.fakes.stores import MemoryRunStore
from tests.simulation.configuration import SECRET, compiled_table
from tests.simulation.faults import Crash, Faults
from tests.simulation.judge import Violation
from tests.simulation.ledgers import Durable, ledger_rows
from tests.simulation.recovery_checks import check_recovery, check_redrive
from tests.simulation.redrive import Redrive
from tests.simulation.simulation import Simulation
from tests.simulation.world import TABLE, TABLE_ARN, World

GRACE_S = 30.0
_TROUBLED_TRIES = 12
_TRIES = 40
_PAGE_ITEMS = 4
_FACTS = TableFacts(TABLE, TABLE_ARN, {"id": "S"}, "")


class SimulatedTable:
    """A ``TableSource`` over the world's items."""

    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults

    def describe(self) -> TableFacts:
        return _FACTS

    def page(
        self, segment: int, segments: int, start: TypedItem | None, *, consistent: bool = False
    ) -> ItemPage:
        self._before("table.page")
        after = "" if start is None else start["id"]["S"]
        mine = sorted(key for key in self._world.items if ord(key[-1]) % segments == segment and key > after)
        page = mine[:_PAGE_ITEMS]
        more = len(mine) > len(page)
        items = [item(self._world.items[key]) for key in page]
        return ItemPage(items, {"id": {"S": page[-1]}} if more else None, float(len(page)))

    def read(self, keys: Mapping[str, TypedItem]) -> ItemsRead:
        self._before("table.read")
        found: dict[str, TypedItem | None] = {}
        for name, key in keys.items():
            held = self._world.items.get(key["id"]["S"])
            found[name] = None if held is None else item(held)
        return ItemsRead(found, float(len(keys)))

    def _before(self, edge: str) -> None:
        if self._faults.before(edge) not in ("none", "unheard", "partial"):
            raise SourceUnavailable("the table could not be read")


class SimulatedRunStore(MemoryRunStore):
    def __init__(self, faults: Faults) -> None:
        super().__init__()
        self._faults = faults

    def put(self, name: str, document: Document, lease: Lease) -> None:
        fault = self._faults.before(f"runs.put {name.rpartition('/')[2]}")
        if fault not in ("none", "unheard"):
            raise CheckpointUnavailable("the run store did not take a document")
        super().put(name, document, lease)
        self._faults.after("runs.put")
        if fault == "unheard":
            raise CheckpointUnavailable("the run store did not answer")

    def release(self, lease: Lease) -> None:
        if not isinstance(sys.exc_info()[1], Crash):  # who is killed gives nothing back
            super().release(lease)


class ReconcileAndRedrive:
    """``reconciler`` makes the one under test; a broken variant makes another."""

    def __init__(self, reconciler: Callable[..., Reconciler] = Reconciler) -> None:
        self._make = reconciler

    def recover(self, simulation: Simulation) -> None:
        ledger = simulation.ledger
        redrive = Redrive(simulation)
        redrive.run()
        if not isinstance(ledger, Durable):
            check_redrive(simulation, redrive.redriven)
            return  # without a ledger nobody knows what was published
        work = _Work(simulation, ledger, self._make)
        work.run(troubled=True)
        simulation.calm()
        redrive.run()
        settled, noted = work.report, any(row.gap for row in ledger_rows(ledger).values())
        work.run(troubled=False)
        if work.left_nothing(settled) and not noted and work.emitted:
            raise Violation(f"a second reconciliation found something: {_short(work.report)}")
        if work.emitted:
            work.run(troubled=False)
        if work.emitted:
            raise Violation(f"a reconciliation in calm did not find all: {_short(work.report)}")
        check_recovery(simulation, redrive.redriven, work.blocked)


class _Work:
    def __init__(self, simulation: Simulation, ledger: Durable, make: Callable[..., Reconciler]) -> None:
        self.simulation = simulation
        self.report: dict[str, Any] = {}
        self.blocked: set[str] = set()
        """Hashes of the keys of which a type was reported as blocked, by any run."""
        self._ledger = ledger
        self._make = make
        self._store = SimulatedRunStore(simulation.faults)
        self._runs = count(1)
        self._troubles_before = 0

    # --- reconcile -----------------------------------------------------------------------------

    def run(self, *, troubled: bool) -> None:
        simulation = self.simulation
        if troubled:
            self._troubles_before = self._troubles
        resume = False
        for tries in range(_TRIES):
            simulation.faults.on = troubled and tries < _TROUBLED_TRIES
            reconciler = self._reconciler()
            steps = reconciler.steps("run", _OPTIONS, resume=resume, take_over=True)
            try:
                self._drive(steps, live=simulation.faults.on)
                self.report = reconciler.report() or {}
                self.blocked |= {each["key_hash"] for each in self.report["blocked"]["examples"]}
                simulation.world.note(f"reconciled {_short(self.report)}")
                return
            except (Crash, BridgeError) as error:
                simulation.world.note(f"reconciliation stopped: {type(error).__name__} {error}")
                if isinstance(error, ReconcileStopped | LeaseHeld) and not isinstance(error, StreamBehind):
                    if not resume or "no run to resume" not in str(error):
                        raise Violation(f"reconciliation refused: {error}") from error
                    resume = False
                    continue
                status = reconciler.status()
                resume = status is not None and status.phase != "done"
                simulation.faults.on = False
                simulation.restart()
                simulation.work(60)
        raise Violation("the reconciliation does not come to its end")

    def _drive(self, steps: Iterator[Any], *, live: bool) -> None:
        simulation, rng = self.simulation, self.simulation.rng
        options, faults = simulation.options, simulation.faults
        usual_share = faults.overlap_share
        if live:
            faults.overlap, faults.overlap_share = self._live, max(usual_share, options.live_share)
            faults.overlap_at = options.live_at
        try:
            for _ in steps:
                if live:
                    faults.overlap = None  # one mapping works once at a time
                    if not options.live_at and rng.random() < options.live_share:
                        simulation.writers.write()
                    simulation.work(rng.randrange(3))
                    faults.overlap = self._live
        finally:
            faults.overlap, faults.overlap_share, faults.overlap_at = None, usual_share, ""

    def _live(self) -> None:
        """The stream goes on while the reconciliation waits for an edge."""
        simulation = self.simulation
        simulation.faults.overlap = None
        if simulation.rng.random() < 0.5:
            simulation.writers.write()
        simulation.work(simulation.rng.randrange(1, 6))
        simulation.faults.overlap = self._live

    def left_nothing(self, report: Mapping[str, Any]) -> bool:
        """Whether a run had nothing to leave for the next one, and nothing was lost since. What was overtaken
        by a change that publishes nothing, or was in flight, is for the next run."""
        refused = report["blocked"]["by_reason"].get("event_refused")  # under another id it may be accepted
        left = report["unsent"] or report["overtaken"] or report["in_flight"] or refused
        return not left and self._troubles == self._troubles_before

    @property
    def _troubles(self) -> int:
        return len(self.simulation.destination.sent) + len(self.simulation.quarantined)

    @property
    def emitted(self) -> int:
        return sum(self.report["reemitted"].values())

    def _reconciler(self) -> Reconciler:
        simulation = self.simulation
        relay = simulation.new_relay()
        return self._make(
            Comparer(compiled_table(bad_deploy=False), _FACTS, self._ledger.keep, SECRET),
            SimulatedTable(simulation.world, simulation.faults),
            self._ledger,
            cast(Any, self._ledger),
            relay.sinks,
            self._store,
            _Lag(simulation),
            simulation.world.clock,
            new_run=lambda: f"run-{next(self._runs)}",
        )


def _short(report: Mapping[str, Any]) -> dict[str, Any]:
    names = ("missed", "reemitted", "in_flight", "unsent", "overtaken", "blocked", "gaps", "without_event")
    return {name: report.get(name) for name in names}


class _Lag:
    """The age of the oldest record that the mapping has not done."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation

    def lag_s(self) -> float:
        return self._simulation.lag_s()


_OPTIONS = Options(segments=2, max_rcu=1e9, grace_s=GRACE_S, trust_ledger=True)
