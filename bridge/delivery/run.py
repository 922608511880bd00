"""The delivery of one batch: what is ready, in flight or waiting for another try, and the results.

:mod:`bridge.delivery.dispatch` is the entry point and lists the rules.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from queue import Empty, SimpleQueue

from bridge.core.event import Event
from bridge.delivery.backoff import Backoff
from bridge.delivery.target import Answer, Target, unanswered
from bridge.delivery.trouble import Trouble
from bridge.errors import (
    BatchError,
    BridgeError,
    EventTooLarge,
    RecordError,
    SinkChanged,
    SinkUnavailable,
    Unavailable,
)
from bridge.ports.clock import Deadline
from bridge.ports.sink import ACCEPTED, SKIPPED, EntryResult
from bridge.ports.telemetry import Telemetry
from bridge.relay.reports import Traffic


@dataclass(slots=True, eq=False)
class _Lane:
    """The events of one key, in order, and how far they have come.

    ``pending`` holds what is left of the current change. A lane is in ``_ready``, in ``_delayed``, in a call
    in flight, or in none of them: then it is done or given up.
    """

    key: str
    indices: list[int]
    cursor: int = 0
    pending: list[int] = field(default_factory=list)
    tries: int = 0
    company: int = 0  # entries that a call with this change may have
    measured: bool = False
    refused: bool = False  # an event of the current change can never be accepted


@dataclass(frozen=True, slots=True)
class _Call:
    indices: list[int]
    lanes: list[tuple[_Lane, int]]  # with how many of the lane's pending entries the call carries


class Run:
    """The state of one batch. Only the thread that called ``publish`` uses it."""

    def __init__(
        self,
        target: Target,
        events: Sequence[Event],
        deadline: Deadline,
        executor: Executor,
        backoff: Backoff,
        max_in_flight: int,
        halt_on_failure: bool,
        telemetry: Telemetry,
    ) -> None:
        self._target, self._executor, self._backoff = target, executor, backoff
        self._events, self._deadline = events, deadline
        self._max_in_flight, self._halt_on_failure = max_in_flight, halt_on_failure
        # Fixed for the run: a sink that learns a lower limit meanwhile must not change what was measured.
        self._max_entries, self._max_bytes = target.max_entries, target.max_bytes
        self.traffic = Traffic()
        self._trouble = Trouble(telemetry, deadline.clock, f"sink {target.name}")
        self._stop_at = len(events)  # from this index on nothing is sent
        self._fatal: BaseException | None = None
        self._results: list[EntryResult | None] = [None] * len(events)
        self._sizes = [0] * len(events)
        self._last_errors: dict[int, BridgeError] = {}
        self._ready: list[tuple[int, _Lane]] = []  # a heap by the index of the first pending event
        self._delayed: list[tuple[float, int, _Lane]] = []  # a heap by the moment of the next try
        self._done: SimpleQueue[Future[Sequence[Answer]]] = SimpleQueue()
        self.in_flight: dict[Future[Sequence[Answer]], _Call] = {}
        self.keys = self._open_lanes()

    def _open_lanes(self) -> Collection[str]:
        lanes: dict[str, _Lane] = {}
        for index, event in enumerate(self._events):
            lane = lanes.get(event.key)
            if lane is None:
                lanes[event.key] = _Lane(event.key, [index])
            else:
                lane.indices.append(index)
        for lane in lanes.values():  # in order of their first event, which makes the list a heap
            self._open_change(lane)
            self._ready.append((lane.pending[0], lane))
        return lanes.keys()

    def results(self) -> list[EntryResult]:
        clock, end_s = self._deadline.clock, self._deadline.at_s
        while True:
            now = clock.monotonic()
            stopped = self._fatal is not None or now >= end_s
            if not stopped:
                self._wake(now)
                self._start_calls()
            if self.in_flight:
                if not self._collect(stopped):
                    self._give_up_calls()
                    break
            elif stopped or not self._delayed:
                break
            else:
                clock.sleep(min(self._delayed[0][0], end_s) - now)
        if self._fatal is not None:
            raise self._fatal
        return [result or self._unfinished(index) for index, result in enumerate(self._results)]

    def _unfinished(self, index: int) -> EntryResult:
        error = self._last_errors.get(index)
        return SKIPPED if error is None else EntryResult("failed", error)

    # --- starting calls ---

    @property
    def _has_ready(self) -> bool:
        return bool(self._ready) and self._ready[0][0] < self._stop_at

    def _wake(self, now: float) -> None:
        while self._delayed and self._delayed[0][0] <= now:
            lane = heappop(self._delayed)[2]
            heappush(self._ready, (lane.pending[0], lane))

    def _start_calls(self) -> None:
        while self._has_ready and len(self.in_flight) < self._max_in_flight:
            if self._deadline.remaining_s() <= 0:
                return
            call = self._pack()
            if call.indices:
                carried = [self._events[index] for index in call.indices]
                future = self._executor.submit(self._send, call.indices, carried)
                self.in_flight[future] = call
                future.add_done_callback(self._done.put)
            elif self._has_ready:  # nothing would change until the deadline
                text = f"sink {self._target.name}: a change fits no call, not even alone"
                self._fatal = RuntimeError(text)
                return

    def _send(self, indices: Sequence[int], carried: Sequence[Event]) -> Sequence[Answer]:
        """Runs on the executor's threads."""
        clock = self._deadline.clock
        self.traffic.calls.append(indices)
        began_s = clock.monotonic()
        try:
            return self._target.send(carried)
        finally:
            self.traffic.latencies_ms.append((clock.monotonic() - began_s) * 1000)

    def _pack(self) -> _Call:
        """The next call: changes in the order given, as many as fit."""
        ready, sizes = self._ready, self._sizes
        indices: list[int] = []
        lanes: list[tuple[_Lane, int]] = []
        free_bytes, limit = self._max_bytes, self._max_entries
        while self._has_ready and len(indices) < limit:
            lane = ready[0][1]
            if not lane.measured:
                self._measure(lane)
                if not lane.pending:
                    heappop(ready)
                    self._next_change(lane)
                continue
            most = min(limit, lane.company)
            taken = 0
            for index in lane.pending:
                if len(indices) >= most or sizes[index] > free_bytes or index >= self._stop_at:
                    break
                indices.append(index)
                free_bytes -= sizes[index]
                taken += 1
            if not taken:
                break
            limit = most
            heappop(ready)
            lanes.append((lane, taken))
        indices.sort()
        return _Call(indices, lanes)

    def _measure(self, lane: _Lane) -> None:
        """Refuse the events that exceed the limit even in a call of their own."""
        lane.measured = True
        fitting = []
        for index in lane.pending:
            event = self._events[index]
            size = self._target.size_of(event)
            if size <= self._max_bytes:
                self._sizes[index] = size
                fitting.append(index)
            else:
                message = f"event {event.type} counts {size} bytes of {self._max_bytes}"
                hint = "map less into the event, or configure claim_check"
                self._refuse(lane, index, EventTooLarge(f"sink {self._target.name}: {message}", hint=hint))
        lane.pending = fitting

    # --- reading answers ---

    def _collect(self, stopped: bool) -> bool:
        """Read one call's answer, or wait until a delayed change is due. False when time is up first."""
        now = self._deadline.clock.monotonic()
        remaining_s = max(0.0, self._deadline.at_s - now)
        wait_s = remaining_s
        if self._delayed and not stopped and len(self.in_flight) < self._max_in_flight:
            wait_s = max(0.0, min(wait_s, self._delayed[0][0] - now))
        try:
            future = self._done.get(timeout=wait_s)
        except Empty:
            return wait_s < remaining_s
        call = self.in_flight.pop(future)
        error = future.exception()
        if error is None:
            self._settle(call, future.result())
        elif isinstance(error, Unavailable):
            self._settle(call, [error] * len(call.indices))
        elif not isinstance(error, RecordError):
            self.traffic.failed += len(call.indices)
            self._fatal = self._fatal or error
        elif len(call.indices) == 1:
            self._settle(call, [error])
        else:
            self.traffic.failed += len(call.indices)
            self._halve(call)
        return True

    def _settle(self, call: _Call, answers: Sequence[Answer]) -> None:
        missing = len(call.indices) - len(answers)
        if missing > 0:
            answers = [*answers, *[unanswered(self._target.name)] * missing]
        verdicts = dict(zip(call.indices, answers, strict=False))
        transient = [error for error in answers if error is not None and not error.permanent]
        if transient and len(transient) == len(answers):
            self._trouble.failed(transient[0])
        else:
            self._trouble.ended()
        traffic = self.traffic
        share: float | None = (
            None  # one draw for the call, so that what failed together is sent together again
        )
        for lane, taken in call.lanes:
            failed = []
            for index in lane.pending[:taken]:
                error = verdicts[index]
                if error is None:
                    self._results[index] = ACCEPTED
                    traffic.accepted_bytes += self._sizes[index]
                    continue
                traffic.failed += 1
                if not error.permanent:
                    self._last_errors[index] = error
                    failed.append(index)
                elif isinstance(error, BatchError):
                    self._fatal = self._fatal or error
                else:
                    self._refuse(lane, index, error)
            lane.pending = failed + lane.pending[taken:]
            if any(isinstance(self._last_errors[index], SinkChanged) for index in failed):
                self._halt(failed[0])  # given up: no later event of the key
            elif failed:
                share = self._backoff.draw() if share is None else share
                self._delay(lane, share)
            elif lane.pending:
                heappush(self._ready, (lane.pending[0], lane))
            else:
                self._next_change(lane)

    def _delay(self, lane: _Lane, share: float) -> None:
        due_s = self._deadline.clock.monotonic() + self._backoff.delay_s(share, lane.tries)
        lane.tries += 1
        if due_s >= self._deadline.at_s:
            self._halt(
                lane.pending[0]
            )  # given up: the lane is in no heap, so no later event of the key follows
        elif lane.pending[0] < self._stop_at:
            heappush(self._delayed, (due_s, lane.pending[0], lane))

    def _halt(self, index: int) -> None:
        """What comes before the failure is still sent. Otherwise the batch, returned for retry, would end at
        the same place for ever."""
        if self._halt_on_failure and index < self._stop_at:
            self._stop_at = index
            self._delayed = [each for each in self._delayed if each[1] < index]
            heapify(self._delayed)

    def _halve(self, call: _Call) -> None:
        for lane, _ in call.lanes:
            lane.company = len(call.indices) // 2
            heappush(self._ready, (lane.pending[0], lane))

    def _refuse(self, lane: _Lane, index: int, error: BridgeError) -> None:
        lane.refused = True
        error.record_id = error.record_id or self._events[index].record_id
        self._results[index] = EntryResult("failed", error)
        self._halt(index)

    def _next_change(self, lane: _Lane) -> None:
        """Not after a refusal: before a later change of its key is published, a change that can never succeed
        is quarantined and settled, or a crash and a repaired bus would let it overtake."""
        if lane.cursor < len(lane.indices) and not lane.refused:
            self._open_change(lane)
            heappush(self._ready, (lane.pending[0], lane))

    def _open_change(self, lane: _Lane) -> None:
        indices, start = lane.indices, lane.cursor
        end = start + 1
        if end < len(indices):
            # The end of an item in one entity and its start in another are one record and two changes.
            first = self._events[indices[start]]
            while end < len(indices):
                event = self._events[indices[end]]
                if event.record_id != first.record_id or event.sequence != first.sequence:
                    break
                end += 1
        lane.pending = indices[start:end]
        lane.cursor = end
        lane.tries = 0
        lane.company = self._max_entries
        lane.measured = False

    def _give_up_calls(self) -> None:
        """Time is up. A call in flight may still arrive; it counts as failed unless it never started."""
        for future, call in self.in_flight.items():
            if not future.cancel():
                error = SinkUnavailable(
                    f"sink {self._target.name}: no answer before the deadline",
                    hint="the change is returned for retry; the event may have arrived nevertheless",
                )
                self.traffic.failed += len(call.indices)
                self._last_errors.update(dict.fromkeys(call.indices, error))
