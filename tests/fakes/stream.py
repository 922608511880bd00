"""A DynamoDB stream that behaves as the real one may at its worst.

Shards close, split and roll, also between two reads; sequence numbers grow by odd steps and are not padded,
so that comparing them as text goes wrong; records are trimmed; iterators expire, by time or on demand; open
shards give empty pages before their next record; any call can be made to fail. It keeps account of what
was asked, so that tests can look at the calls too.
"""

from __future__ import annotations

import itertools
import zlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bridge.errors import BridgeError, IteratorExpired, PositionTrimmed, TargetMissing
from bridge.limits import ITERATOR_LIFETIME_S
from bridge.ports.clock import Clock
from bridge.ports.quarantine import Record
from bridge.ports.stream import Page, Shard
from tests.builders.records import STREAM_ARN, Op, record
from tests.fakes.faults import Countdown, Fault, Plan, called, once

_HASHES = 2**32
_FIRST_NUMBER = 10**21 - 7  # the first numbers have 21 digits, the next ones 22


@dataclass
class _Shard:
    id: str
    parent: str | None
    starting: int
    keys: range  # of the hashes whose changes it takes
    ending: int | None = None
    trimmed_through: int = 0
    records: list[tuple[int, Record]] = field(default_factory=list)


@dataclass(frozen=True)
class _Place:
    """Where an iterator stands: records with greater numbers come next."""

    shard_id: str
    after: int
    issued_s: float


