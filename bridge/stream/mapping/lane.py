"""A lane: the records of some keys of a shard, one batch at a time, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from bridge.stream.mapping.batch import Batch, cut, payload_bytes, split_by_age
from bridge.stream.mapping.intake import StreamRecord
from bridge.stream.mapping.settings import MappingSettings


class Lane:
    """Queues records, gives out the batch that is due, and takes back what is left of it.

    ``todo`` holds what must go before anything newer: the current batch, its halves, its retry. A new batch
    is cut only when it is empty, so order per key is kept through every retry and split.
    """

    def __init__(self, settings: MappingSettings) -> None:
        self._settings = settings
        self._queue: deque[StreamRecord] = deque()
        self._queued_bytes = payload_bytes(())
        self._todo: deque[Batch] = deque()
        self._not_before_s = 0.0
        self.busy = False
        self.failures = 0

    def add(self, record: StreamRecord) -> None:
        self._queue.append(record)
        self._queued_bytes += len(record.body) + 1

    @property
    def full(self) -> bool:
        """Whether a whole batch is waiting."""
        return (
            len(self._queue) >= self._settings.batch_size
            or self._queued_bytes > self._settings.max_payload_bytes
        )

    def due_s(self, *, flush: bool) -> float | None:
        """When the next batch may go, on the monotonic clock; None until a record or an answer comes.

        ``flush``: no more records will come, so the batching window does not apply.
        """
        if self.busy or not (self._todo or self._queue):
            return None
        if self._todo or flush or self.full:
            return self._not_before_s
        return max(self._not_before_s, self._queue[0].read_s + self._settings.window_s)

    def begin(self, now_s: float, monotonic_s: float, *, flush: bool) -> Batch | None:
        """The batch to work on now, if one is due. The lane is busy until :meth:`settle`."""
        due_s = self.due_s(flush=flush)
        if due_s is None or due_s > monotonic_s:
            return None
        if not self._todo:
            batch = cut(self._queue, self._settings)
            self._queued_bytes -= sum(len(record.body) + 1 for record in batch.records)
            self._todo.append(batch)
        parts = split_by_age(self._todo.popleft(), now_s, self._settings.max_record_age_s)
        self._todo.extendleft(reversed(parts))
        self.busy = True
        return self._todo[0]

    def settle(self, again: Sequence[Batch], *, not_before_s: float) -> None:
        """Puts ``again`` in the place of the batch that was begun."""
        self._todo.popleft()
        self._todo.extendleft(reversed(again))
        self._not_before_s = not_before_s
        self.busy = False
