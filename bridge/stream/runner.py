"""The Lambda event source mapping for DynamoDB streams and Kinesis streams, on one machine.

It reads a stream shard by shard, calls a function with batches, and keeps Lambda's rules for order, partial
batch responses, splitting, retries, record age and the on-failure destination. Each rule is in its own module
of :mod:`bridge.stream.mapping`; the runner combines them. For more than one machine, use Lambda itself.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal

from bridge.core.records.dialect import STREAM, Dialect
from bridge.delivery.backoff import Backoff
from bridge.errors import BridgeError, TargetMissing
from bridge.ports.checkpoints import Checkpoints
from bridge.ports.clock import Clock, Deadline, time_limit
from bridge.ports.failures import FailureDestination
from bridge.ports.stream import StreamSource
from bridge.ports.telemetry import Silence, Telemetry
from bridge.stream.mapping.batch import Answer, Batch, judge, read_answer
from bridge.stream.mapping.intake import Intake
from bridge.stream.mapping.invocation import (
    Handler,
    InlineExecutor,
    InvocationContext,
    event_of,
    function_arn_for,
    invocation_record,
    iterator_age_ms,
)
from bridge.stream.mapping.lane import Lane
from bridge.stream.mapping.position import Progress, Start
from bridge.stream.mapping.reader import ShardReader, TrimmedHook
from bridge.stream.mapping.settings import MappingSettings, Pace, Reading
from bridge.stream.mapping.shard import ShardInWork
from bridge.stream.mapping.shards import Shards
from bridge.stream.mapping.stats import BatchReport, RunnerStats, Tally

__all__ = ["BatchReport", "Handler", "InlineExecutor", "MappingSettings", "Pace", "Runner", "RunnerStats"]

_LONGEST_REST_S = 0.5  # so that a stop by a signal is seen soon
_SHORTEST_REST_S = 0.001  # less may not move a clock at all


@dataclass(frozen=True, slots=True)
class _Work:
    """A batch that was sent to the function or to the on-failure destination."""

    shard: ShardInWork
    lane: Lane
    batch: Batch
    sent_s: float
    age_ms: int


class Runner:
    """Runs one mapping.

    ``handler`` is called as Lambda calls a function; ``executor`` decides how many batches are in work at
    once (by default one, in the caller's thread). ``destination`` None: a batch that is given up is dropped,
    counted and logged. ``dialect`` is the format of the stream's records. ``on_batch`` is called after every
    invocation, ``on_trimmed`` for every hole in the stream. ``rng`` draws request ids and waits, so that a
    seeded run replays. Call all methods but :meth:`stop` from one thread.
    """

    def __init__(
        self,
        source: StreamSource,
        handler: Handler,
        checkpoints: Checkpoints,
        settings: MappingSettings | None = None,
        *,
        clock: Clock,
        rng: random.Random,
        destination: FailureDestination | None = None,
        executor: Executor | None = None,
        telemetry: Telemetry | None = None,
        pace: Pace | None = None,
        dialect: Dialect = STREAM,
        function_arn: str = "",
        on_batch: Callable[[BatchReport], None] = lambda report: None,
        on_trimmed: TrimmedHook = lambda shard_id, after: None,
    ) -> None:
        self._handler = handler
        self._settings = settings or MappingSettings()
        self._clock = clock
        self._rng = rng
        self._destination = destination
        self._executor = executor or InlineExecutor()
        self._tally = Tally(telemetry or Silence())
        pace = pace or Pace()
        backoff = Backoff(rng, pace.backoff_base_s, pace.backoff_cap_s)
        self._reading = Reading(source, pace, clock, self._tally, backoff)
        self._dialect = dialect
        self._function_arn = function_arn or function_arn_for(source.arn)
        self._on_batch = on_batch
        self._on_trimmed = on_trimmed
        self._progress = Progress(checkpoints, self._reading)
        self._shards = Shards(
            self._reading, self._progress.load(), self._settings.starting_position, self._open_shard
        )
        self._in_work: dict[Future[Any], _Work] = {}
        self._last_record_s = clock.monotonic()
        self._stopping = False

    # --- the main loop -------------------------------------------------------------------------

    def run(
        self, *, until: Literal["stopped", "caught_up"] = "stopped", max_idle_s: float | None = None
    ) -> RunnerStats:
        """Works until :meth:`stop`, until caught up, or until nothing is open and no record has come for
        ``max_idle_s``. Then finishes the current batches and saves the checkpoint.

        Raises what waiting does not fix: ``AccessDenied``, ``TargetMissing``, ``CheckpointBroken``.
        """
        self._shards.look_again()
        try:
            while not self._over(until, max_idle_s):
                self._rest(self.step())
        finally:
            wait(self._in_work)
            self._collect()
        self._progress.save(self._shards.positions, last=True)
        return self.stats()

    def step(self) -> float:
        """One round over everything that is due. Returns how many seconds may pass before the next round. It
        never sleeps, so a simulation can drive it with its own clock."""
        with self._time_to_read():
            self._shards.refresh()
        for shard in self._shards.in_work:
            self._read(shard)
            self._begin(shard)
        self._collect()
        self._shards.retire()
        self._progress.save(self._shards.positions)
        return self._pause_s()

    def stop(self) -> None:
        """Finish the current batches, then return from :meth:`run`. May be called from a signal handler."""
        self._stopping = True

    @property
    def caught_up(self) -> bool:
        """Every shard was read to its end twice without a record, and nothing is open."""
        return self._shards.caught_up

    def stats(self) -> RunnerStats:
        pending = sum(shard.pending for shard in self._shards.in_work)
        return self._tally.snapshot(pending=pending, positions=self._shards.positions)

    # --- records in ----------------------------------------------------------------------------

    def _open_shard(self, shard_id: str, start: Start) -> ShardInWork:
        intake = Intake(self._dialect, self._reading.source.arn, shard_id)
        reader = ShardReader(self._reading, intake, start, self._on_trimmed)
        return ShardInWork(intake, start, reader, self._settings, self._tally)

    def _read(self, shard: ShardInWork) -> None:
        now_s = self._clock.monotonic()
        if self._stopping or not shard.wants_records or now_s < shard.reader.due_s:
            return
        with self._time_to_read():
            try:
                records = shard.reader.read()
            except TargetMissing as error:
                self._shards.missing(shard, error)
                return
        if records:
            self._last_record_s = now_s
            self._shards.noticed_records()
            shard.take(records, now_s)

    # --- batches out ---------------------------------------------------------------------------

    def _begin(self, shard: ShardInWork) -> None:
        if self._stopping:
            return
        now_s, monotonic_s = self._clock.now(), self._clock.monotonic()
        for lane, batch in shard.begin(now_s, monotonic_s):
            work = _Work(shard, lane, batch, monotonic_s, iterator_age_ms(batch, now_s))
            if batch.given_up:
                self._give_up(work)
            else:
                self._invoke(work)

    def _invoke(self, work: _Work) -> None:
        self._tally.add("batches")
        self._tally.add("retried", 1 if work.batch.invocations else 0)
        self._tally.iterator_age_ms = work.age_ms
        deadline = Deadline.after(self._clock, self._reading.pace.function_timeout_s)
        context = InvocationContext(self._request_id(), self._function_arn, deadline)
        self._in_work[self._executor.submit(_call, self._handler, work.batch, context)] = work

    def _give_up(self, work: _Work) -> None:
        if self._destination is None:
            self._tally.add("dropped", len(work.batch.records))
            self._gave_up(work)
            return
        info = invocation_record(
            work.batch,
            shard_id=work.shard.id,
            stream_arn=self._reading.source.arn,
            function_arn=self._function_arn,
            request_id=self._request_id(),
            now_s=self._clock.now(),
            batch_info=self._dialect.batch_info,
        )
        until = Deadline.after(self._clock, self._reading.pace.function_timeout_s)
        self._in_work[self._executor.submit(_send, self._destination, info, work.batch, until)] = work

    # --- answers in ----------------------------------------------------------------------------

    def _collect(self) -> None:
        for future in [future for future in self._in_work if future.done()]:
            work = self._in_work.pop(future)
            error = future.exception()
            if error is not None and not isinstance(error, Exception):
                raise error
            if work.batch.given_up:
                self._after_destination(work, error)
            else:
                self._after_function(work, error, None if error else future.result())

    def _after_function(self, work: _Work, error: Exception | None, response: Any) -> None:
        if error is not None:
            answer = Answer(0, f"the function raised {type(error).__name__}", function_error=True)
        else:
            answer = read_answer(
                response,
                work.batch.sequences,
                report_batch_item_failures=self._settings.report_batch_item_failures,
            )
        verdict = judge(work.batch, answer, self._settings)
        work.shard.finish(verdict.done)
        self._tally.add("done", len(verdict.done))
        pause_s = 0.0
        if verdict.again:
            work.lane.failures = 1 if verdict.done else work.lane.failures + 1
            pause_s = 0.0 if verdict.again[0].given_up else self._reading.backoff_s(work.lane.failures)
            self._log(work, "warning", answer.reason, error)
        else:
            work.lane.failures = 0
        work.lane.settle(verdict.again, not_before_s=self._clock.monotonic() + pause_s)
        self._on_batch(self._report(work, answer))

    def _after_destination(self, work: _Work, error: Exception | None) -> None:
        if error is None:
            self._gave_up(work)
            return
        # Lambda would lose the batch here. The runner holds it and its lane until it can be sent.
        work.lane.failures += 1
        self._tally.add("destination_failed")
        self._log(work, "error", "the on-failure destination did not take a batch; the batch is held", error)
        pause_s = self._reading.backoff_s(work.lane.failures)
        work.lane.settle((work.batch,), not_before_s=self._clock.monotonic() + pause_s)

    def _gave_up(self, work: _Work) -> None:
        self._tally.add("given_up", len(work.batch.records))
        sent = "sent to the on-failure destination"
        end = sent if self._destination else "dropped, because no on-failure destination is set"
        self._log(work, "error", f"a batch was given up and {end}", None)
        work.shard.finish(work.batch.records)
        work.lane.failures = 0
        work.lane.settle((), not_before_s=self._clock.monotonic())

    # --- details -------------------------------------------------------------------------------

    def _over(self, until: str, max_idle_s: float | None) -> bool:
        if self._stopping or (until == "caught_up" and self.caught_up):
            return True
        idle_s = self._clock.monotonic() - self._last_record_s
        return max_idle_s is not None and idle_s >= max_idle_s and not self.stats().pending

    def _pause_s(self) -> float:
        times = [self._shards.listing_due_s, *(shard.due_s() for shard in self._shards.in_work)]
        pause_s = min(time_s for time_s in times if time_s is not None) - self._clock.monotonic()
        return max(pause_s, _SHORTEST_REST_S) if pause_s > 0 else 0.0

    def _rest(self, pause_s: float) -> None:
        pause_s = min(pause_s, _LONGEST_REST_S)
        if self._in_work:
            wait(self._in_work, timeout=pause_s, return_when=FIRST_COMPLETED)
        elif pause_s and not self._stopping:
            self._clock.sleep(pause_s)

    def _time_to_read(self) -> AbstractContextManager[None]:
        return time_limit(Deadline.after(self._clock, self._reading.pace.read_timeout_s))

    def _request_id(self) -> str:
        return str(uuid.UUID(int=self._rng.getrandbits(128), version=4))

    def _report(self, work: _Work, answer: Answer) -> BatchReport:
        first, last = work.batch.span
        return BatchReport(
            shard_id=work.shard.id,
            first=first,
            last=last,
            records=len(work.batch.records),
            done=answer.done,
            invocation=work.batch.invocations + 1,
            iterator_age_ms=work.age_ms,
            duration_ms=round((self._clock.monotonic() - work.sent_s) * 1000),
            reason=answer.reason,
        )

    def _log(self, work: _Work, level: str, message: str, error: Exception | None) -> None:
        """Logs the batch's position. Of an error from outside only the type: its text may quote an item."""
        text = str(error) if isinstance(error, BridgeError) else type(error).__name__
        reported = {"error": text} if error else {}
        first, last = work.batch.span
        self._tally.log(
            level,
            message,
            shard=work.shard.id,
            first=first,
            last=last,
            records=len(work.batch.records),
            invocations=work.batch.invocations,
            **reported,
        )


def _call(handler: Handler, batch: Batch, context: InvocationContext) -> Any:
    return handler(event_of(batch), context)


def _send(destination: FailureDestination, info: dict[str, Any], batch: Batch, until: Deadline) -> None:
    with time_limit(until):
        destination.send(info, event_of(batch))
