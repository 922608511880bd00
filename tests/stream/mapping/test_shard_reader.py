"""The reader of one shard alone, against a source whose every answer is planned."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from bridge.core.records.dialect import STREAM
from bridge.delivery.backoff import Backoff
from bridge.errors import (
    BridgeError,
    CheckpointBroken,
    IteratorExpired,
    PositionTrimmed,
    SourceUnavailable,
)
from bridge.ports.stream import Page, Shard
from bridge.stream.mapping.intake import Intake
from bridge.stream.mapping.position import Start
from bridge.stream.mapping.reader import ShardReader
from bridge.stream.mapping.settings import Pace, Reading
from bridge.stream.mapping.stats import Tally
from tests.builders.records import STREAM_ARN, record
from tests.fakes.clock import FakeClock
from tests.stream.rig import Notes

OPEN, CLOSED = Shard("shard-1", None, "1"), Shard("shard-1", None, "1", "99")
OTHER_OPEN, OTHER_CLOSED = Shard("shard-2", None, "1"), Shard("shard-2", None, "1", "99")
NOTHING = Page((), "next")
END = Page((), None)
Answer = Page | BridgeError


class Source:
    """Gives its answers in turn, the last one for ever. ``witnesses``: the answers to the second reader."""

    arn = STREAM_ARN

    def __init__(self, *answers: Answer, listed: Sequence[Shard] | BridgeError = (OPEN,)) -> None:
        self.answers, self.listed = list(answers), listed
        self.witnesses: list[Answer] = []
        self.iterators: list[tuple[str, str | None]] = []
        self.read_from: list[tuple[str, int]] = []
        self.witnessed: list[tuple[str, int]] = []
        self.listings = 0

    def shards(self) -> Sequence[Shard]:
        self.listings += 1
        if isinstance(self.listed, BridgeError):
            raise self.listed
        return self.listed

    def iterator(self, shard_id: str, kind: str, sequence_number: str | None = None) -> str:
        self.iterators.append((kind, sequence_number))
        return f"{kind} {len(self.iterators)}"

    def read(self, iterator: str, limit: int) -> Page:
        if limit < 1_000:
            self.witnessed.append((iterator, limit))
            return self._given(self.witnesses.pop(0))
        self.read_from.append((iterator, limit))
        return self._given(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])

    def _given(self, answer: Answer) -> Page:
        if isinstance(answer, BridgeError):
            raise answer
        return answer


class Longest(random.Random):
    def random(self) -> float:
        return 1.0


class Reader:
    def __init__(self, source: Source, start: Start) -> None:
        self.notes, self.clock = Notes(), FakeClock(1_000.0)
        self.holes: list[str | None] = []
        pace = Pace(backoff_base_s=1.0, backoff_cap_s=100.0, poll_s=0.25)
        reading = Reading(source, pace, self.clock, Tally(self.notes), Backoff(Longest(), 1.0, 100.0))
        intake = Intake(STREAM, STREAM_ARN, "shard-1")
        self.shard = ShardReader(reading, intake, start, lambda shard_id, after: self.holes.append(after))
        self.intake = intake

    def read(self) -> list[str]:
        """The sequence numbers of the next records."""
        return [self.intake.sequence(each) for each in self.shard.read()]

    def wait_s(self) -> float:
        return self.shard.due_s - self.clock.monotonic()


def records(*numbers: str, more: str | None = "next") -> Page:
    built = []
    for number in numbers:
        built.append(record(seq=1))
        built[-1]["dynamodb"]["SequenceNumber"] = number
    return Page(built, more)


def test_an_answer_that_fails_gives_no_records_and_a_wait_that_grows() -> None:
    failures = [SourceUnavailable("down"), IteratorExpired("expired"), PositionTrimmed("trimmed")]
    reader = Reader(Source(*failures, NOTHING), Start())
    waits = []
    for _ in failures:
        assert reader.read() == []
        waits.append(reader.wait_s())
    assert waits == [1, 2, 4]
    assert reader.notes.counts == {"runner_reads_failed": 1, "runner_iterators_expired": 1}
    assert reader.read() == []
    assert reader.wait_s() == 0.25


def test_empty_reads_count_the_pages_in_a_row_without_a_record_at_the_tip() -> None:
    far = Page((), "next", behind_ms=5)
    reader = Reader(Source(NOTHING, NOTHING, far, NOTHING, records("7"), NOTHING), Start())
    counts = [reader.shard.empty_reads]
    for _ in range(6):
        reader.read()
        counts.append(reader.shard.empty_reads)
    assert counts == [0, 1, 2, 0, 1, 0, 1]


def test_a_record_comes_once_and_one_without_a_number_is_never_taken_for_a_repeat() -> None:
    reader = Reader(Source(records("4", "5"), records("5", "", "6"), records("6", "")), Start())
    assert [reader.read() for _ in range(3)] == [["4", "5"], ["", "6"], [""]]


def test_a_shard_ends_at_its_second_end_in_a_row_without_a_record() -> None:
    source = Source(END, NOTHING, END, records("7", more=None), END, listed=(CLOSED, OTHER_OPEN))
    reader = Reader(source, Start())
    ended = []
    for _ in range(6):
        reader.read()
        ended.append(reader.shard.drained)
    # The first end is not followed by another; the record after the second one asks for one more again.
    assert ended == [False, False, False, False, True, True]
    assert source.listings == 1


@pytest.mark.parametrize("others", [(), (OTHER_CLOSED,), (OTHER_OPEN,)])
def test_an_end_that_the_listing_denies_is_asked_for_twice_again_after_a_wait(
    others: tuple[Shard, ...],
) -> None:
    source = Source(END, listed=(OPEN, *others))
    reader = Reader(source, Start())
    listings = []
    for _ in range(6):
        reader.read()
        listings.append(source.listings)
    assert listings == [0, 1, 1, 2, 2, 3]
    assert reader.notes.counts == {"runner_ends_refused": 3}
    assert not reader.shard.drained
    assert reader.wait_s() == 1


def test_an_end_while_shards_cannot_be_listed_is_asked_for_twice_again_after_a_wait() -> None:
    source = Source(END, listed=SourceUnavailable("down"))
    reader = Reader(source, Start())
    for _ in range(4):
        assert reader.read() == []
    assert source.listings == 2
    assert reader.notes.counts == {"runner_reads_failed": 2}
    assert [(level, fields["shard"]) for level, _, fields in reader.notes.lines] == [
        ("warning", "shard-1")
    ] * 2
    assert not reader.shard.drained
    assert reader.wait_s() == 1


def test_a_horizon_that_moves_on_before_the_first_record_is_no_hole() -> None:
    source = Source(PositionTrimmed("trimmed"), records("7"))
    reader = Reader(source, Start())
    assert [reader.read(), reader.read()] == [[], ["7"]]
    assert reader.holes == []
    assert source.iterators == [("TRIM_HORIZON", None)] * 2


@pytest.mark.parametrize("start", [Start(after="5"), Start(kind="LATEST", since_s=1)])
def test_a_trimmed_position_is_one_hole_and_reading_goes_on_at_the_horizon(start: Start) -> None:
    source = Source(PositionTrimmed("trimmed"), PositionTrimmed("trimmed"), records("7"), NOTHING)
    reader = Reader(source, start)
    assert [reader.read() for _ in range(3)] == [[], [], ["7"]]
    assert reader.holes == [start.after]
    assert [kind for kind, _ in source.iterators[1:]] == ["TRIM_HORIZON"] * 2


def test_latest_is_asked_for_once() -> None:
    source = Source(IteratorExpired("expired"), NOTHING)
    reader = Reader(source, Start(kind="LATEST", since_s=1))
    reader.read()
    reader.read()
    assert [kind for kind, _ in source.iterators] == ["LATEST", "TRIM_HORIZON"]


# --- the witness of a checkpoint -------------------------------------------------------------------


def witnessing(*witnesses: Answer, reads: int) -> Source:
    """After so many empty reads from a checkpoint at 50."""
    source = Source(NOTHING)
    source.witnesses = list(witnesses)
    reader = Reader(source, Start(after="50"))
    for _ in range(reads):
        assert reader.read() == []
    return source


def test_every_twenty_empty_reads_one_record_that_was_written_meanwhile_is_looked_at() -> None:
    assert [kind for kind, _ in witnessing(reads=19).iterators] == ["AFTER_SEQUENCE_NUMBER"]
    assert [kind for kind, _ in witnessing(reads=39).iterators] == ["AFTER_SEQUENCE_NUMBER", "LATEST"]
    page, last = Page((), "second"), Page((), "third")
    assert witnessing(page, last, reads=60).witnessed == [("LATEST 2", 1), ("second", 1)]


def test_a_witness_before_the_checkpoint_shows_that_it_is_broken() -> None:
    with pytest.raises(CheckpointBroken, match="beyond anything in its shard: 49"):
        witnessing(records("49"), reads=40)


@pytest.mark.parametrize("number", ["50", "51", ""])
def test_a_witness_at_or_after_the_checkpoint_or_without_a_number_shows_nothing(number: str) -> None:
    assert len(witnessing(records(number), reads=40).witnessed) == 1


@pytest.mark.parametrize(
    "error", [SourceUnavailable("down"), IteratorExpired("expired"), PositionTrimmed("trimmed")]
)
def test_a_witness_that_fails_is_asked_for_again(error: BridgeError) -> None:
    source = witnessing(error, NOTHING, reads=80)
    assert [kind for kind, _ in source.iterators[1:]] == ["LATEST", "LATEST"]
    assert source.witnessed == [("LATEST 2", 1), ("LATEST 3", 1)]


def test_a_checkpoint_is_proven_by_its_first_record() -> None:
    source = Source(*[NOTHING] * 25, records("51"), NOTHING)
    reader = Reader(source, Start(after="50"))
    for _ in range(90):
        reader.read()
    assert [kind for kind, _ in source.iterators] == ["AFTER_SEQUENCE_NUMBER", "LATEST"]
    assert source.witnessed == []


def test_at_the_horizon_nothing_has_to_be_proven() -> None:
    source = Source(PositionTrimmed("trimmed"), NOTHING)
    reader = Reader(source, Start(after="50"))
    for _ in range(45):
        reader.read()
    assert [kind for kind, _ in source.iterators] == ["AFTER_SEQUENCE_NUMBER", "TRIM_HORIZON"]


def test_latest_that_cannot_be_had_is_not_asked_for_again() -> None:
    class Trimmed(Source):
        def iterator(self, shard_id: str, kind: str, sequence_number: str | None = None) -> str:
            super().iterator(shard_id, kind, sequence_number)
            if kind == "LATEST":
                raise PositionTrimmed("trimmed")
            return "horizon"

    source = Trimmed(NOTHING)
    reader = Reader(source, Start(kind="LATEST", since_s=1))
    reader.read()
    reader.read()
    assert [kind for kind, _ in source.iterators] == ["LATEST", "TRIM_HORIZON"]
