"""The environment of the simulated bridge: a clock, a table as the source of truth, and the table's stream.

Every change that the table has seen is in ``World.log``, also those that no stream recorded, so that checks
knows what should have become of each.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any, NamedTuple

from bridge.limits import STREAM_RETENTION_S
from bridge.ports.stream import Page
from tests.builders.records import Op, record
from tests.fakes.stream import FakeStream

START_S = 1_793_534_400.0
TABLE = "Items"
TABLE_ARN = f"arn:aws:dynamodb:eu-central-1:123456789012:table/{TABLE}"

Image = dict[str, Any]


class SimulatedClock:
    """Moves only when somebody sleeps on it or pushes it."""

    def __init__(self) -> None:
        self.at_s = START_S

    def now(self) -> float:
        return self.at_s

    def monotonic(self) -> float:
        return self.at_s

    def sleep(self, seconds: float) -> None:
        self.at_s += max(0.0, seconds)

    advance = sleep


class Place(NamedTuple):
    """A record's place: the stream's label and the sequence number, unpadded."""

    label: str
    number: str


def places_of(info: Mapping[str, Any], payload: Mapping[str, Any]) -> list[Place]:
    """The records of a batch that was given up."""
    label = str(info["DDBStreamBatchInfo"]["streamArn"]).rpartition("/")[2]
    return [Place(label, record["dynamodb"]["SequenceNumber"]) for record in payload["Records"]]


@dataclass(frozen=True, slots=True)
class Written:
    """One change of an item. ``place`` is None where the stream was off: nobody will ever hear of it."""

    key: str
    op: Op
    before: Image | None
    after: Image | None
    place: Place | None
    at_s: float

    @property
    def record_id(self) -> str:
        return "" if self.place is None else f"{self.place.label}-{self.place.number}"


class SimulatedStream(FakeStream):
    """A stream of one label. ``skip_share``: of the records read first, how many a faulty mapping drops."""

    def __init__(self, clock: SimulatedClock, rng: Random, *, page_size: int) -> None:
        self.label = datetime.fromtimestamp(clock.now(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        super().__init__(clock, arn=f"{TABLE_ARN}/stream/{self.label}", page_size=page_size)
        self.skip_share = 0.0
        self.skipped: list[str] = []
        self.shard_of: dict[int, str] = {}
        """Of every record that was ever written."""
        self._rng = rng
        self._looked_at: set[int] = set()
        self._written_s: dict[int, float] = {}

    def append_change(
        self, key: str, op: Op, before: Image | None, after: Image | None, now_s: float
    ) -> Place:
        key_hash = zlib.crc32(key.encode())
        owner = next(s for s in self._shards.values() if s.ending is None and key_hash in s.keys)
        number = next(self._numbers)
        built = record(
            op=op,
            key={"id": key},
            before=before,
            after=after,
            seq=number,
            time=now_s,
            event_id=f"{self.label}-{number}",
        )
        owner.records.append((number, built))
        self.shard_of[number] = owner.id
        self._written_s[number] = now_s
        return Place(self.label, str(number))

    def trim_expired(self, now_s: float) -> dict[str, list[str]]:
        """Forgets what is older than 24 hours; answers the numbers by shard."""
        gone: dict[str, list[str]] = {}
        for shard in self._shards.values():
            old = [n for n, _ in shard.records if now_s - self._written_s[n] > STREAM_RETENTION_S]
            if old:
                self.trim(shard.id, len(old))
                gone[shard.id] = [str(number) for number in old]
        return gone

    def read(self, iterator: str, limit: int) -> Page:
        page = super().read(iterator, limit)
        if not self.skip_share or not page.records:
            return page
        kept = []
        for one in page.records:
            number = int(one["dynamodb"]["SequenceNumber"])
            if number not in self._looked_at:
                self._looked_at.add(number)
                if self._rng.random() < self.skip_share:
                    self.skipped.append(str(number))
                    for shard in self._shards.values():
                        shard.records = [(n, r) for n, r in shard.records if n != number]
                    continue
            kept.append(one)
        return Page(kept, page.next)

    def age_s(self, done: Mapping[str, str], now_s: float) -> float:
        """Of the oldest record that the mapping has not done."""
        ages = [0.0]
        for shard in self._shards.values():
            through = done.get(shard.id, "0")
            if through != "SHARD_END":
                ages += [now_s - self._written_s[n] for n, _ in shard.records if n > int(through)]
        return max(ages)

    def following(self, number: str, count: int) -> Sequence[Mapping[str, Any]]:
        """The next records of the shard that holds ``number``."""
        for shard in self._shards.values():
            if any(n == int(number) for n, _ in shard.records):
                return [r for n, r in shard.records if n > int(number)][:count]
        return ()


@dataclass(slots=True)
class World:
    """``excused`` names records that nobody can be expected to publish, and why: the stream or the mapping
    lost them, or they were given up into the on-failure destination."""

    rng: Random
    clock: SimulatedClock = field(default_factory=SimulatedClock)
    page_size: int = 1000
    skip_share: float = 0.0
    items: dict[str, Image] = field(default_factory=dict)
    log: list[Written] = field(default_factory=list)
    streams: list[SimulatedStream] = field(default_factory=list)
    stream: SimulatedStream | None = None
    excused: dict[Place, str] = field(default_factory=dict)
    trace: list[str] = field(default_factory=list)

    def note(self, line: str) -> None:
        self.trace.append(f"{self.clock.at_s - START_S:.3f} {line}")

    def switch_on(self) -> SimulatedStream:
        """A stream that is enabled again is a new one: its label is newer, its numbers begin again."""
        self.clock.advance(1)
        self.stream = SimulatedStream(self.clock, self.rng, page_size=self.page_size)
        self.stream.skip_share = self.skip_share
        self.streams.append(self.stream)
        self.note(f"stream on {self.stream.label}")
        return self.stream

    def switch_off(self, done: Mapping[str, str]) -> None:
        """``done``: the mapping's checkpoints. It is orphaned: what it has not done it never will."""
        assert self.stream is not None
        for shard_id, numbers in self.stream.numbers.items():
            self._excuse(shard_id, numbers, done, "the stream was switched off")
        self.note("stream off")
        self.stream = None

    def begin_with(self, key: str, image: Image) -> None:
        """An item from before the stream was switched on: no record says that it was inserted."""
        self.items[key] = image
        self.log.append(Written(key, "insert", None, image, None, self.clock.now()))
        self.note(f"began with {key}")

    def put(self, key: str, image: Image) -> None:
        before = self.items.get(key)
        if before == image:
            self.note(f"no-op put {key}")
            return  # a put that changes nothing leaves no record
        self.items[key] = image
        self._write(key, "insert" if before is None else "modify", before, image)

    def remove(self, key: str) -> None:
        before = self.items.pop(key, None)
        if before is not None:
            self._write(key, "remove", before, None)

    def trim(self, done: Mapping[str, str]) -> None:
        """The stream forgets what is older than a day."""
        if self.stream is not None:
            for shard_id, numbers in self.stream.trim_expired(self.clock.now()).items():
                self.note(f"trimmed {len(numbers)} of {shard_id}")
                self._excuse(shard_id, numbers, done, "trimmed")

    def note_skipped(self) -> None:
        for stream in self.streams:
            for number in stream.skipped:
                self.excused.setdefault(Place(stream.label, number), "skipped by the mapping")

    def _write(self, key: str, op: Op, before: Image | None, after: Image | None) -> None:
        now_s = self.clock.now()
        place = self.stream.append_change(key, op, before, after, now_s) if self.stream else None
        self.log.append(Written(key, op, before, after, place, now_s))
        self.note(f"{op} {key} {place.number if place else 'unheard'}")

    def _excuse(self, shard_id: str, numbers: Sequence[str], done: Mapping[str, str], why: str) -> None:
        assert self.stream is not None
        through = done.get(shard_id, "0")
        if through == "SHARD_END":
            return
        for number in numbers:
            if int(number) > int(through):
                self.excused.setdefault(Place(self.stream.label, number), why)
