"""Reading a shard: where it begins, and how it goes on when the stream is difficult."""

from __future__ import annotations

import pytest

from bridge.errors import AccessDenied, PositionTrimmed, SourceUnavailable, TargetMissing
from tests.stream.rig import Rig, drive, raising


def test_without_a_checkpoint_everything_still_in_the_stream_is_read() -> None:
    rig = Rig()
    expected = rig.write(5)
    assert rig.run().done == 5
    assert rig.function.handled == expected
    assert rig.stream.iterators[0] == ("shard-1", "TRIM_HORIZON", None)


def test_with_a_checkpoint_reading_goes_on_after_it() -> None:
    rig = Rig()
    first = rig.write(3)
    rig.run()
    second = rig.write(3)
    rig.run()
    assert rig.function.handled == first + second
    assert rig.stream.iterators[-1] == ("shard-1", "AFTER_SEQUENCE_NUMBER", first[-1])


def test_an_empty_page_is_not_taken_for_the_end() -> None:
    rig = Rig()
    expected = rig.write(2)
    rig.stream.empty_pages = 7
    runner = rig.runner()
    drive(runner, rig.clock, steps=1)
    assert not runner.caught_up
    drive(runner, rig.clock, steps=30)
    assert rig.function.handled == expected


def test_an_empty_page_of_a_closed_shard_does_not_make_way_for_its_children() -> None:
    rig = Rig()
    parents = rig.write(2, key="same")
    rig.stream.split("shard-1", into=1)
    children = rig.write(2, key="same")
    rig.stream.empty_pages = 3
    runner = rig.runner()
    drive(runner, rig.clock, steps=40)
    assert rig.function.handled == parents + children


def test_an_expired_iterator_is_replaced_after_the_last_record_read() -> None:
    rig = Rig(page_size=2)
    expected = rig.write(6)

    def expire_once(shard_id: str) -> None:
        if len(rig.stream.reads) == 2:
            rig.stream.expire_iterators()

    rig.stream.before_read = expire_once
    runner = rig.runner()
    drive(runner, rig.clock, steps=1)
    rig.stream.expire_iterators()
    stats = runner.run(until="caught_up")
    assert rig.function.handled == expected
    assert stats.iterators_expired == 1
    assert rig.stream.iterators[1] == ("shard-1", "AFTER_SEQUENCE_NUMBER", expected[1])


def test_an_iterator_that_grew_old_while_a_batch_was_stuck_loses_nothing() -> None:
    rig = Rig(page_size=2)
    expected = rig.write(6)
    runner = rig.runner(batch_size=2)
    rig.function.next_answers.extend([raising] * 40)
    while rig.function.next_answers:
        rig.clock.advance(runner.step() + 30)
    runner.run(until="caught_up")
    assert [call[0] for call in rig.function.calls[-3:]] == expected[::2]


def test_a_trimmed_position_is_logged_as_an_error_and_reading_continues_from_the_horizon() -> None:
    rig = Rig()
    first = rig.write(2)
    rig.run()
    second = rig.write(4)
    rig.stream.trim("shard-1", 4)
    stats = rig.run()
    assert rig.function.handled == first + second[2:]
    assert stats.positions_trimmed == 1
    assert rig.trimmed == [("shard-1", first[-1])]
    assert any("gone" in line for line in rig.notes.at("error"))


def test_a_shard_trimmed_while_it_is_read_is_logged_too() -> None:
    rig = Rig(page_size=2)
    numbers = rig.write(6)
    runner = rig.runner()
    drive(runner, rig.clock, steps=1)
    rig.stream.trim("shard-1", 4)
    runner.run(until="caught_up")
    assert rig.function.handled == numbers[:2] + numbers[4:]
    assert rig.trimmed == [("shard-1", numbers[1])]


