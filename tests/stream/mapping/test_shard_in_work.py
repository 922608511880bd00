"""A shard in work, and the shards of a stream, alone: what they take, keep and call caught up."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from bridge.core.records.dialect import STREAM
from bridge.delivery.backoff import Backoff
from bridge.errors import SourceUnavailable, TargetMissing
from bridge.ports.stream import Page, Shard
from bridge.stream.mapping import shard as module
from bridge.stream.mapping.intake import Intake
from bridge.stream.mapping.position import Start
from bridge.stream.mapping.settings import MappingSettings, Pace, Reading
from bridge.stream.mapping.shard import ShardInWork
from bridge.stream.mapping.shards import Shards
from bridge.stream.mapping.stats import Tally
from tests.builders.records import STREAM_ARN, lambda_record
from tests.fakes.clock import FakeClock
from tests.stream.rig import Notes


def shard_in_work(start: Start | None = None, **settings: Any) -> ShardInWork:
    reader: Any = SimpleNamespace(drained=False, due_s=5.0)
    intake = Intake(STREAM, STREAM_ARN, "shard-1")
    return ShardInWork(intake, start or Start(), reader, MappingSettings(**settings), Tally(Notes()))


def wants(shard: ShardInWork) -> bool:
    return shard.wants_records


def caught_up(made: Shards) -> bool:
    return made.caught_up


def shaped(number: int, key: str = "a", time: float = 1_000.0) -> Mapping[str, Any]:
    return lambda_record(key={"id": key}, after={"id": key}, seq=number, time=time)


def test_no_more_is_read_than_the_buffer_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BUFFER_RECORDS", 3)
    shard = shard_in_work()
    wanted = []
    for number in range(1, 5):
        wanted.append(wants(shard))
        shard.take([shaped(number)], 0.0)
    assert wanted == [True, True, True, False]


def test_no_more_is_read_than_the_memory_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    shard = shard_in_work()
    ready = Intake(STREAM, STREAM_ARN, "shard-1").take(shaped(1), read_s=0.0)
    monkeypatch.setattr(module, "_BUFFER_BYTES", 2 * len(ready.body))
    wanted = []
    for number in range(1, 4):
        wanted.append(wants(shard))
        shard.take([shaped(number)], 0.0)
    assert wanted == [True, True, False]


def test_a_shard_is_read_while_one_of_its_lanes_has_room() -> None:
    shard = shard_in_work(parallelization_factor=2, batch_size=1)
    shard.take([shaped(1, "a")], 0.0)
    assert [lane.full for lane in shard.lanes].count(True) == 1
    assert wants(shard)
    shard.take([shaped(number, f"k{number}") for number in range(2, 9)], 0.0)
    assert not wants(shard)
    assert shard.due_s() == 0, "only its batches are due"


def test_a_shard_that_was_read_to_its_end_wants_nothing_and_ends_when_all_is_done() -> None:
    shard = shard_in_work()
    shard.take([shaped(1), shaped(2)], 0.0)
    shard.reader.drained = True
    assert not wants(shard)
    ((_, batch),) = shard.begin(0.0, 0.0)
    assert (shard.pending, shard.ended, shard.checkpoint) == (2, False, None)
    shard.finish(batch.records)
    assert (shard.pending, shard.ended, shard.checkpoint) == (0, True, "SHARD_END")


def test_records_from_before_the_start_are_done_and_those_of_its_second_are_not() -> None:
    shard = shard_in_work(Start(kind="LATEST", since_s=1_000))
    shard.take([shaped(7, time=999.0)], 0.0)
    assert (shard.pending, shard.checkpoint) == (0, "7")
    shard.take([shaped(8, time=1_000.0), shaped(9, time=1_001.0)], 0.0)
    assert shard.pending == 2


def test_the_window_is_counted_on_the_monotonic_clock_and_the_age_on_the_wall_clock() -> None:
    shard = shard_in_work(window_s=10, max_record_age_s=60)
    shard.take([shaped(1, time=1_000_000.0)], 50.0)
    assert shard.begin(1_000_030.0, 59.0) == []
    ((_, batch),) = shard.begin(1_000_030.0, 60.0)
    assert batch.given_up is None


# --- the shards of a stream ------------------------------------------------------------------------


class Listing:
    """A source that lists these shards; nothing is read from it."""

    arn = STREAM_ARN

    def __init__(self, *shards: Shard) -> None:
        self.listed = shards
        self.failing = False

    def shards(self) -> Sequence[Shard]:
        if self.failing:
            raise SourceUnavailable("down")
        return self.listed

    def iterator(self, shard_id: str, kind: str, sequence_number: str | None = None) -> str:
        raise NotImplementedError

    def read(self, iterator: str, limit: int) -> Page:
        raise NotImplementedError


def shards(source: Listing, starts: Mapping[str, Start] | None = None) -> tuple[Shards, FakeClock]:
    """Every shard is quiet: read twice to its tip, with nothing in work."""
    clock = FakeClock(1_000.0)

    def opened(shard_id: str, start: Start) -> Any:
        reader = SimpleNamespace(drained=False, empty_reads=2)
        return SimpleNamespace(
            id=shard_id, pending=0, ended=False, reader=reader, checkpoint=start.checkpoint or "1"
        )

    reading = Reading(source, Pace(), clock, Tally(Notes()), Backoff(random.Random(7)))
    return Shards(reading, starts or {}, "TRIM_HORIZON", opened), clock


def listed_again(made: Shards, clock: FakeClock) -> None:
    clock.advance(10.0)
    made.refresh()


def test_nothing_is_caught_up_before_the_first_listing() -> None:
    made, _ = shards(Listing(Shard("p", None)))
    assert caught_up(made) is False


def test_a_stream_is_caught_up_only_if_every_shard_that_is_listed_was_begun() -> None:
    made, clock = shards(Listing(Shard("p", None)))
    made.refresh()
    assert not caught_up(made), "a shard was begun since the listing"
    listed_again(made, clock)
    assert caught_up(made)
    waits, clock = shards(Listing(Shard("p", None, "1", "9"), Shard("c", "p")))
    waits.refresh()
    listed_again(waits, clock)
    assert [shard.id for shard in waits.in_work] == ["p"]
    assert not caught_up(waits), "the child waits for its parent"


def test_records_that_came_show_that_the_stream_is_not_caught_up() -> None:
    made, clock = shards(Listing(Shard("p", None)))
    made.refresh()
    listed_again(made, clock)
    assert caught_up(made)
    made.noticed_records()
    assert not caught_up(made)


def test_a_position_is_kept_until_two_listings_miss_its_shard() -> None:
    source = Listing(Shard("a", None), Shard("b", None))
    made, clock = shards(source, {"a": Start(after="5"), "gone": Start(after="6")})
    made.refresh()
    assert made.positions == {"a": "5", "b": "1", "gone": "6"}
    listed_again(made, clock)
    assert made.positions == {"a": "5", "b": "1"}
    source.listed = ()
    listed_again(made, clock)
    assert made.positions == {"a": "5", "b": "1"}, "both are still in work"


def test_a_shard_that_ended_makes_way_at_once_and_a_listing_follows() -> None:
    source = Listing(Shard("p", None, "1", "9"), Shard("c", "p"))
    made, clock = shards(source)
    made.refresh()
    listed_again(made, clock)
    (parent,) = made.in_work
    parent.ended = True  # type: ignore[misc]
    assert made.listing_due_s > clock.monotonic()
    made.retire()
    assert made.listing_due_s == clock.monotonic()
    assert not caught_up(made)
    made.refresh()
    assert [shard.id for shard in made.in_work] == ["c"]


def test_a_shard_that_the_stream_does_not_know_is_given_up_only_if_its_listing_agrees() -> None:
    source = Listing(Shard("a", None), Shard("b", None))
    made, _ = shards(source)
    made.refresh()
    done: list[str] = []
    first, _second = made.in_work
    first.reader.back_off = lambda: done.append("back off")  # type: ignore[method-assign]
    first.reader.abandon = lambda: done.append("abandon")  # type: ignore[method-assign]
    error = TargetMissing("no such shard")
    with pytest.raises(TargetMissing):
        made.missing(first, error)
    source.listed = (Shard("b", None),)
    made.missing(first, error)
    source.failing = True
    made.missing(first, error)
    assert done == ["abandon", "back off"]


def test_a_listing_that_misses_a_shard_with_a_checkpoint_is_repeated_at_once() -> None:
    made, clock = shards(Listing(Shard("a", None)), {"gone": Start(after="6")})
    made.refresh()
    assert made.listing_due_s == clock.monotonic()
    made.refresh()
    assert made.positions == {"a": "1"}
    assert made.listing_due_s == clock.monotonic() + 10.0
