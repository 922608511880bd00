"""The order of a reconciliation: compare all, wait, confirm, check the limits, re-emit, report.

``steps`` is the whole sequence as a generator. Each step is small, writes its own checkpoint, and may be the
last one before the process dies. Nothing here starts a thread; ``spread`` decides how segments are read side
by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from bridge.errors import BridgeError, LeaseLost, ReconcileStopped, StreamBehind
from bridge.ports.run_store import Document
from bridge.reconcile.confirm import Confirmer
from bridge.reconcile.counts import Counts
from bridge.reconcile.emit import Emitter
from bridge.reconcile.first_pass import FirstPass, check_contact
from bridge.reconcile.grace import Grace, Watch
from bridge.reconcile.lease import LEASE_S, LeaseKeeper
from bridge.reconcile.options import Mode, Options, Price, Progress
from bridge.reconcile.reader import Pace, Parts
from bridge.reconcile.report import HISTORY_MAX, build_report, not_comparable_note, summary
from bridge.reconcile.second_pass import Pass, SecondPass, check_limits
from bridge.reconcile.segment import Seen, SegmentCheckpoint, SegmentWorker
from bridge.reconcile.snapshot import Allowance, Snapshots, check_rules
from bridge.reconcile.state import Phase, RunState, Suspect

Spread = Callable[[Sequence[Iterator[Seen]]], Iterator[Seen]]
"""Reads from several iterators until all are at their end, in any order or at once."""

_FIRST: Mapping[Mode, Phase] = {"plan": "table", "run": "table", "seed": "seed", "backfill": "backfill"}


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
class Reconciler(Parts):
    """Compares one table with its ledger. ``new_run`` names a run, ``owner`` is who holds the lease."""

    new_run: Callable[[], str] = field(kw_only=True)
    owner: str = "reconciler"
    price: Price = field(default_factory=Price)
    spread: Spread = take_turns
    lease_s: float = LEASE_S
    watch: Watch = field(default_factory=Watch)

    # --- the verbs ---------------------------------------------------------------------------------

    def execute(self, mode: Mode, options: Options, **how: bool) -> dict[str, Any]:
        """Runs all steps of a new run and returns its report. Raises as :meth:`steps` does."""
        for _ in self.steps(mode, options, **how):
            pass
        return self.report() or {}

    def steps(
        self, mode: Mode, options: Options, *, resume: bool = False, take_over: bool = False
    ) -> Iterator[Progress]:
        """A new run, or with ``resume`` the interrupted one (then the mode of that run counts).

        Raises ``LeaseHeld`` while another run of the table is alive, ``ReconcileStopped`` if continuing could
        do harm, ``CheckpointBroken``, and ``Unavailable`` and ``BatchError`` as edges do. Whatever ends it,
        the next ``resume`` continues after the last step that was done.
        """
        if mode == "backfill" and not resume:
            check_rules(self.comparer, options)
        now_s = self.clock.now()
        lease = self.store.acquire(self.table, self.owner, self.lease_s, now_s, force=take_over)
        keeper = LeaseKeeper(self.store, lease, self.clock, self.lease_s)
        try:
            state = self._resumed() if resume else self._begun(mode, options, keeper)
            yield from self._work(state, state.options(options), keeper)
        finally:
            keeper.release()

    def report(self) -> dict[str, Any] | None:
        """The report of the latest run, with the history."""
        document = self.store.get(f"{self.table}/report")
        return None if document is None else dict(document)

    def status(self) -> RunState | None:
        """The state of the latest run. Raises ``CheckpointBroken``."""
        name = f"{self.table}/run"
        document = self.store.get(name)
        return None if document is None else RunState.read_from(document, name, self.table)

    # --- beginning -----------------------------------------------------------------------------------

    def _begun(self, mode: Mode, options: Options, keeper: LeaseKeeper) -> RunState:
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
            entities=options.entities,
            since=options.since,
            about_items=self.comparer.facts.about_items,
            refresh=options.refresh,
        )
        self._save(state, keeper)
        # Only now: an earlier run that could still be resumed would end without what it had found.
        self.store.remove(f"{self.table}/runs/", keeper.current)
        return state

    def _resumed(self) -> RunState:
        state = self.status()
        if state is None or state.phase == "done":
            raise ReconcileStopped(
                f"table {self.table} has no run to resume", hint="start one with `reconcile run` or `plan`"
            )
        state.check_key(self.comparer.facts.key)
        if state.mode == "backfill":
            check_rules(self.comparer, Options())
        return state

    # --- the work ------------------------------------------------------------------------------------

    def _work(self, state: RunState, options: Options, keeper: LeaseKeeper) -> Iterator[Progress]:
        try:
            while state.phase != "done":
                yield from self._phase(state, options, keeper)
                state = replace(state, phase=self._next(state), stopped="")
                self._save(state, keeper)
        except BridgeError as error:
            if error.permanent and not isinstance(error, LeaseLost):
                self._write_report(replace(state, stopped=error.reason), options, keeper)
            raise
        state = replace(state, ended=self.clock.now())
        self._save(state, keeper)
        self._write_report(state, options, keeper)
        for part in ("look", "missed"):
            self.store.remove(f"{self._folder(state)}/{part}/", keeper.current)

    def _phase(self, state: RunState, options: Options, keeper: LeaseKeeper) -> Iterator[Progress]:
        if state.phase in ("table", "ledger", "keys", "seed", "backfill"):
            yield from self._look(state, options, keeper)
            rows = self._looked(state)["not_comparable"] if state.phase in ("table", "keys") else 0
            if rows:
                yield Progress(state.phase, notice=not_comparable_note(self.table, rows))
            if state.phase == "table" and not options.trust_ledger:
                check_contact(self.table, self._looked(state), certain=0.5)
        elif state.phase == "confirm":
            yield from self._wait(state, options, keeper)
            second = self._second_pass(state, options, keeper)
            differing = self._looked(state)["differing"]
            for counts in second.confirm():
                yield self._progress(state, counts["in_flight"] + counts.missed, differing, counts)
        elif state.phase == "emit":
            confirmed = self._within_limits(state, options)
            for counts in self._second_pass(state, options, keeper).emit():
                yield self._progress(state, counts.reemitted, confirmed.missed, counts)

    def _next(self, state: RunState) -> Phase:
        if state.phase == "table":
            return "ledger"
        if state.phase in ("ledger", "keys"):
            return "confirm"
        return "emit" if state.phase == "confirm" and state.mode == "run" else "done"

    # --- the first pass ------------------------------------------------------------------------------

    def _look(self, state: RunState, options: Options, keeper: LeaseKeeper) -> Iterator[Progress]:
        segments = self._segments(state, options, keeper)
        seen: dict[str, Counts] = {}
        for name, latest in self.spread([segment.steps() for segment in segments]):
            seen[name] = latest
            counts = Counts.total(seen.values())
            self.watch.looked(state.run, counts["differing"], self.clock)
            done = counts["rows"] if state.phase == "ledger" else counts["compared"]
            yield self._progress(state, done, state.about_items, counts)

    def _segments(self, state: RunState, options: Options, keeper: LeaseKeeper) -> list[SegmentWorker]:
        pace = Pace(self.clock, options.max_rcu)
        first = FirstPass(self, pace, options)
        allowance = Allowance(self.table, options.max_snapshots, self._looked(state)["events"])
        snapshots = Snapshots(self, pace, options, state.run, self._emitter(), keeper.confirm, allowance)
        page_of: Mapping[Phase, Callable[[int, SegmentCheckpoint], list[Suspect]]] = {
            "table": first.table_page,
            "ledger": first.ledger_page,
            "keys": first.keys_page,
            "seed": snapshots.seed_page,
            "backfill": snapshots.backfill_page,
        }
        return [
            SegmentWorker(
                self._segment_name(state, state.phase, number),
                partial(page_of[state.phase], number),
                self.store,
                keeper,
            )
            for number in range(state.segments)
        ]

    def _looked(self, state: RunState) -> Counts:
        return Counts.total(checkpoint.counts for checkpoint in self._checkpoints(state))

    def _checkpoints(self, state: RunState) -> Iterator[SegmentCheckpoint]:
        for phase in ("table", "ledger", "keys", "seed", "backfill"):
            yield from self._checkpoints_of(state, phase)

    def _checkpoints_of(self, state: RunState, phase: str) -> Iterator[SegmentCheckpoint]:
        for number in range(state.segments):
            name = self._segment_name(state, phase, number)
            document = self.store.get(name)
            if document is not None:
                yield SegmentCheckpoint.read_from(document, name)

    def _segment_name(self, state: RunState, phase: str, number: int) -> str:
        return f"{self._folder(state)}/look/{phase}-{number:04d}"

    # --- between -------------------------------------------------------------------------------------

    def _wait(self, state: RunState, options: Options, keeper: LeaseKeeper) -> Iterator[Progress]:
        """Until everything that was in flight in the first pass has arrived. Raises ``StreamBehind``."""
        if not self._looked(state)["differing"] or options.stream_stopped:
            return
        for left_s in self._grace(state, options, keeper).wait():
            yield Progress("wait", round(options.grace_s - left_s), round(options.grace_s), 0.0)
        self._require_no_lag(options)

    def _require_no_lag(self, options: Options) -> None:
        """Raises ``StreamBehind``."""
        lag_s = self.lag.lag_s()
        if lag_s is None or lag_s > options.grace_s:
            behind = "by an unknown time" if lag_s is None else f"by {lag_s:.0f} s"
            raise StreamBehind(
                f"table {self.table}: the bridge may be behind the stream {behind}, and the grace is "
                f"{options.grace_s:.0f} s. What looks missed may only be in flight",
                hint="`reconcile resume` once it has caught up. Give --function or --checkpoints to have the "
                "lag looked up, --lag 0s if you know that there is no lag, --stream-stopped if no mapping "
                "reads the stream",
            )

    def _grace(self, state: RunState, options: Options, keeper: LeaseKeeper) -> Grace:
        name = f"{self._folder(state)}/grace"
        return Grace(state.run, options.grace_s, name, self.store, keeper, self.clock, self.watch)

    def _within_limits(self, state: RunState, options: Options) -> Counts:
        """The counts of what was confirmed. Raises ``TooMuchToEmit``."""
        confirmed = Pass.load(self.store, f"{self._folder(state)}/confirm").counts
        check_limits(self.table, confirmed, max_emit=options.max_emit, max_removes=options.max_removes)
        return confirmed

    def _second_pass(self, state: RunState, options: Options, keeper: LeaseKeeper) -> SecondPass:
        confirmer = Confirmer(self, Pace(self.clock, options.max_rcu), options, state.run)
        folder, emitter = self._folder(state), self._emitter()
        return SecondPass(keeper, folder, confirmer, emitter, options.max_emit, options.max_removes)

    def _emitter(self) -> Emitter:
        return Emitter(self)

    # --- reporting -----------------------------------------------------------------------------------

    def _progress(self, state: RunState, done: int, about: int, counts: Counts) -> Progress:
        names = ("differing", "in_flight", "blocked", "not_comparable")
        found = {name: counts[name] for name in names if counts[name]}
        return Progress(state.phase, done, about, counts.units["read_units"], found)

    def _save(self, state: RunState, keeper: LeaseKeeper) -> None:
        self.store.put(f"{self.table}/run", state.as_document(), keeper.current)

    def _folder(self, state: RunState) -> str:
        return f"{self.table}/runs/{state.run}"

    def _write_report(self, state: RunState, options: Options, keeper: LeaseKeeper) -> None:
        folder = self._folder(state)
        passes = [Pass.load(self.store, f"{folder}/{part}").counts for part in ("confirm", "emit")]
        counts = Counts.total([self._looked(state), *passes])
        history: list[Document] = list((self.store.get(f"{self.table}/history") or {}).get("runs", []))
        history = [each for each in history if each.get("run") != state.run]
        report = build_report(
            state,
            counts,
            history,
            now_s=self.clock.now(),
            price=self.price,
            whole=not (state.keys or state.entities or state.since or options.only_types),
            limits={"max_emit": options.max_emit, "max_removes": options.max_removes},
        )
        history = [*history, summary(report)][-HISTORY_MAX:]
        report["history"] = history
        self.store.put(f"{self.table}/history", {"runs": history}, keeper.current)
        self.store.put(f"{self.table}/report", report, keeper.current)
