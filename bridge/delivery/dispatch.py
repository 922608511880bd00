"""The engine behind every sink that sends events in calls of several entries.

A sink describes its target (:class:`Target`: the limits, the size of an event, how one call is made) and
:class:`Dispatcher` does the rest: packing, parallel calls, order per key, retries inside the deadline.

The rules for all sinks:

* Calls are packed in the order given. A call carries at most one change (``record_id``) of a key; several
  events of one change may share a call. What does not fit waits for the next call.
* A key is never in two calls in flight at once, so its later changes wait for the answer to the earlier.
* The answer for every entry is read. Only failed entries are sent again, after an exponential delay with full
  jitter that delays their own key alone.
* Retries end with the deadline: no call starts after it, and no sleep goes past it. A call that has not
  answered by then counts as failed, and its keys are in no later call until it has ended.
* A key whose change failed for lack of time, or can never succeed, gets no further change: what can never
  succeed is quarantined and settled first.
* A call that is refused as a whole (too large, malformed) is sent again in halves, down to the entry at
  fault.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import Executor, Future, wait

from bridge.core.event import Event
from bridge.delivery.backoff import Backoff
from bridge.delivery.run import Run
from bridge.delivery.target import Answer, Target, unanswered
from bridge.ports.clock import Deadline
from bridge.ports.sink import SKIPPED, EntryResult
from bridge.ports.telemetry import Silence, Telemetry

__all__ = ["Answer", "Dispatcher", "Target", "unanswered"]


class Dispatcher:
    """Publishes batches through an executor's threads. One per sink; ``publish`` may run on several threads
    at once as long as they do not share keys.

    ``max_in_flight`` calls run at once in one ``publish``. The target's client must not retry by itself, and
    its timeouts should be well below the time that a batch has: a call in flight cannot be cancelled.
    """

    def __init__(
        self,
        executor: Executor,
        backoff: Backoff,
        *,
        max_in_flight: int = 4,
        telemetry: Telemetry | None = None,
    ) -> None:
        if max_in_flight < 1:
            raise ValueError(f"max_in_flight must be at least 1, not {max_in_flight}")
        self._executor = executor
        self._backoff = backoff
        self._max_in_flight = max_in_flight
        self._telemetry = telemetry or Silence()
        self._left_behind: dict[Future[Sequence[Answer]], frozenset[str]] = {}

    def publish(
        self, target: Target, events: Sequence[Event], deadline: Deadline, *, halt_on_failure: bool = False
    ) -> list[EntryResult]:
        """One result per event, in order; ``ports.Sink.publish`` explains them.

        With ``halt_on_failure`` no call is started with an event that comes after one that ended as failed.
        Raises ``BatchError``, or what ``target.send`` raised unexpectedly, once the calls in flight ended.
        """
        if not events:
            return []
        run = Run(
            target,
            events,
            deadline,
            self._executor,
            self._backoff,
            self._max_in_flight,
            halt_on_failure,
            self._telemetry,
        )
        if not self._left_behind_ended(run.keys, deadline):
            return [SKIPPED] * len(events)
        try:
            return run.results()
        finally:
            run.traffic.report(self._telemetry, target.name)
            for future, call in run.in_flight.items():
                if not future.done():
                    self._left_behind[future] = frozenset(lane.key for lane, _ in call.lanes)

    def _left_behind_ended(self, keys: Collection[str], deadline: Deadline) -> bool:
        """Whether all calls of earlier batches that carry one of these keys have ended; waits for them until
        the deadline."""
        blocking = []
        for future, carried in list(self._left_behind.items()):
            if future.done():
                self._left_behind.pop(future, None)
            elif not carried.isdisjoint(keys):
                blocking.append(future)
        return not blocking or not wait(blocking, max(0.0, deadline.remaining_s())).not_done
