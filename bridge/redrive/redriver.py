"""A batch that was given up goes through the relay again, marked, and its place is given free only then.

Nothing is remembered between two runs but what the ledger has: a batch of which a part was settled is walked
again from its beginning, and the ledger suppresses that part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, Literal

from bridge.core.records.dialect import Dialect
from bridge.errors import BreakerTripped, BridgeError
from bridge.ports.clock import Deadline
from bridge.ports.failures import FailureSource, StoredBatch
from bridge.ports.quarantine import Record
from bridge.ports.stream import StreamSource
from bridge.reconcile.reader import Pace
from bridge.redrive.given_up import GivenUp, read_given_up
from bridge.redrive.range import Stretch
from bridge.relay.relay import Relay

CHUNK_RECORDS: Final = 100  # what the ledger reads in one call
CHUNK_TIME_S: Final = 30.0

OpenStream = Callable[[str, Dialect], StreamSource]
"""Gives the stream of an ARN."""


@dataclass(frozen=True, slots=True)
class Hole:
    """A range of a shard that the stream had trimmed before it was read again; its keys are not known.
    ``records`` is how many are missing, as far as the batch told its size; times are ISO 8601 or ""."""

    stream_arn: str
    shard_id: str
    first: str
    last: str
    first_time: str
    last_time: str
    records: int


State = Literal["settled", "trimmed", "left"]


@dataclass(frozen=True, slots=True)
class Redriven:
    """What became of one batch. ``settled``: every record ended; ``trimmed``: what the stream still had did,
    see ``hole``; ``left``: something comes again, ``why`` tells. ``counts`` has ``received`` and the four
    ends."""

    name: str
    state: State
    counts: Counter[str] = field(default_factory=Counter)
    why: str = ""
    hint: str = ""
    hole: Hole | None = None
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Redriver:
    """``pace`` counts records; None walks as fast as it goes. ``deadline`` is asked anew for each chunk."""

    relay: Relay
    open_stream: OpenStream
    deadline: Callable[[], Deadline]
    pace: Pace | None = None
    chunk_records: int = CHUNK_RECORDS

    def walk(self, name: str, content: bytes | str, hold: Callable[[], None] = lambda: None) -> Redriven:
        """Walk one parked batch; ``hold`` is called before each chunk.

        Raises ``Unavailable`` and ``BatchError``, as the relay and the stream do: the batch must stay where
        it is. A batch that trips the breaker, or whose stream is not there, is ``left`` instead, so that it
        does not stand in the way of others.
        """
        counts: Counter[str] = Counter()
        try:
            batch = read_given_up(content)
        except BridgeError as error:
            return Redriven(name, "left", why=error.message, hint=error.hint)
        if batch.records is not None:
            left = self._walk(batch, batch.records, counts, hold)
            return Redriven(name, "left" if left else "settled", counts, left)
        stretch = Stretch(self.open_stream(batch.stream_arn, batch.dialect), batch, self.relay.clock)
        left = self._walk(batch, stretch.records(), counts, hold)
        if stretch.missing is not None:
            return Redriven(name, "left", counts, stretch.missing.message, stretch.missing.hint)
        if left:
            return Redriven(name, "left", counts, left)
        if stretch.trimmed:
            return Redriven(name, "trimmed", counts, "trimmed", hole=_hole(batch, counts["received"]))
        return Redriven(name, "settled", counts)

    def _walk(
        self, batch: GivenUp, records: Iterable[Record], counts: Counter[str], hold: Callable[[], None]
    ) -> str:
        """Why something is left, "" where every record ended. What follows a chunk with a record that was
        handed back waits with it, so that no key gets its changes in another order."""
        remaining = iter(records)
        while chunk := list(islice(remaining, self.chunk_records)):
            hold()
            if self.pace is not None:
                self.pace.spend(len(chunk))
            try:
                outcome = self.relay.handle(chunk, self.deadline(), dialect=batch.dialect, redriven=True)
            except BreakerTripped as error:
                return error.message
            counts["received"] += outcome.received
            for end in ("published", "without_event", "quarantined", "returned"):
                counts[end] += getattr(outcome, end)
            if outcome.returned:
                return "handed back: " + ", ".join(sorted(outcome.reasons["returned"]))
            if outcome.reasons.get("without_event", {}).get("unknown_table"):
                return "its table is not in the configuration"
        return ""


def redrive(
    source: FailureSource, redriver: Redriver, *, accept_trimmed: bool = False, dry: bool = False
) -> Generator[Redriven]:
    """Walk what is parked, one batch after the other, and forget each that is settled.

    A batch that the stream has trimmed stays, because nothing else tells of the hole; with ``accept_trimmed``
    it goes once its hole is told. ``dry`` removes nothing. Raises as :meth:`Redriver.walk` and the source do;
    what was told before that is done.
    """
    batches = source.batches()
    try:
        for stored in batches:
            done = redriver.walk(stored.name, stored.content, _holding(source, stored))
            gone = not dry and (done.state == "settled" or (done.state == "trimmed" and accept_trimmed))
            if gone:
                source.remove(stored)
            yield Redriven(done.name, done.state, done.counts, done.why, done.hint, done.hole, removed=gone)
    finally:
        batches.close()


def _holding(source: FailureSource, stored: StoredBatch) -> Callable[[], None]:
    return lambda: source.hold(stored)


def _hole(batch: GivenUp, read: int) -> Hole:
    return Hole(
        stream_arn=batch.stream_arn,
        shard_id=batch.shard_id,
        first=batch.first,
        last=batch.last,
        first_time=batch.first_time,
        last_time=batch.last_time,
        records=max(0, batch.size - read),
    )
