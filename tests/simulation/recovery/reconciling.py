"""Reconciliations of one run: started, killed, resumed by other processes, and disturbed by each other.

The stream goes on meanwhile: writers write, and the mapping works between the reconciliation's steps and
inside its edge calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, cast

from bridge.errors import BridgeError, LeaseHeld, LeaseLost, ReconcileStopped, StreamBehind
from bridge.reconcile import Comparer, Options, Reconciler
from tests.simulation.configuration import SECRET, compiled_table
from tests.simulation.faults import Crash
from tests.simulation.judge import Violation
from tests.simulation.ledgers import Durable
from tests.simulation.recovery.lags import ReportedLag
from tests.simulation.recovery.machines import Machines
from tests.simulation.recovery.run_stores import BUCKET as RUNS_BUCKET
from tests.simulation.recovery.run_stores import Held, WatchedStore, run_stores
from tests.simulation.recovery.table_sources import FACTS, table_source
from tests.simulation.simulation import Simulation

GRACE_S = 30.0
OPTIONS = Options(segments=2, max_rcu=1e9, grace_s=GRACE_S, trust_ledger=True)
_TROUBLED_TRIES = 12
_TRIES = 40
_REFUSING = ("large", "missing", "unreadable")


class Reconciliations:
    """``report`` is the latest. ``rivals``: how many others came in the middle."""

    def __init__(self, simulation: Simulation, ledger: Durable, make: Callable[..., Reconciler]) -> None:
        self.simulation = simulation
        self.report: dict[str, Any] = {}
        self.rivals = 0
        self.lag = ReportedLag(simulation)
        simulation.account.lag_s = self.lag.lag_s
        self._ledger = ledger
        self._make = make
        drawn, faults, rng = simulation.options.recovery, simulation.faults, simulation.rng
        self._drawn = drawn
        self._stores = run_stores(drawn.runs, faults, rng, simulation.account.buckets[RUNS_BUCKET])
        self._held = Held()
        self._source = table_source(drawn.table, simulation.world, faults, rng, drawn.nonsense_share)
        self._runs, self._owners = count(1), count(1)
        self._troubles_before = 0

    def run(self, *, troubled: bool) -> None:
        """To its end, with as many processes as it takes."""
        simulation = self.simulation
        if troubled:
            self._troubles_before = self._troubles
            self.lag.begin(self._drawn.lag)
            simulation.lag_lied = self.lag.may_be_too_small
        if self._drawn.distributed:
            machines = Machines(
                simulation, self.reconciler, OPTIONS, self._weather, self._live, self._check_sent
            )
            self._end(machines.run(troubled=troubled))
        else:
            self._alone(troubled=troubled)
        self.lag.lie = "none"

    def _weather(self, troubled: bool) -> None:
        self.simulation.faults.on = troubled
        if not troubled:
            self.lag.lie = "none"

    # --- by one process after the other ----------------------------------------------------------------

    def _alone(self, *, troubled: bool) -> None:
        simulation = self.simulation
        resume = take_over = False
        for tries in range(_TRIES):
            self._weather(troubled and tries < _TROUBLED_TRIES)
            reconciler, rivals = self.reconciler(), self.rivals
            steps = reconciler.steps("run", OPTIONS, resume=resume, take_over=take_over)
            try:
                self._drive(steps, live=simulation.faults.on)
                self._end(reconciler.report() or {})
                return
            except (Crash, BridgeError) as error:
                simulation.world.note(f"reconciliation stopped: {type(error).__name__} {error}")
                self._is_expected(error, resume=resume, displaced=self.rivals > rivals)
                on, simulation.faults.on = simulation.faults.on, False
                if isinstance(error, LeaseHeld):  # of a process that died
                    simulation.world.clock.advance(self._drawn.lease_s)
                take_over = not self._drawn.waits
                status = self.reconciler().status()
                resume = status is not None and status.phase != "done"
                if on:
                    simulation.restart()
                    simulation.come_to_rest(after=60)
        raise Violation("the reconciliation does not come to its end")

    def _is_expected(self, error: BaseException, *, resume: bool, displaced: bool) -> None:
        """Raises ``Violation`` for an end that the trouble does not explain."""
        self._check_sent()
        if isinstance(error, LeaseLost) and not displaced:
            raise Violation(f"the lease was lost to nobody: {error}") from error
        known = isinstance(error, StreamBehind | LeaseHeld | LeaseLost)
        known = known or (resume and "no run to resume" in str(error))
        if isinstance(error, ReconcileStopped) and not known:
            raise Violation(f"reconciliation refused: {error}") from error
        if not self.simulation.faults.on and not isinstance(error, LeaseHeld):
            raise Violation(f"in calm the reconciliation stopped: {error}") from error

    @property
    def _refusing(self) -> Sequence[str]:
        """Lies about the lag under which nothing may be sent."""
        account = self.simulation.options.account
        if account.verbs and account.lag_by != "function":
            return ()
        if account.any:  # without data in CloudWatch the mapping itself is asked, and it does not lie
            return ("large", "unreadable")
        return _REFUSING

    def _check_sent(self) -> None:
        """Where the lag is large or not known, what looks missed may be in flight: nothing is sent."""
        if self.lag.lie not in self._refusing:
            return
        for bus in self.simulation.buses.values():
            if any("reconcilerun" in one.event for one in bus.received):
                raise Violation(f"{bus.name}: re-emitted, and the lag was {self.lag.lie}")

    def _end(self, report: dict[str, Any]) -> None:
        self.report = report
        self._check_sent()
        self.simulation.world.note(f"reconciled {short(report)}")

    # --- meanwhile ---------------------------------------------------------------------------------

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
        """The stream goes on while the reconciliation waits for an edge; or another one comes."""
        simulation, rng = self.simulation, self.simulation.rng
        simulation.faults.overlap = None
        if self._drawn.rival_share and rng.random() < 5 * self._drawn.rival_share:
            self._rival()
        else:
            if rng.random() < 0.5:
                simulation.writers.write()
            simulation.work(rng.randrange(1, 6))
        simulation.faults.overlap = self._live

    def _rival(self) -> None:
        """Another reconciliation, while this one waits for an edge, perhaps longer than its lease. It ends,
        dies or is stopped on its own."""
        simulation, rng = self.simulation, self.simulation.rng
        self.rivals += 1
        if rng.random() < self._drawn.pause_share:
            simulation.world.note("a pause longer than a lease")
            simulation.world.clock.advance(1.01 * self.longest_lease_s + 30 * rng.random())
        take_over, resume = rng.random() < 0.3, rng.random() < 0.3
        reconciler = self.reconciler()
        simulation.world.note(f"{reconciler.owner} comes, {take_over=} {resume=}")
        steps = reconciler.steps("run", OPTIONS, resume=resume, take_over=take_over)
        try:
            for number, _ in enumerate(steps):
                if number > 60 or rng.random() < 0.02:
                    steps.close()  # type: ignore[attr-defined]
                    break
                if rng.random() < 0.1:
                    simulation.work(1)
            else:
                simulation.world.note(f"{reconciler.owner} reconciled")
        except (Crash, BridgeError) as error:
            simulation.world.note(f"{reconciler.owner} stopped: {type(error).__name__} {error}")

    # --- what there is to know ------------------------------------------------------------------------

    @property
    def longest_lease_s(self) -> float:
        return 1800.0 if self._drawn.distributed else self._drawn.lease_s

    def left_nothing(self, report: Mapping[str, Any]) -> bool:
        """Whether a run had nothing to leave for the next one, and nothing was lost since. What was overtaken
        by a change that publishes nothing, or was in flight, is for the next run."""
        left = report["unsent"] or report["overtaken"] or report["in_flight"] or _refused(report)
        return not left and self._troubles == self._troubles_before

    @property
    def _troubles(self) -> int:
        skipped = sum(len(stream.skipped) for stream in self.simulation.world.streams)
        # After a check that failed, rows may be marked as missed that this run has passed already.
        checks = tuple(f" {name}.check " for name in self.simulation.buses)
        skipped += sum(any(check in line for check in checks) for line in self.simulation.world.trace)
        return skipped + len(self.simulation.destination.sent) + len(self.simulation.quarantined)

    @property
    def emitted(self) -> int:
        return sum(self.report["reemitted"].values())

    @property
    def refused(self) -> bool:
        """Whether a sink refused an event for good. Under another id it may be accepted."""
        return _refused(self.report)

    def reconciler(self) -> Reconciler:
        """Of a process that starts anew."""
        simulation = self.simulation
        relay = simulation.new_relay()
        return self._make(
            Comparer(compiled_table(simulation.options.entities), FACTS, self._ledger.keep, SECRET),
            self._source,
            self._ledger,
            cast(Any, self._ledger),
            relay.sinks,
            WatchedStore(self._stores(), self._held, simulation.world.clock),
            self.lag,
            simulation.world.clock,
            new_run=lambda: f"run-{next(self._runs)}",
            owner=f"reconciler-{next(self._owners)}",
            lease_s=self._drawn.lease_s,
            claim_check=relay.claim_check,
        )


def _refused(report: Mapping[str, Any]) -> bool:
    return "event_refused" in report["blocked"]["by_reason"]


def short(report: Mapping[str, Any]) -> dict[str, Any]:
    names = ("missed", "reemitted", "in_flight", "unsent", "overtaken", "blocked", "gaps", "without_event")
    return {name: report.get(name) for name in names}
