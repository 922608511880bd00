"""Reading one shard to its end, through expired iterators, trimmed positions and throttling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bridge.errors import IteratorExpired, PositionTrimmed, Unavailable
from bridge.limits import GET_RECORDS_MAX
from bridge.ports.clock import Clock
from bridge.ports.stream import Page, StreamSource
from bridge.stream.mapping.intake import Intake
from bridge.stream.mapping.position import Start
from bridge.stream.mapping.stats import Tally

TrimmedHook = Callable[[str, str | None], None]
"""Told a shard id and the last position that was read: records after it are gone."""


class ShardReader:
    """Reads a shard's records in order, each once.

    ``drained``: the shard is closed and everything was read. ``empty_reads``: pages in a row without a
    record; an open shard may give any number of them before the next record, so they prove nothing.
    ``due_s``: when the next read may be made, on the monotonic clock.
    """

    def __init__(
        self,
        source: StreamSource,
        intake: Intake,
        start: Start,
        *,
        backoff_s: Callable[[int], float],
        poll_s: float,
        clock: Clock,
        tally: Tally,
        on_trimmed: TrimmedHook,
    ) -> None:
        self._source = source
        self._intake = intake
        self._shard_id = intake.shard_id
        self._start = start
        self._backoff_s = backoff_s
        self._poll_s = poll_s
        self._clock = clock
        self._tally = tally
        self._on_trimmed = on_trimmed
        self._last_read = start.after
        self._from_horizon = start.kind == "TRIM_HORIZON" and start.after is None
        self._latest_taken = False
        self._iterator: str | None = None
        self._failures = 0
        self.drained = False
        self.empty_reads = 0
        self.due_s = 0.0

    def read(self) -> Sequence[dict[str, Any]]:
        """The next records in Lambda's shape, none of which was returned before; empty where there is nothing
        now.

        Raises what waiting does not cure: ``AccessDenied``, ``TargetMissing``.
        """
        try:
            page = self._next_page()
        except IteratorExpired:
            self._iterator = None
            self._tally.add("iterators_expired")
            self.back_off()
            return ()
        except PositionTrimmed as error:
            self._go_to_horizon(error)
            return ()
        except Unavailable as error:
            self._tally.add("reads_failed")
            self._tally.log(
                "warning",
                "reading the stream failed",
                shard=self._shard_id,
                reason=error.reason,
                code=error.code,
            )
            self.back_off()
            return ()
        return self._accept(page)

    def abandon(self) -> None:
        """The shard is gone from the stream: nothing more can be read."""
        self.report_trimmed()
        self.drained = True

    def report_trimmed(self) -> None:
        self._tally.add("positions_trimmed")
        self._tally.log(
            "error",
            "records are gone from the stream before they were read: reconcile the table",
            shard=self._shard_id,
            after=self._last_read,
        )
        self._on_trimmed(self._shard_id, self._last_read)

    def _next_page(self) -> Page:
        if self._iterator is None:
            self._iterator = self._new_iterator()
        return self._source.read(self._iterator, GET_RECORDS_MAX)

    def _new_iterator(self) -> str:
        if self._last_read is not None and not self._from_horizon:
            return self._source.iterator(self._shard_id, "AFTER_SEQUENCE_NUMBER", self._last_read)
        if self._start.kind == "LATEST" and not self._latest_taken:
            iterator = self._source.iterator(self._shard_id, "LATEST")
            self._latest_taken = True
            return iterator
        # A second LATEST would skip what was written since the first: the creation time decides instead.
        return self._source.iterator(self._shard_id, "TRIM_HORIZON")

    def _accept(self, page: Page) -> Sequence[dict[str, Any]]:
        self._failures = 0
        self._iterator = page.next
        self.drained = page.next is None
        sequence = self._intake.sequence
        records = [self._intake.shape(record) for record in page.records]
        if self._last_read is not None:
            last_read = int(self._last_read)
            records = [record for record in records if int(sequence(record)) > last_read]
        if page.records or page.behind_ms:
            self.empty_reads = 0
        else:
            self.empty_reads += 1
        if not page.records:
            self.due_s = self._clock.monotonic() + self._poll_s
        if records:
            self._last_read = sequence(records[-1])
            self._from_horizon = False
        return records

    def _go_to_horizon(self, error: PositionTrimmed) -> None:
        self._iterator = None
        if not self._from_horizon:
            self.report_trimmed()
        self._tally.log("warning", "going on from the trim horizon", shard=self._shard_id, code=error.code)
        self._from_horizon = True
        self._latest_taken = True
        self.back_off()

    def back_off(self) -> None:
        """Puts the next read off, longer with every failure in a row."""
        self._failures += 1
        self.due_s = self._clock.monotonic() + self._backoff_s(self._failures)
