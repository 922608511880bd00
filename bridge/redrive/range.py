"""Reads exactly the records of a given-up batch back from its shard, while the stream still has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bridge.errors import (
    BatchError,
    BridgeError,
    IteratorExpired,
    PositionTrimmed,
    SourceUnavailable,
    TargetMissing,
    Unavailable,
)
from bridge.limits import GET_RECORDS_MAX
from bridge.ports.clock import Clock
from bridge.ports.stream import StreamSource
from bridge.redrive.given_up import GivenUp

_EMPTY_PAGES_MAX: Final = 200
_EMPTY_PAUSE_S: Final = 0.25  # a shard grants five reads a second


class Range:
    """The records ``first`` to ``last`` of a shard, inclusive. After reading, ``trimmed`` says whether the
    stream had already lost the beginning or all of it; ``missing`` that the stream itself does not exist;
    ``failed`` that it cannot be read, now or with these permissions."""

    def __init__(self, source: StreamSource, batch: GivenUp, clock: Clock) -> None:
        self.trimmed = False
        self.missing: TargetMissing | None = None
        self.failed: BridgeError | None = None
        self._source = source
        self._batch = batch
        self._clock = clock
        self._after = ""  # the last record that was read

    def records(self) -> Iterator[Any]:
        """In Lambda's shape, page by page, as far as the stream can be read."""
        try:
            yield from self._read()
        except (BatchError, Unavailable) as error:
            self.failed = error

    def _read(self) -> Iterator[Any]:
        batch, empty = self._batch, 0
        first, last = int(batch.first), int(batch.last)
        iterator: str | None = self._start()
        while iterator is not None:
            try:
                page = self._source.read(iterator, GET_RECORDS_MAX)
            except IteratorExpired:
                iterator = self._start()
                continue
            except PositionTrimmed:
                self.trimmed = True
                iterator = self._oldest()
                continue
            for record in page.records:
                shaped = self._shaped(record)
                name = batch.number_of(shaped)
                if not name:  # it has no position: it belongs to the batch if it lies inside
                    if self._after:
                        yield shaped
                    continue
                number = int(name)
                if not self._after and number > first:
                    self.trimmed = True
                if number > last:
                    return
                if number >= first and number > int(self._after or 0):
                    self._after = name
                    yield shaped
                if number == last:
                    return
            empty = 0 if page.records else empty + 1
            if empty > _EMPTY_PAGES_MAX:
                raise SourceUnavailable(
                    f"shard {batch.shard_id} does not return the last record of the batch",
                    hint="try again later; the batch stays where it is",
                )
            if empty:
                self._clock.sleep(_EMPTY_PAUSE_S)
            iterator = page.next
        # The shard was read to its end, so what is missing was at its beginning.
        if self._after != batch.last and self.missing is None:
            self._refuse_end_of_open_shard()
            self.trimmed = True

    def _refuse_end_of_open_shard(self) -> None:
        """An open shard does not end: such an answer lacks something, and nothing is lost yet."""
        if self.trimmed:
            return
        if any(s.id == self._batch.shard_id and s.ending is None for s in self._source.shards()):
            raise SourceUnavailable(
                f"shard {self._batch.shard_id} answers that it has ended, and is listed as open",
                hint="try again later; the batch stays where it is",
            )

    def _shaped(self, record: Any) -> Any:
        if not isinstance(record, Mapping):
            return record  # the relay quarantines it, as it does for the live stream
        return self._batch.dialect.to_lambda(record, self._batch.stream_arn, self._batch.shard_id)

    def _start(self) -> str | None:
        at = self._after or self._batch.first
        kind = "AFTER_SEQUENCE_NUMBER" if self._after else "AT_SEQUENCE_NUMBER"
        try:
            return self._source.iterator(self._batch.shard_id, kind, at)  # type: ignore[arg-type]
        except PositionTrimmed:
            self.trimmed = True
            return self._oldest()
        except TargetMissing:
            self._look_for_shard()
            return None

    def _oldest(self) -> str | None:
        """The rest of the range begins at the shard's oldest record, if any of it is left. The check of the
        last record is needed because an open shard that is empty by now returns empty pages for ever."""
        try:
            self._source.iterator(self._batch.shard_id, "AT_SEQUENCE_NUMBER", self._batch.last)
            return self._source.iterator(self._batch.shard_id, "TRIM_HORIZON")
        except PositionTrimmed:
            return None
        except TargetMissing:
            self._look_for_shard()
            return None

    def _look_for_shard(self) -> None:
        """A shard leaves its stream with all its records. A missing stream may be in another account
        or region."""
        try:
            listed = any(shard.id == self._batch.shard_id for shard in self._source.shards())
        except TargetMissing as error:
            self.missing = error
            return
        if listed:
            raise SourceUnavailable(f"shard {self._batch.shard_id} is listed but cannot be read")
        self.trimmed = True