class FakeStream:
    """A ``StreamSource``. Begins with one open shard."""

    empty_pages = Countdown()
    """How many of the next reads give nothing although there is something."""
    false_ends = Countdown()
    """How many of the next reads have no records and no next iterator, as an answer that lost both."""
    before_read = Fault[Callable[[str], None]](lambda shard_id: None, called)
    """Called with the shard id before each read: the place to split a shard while it is read."""

    def __init__(self, clock: Clock, *, arn: str = STREAM_ARN, page_size: int = 1000) -> None:
        self.arn = arn
        self.page_size = page_size
        self.iterators: list[tuple[str, str, str | None]] = []
        """Every iterator asked for: shard, kind, sequence number."""
        self.reads: list[str] = []
        """The shard of every read."""
        self.listings = 0
        self._clock = clock
        self._shards: dict[str, _Shard] = {}
        self._gone: set[str] = set()
        self._places: dict[str, _Place] = {}
        self._numbers = itertools.accumulate(itertools.cycle((1, 3, 2)), initial=_FIRST_NUMBER)
        self._names = itertools.count(1)
        self._tokens = itertools.count(1)
        self._failures: dict[str, deque[tuple[BridgeError, Plan]]] = {
            "shards": deque(),
            "iterator": deque(),
            "read": deque(),
        }
        self.open()

    # --- what writers and DynamoDB do ----------------------------------------------------------

    def open(self, parent: str | None = None, keys: range = range(_HASHES)) -> str:
        shard_id = f"shard-{next(self._names)}"
        self._shards[shard_id] = _Shard(shard_id, parent, next(self._numbers), keys)
        return shard_id

    @property
    def numbers(self) -> dict[str, list[str]]:
        """The sequence numbers each shard holds."""
        return {shard.id: [str(number) for number, _ in shard.records] for shard in self._shards.values()}

    @property
    def open_shards(self) -> list[str]:
        return [shard.id for shard in self._shards.values() if shard.ending is None]

    def everything(self) -> list[Record]:
        """The records of all shards, by number."""
        numbered = [each for shard in self._shards.values() for each in shard.records]
        return [record for _, record in sorted(numbered, key=lambda each: each[0])]

    def write(self, key: str, *, shard: str | None = None, op: Op = "modify", **image: Any) -> str:
        """Appends a change of item ``key`` to the shard that its key belongs to, unless ``shard`` is named;
        answers its sequence number."""
        key_hash = zlib.crc32(key.encode())
        owner = next(name for name in self.open_shards if key_hash in self._shards[name].keys)
        target = self._shards[shard or owner]
        assert target.ending is None, "a closed shard takes no more records"
        number = next(self._numbers)
        written = record(
            op=op, key={"id": key}, after={"id": key, **image}, seq=number, time=self._clock.now()
        )
        target.records.append((number, written))
        return str(number)

    def append(self, built: Mapping[str, Any], *, shard: str | None = None) -> str:
        """Appends a ready record; its sequence number is replaced by the next one."""
        number = next(self._numbers)
        ready = {**built, "dynamodb": {**built["dynamodb"], "SequenceNumber": str(number)}}
        self._shards[shard or self.open_shards[0]].records.append((number, ready))
        return str(number)

    def close(self, shard_id: str) -> None:
        self._shards[shard_id].ending = next(self._numbers)

    def split(self, shard_id: str, into: int = 2) -> list[str]:
        """Closes the shard and opens its children, each with a part of its keys; ``into=1`` is the roll that
        every shard sees in time."""
        self.close(shard_id)
        keys = self._shards[shard_id].keys
        cuts = [keys.start + len(keys) * part // into for part in range(into + 1)]
        return [self.open(shard_id, range(low, high)) for low, high in itertools.pairwise(cuts)]

    def trim(self, shard_id: str, records: int) -> None:
        """Forgets the oldest records of a shard."""
        shard = self._shards[shard_id]
        for number, _ in shard.records[:records]:
            shard.trimmed_through = number
        del shard.records[:records]

    def drop_shard(self, shard_id: str) -> None:
        """Forgets a whole shard: it is listed no more and cannot be read."""
        self._gone.add(shard_id)

    def expire_iterators(self) -> None:
        self._places = {
            token: _Place(place.shard_id, place.after, self._clock.monotonic() - 2 * ITERATOR_LIFETIME_S)
            for token, place in self._places.items()
        }

    def fail(self, call: str, *errors: BridgeError) -> None:
        """The next calls of ``shards``, ``iterator`` or ``read`` raise these, one each."""
        for error in errors:
            self._failures[call].append((error, once(f"FakeStream.fail({call!r}, {error!r})")))

    # --- StreamSource --------------------------------------------------------------------------

    def shards(self) -> Sequence[Shard]:
        self.listings += 1
        self._fail_if_planned("shards")
        return [
            Shard(
                shard.id,
                shard.parent,
                str(shard.starting),
                str(shard.ending) if shard.ending is not None else None,
            )
            for shard in self._shards.values()
            if shard.id not in self._gone
        ]

    def iterator(self, shard_id: str, kind: str, sequence_number: str | None = None) -> str:
        self.iterators.append((shard_id, kind, sequence_number))
        self._fail_if_planned("iterator")
        shard = self._known(shard_id)
        newest = max((number for number, _ in shard.records), default=shard.trimmed_through)
        if kind == "TRIM_HORIZON":
            return self._token(shard_id, shard.trimmed_through)
        if kind == "LATEST":
            return self._token(shard_id, newest)
        assert kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")
        assert sequence_number is not None
        after = int(sequence_number) - (kind == "AT_SEQUENCE_NUMBER")
        if after < shard.trimmed_through:
            raise PositionTrimmed("trimmed", code="TrimmedDataAccessException")
        return self._token(shard_id, after)

    def read(self, iterator: str, limit: int) -> Page:
        place = self._places[iterator]
        self.reads.append(place.shard_id)
        self.before_read(place.shard_id)
        self._fail_if_planned("read")
        if self._clock.monotonic() - place.issued_s > ITERATOR_LIFETIME_S:
            raise IteratorExpired("expired", code="ExpiredIteratorException")
        shard = self._known(place.shard_id)
        if place.after < shard.trimmed_through:
            raise PositionTrimmed("trimmed", code="TrimmedDataAccessException")
        if self.false_ends:
            self.false_ends -= 1
            return Page((), None)
        if self.empty_pages:
            self.empty_pages -= 1
            return Page((), self._token(shard.id, place.after))
        waiting = [(number, entry) for number, entry in shard.records if number > place.after]
        page = waiting[: min(limit, self.page_size)]
        after = page[-1][0] if page else place.after
        at_end = shard.ending is not None and len(page) == len(waiting)
        return Page([entry for _, entry in page], None if at_end else self._token(shard.id, after))

    def _token(self, shard_id: str, after: int) -> str:
        token = f"iterator-{next(self._tokens)}"
        self._places[token] = _Place(shard_id, after, self._clock.monotonic())
        return token

    def _known(self, shard_id: str) -> _Shard:
        if shard_id in self._gone:
            raise TargetMissing("no such shard", code="ResourceNotFoundException", stage="read")
        return self._shards[shard_id]

    def _fail_if_planned(self, call: str) -> None:
        if self._failures[call]:
            error, plan = self._failures[call].popleft()
            plan()
            raise error
