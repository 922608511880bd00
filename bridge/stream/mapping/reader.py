"""Reading one shard to its end, through expired iterators, trimmed positions and throttling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bridge.errors import IteratorExpired, PositionTrimmed, Unavailable
from bridge.limits import GET_RECORDS_MAX
from bridge.ports.stream import Page
from bridge.stream.mapping.intake import Intake
from bridge.stream.mapping.position import Start, refused
from bridge.stream.mapping.settings import Reading

_WITNESS_EVERY = 20  # empty reads: every five seconds, at the usual pace

TrimmedHook = Callable[[str, str | None], None]
"""Called with a shard id and the last position that was read: records after it are gone."""


class ShardReader:
    """Reads a shard's records in order, each once.

    ``drained``: the shard is closed and everything was read. ``empty_reads``: pages in a row without a
    record; an open shard may give any number of them before the next record, so they prove nothing.
    ``due_s``: when the next read may be made, on the monotonic clock.
    """

    def __init__(self, reading: Reading, intake: Intake, start: Start, on_trimmed: TrimmedHook) -> None:
        self._reading = reading
        self._intake = intake
        self._shard_id = intake.shard_id
        self._start = start
        self._on_trimmed = on_trimmed
        self._last_read = start.after
        self._unproven = start.after
        self._witness: str | None = None
        self._from_horizon = start.kind == "TRIM_HORIZON" and start.after is None
        self._latest_taken = False
        self._iterator: str | None = None
        self._failures = 0
        self._end_read = False
        self.drained = False
        self.empty_reads = 0
        self.due_s = 0.0

    def read(self) -> Sequence[Any]:
        """The next records in Lambda's shape, none of which was returned before; empty if there are none now.

        Raises what waiting does not fix: ``AccessDenied``, ``TargetMissing``.
        """
        try:
            page = self._next_page()
        except IteratorExpired:
            self._iterator = None
            self._reading.tally.add("iterators_expired")
            self.back_off()
            return ()
        except PositionTrimmed as error:
            self._go_to_horizon(error)
            return ()
        except Unavailable as error:
            text = "reading the stream failed"
            self._reading.tally.failed("reads_failed", "warning", text, error, shard=self._shard_id)
            self.back_off()
            return ()
        before = self._last_read
        records = self._accept(page)
        if page.next is None:
            self._judge_end(more=self._last_read != before)
        else:
            self._end_read = False
        return records

    def abandon(self) -> None:
        """The shard is gone from the stream: nothing more can be read."""
        self.report_trimmed()
        self.drained = True

    def report_trimmed(self) -> None:
        self._reading.tally.add("positions_trimmed")
        self._reading.tally.log(
            "error",
            "records are gone from the stream before they were read: reconcile the table",
            shard=self._shard_id,
            after=self._last_read,
        )
        self._on_trimmed(self._shard_id, self._last_read)

    def _next_page(self) -> Page:
        if self._iterator is None:
            self._iterator = self._new_iterator()
        return self._reading.source.read(self._iterator, GET_RECORDS_MAX)

    def _new_iterator(self) -> str:
        if self._last_read is not None and not self._from_horizon:
            return self._reading.source.iterator(self._shard_id, "AFTER_SEQUENCE_NUMBER", self._last_read)
        if self._start.kind == "LATEST" and not self._latest_taken:
            iterator = self._reading.source.iterator(self._shard_id, "LATEST")
            self._latest_taken = True
            return iterator
        # A second LATEST would skip what was written since the first, so the creation time decides instead.
        return self._reading.source.iterator(self._shard_id, "TRIM_HORIZON")

    def _accept(self, page: Page) -> Sequence[Any]:
        self._failures = 0
        self._iterator = page.next
        sequence = self._intake.sequence
        records = [self._intake.shape(record) for record in page.records]
        self._prove(records)
        if self._last_read is not None:
            last_read = int(self._last_read)
            # A record without a number cannot be recognised: it may come twice, but never gets lost.
            records = [each for each in records if not sequence(each) or int(sequence(each)) > last_read]
        if page.records or page.behind_ms:
            self.empty_reads = 0
        else:
            self.empty_reads += 1
        if not page.records:
            self.due_s = self._reading.clock.monotonic() + self._reading.pace.poll_s
        for number in filter(None, map(sequence, reversed(records))):
            self._last_read = number
            self._from_horizon = False
            break
        return records

    def _prove(self, records: Sequence[dict[str, Any]]) -> None:
        """A checkpoint is proven by the first record after it. Until then a record that was written meanwhile
        may show that the checkpoint is beyond the shard's tip: from there, everything would be skipped in
        silence. Raises ``CheckpointBroken``."""
        position = self._unproven
        if position is None:
            return
        if records or self._from_horizon:
            self._unproven = self._witness = None
        elif self.empty_reads % _WITNESS_EVERY == _WITNESS_EVERY - 1:
            for record in self._witnessed():
                number = self._intake.sequence(record)
                if number and int(number) < int(position):
                    raise refused(self._shard_id, f"is beyond anything in its shard: {number} came just now")

    def _witnessed(self) -> Sequence[dict[str, Any]]:
        """What was written since the last look, whatever the checkpoint says."""
        source = self._reading.source
        try:
            if self._witness is None:
                self._witness = source.iterator(self._shard_id, "LATEST")
                return ()
            page = source.read(self._witness, 1)
        except (IteratorExpired, PositionTrimmed, Unavailable):
            self._witness = None
            return ()
        self._witness = page.next
        return [self._intake.shape(record) for record in page.records]

    def _judge_end(self, *, more: bool) -> None:
        """A page without a next iterator ends the shard only if a second read, from the last record on, has
        nothing and ends as well, and the stream's listing does not show the shard as open. Otherwise one
        page that lacks a member would lose the rest of the shard. ``more``: this page had new records."""
        if not self._end_read or more:
            self._end_read = True
            return
        self._end_read = False
        try:
            listed = self._reading.source.shards()
        except Unavailable as error:
            text = "listing shards failed"
            self._reading.tally.failed("reads_failed", "warning", text, error, shard=self._shard_id)
            self.back_off()
            return
        self.drained = not any(known.id == self._shard_id and known.ending is None for known in listed)
        if not self.drained:
            self._reading.tally.add("ends_refused")
            text = "an answer says that a shard has ended, and the stream lists it as open: it is read again"
            self._reading.tally.log("warning", text, shard=self._shard_id)
            self.back_off()

    def _go_to_horizon(self, error: PositionTrimmed) -> None:
        self._iterator = None
        if not self._from_horizon:
            self.report_trimmed()
        text = "continuing from the trim horizon"
        self._reading.tally.log("warning", text, shard=self._shard_id, code=error.code)
        self._from_horizon = True
        self._latest_taken = True
        self.back_off()

    def back_off(self) -> None:
        """Delays the next read, longer with every failure in a row."""
        self._failures += 1
        self.due_s = self._reading.clock.monotonic() + self._reading.backoff_s(self._failures)
