"""How far the runner is behind, from its checkpoints; and a refusal if they do not show it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bridge.core.records.dialect import STREAM
from bridge.errors import ReconcileStopped, SourceUnavailable
from bridge.ports.stream import Page, Shard
from bridge.stream.mapping.behind import PAGES, CheckpointLag
from tests.builders.records import STREAM_ARN
from tests.fakes.clock import FakeClock
from tests.fakes.stores import MemoryCheckpoints
from tests.fakes.stream import FakeStream


class Behind:
    """A stream, what a runner has saved of it, and a clock."""

    def __init__(self) -> None:
        self.clock = FakeClock(1_000_000.0)
        self.stream = FakeStream(self.clock)
        self.checkpoints = MemoryCheckpoints()

    def write(self, count: int = 1, *, every_s: float = 10.0) -> list[str]:
        written = []
        for number in range(count):
            written.append(self.stream.write(f"k{number}"))
            self.clock.advance(every_s)
        return written

    def save(self, **progress: str) -> None:
        self.checkpoints.save(STREAM_ARN, {name.replace("_", "-"): text for name, text in progress.items()})

    @property
    def lag(self) -> CheckpointLag:
        return CheckpointLag(self.stream, self.checkpoints, STREAM, self.clock, "./state")


@pytest.fixture
def behind() -> Behind:
    return Behind()


def test_the_oldest_record_after_the_checkpoint_gives_the_lag(behind: Behind) -> None:
    written = behind.write(5)
    behind.save(shard_1=written[1])
    assert behind.lag.lag_s() == 30  # the third was written 30 s ago
    behind.save(shard_1=written[3])
    assert behind.lag.lag_s() == 10


def test_a_runner_that_is_done_with_everything_is_not_behind_however_long_ago_that_was(
    behind: Behind,
) -> None:
    written = behind.write(3)
    behind.save(shard_1=written[2])
    behind.clock.advance(7_200)
    assert behind.lag.lag_s() == 0


def test_a_runner_that_died_falls_behind_as_time_goes_by(behind: Behind) -> None:
    written = behind.write(3)
    behind.save(shard_1=written[1])
    behind.clock.advance(7_200)
    assert behind.lag.lag_s() == 7_210


def test_an_empty_page_of_an_open_shard_is_not_the_end(behind: Behind) -> None:
    written = behind.write(3)
    behind.save(shard_1=written[0])
    behind.stream.empty_pages = 4
    assert behind.lag.lag_s() == 20


def test_a_child_shard_that_was_not_begun_counts_and_a_parent_that_is_done_does_not(behind: Behind) -> None:
    behind.write(2)
    behind.stream.split("shard-1")
    behind.save(shard_1="SHARD_END")
    assert behind.lag.lag_s() == 0
    behind.stream.write("k0")
    behind.clock.advance(40)
    assert behind.lag.lag_s() == 40


def test_the_shard_that_is_furthest_behind_counts(behind: Behind) -> None:
    low, high = behind.stream.split("shard-1")
    first = behind.stream.write("a", shard=low)
    behind.clock.advance(100)
    behind.stream.write("b", shard=high)
    behind.clock.advance(5)
    behind.checkpoints.save(STREAM_ARN, {"shard-1": "SHARD_END", low: first})
    assert behind.lag.lag_s() == 5
    behind.checkpoints.save(STREAM_ARN, {"shard-1": "SHARD_END", high: first})
    assert behind.lag.lag_s() == 105


def test_what_a_mapping_from_latest_on_has_passed_over_is_not_behind(behind: Behind) -> None:
    behind.write(4)
    since_s = int(behind.clock.now())
    behind.save(shard_1=f"AT_TIMESTAMP:{since_s}")
    behind.clock.advance(50)
    behind.write(1, every_s=7)
    assert behind.lag.lag_s() == 7


def test_what_the_stream_has_trimmed_is_not_in_flight_any_more(behind: Behind) -> None:
    written = behind.write(4)
    behind.save(shard_1=written[0])
    behind.stream.trim("shard-1", 3)
    assert behind.lag.lag_s() == 10


def test_a_record_without_a_time_leaves_the_lag_unknown(behind: Behind) -> None:
    written = behind.write(1)
    behind.stream.append({"eventID": "e", "dynamodb": {}})
    behind.save(shard_1=written[0])
    assert behind.lag.lag_s() is None


def test_without_a_checkpoint_of_this_very_stream_it_refuses_and_says_what_to_give(behind: Behind) -> None:
    written = behind.write(1)
    behind.checkpoints.save(STREAM_ARN.replace("2026-11-01", "2026-11-02"), {"shard-1": written[0]})
    for ask in (behind.lag.check, behind.lag.lag_s):
        with pytest.raises(ReconcileStopped, match="holds no checkpoint") as refused:
            ask()
    assert STREAM_ARN in refused.value.message
    assert "./state" in refused.value.message
    for way in ("--state", "--lag", "--stream-stopped"):
        assert way in refused.value.hint


def test_a_stream_that_does_not_answer_is_reported(behind: Behind) -> None:
    written = behind.write(2)
    behind.save(shard_1=written[0])
    behind.stream.fail("read", SourceUnavailable("throttled"))
    with pytest.raises(SourceUnavailable):
        behind.lag.lag_s()


def test_an_unread_record_from_the_future_shows_a_wrong_clock_and_no_lag_of_zero(
    behind: Behind,
) -> None:
    written = behind.write(2)
    behind.save(shard_1=written[0])
    behind.clock.set_wall(-3_600)
    assert behind.lag.lag_s() is None


@pytest.mark.parametrize(("ahead_s", "lag_s"), [(59.0, 0.0), (60.0, 0.0), (61.0, None)])
def test_clocks_may_differ_by_a_minute(behind: Behind, ahead_s: float, lag_s: float | None) -> None:
    written = behind.write(2)
    behind.save(shard_1=written[0])
    behind.clock.set_wall(-10 - ahead_s)
    assert behind.lag.lag_s() == lag_s


def test_a_record_of_the_very_second_of_a_mapping_from_latest_on_is_behind(behind: Behind) -> None:
    behind.write(2)
    behind.save(shard_1=f"AT_TIMESTAMP:{int(behind.clock.now())}")
    behind.write(1, every_s=9)
    behind.write(1, every_s=9)
    assert behind.lag.lag_s() == 18


def test_a_mapping_from_latest_on_that_only_saw_older_records_is_behind_since_it_began(
    behind: Behind,
) -> None:
    behind.write(4)
    behind.save(shard_1=f"AT_TIMESTAMP:{int(behind.clock.now())}")
    behind.clock.advance(50)
    assert behind.lag.lag_s() == 50


class Pages:
    """A source that gives these pages of one shard, and keeps what was asked."""

    arn = STREAM_ARN

    def __init__(self, *pages: Page, shards: Sequence[Shard] = (Shard("shard-1", None),)) -> None:
        self.pages = list(pages)
        self.listed = shards
        self.asked: list[tuple[str, int]] = []

    def shards(self) -> Sequence[Shard]:
        return self.listed

    def iterator(self, shard_id: str, kind: str, sequence_number: str | None = None) -> str:
        return f"{shard_id} {kind}"

    def read(self, iterator: str, limit: int) -> Page:
        self.asked.append((iterator, limit))
        return self.pages[len(self.asked) - 1]

    def lag(self, checkpoint: str) -> CheckpointLag:
        clock, checkpoints = FakeClock(1_000_000.0), MemoryCheckpoints()
        checkpoints.save(
            STREAM_ARN, {shard.id: "SHARD_END" for shard in self.listed} | {"shard-1": checkpoint}
        )
        return CheckpointLag(self, checkpoints, STREAM, clock, "./state")


def test_it_asks_for_one_record_and_for_many_only_where_some_are_passed_over() -> None:
    for checkpoint, limit in (("7", 1), ("AT_TIMESTAMP:999999", 1_000)):
        source = Pages(Page((), "next", behind_ms=0))
        assert source.lag(checkpoint).lag_s() == 0
        assert [asked for _, asked in source.asked] == [limit]


def test_pages_are_read_until_the_stream_says_that_nothing_waits_or_there_were_enough() -> None:
    waiting = Page((), "next", behind_ms=1)
    source = Pages(waiting, waiting, Page((), "next", behind_ms=0), waiting)
    assert source.lag("7").lag_s() == 0
    assert [iterator for iterator, _ in source.asked] == ["shard-1 AFTER_SEQUENCE_NUMBER", "next", "next"]
    silent = Pages(*[Page((), "next")] * (PAGES + 1))
    assert silent.lag("7").lag_s() == 0
    assert len(silent.asked) == PAGES == 10


@pytest.mark.parametrize(("ending", "lag_s"), [(None, None), ("9", 0.0)])
def test_an_answer_that_ends_a_shard_is_believed_only_if_the_listing_shows_it_closed(
    ending: str | None, lag_s: float | None
) -> None:
    others = (Shard("shard-0", None, "1", "2"), Shard("shard-2", None, "1"))
    source = Pages(Page((), None), shards=(Shard("shard-1", None, "1", ending), *others))
    assert source.lag("7").lag_s() == lag_s
