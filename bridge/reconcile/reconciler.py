"""The order of a reconciliation: look at all, wait, look again, check the limits, tell, report.

``steps`` is the whole story as a generator: each step is small, does its own checkpoint, and may be the last
one that a process lives to do. Nothing here makes a thread; ``spread`` says how segments are read side by
side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from bridge.errors import BridgeError, ReconcileStopped, StreamBehind
from bridge.ports.claim_check import ClaimCheck
from bridge.ports.clock import Clock, Deadline
from bridge.ports.lag import LagSource
from bridge.ports.ledger import Ledger, LedgerScan
from bridge.ports.run_store import Document, RunStore
from bridge.ports.sink import Sink
from bridge.ports.table import TableSource
from bridge.reconcile.comparer import Comparer
from bridge.reconcile.confirm import Confirmer
from bridge.reconcile.counts import Counts
from bridge.reconcile.emit import Emitter
from bridge.reconcile.lease import LEASE_S, LeaseKeeper
from bridge.reconcile.first_pass import Looks, check_contact
from bridge.reconcile.options import Mode, Options, Price, Progress
from bridge.reconcile.pace import Pace
from bridge.reconcile.report import HISTORY_MAX, build_report, fingerprint_version_note, summary
from bridge.reconcile.second_pass import Pass, SecondPass, check_limits
from bridge.reconcile.segment import Look, Seen, SegmentCheckpoint, SegmentWorker
from bridge.reconcile.snapshot import Allowance, Snapshots
from bridge.reconcile.state import Phase, RunState

Spread = Callable[[Sequence[Iterator[Seen]]], Iterator[Seen]]
"""Draws from several iterators until all are at their end, in any order or at once."""

_FIRST: Mapping[Mode, Phase] = {"plan": "table", "run": "table", "seed": "seed", "backfill": "backfill"}
_NAP_S = 5.0


def take_turns(segments: Sequence[Iterator[Seen]]) -> Iterator[Seen]:
    """One page of each in turn, on the caller's thread."""
    waiting = list(segments)
    while waiting:
        for segment in list(waiting):
            seen = next(segment, None)
            if seen is None:
                waiting.remove(segment)
            else:
                yield seen


