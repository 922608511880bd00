"""A reconciliation as steps that a state machine calls, in many processes and each at least once.

The order is that of ``reconciler.py``: compare the table, then the ledger, wait, confirm, check the limits,
re-emit, report. Each step takes the ticket that ``plan`` returned, finds everything else in the run store,
stores its own progress there, and returns a short answer:

========  ==================================================================================
go        ``plan``: the ticket, the phase to begin with and the segments
done      the next step may follow
more      time was up: call it again
wait      wait ``wait_s`` seconds, then call it again
held      another execution works on this table; this one has nothing to do
stopped   continuing could do harm; nothing that might be wrong was sent
again     ``stop``, of an execution that was redriven: plan again
========  ==================================================================================

An error that may pass by itself (throttling, an outage) is raised, so the state machine repeats the call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Any, Final

from bridge.errors import (
    BridgeError,
    CheckpointBroken,
    LeaseHeld,
    LeaseLost,
    LeaseReleased,
    ReconcileStopped,
    StreamBehind,
    Superseded,
)
from bridge.ports.clock import Deadline
from bridge.ports.run_store import Lease
from bridge.reconcile.distributed_ticket import Asked, Ticket
from bridge.reconcile.first_pass import FirstPass, check_contact
from bridge.reconcile.lease import ClaimKeeper, LeaseKeeper
from bridge.reconcile.options import Options
from bridge.reconcile.reader import Pace
from bridge.reconcile.reconciler import Reconciler
from bridge.reconcile.report import summary
from bridge.reconcile.segment import SegmentCheckpoint, SegmentWorker
from bridge.reconcile.state import RunState

Answer = dict[str, Any]

LEASE_S: Final = 1_800.0
"""Longer than a function may run (900 s) and than a state machine waits before it repeats a call."""
RESUME_S: Final = 20 * 3_600.0
"""An unfinished run that is older is replaced by a new one, because it would not see later changes."""
BEHIND_S: Final = 3_600.0
"""How long a stream that lags may take to catch up after the grace, before the run is stopped."""
CATCH_UP_S: Final = 300

_RESUMABLE: Final = frozenset({"", "interrupted", "stream_behind", "too_much_to_emit"})
"""The reasons for a stop after which a run can be resumed."""


@dataclass(frozen=True, slots=True)
class Steps(Reconciler):
    """``options`` are those of bridge.yaml; ``new_claim`` returns a text that is new each time."""

    options: Options = field(default_factory=Options)
    new_claim: Callable[[], str] = str
    lease_s: float = LEASE_S

    @classmethod
    def over(cls, reconciler: Reconciler, options: Options, new_claim: Callable[[], str]) -> Steps:
        parts = {each.name: getattr(reconciler, each.name) for each in fields(Reconciler)}
        return cls(**{**parts, "options": options, "new_claim": new_claim, "lease_s": LEASE_S})

    # --- the first step ------------------------------------------------------------------------------

    def plan(self, owner: str, given: Mapping[str, Any], readers: int = 1, redrives: int = 0) -> Answer:
        """Takes the table for the execution ``owner``, and resumes its unfinished run or begins a new one.
        ``redrives`` is how often the execution was redriven until now, see :meth:`stop`. Raises
        ``ReconcileStopped`` for an input that is not understood, and as the run store does."""
        asked = Asked.read_from(given)
        try:
            lease = self._acquire(owner, take_over=asked.take_over)
        except LeaseHeld as error:
            return {"outcome": "held", "message": str(error)}
        keeper = LeaseKeeper(self.store, lease, self.clock, self.lease_s)
        try:
            state = self._unfinished(asked)
            if state is None:
                state = self._begun(asked.mode, self.options, keeper)
            else:
                state = replace(state, stopped="")
                self._save(state, keeper)
            self.store.put(self._stop_name(state), {"redrives": redrives}, keeper.current)
        except BridgeError:
            keeper.release()
            raise
        readers = max(1, min(readers, state.segments))
        return {
            "outcome": "go",
            "phase": state.phase,
            "segments": list(range(state.segments)),
            "readers": readers,
            "ticket": Ticket(state.run, owner, lease.token, readers, asked).as_document(),
        }

    def _acquire(self, owner: str, *, take_over: bool) -> Lease:
        now_s = self.clock.now()
        try:
            return self.store.acquire(self.table, owner, self.lease_s, now_s, force=take_over)
        except LeaseHeld as error:
            if error.owner != owner:
                raise
            # This execution holds it: the answer to an earlier call was lost, or it was redriven.
            return self.store.acquire(self.table, owner, self.lease_s, now_s, force=True)

    def _unfinished(self, asked: Asked) -> RunState | None:
        """The run to resume, if there is one of the same kind that is not too old."""
        try:
            state = self.status()
        except CheckpointBroken:
            return None
        if state is None or asked.new or (state.phase == "done" and state.ended):
            return None
        kind = (state.mode, state.keys, state.since, dict(state.key))
        if kind != (asked.mode, (), "", dict(self.comparer.facts.key)):
            return None
        fresh = self.clock.now() - state.started < RESUME_S
        return state if fresh and state.stopped in _RESUMABLE else None

    # --- the first pass ------------------------------------------------------------------------------

    def look(self, ticket: Ticket, phase: str, segment: int, deadline: Deadline) -> Answer:
        """One segment of ``table`` or ``ledger``: as many pages as there is time for, at least one."""
        state = self._state(ticket)
        if state.phase != phase:
            return {"outcome": "done"}  # another call of this step completed the phase
        keeper = self._claim(ticket, state, f"{phase}-{segment:04d}")
        worker = self._worker(state, self._options(ticket, state), ticket.readers, segment, keeper)
        for _ in worker.steps():
            if deadline.remaining_s() <= 0:
                break
        return {"outcome": "done" if worker.load().done else "more"}

    def looked(self, ticket: Ticket, phase: str) -> Answer:
        """After all segments of ``phase``. Only a complete scan can show what is gone."""
        state, keeper = self._state(ticket), self._keeper(ticket)
        options = self._options(ticket, state)
        if state.phase == phase:
            self._require_whole(state)
            if phase == "table" and not options.trust_ledger:
                check_contact(self.table, self._looked(state), certain=0.5)
            self._go_on(state, keeper)
        return {"outcome": "done"}

    def _worker(
        self, state: RunState, options: Options, readers: int, segment: int, keeper: LeaseKeeper
    ) -> SegmentWorker:
        first = FirstPass(self, Pace(self.clock, options.max_rcu / readers), options)
        page = partial(first.table_page if state.phase == "table" else first.ledger_page, segment)
        return SegmentWorker(self._segment_name(state, state.phase, segment), page, self.store, keeper)

    def _require_whole(self, state: RunState) -> None:
        done = sum(each.done for each in self._checkpoints_of(state, state.phase))
        if done < state.segments:
            raise ReconcileStopped(
                f"table {self.table}: {done} of {state.segments} segments of phase {state.phase} are done",
                hint="start the execution again: it continues where it stopped",
            )

    def _checkpoints(self, state: RunState) -> Iterator[SegmentCheckpoint]:
        # Only the two phases of a distributed run, because each segment is a call to S3.
        yield from self._checkpoints_of(state, "table")
        yield from self._checkpoints_of(state, "ledger")

    # --- the second pass -----------------------------------------------------------------------------

    def confirm(self, ticket: Ticket, deadline: Deadline) -> Answer:
        """After the grace. Sends nothing."""
        state = self._state(ticket)
        if state.phase != "confirm":
            return {"outcome": "done"}
        options = self._options(ticket, state)
        keeper = self._claim(ticket, state, "second")
        waits = bool(self._looked(state)["differing"]) and not options.stream_stopped
        if waits and (wait_s := self._grace(state, options, keeper).ask()):
            # Nobody renews the lease while the state machine waits.
            self.store.renew(keeper.current, wait_s + self.lease_s, self.clock.now())
            return {"outcome": "wait", "wait_s": wait_s}
        try:
            if waits:
                self._require_no_lag(options)
        except StreamBehind:
            if self.clock.now() - self._due_s(state, options) > BEHIND_S:
                raise
            return {"outcome": "wait", "wait_s": CATCH_UP_S}
        return self._through(self._second_pass(state, options, keeper).confirm(), state, keeper, deadline)

    def emit(self, ticket: Ticket, deadline: Deadline) -> Answer:
        """Sends and settles what was confirmed; nothing at all if it exceeds the limits."""
        state = self._state(ticket)
        if state.phase != "emit":
            return {"outcome": "done"}
        options = self._options(ticket, state)
        keeper = self._claim(ticket, state, "second")
        self._within_limits(state, options)
        return self._through(self._second_pass(state, options, keeper).emit(), state, keeper, deadline)

    def _through(
        self, steps: Iterable[object], state: RunState, keeper: LeaseKeeper, deadline: Deadline
    ) -> Answer:
        for _ in steps:
            if deadline.remaining_s() <= 0:
                return {"outcome": "more"}
        self._go_on(state, keeper)
        return {"outcome": "done"}

    def _due_s(self, state: RunState, options: Options) -> float:
        """When the grace was over by the wall clock, for how long a stream may lag after it."""
        last_s = max((checkpoint.last_s for checkpoint in self._checkpoints(state)), default=0.0)
        return last_s + options.grace_s

    # --- the end -------------------------------------------------------------------------------------

    def finish(self, ticket: Ticket, measure: Callable[[Mapping[str, Any]], None] = lambda _: None) -> Answer:
        """Writes the report and releases the table. ``measure`` is called with what is answered as report by
        the call that ends the run, not by a call that repeats it. If the process dies in between, nothing is
        measured: the alarm for a missing reconciliation rings, instead of a run counting twice."""
        try:
            self._finish(self._state(ticket), ticket, measure)
        except LeaseReleased:
            if not self._state(ticket).ended:
                raise
            # Another call of this step released the table, and its answer was lost.
        return self._finished()

    def _finish(self, state: RunState, ticket: Ticket, measure: Callable[[Mapping[str, Any]], None]) -> None:
        keeper = self._keeper(ticket)
        if state.phase != "done":
            raise ReconcileStopped(
                f"run {state.run} is in the phase {state.phase}, not at its end", hint="start it again"
            )
        if not state.ended:
            ended = replace(state, ended=self.clock.now())
            self._report(ended, ticket, keeper)
            self._save(ended, keeper)
            measure(self._finished()["report"])
        for part in ("look", "missed", "claims"):
            self.store.remove(f"{self._folder(state)}/{part}/", keeper.current)
        keeper.release()

    def _finished(self) -> Answer:
        report = self.report() or {}
        by_entity = {"by_entity": report["by_entity"]} if "by_entity" in report else {}
        short = {**summary(report), "unsent": report["unsent"], **by_entity}
        return {"outcome": "done", "report": short}

    def stop(self, ticket: Ticket, error: str, redrives: int = 0) -> Answer:
        """Records why an execution cannot continue, and releases the table. ``error`` is the state machine's
        name of the error. ``redrives`` is how often the execution was redriven: if this is more than when it
        was planned or stopped, somebody wants it to continue. A run that has ended stays as it is: then only
        the answer of :meth:`finish` was lost."""
        state = self._state(ticket)
        if state.ended:
            return self.finish(ticket)
        mark = dict(self.store.get(self._stop_name(state)) or {})
        if redrives > mark.get("redrives", redrives):
            return {"outcome": "again"}
        reason = mark.get("reason", "interrupted")
        message = mark.get("message", f"{error}: a step failed for good; the log shows why")
        mark |= {"reason": reason, "message": message, "redrives": redrives}
        try:
            keeper = self._keeper(ticket)
            self.store.put(self._stop_name(state), mark, keeper.current)
            state = replace(state, stopped=reason)
            self._save(state, keeper)
            self._report(state, ticket, keeper)
            keeper.release()
        except LeaseReleased:
            state = self._state(ticket)
            mark = dict(self.store.get(self._stop_name(state)) or {})
            if not state.stopped or state.stopped != mark.get("reason"):
                raise
            # Another call of this step stopped the run and released the table, and its answer was lost.
            return {"outcome": "stopped", "reason": state.stopped, "message": mark["message"], "again": True}
        return {"outcome": "stopped", "reason": reason, "message": message}

    def _report(self, state: RunState, ticket: Ticket, keeper: LeaseKeeper) -> None:
        """Stores the report as the latest, and under its run's name, where no later report replaces it."""
        self._write_report(state, self._options(ticket, state), keeper)
        self.store.put(f"{self.table}/reports/{state.run}", self.report() or {}, keeper.current)

    def guarded(self, ticket: Ticket, step: Callable[[], Answer]) -> Answer:
        """The answer of ``step``. If it cannot continue, returns that, and notes the reason for :meth:`stop`.
        Raises ``Unavailable``: the same call may succeed later."""
        try:
            return step()
        except Superseded:
            return {"outcome": "more"}
        except LeaseLost as error:
            return {"outcome": "held", "message": str(error)}
        except BridgeError as error:
            if not error.permanent and not isinstance(error, StreamBehind):
                raise
            why = {"reason": error.reason, "message": str(error)}
            try:
                self.store.put(f"{self.table}/runs/{ticket.run}/stop", why, self._lease(ticket))
            except LeaseLost as lost:
                return {"outcome": "held", "message": str(lost)}
            return {"outcome": "stopped", **why}

    # --- what all steps need -------------------------------------------------------------------------

    def _state(self, ticket: Ticket) -> RunState:
        state = self.status()
        if state is None or state.run != ticket.run:
            raise LeaseLost(f"run {ticket.run} of table {self.table} was replaced", hint="start a new run")
        return state

    def _options(self, ticket: Ticket, state: RunState) -> Options:
        return state.options(ticket.asked.options(self.options))

    def _lease(self, ticket: Ticket) -> Lease:
        return Lease(self.table, ticket.owner, ticket.token, 0.0)

    def _keeper(self, ticket: Ticket) -> LeaseKeeper:
        keeper = LeaseKeeper(self.store, self._lease(ticket), self.clock, self.lease_s)
        keeper.confirm()
        return keeper

    def _claim(self, ticket: Ticket, state: RunState, part: str) -> ClaimKeeper:
        name = f"{self._folder(state)}/claims/{part}"
        lease, by = self._lease(ticket), self.new_claim()
        return ClaimKeeper(self.store, lease, self.clock, self.lease_s, name=name, by=by)

    def _go_on(self, state: RunState, keeper: LeaseKeeper) -> None:
        self._save(replace(state, phase=self._next(state), stopped=""), keeper)

    def _stop_name(self, state: RunState) -> str:
        return f"{self._folder(state)}/stop"