def test_a_whole_shard_that_is_gone_before_it_was_done_is_logged_and_its_children_are_read() -> None:
    rig = Rig(page_size=2)
    numbers = rig.write(4, key="same")
    runner = rig.runner()
    drive(runner, rig.clock, steps=1)
    rig.stream.split("shard-1", into=1)
    children = rig.write(1, key="same")
    rig.stream.drop_shard("shard-1")
    runner.run(until="caught_up")
    assert rig.function.handled == numbers[:2] + children
    assert rig.trimmed == [("shard-1", numbers[1])]


def test_a_shard_that_is_gone_while_shards_cannot_be_listed_is_asked_for_again() -> None:
    rig = Rig(page_size=2)
    numbers = rig.write(2, key="same")
    runner = rig.runner()
    drive(runner, rig.clock, steps=1)
    rig.stream.split("shard-1", into=1)
    children = rig.write(1, key="same")
    rig.stream.drop_shard("shard-1")
    rig.stream.fail("shards", SourceUnavailable("throttled"), SourceUnavailable("throttled"))
    runner.run(until="caught_up")
    assert rig.function.handled == numbers + children


def test_a_checkpointed_shard_that_is_gone_at_start_is_logged() -> None:
    rig = Rig()
    rig.write(2)
    rig.run()
    rig.stream.split("shard-1", into=1)
    rig.stream.drop_shard("shard-1")
    assert rig.run().positions_trimmed == 1
    assert any("gone" in line for line in rig.notes.at("error"))


def test_a_trim_horizon_that_runs_away_is_asked_for_again() -> None:
    rig = Rig()
    expected = rig.write(1)
    rig.stream.fail("iterator", PositionTrimmed("trimmed"), PositionTrimmed("trimmed"))
    rig.run()
    assert rig.function.handled == expected


def test_throttled_reads_back_off_and_lose_nothing() -> None:
    rig = Rig(page_size=2)
    expected = rig.write(6)
    rig.stream.fail("read", *[SourceUnavailable("throttled", code="LimitExceededException")] * 5)
    rig.stream.fail("iterator", SourceUnavailable("500"))
    began_s = rig.clock.monotonic()
    stats = rig.run()
    assert rig.function.handled == expected
    assert stats.reads_failed == 6
    assert rig.clock.monotonic() > began_s


@pytest.mark.parametrize("error", [AccessDenied("dynamodb:GetRecords"), TargetMissing("no stream")])
def test_what_waiting_does_not_cure_ends_the_run(error: AccessDenied | TargetMissing) -> None:
    rig = Rig()
    rig.write(1)
    rig.stream.fail("read", error)
    with pytest.raises(type(error)):
        rig.run()


def test_a_mapping_that_begins_at_latest_sees_only_what_is_written_from_then_on() -> None:
    rig = Rig()
    rig.write(3)
    rig.stream.split("shard-1")
    rig.write(3)
    rig.clock.advance(60)
    runner = rig.runner(starting_position="LATEST")
    drive(runner, rig.clock, steps=3)
    new = rig.write(4)
    rig.stream.split(rig.stream.open_shards[0])
    new += rig.write(4)
    runner.run(until="caught_up")
    assert sorted(rig.function.handled) == sorted(new)


def test_latest_skips_nothing_when_the_process_dies_before_the_first_record() -> None:
    rig = Rig()
    rig.write(2)
    rig.clock.advance(60)
    drive(rig.runner(starting_position="LATEST"), rig.clock, steps=2)
    while_down = rig.write(3)
    stats = rig.run(starting_position="LATEST")
    assert rig.function.handled == while_down
    assert stats.before_start == 2


def test_latest_skips_nothing_when_its_iterator_expires_before_the_first_record() -> None:
    rig = Rig()
    rig.write(2)
    rig.clock.advance(60)
    runner = rig.runner(starting_position="LATEST")
    drive(runner, rig.clock, steps=2)
    rig.stream.expire_iterators()
    meanwhile = rig.write(3)
    runner.run(until="caught_up")
    assert rig.function.handled == meanwhile


def test_the_numbers_of_the_synthetic_stream_would_mislead_a_comparison_as_text() -> None:
    rig = Rig()
    numbers = rig.write(8)
    assert sorted(numbers) != numbers
    assert sorted(numbers, key=int) == numbers