@dataclass(frozen=True, slots=True)
class Reconciler:
    """One table against its ledger. ``new_run`` names a run, ``owner`` tells who holds the lease."""

    comparer: Comparer
    source: TableSource
    ledger: Ledger
    scan: LedgerScan
    sinks: Mapping[str, Sink]
    store: RunStore
    lag: LagSource
    clock: Clock
    new_run: Callable[[], str]
    owner: str = "reconciler"
    claim_check: ClaimCheck | None = None
    price: Price = field(default_factory=Price)
    spread: Spread = take_turns
    lease_s: float = LEASE_S

    @property
    def table(self) -> str:
        return self.comparer.facts.name

    # --- the verbs ---------------------------------------------------------------------------------

    def execute(self, mode: Mode, options: Options, **how: bool) -> dict[str, Any]:
        """All steps of a new run. Answers its report. Raises as :meth:`steps` does."""
        for _ in self.steps(mode, options, **how):
            pass
        return self.report() or {}

    def steps(
        self, mode: Mode, options: Options, *, resume: bool = False, take_over: bool = False
    ) -> Iterator[Progress]:
        """A new run, or with ``resume`` the one that was interrupted (then its own mode counts).

        Raises ``LeaseHeld`` while another run of the table is alive, ``ReconcileStopped`` where going on
        could do harm, ``CheckpointBroken``, ``Unavailable`` and ``BatchError`` as edges do. Whatever ends it,
        the next ``resume`` goes on after the last step that was done.
        """
        now_s = self.clock.now()
        lease = self.store.acquire(self.table, self.owner, self.lease_s, now_s, force=take_over)
        keeper = LeaseKeeper(self.store, lease, self.clock, self.lease_s)
        try:
            state = self._resumed() if resume else self._begun(mode, options, keeper)
            yield from self._work(state, state.options(options), keeper)
        finally:
            keeper.release()

    def segment(self, state: RunState, options: Options, number: int, keeper: LeaseKeeper) -> SegmentWorker:
        """One segment of the phase that ``state`` is in, for a worker of its own."""
        return self._segments(state, state.options(options), keeper)[number]

    def report(self) -> dict[str, Any] | None:
        """Of the latest run, with the history."""
        document = self.store.get(f"{self.table}/report")
        return None if document is None else dict(document)

    def status(self) -> RunState | None:
        """The latest run's state. Raises ``CheckpointBroken``."""
        name = f"{self.table}/run"
        document = self.store.get(name)
        return None if document is None else RunState.read_from(document, name, self.table)

    # --- beginning -----------------------------------------------------------------------------------

    def _begun(self, mode: Mode, options: Options, keeper: LeaseKeeper) -> RunState:
        self.store.remove(f"{self.table}/runs/", keeper.current)
        by_key = bool(options.keys) and mode in ("plan", "run")
        state = RunState(
            run=self.new_run(),
            mode=mode,
            table=self.table,
            phase="keys" if by_key else _FIRST[mode],
            started=self.clock.now(),
            key=dict(self.comparer.facts.key),
            segments=1 if by_key else options.segments,
            keys=options.keys,
            since=options.since,
            about_items=self.comparer.facts.about_items,
            refresh=options.refresh,
        )
        self._save(state, keeper)
        return state

    def _resumed(self) -> RunState:
        state = self.status()
        if state is None or state.phase == "done":
            raise ReconcileStopped(
                f"table {self.table} has no run to resume", hint="begin one with `reconcile run` or `plan`"
            )
        state.check_key(self.comparer.facts.key)
        return state

    # --- the work ------------------------------------------------------------------------------------

    def _work(self, state: RunState, options: Options, keeper: LeaseKeeper) -> Iterator[Progress]:
        try:
            while state.phase != "done":
                yield from self._phase(state, options, keeper)
                state = replace(state, phase=self._next(state), stopped="")
                self._save(state, keeper)
        except BridgeError as error:
            if error.permanent and error.reason != "lease_lost":
                self._write_report(replace(state, stopped=error.reason), options, keeper)
            raise
        state = replace(state, ended=self.clock.now())
        self._save(state, keeper)
        self._write_report(state, options, keeper)
        self.store.remove(f"{self._folder(state)}/look/", keeper.current)
        self.store.remove(f"{self._folder(state)}/missed/", keeper.current)

    def _phase(self, state: RunState, options: Options, keeper: LeaseKeeper) -> Iterator[Progress]:
        if state.phase in ("table", "ledger", "keys", "seed", "backfill"):
            yield from self._look(state, options, keeper)
            if state.phase in ("table", "keys") and (
                other := self._looked(state)["other_fingerprint_version"]
            ):
                yield Progress(state.phase, notice=fingerprint_version_note(self.table, other))
            if state.phase == "table" and not options.trust_ledger:
                check_contact(self.table, self._looked(state), certain=0.5)
        elif state.phase == "confirm":
            yield from self._wait(state, options, keeper)
            second = self._second_pass(state, options, keeper)
            suspects = self._looked(state)["suspects"]
            for counts in second.confirm():
                yield self._progress(state, counts["in_flight"] + counts.missed, suspects, counts)
        elif state.phase == "emit":
            confirmed = Pass.load(self.store, f"{self._folder(state)}/confirm").counts
            check_limits(self.table, confirmed, max_emit=options.max_emit, max_removes=options.max_removes)
            for counts in self._second_pass(state, options, keeper).emit():
                yield self._progress(state, counts.emitted, confirmed.missed, counts)

    def _next(self, state: RunState) -> Phase:
        if state.phase == "table":
            return "ledger"
        if state.phase in ("ledger", "keys"):
            return "confirm"
        return "emit" if state.phase == "confirm" and state.mode == "run" else "done"

    # --- the first look ------------------------------------------------------------------------------

    def _look(self, state: RunState, options: Options, keeper: LeaseKeeper) -> Iterator[Progress]:
        segments = self._segments(state, options, keeper)
        seen: dict[str, Counts] = {}
        for name, latest in self.spread([segment.steps() for segment in segments]):
            seen[name] = latest
            counts = Counts.total(seen.values())
            done = counts["rows"] if state.phase == "ledger" else counts["scanned"]
            yield self._progress(state, done, state.about_items, counts)

    def _segments(self, state: RunState, options: Options, keeper: LeaseKeeper) -> list[SegmentWorker]:
        pace = Pace(self.clock, options.max_rcu)
        looks = Looks(self.comparer, self.source, self.ledger, self.scan, pace, self.clock, options)
        snapshots = Snapshots(
            self.comparer,
            self.source,
            self.ledger,
            self._emitter(),
            self.claim_check,
            pace,
            self.clock,
            options,
            state.run,
            keeper.confirm,
            Allowance(self.table, options.max_snapshots, self._looked(state)["events"]),
        )
        workers = []
        for number in range(state.segments):
            by_phase: dict[str, Look] = {
                "table": partial(looks.table_page, number),
                "ledger": partial(looks.ledger_page, number),
                "keys": looks.chosen,
                "seed": partial(snapshots.seed_page, number),
                "backfill": partial(snapshots.backfill_page, number),
            }
            name = f"{self._folder(state)}/look/{state.phase}-{number:04d}"
            workers.append(SegmentWorker(name, by_phase[state.phase], self.store, keeper))
        return workers

    def _looked(self, state: RunState) -> Counts:
        return Counts.total(checkpoint.counts for checkpoint in self._checkpoints(state))

    def _checkpoints(self, state: RunState) -> Iterator[SegmentCheckpoint]:
        for phase in ("table", "ledger", "keys", "seed", "backfill"):
            for number in range(state.segments):
                name = f"{self._folder(state)}/look/{phase}-{number:04d}"
                document = self.store.get(name)
                if document is not None:
                    yield SegmentCheckpoint.read_from(document, name)

    # --- between -------------------------------------------------------------------------------------

    def _wait(self, state: RunState, options: Options, keeper: LeaseKeeper) -> Iterator[Progress]:
        """Until what was in flight at the first look must have arrived. Raises ``StreamBehind``."""
        looked = self._looked(state)
        if not looked["suspects"] or options.stream_stopped:
            return
        last_s = max((checkpoint.last_s for checkpoint in self._checkpoints(state)), default=0.0)
        until_s = last_s + options.grace_s
        while (left_s := until_s - self.clock.now()) > 0:
            keeper.current  # noqa: B018 - renewed while we wait
            self.clock.sleep(min(left_s, _NAP_S))
            yield Progress("wait", round(options.grace_s - left_s), round(options.grace_s), 0.0)
        lag_s = self.lag.lag_s()
        if lag_s is None or lag_s > options.grace_s:
            published = "nobody can tell by how much" if lag_s is None else f"by {lag_s:.0f} s"
            raise StreamBehind(
                f"table {self.table}: the bridge may be behind the stream ({published}; grace is "
                f"{options.grace_s:.0f} s), so what looks missed may only be on its way",
                hint="`reconcile resume` once it has caught up; --function or --checkpoints to have it "
                "looked up, --lag 0s where you know better, "
                "--stream-stopped where no mapping reads the stream",
            )

    def _second_pass(self, state: RunState, options: Options, keeper: LeaseKeeper) -> SecondPass:
        confirmer = Confirmer(
            self.comparer,
            self.source,
            self.ledger,
            self.sinks,
            self.claim_check,
            Pace(self.clock, options.max_rcu),
            options,
            state.run,
        )
        return SecondPass(self.store, keeper, self._folder(state), confirmer, self._emitter())

    def _emitter(self) -> Emitter:
        return Emitter(self.comparer, self.sinks, self.ledger, self.claim_check, self.clock)

    # --- telling -------------------------------------------------------------------------------------

    def _progress(self, state: RunState, done: int, about: int, counts: Counts) -> Progress:
        found = {
            name: counts[name]
            for name in ("suspects", "in_flight", "blocked", "other_fingerprint_version")
            if counts[name]
        }
        return Progress(state.phase, done, about, counts.units["read_units"], found)

    def _save(self, state: RunState, keeper: LeaseKeeper) -> None:
        self.store.put(f"{self.table}/run", state.as_document(), keeper.current)

    def _folder(self, state: RunState) -> str:
        return f"{self.table}/runs/{state.run}"

    def _write_report(self, state: RunState, options: Options, keeper: LeaseKeeper) -> None:
        folder = self._folder(state)
        counts = Counts.total(
            [
                self._looked(state),
                Pass.load(self.store, f"{folder}/confirm").counts,
                Pass.load(self.store, f"{folder}/emit").counts,
            ]
        )
        history: list[Document] = list((self.store.get(f"{self.table}/history") or {}).get("runs", []))
        history = [each for each in history if each.get("run") != state.run]
        report = build_report(
            state,
            counts,
            history,
            now_s=self.clock.now(),
            price=self.price,
            whole=not (state.keys or state.since or options.only_types),
            limits={"max_emit": options.max_emit, "max_removes": options.max_removes},
        )
        history = [*history, summary(report)][-HISTORY_MAX:]
        report["history"] = history
        self.store.put(f"{self.table}/history", {"runs": history}, keeper.current)
        self.store.put(f"{self.table}/report", report, keeper.current)


def until(deadline: Deadline, steps: Iterator[Progress]) -> Iterator[Progress]:
    """Steps while there is time; the run can be resumed after that."""
    for progress in steps:
        yield progress
        if deadline.remaining_s() <= 0:
            return
