"""When the runner tries again: at exact times, where the jitter draws the whole interval."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pytest

from bridge.errors import (
    CheckpointUnavailable,
    DestinationUnavailable,
    IteratorExpired,
    PositionTrimmed,
    SourceUnavailable,
)
from bridge.stream.mapping.settings import Pace
from bridge.stream.runner import Runner
from tests.fakes.stores import MemoryCheckpoints, MemoryFailureDestination
from tests.stream.rig import Rig, raising, returning

PACE = Pace(backoff_base_s=1.0, backoff_cap_s=8.0, poll_s=0.25, listing_s=1_000.0)


class Longest(random.Random):
    """Draws the whole interval."""

    def random(self) -> float:
        return 1.0


def waiting(rig: Rig, **settings: Any) -> Runner:
    return rig.runner(pace=PACE, rng=Longest(7), **settings)


def until(rig: Rig, runner: Runner, at_s: float) -> None:
    """Steps until so many seconds after the start."""
    while rig.clock.monotonic() < START_S + at_s:
        rig.clock.advance(runner.step())


START_S = 1_793_534_400.0


class Times:
    """Seconds after the start at which something was tried."""

    def __init__(self, rig: Rig) -> None:
        self._clock = rig.clock
        self.at: list[float] = []

    def note(self, *_: Any) -> None:
        self.at.append(round(self._clock.monotonic() - START_S, 3))


def test_a_failed_batch_waits_twice_as_long_each_time_up_to_the_cap_and_begins_anew_after_a_success() -> None:
    rig = Rig()
    rig.write(1)
    times = Times(rig)

    def fail(sequences: list[str]) -> Any:
        times.note()
        return raising(sequences) if len(times.at) not in (6, 8) else None

    rig.function.always = fail
    runner = waiting(rig)
    until(rig, runner, 25)
    assert times.at == [0, 1, 3, 7, 15, 23]
    rig.write(1)
    until(rig, runner, 27)
    assert [at - times.at[6] for at in times.at[6:]] == [0, 1]


def test_a_batch_whose_checkpoint_moved_waits_as_after_a_first_failure() -> None:
    rig = Rig()
    rig.write(3)
    times = Times(rig)
    answers = [raising, raising, returning(1), returning(1), raising, raising]

    def answer(sequences: list[str]) -> Any:
        times.note()
        return answers[len(times.at) - 1](sequences)

    rig.function.always = answer
    until(rig, waiting(rig), 7.5)
    assert times.at == [0, 1, 3, 4, 5, 7]


def test_a_batch_that_is_given_up_after_its_last_retry_is_sent_at_once() -> None:
    rig = Rig()
    rig.write(1)
    sent = Times(rig)

    class Noting(MemoryFailureDestination):
        def send(self, info: Any, payload: Any) -> None:
            sent.note()
            super().send(info, payload)

    rig.destination = Noting()
    rig.function.always = raising
    until(rig, waiting(rig, max_retries=1), 2)
    assert sent.at == [1]


def test_a_destination_that_is_down_is_tried_again_with_growing_waits_and_then_the_lane_goes_on() -> None:
    rig = Rig()
    rig.write(2)
    sent = Times(rig)

    class Down(MemoryFailureDestination):
        def send(self, info: Any, payload: Any) -> None:
            sent.note()
            if len(sent.at) not in (4, 6):
                raise DestinationUnavailable("down")
            super().send(info, payload)

    rig.destination = Down()
    rig.function.always = raising
    until(rig, waiting(rig, batch_size=1, max_retries=0), 20)
    assert sent.at == [0, 2, 6, 14, 14, 16], "the function's failure counts as the first in a row"
    assert rig.notes.counts["runner_given_up"] == 2


def test_reads_that_fail_wait_twice_as_long_each_time_and_an_answer_ends_that() -> None:
    rig = Rig()
    reads = Times(rig)
    rig.stream.before_read = reads.note
    rig.stream.fail("read", *[SourceUnavailable("throttled")] * 5)
    runner = waiting(rig)
    until(rig, runner, 24)
    assert reads.at[:6] == [0, 1, 3, 7, 15, 23]
    rig.stream.fail("read", SourceUnavailable("throttled"), SourceUnavailable("throttled"))
    begin = len(reads.at)
    until(rig, runner, 28)
    first, second, third = reads.at[begin : begin + 3]
    assert (second - first, third - second) == (1, 2)


@pytest.mark.parametrize("error", [IteratorExpired("expired"), PositionTrimmed("trimmed")])
def test_a_lost_place_in_the_stream_is_asked_for_again_after_a_wait_that_grows(error: Any) -> None:
    rig = Rig()
    rig.write(1)
    reads = Times(rig)
    rig.stream.before_read = reads.note
    rig.stream.fail("read", error, error, error)
    until(rig, waiting(rig), 8)
    assert reads.at[:4] == [0, 1, 3, 7]


def test_an_empty_shard_is_read_at_the_pace_and_one_with_records_at_once() -> None:
    rig = Rig(page_size=1)
    rig.write(3)
    reads = Times(rig)
    rig.stream.before_read = reads.note
    until(rig, waiting(rig), 1)
    assert reads.at[3] <= 0.01
    assert [round(later - at, 3) for at, later in zip(reads.at[3:], reads.at[4:], strict=False)][:2] == [
        0.25
    ] * 2


def listings_of(rig: Rig) -> Times:
    """When the shards are listed, from now on."""
    listings, real = Times(rig), rig.stream.shards

    def shards() -> Any:
        listings.note()
        return real()

    rig.stream.shards = shards  # type: ignore[method-assign]
    return listings


def test_listings_that_fail_wait_twice_as_long_each_time_and_an_answer_ends_that() -> None:
    rig = Rig()
    listings = listings_of(rig)
    rig.stream.fail("shards", *[SourceUnavailable("throttled")] * 4)
    until(rig, waiting(rig), 15.1)
    assert listings.at[:5] == [0, 1, 3, 7, 15]


def test_shards_are_listed_at_their_pace_while_records_keep_coming() -> None:
    rig = Rig()
    listings = listings_of(rig)

    def keep_writing(shard_id: str) -> None:
        rig.stream.write("k")

    rig.stream.before_read = keep_writing
    runner = rig.runner(pace=Pace(listing_s=4.0))
    for _ in range(90):
        runner.step()
        rig.clock.advance(0.1)
    assert [round(at) for at in listings.at] == [0, 4, 8]


def test_a_store_that_is_down_is_tried_again_with_growing_waits_and_an_answer_ends_that() -> None:
    rig = Rig()
    saves = Times(rig)

    class Down(MemoryCheckpoints):
        def save(self, stream_arn: str, progress: Mapping[str, str]) -> None:
            saves.note()
            if len(saves.at) not in (4, 6):
                raise CheckpointUnavailable("no space")
            super().save(stream_arn, progress)

    rig.write(1)
    runner = rig.runner(pace=PACE, rng=Longest(7), checkpoints=Down())
    until(rig, runner, 8)
    assert saves.at == [0, 1, 3, 7]
    rig.write(1)
    until(rig, runner, 11)
    assert [at - saves.at[4] for at in saves.at[4:]] == [0, 1]


def test_a_runner_whose_clock_has_just_begun_waits_for_nothing() -> None:
    """A monotonic clock may begin at zero."""
    rig = Rig(start_s=0.0)
    rig.write(1)
    runner = rig.runner()
    runner.step()
    assert len(rig.function.calls) == 1
    assert rig.saved()
