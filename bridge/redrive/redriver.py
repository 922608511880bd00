"""Sends a batch that was given up through the relay again, marked, and removes it only after that.

Only the ledger remembers anything between two runs: a batch of which a part was settled is processed again
from its beginning, and the ledger suppresses that part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import Final, Literal

from bridge.core.records.dialect import Dialect
from bridge.errors import BreakerTripped, BridgeError
from bridge.ports.clock import Deadline
from bridge.ports.failures import FailureSource
from bridge.ports.quarantine import Record
from bridge.ports.stream import StreamSource
from bridge.reconcile.reader import Pace
from bridge.redrive.given_up import GivenUp, Home, read_given_up
from bridge.redrive.range import Range
from bridge.relay.accounts import Outcome
from bridge.relay.relay import Relay

CHUNK_RECORDS: Final = 100  # what the ledger reads in one call
CHUNK_TIME_S: Final = 30.0

_WAITED: Final = frozenset({"held_back", "not_sent"})
"""Reasons of records that were returned because of another one."""

OpenStream = Callable[[str, Dialect], StreamSource]
"""Opens the stream of an ARN."""


@dataclass(frozen=True, slots=True)
class Hole:
    """A range of a shard that the stream had trimmed before it was read again; its keys are not known.
    ``records`` is how many are missing, if the batch has its size; times are ISO 8601 or ""."""

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
    """The result of one batch. ``settled``: every record has its end; ``trimmed``: those that the stream
    still had, see ``hole``; ``left``: some must come again, ``why`` is the reason. ``counts`` has
    ``received`` and the four ends."""

    name: str
    state: State
    counts: Counter[str] = field(default_factory=Counter)
    why: str = ""
    hint: str = ""
    hole: Hole | None = None
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Redriver:
    """``pace`` counts records; None: no limit. ``deadline`` is called for each chunk. ``home`` is where the
    bridge's tables are: a table of that name elsewhere is another table. None: not known, not checked."""

    relay: Relay
    open_stream: OpenStream
    deadline: Callable[[], Deadline]
    pace: Pace | None = None
    chunk_records: int = CHUNK_RECORDS
    home: Home | None = None

    def redrive(self, name: str, content: bytes | str, hold: Callable[[], None] = lambda: None) -> Redriven:
        """Process one given-up batch; ``hold`` is called before each chunk.

        Raises ``Unavailable`` and ``BatchError``, as the relay does: the batch must stay where it is. A batch
        that trips the breaker, or whose stream is missing or cannot be read, is ``left`` instead, so that it
        does not block others.
        """
        counts: Counter[str] = Counter()
        try:
            batch = read_given_up(content)
            self._require_ours(batch)
        except BridgeError as error:
            return Redriven(name, "left", why=error.message, hint=error.hint)
        if batch.records is not None and batch.holds_all:
            left = self._handle(batch, batch.records, counts, hold)
            return Redriven(name, "left" if left else "settled", counts, left)
        found = Range(self.open_stream(batch.stream_arn, batch.dialect), batch, self.relay.clock)
        left = self._handle(batch, found.records(), counts, hold)
        if failed := found.missing or found.failed:
            return Redriven(name, "left", counts, failed.message, failed.hint)
        if left:
            return Redriven(name, "left", counts, left)
        if found.trimmed:
            read = counts["received"]
            left = self._handle(batch, batch.records or (), counts, hold)  # the payload holds a part of it
            if left:
                return Redriven(name, "left", counts, left)
            return Redriven(name, "trimmed", counts, "trimmed", hole=_hole(batch, read))
        if counts["received"] < batch.size:
            why = f"the stream returned {counts['received']} records, the batch had {batch.size}"
            return Redriven(name, "left", counts, why, "reconcile its table, then remove the message")
        return Redriven(name, "settled", counts)

    def _require_ours(self, batch: GivenUp) -> None:
        """Raises ``BridgeError``: only the name of a table is in the configuration, and every account and
        Region may have a table of that name."""
        if batch.strangers:
            raise BridgeError(
                f"{batch.strangers} of its records are from another stream than the batch",
                hint="something else wrote it; only what an event source mapping gave up is redriven",
            )
        home = self.home
        if home is None:
            return
        theirs = batch.home
        if theirs.region != home.region or (home.account and theirs.account != home.account):
            raise BridgeError(
                f"its stream is in {theirs}, the bridge is in {home}",
                hint="redrive it there: a table of the same name is another table",
            )

    def _handle(
        self, batch: GivenUp, records: Iterable[Record], counts: Counter[str], hold: Callable[[], None]
    ) -> str:
        """Why something is left, "" if every record has its end. Nothing after a chunk with a record returned
        for retry is processed, so that every key gets its changes in order. What only waited for other
        records is processed at once: without a ledger, the next redrive would come no further again."""
        remaining = iter(records)
        again: list[Record] = []
        while chunk := again or list(islice(remaining, self.chunk_records)):
            hold()
            if self.pace is not None:
                self.pace.spend(len(chunk), hold)
            try:
                outcome = self.relay.handle(chunk, self.deadline(), dialect=batch.dialect, redriven=True)
            except BreakerTripped as error:
                return error.message
            again = _that_waited(chunk, outcome, batch.dialect)
            counts["received"] += outcome.received - len(again)
            for end in ("published", "without_event", "quarantined"):
                counts[end] += getattr(outcome, end)
            counts["returned"] += outcome.returned - len(again)
            if outcome.returned and not again:
                return "returned for retry: " + ", ".join(sorted(outcome.reasons["returned"]))
            if outcome.reasons.get("without_event", {}).get("unknown_table"):
                return "its table is not in the configuration"
        return ""


def redrive(
    source: FailureSource, redriver: Redriver, *, accept_trimmed: bool = False, dry: bool = False
) -> Generator[Redriven]:
    """Process what waits for redrive, one batch after the other, and remove each that is settled.

    A batch that the stream has trimmed stays, because nothing else reports the hole; with ``accept_trimmed``
    it is removed once its hole is reported. ``dry`` removes nothing. Raises as :meth:`Redriver.redrive` and
    the source do; batches yielded before that are done.
    """
    batches = source.batches()
    try:
        for stored in batches:
            done = redriver.redrive(stored.name, stored.content, partial(source.hold, stored))
            gone = not dry and (done.state == "settled" or (done.state == "trimmed" and accept_trimmed))
            if gone:
                source.remove(stored)
            yield replace(done, removed=gone)
    finally:
        batches.close()


def _that_waited(chunk: Sequence[Record], outcome: Outcome, dialect: Dialect) -> list[Record]:
    """The records that were returned, where others ended and none of those returned failed itself."""
    reasons = outcome.reasons.get("returned", {})
    if outcome.returned == len(chunk) or not _WAITED.issuperset(reasons):
        return []
    returned = set(outcome.returned_numbers)
    return [record for record in chunk if dialect.identifier(record) in returned]


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
