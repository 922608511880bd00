"""Shards: parent before child, and nothing of a lineage left out."""

from __future__ import annotations

from bridge.errors import SourceUnavailable
from bridge.ports.stream import Shard
from bridge.stream.mapping.shards import ready_shards
from tests.stream.rig import Rig, drive, raising


def test_a_child_is_read_only_after_its_parent_is_drained() -> None:
    rig = Rig()
    before = rig.write(3)
    left, right = rig.stream.split("shard-1")
    rig.write(3)
    rig.run()
    assert rig.function.handled[:3] == before
    reads = rig.stream.reads
    assert max(i for i, shard in enumerate(reads) if shard == "shard-1") < min(
        reads.index(left), reads.index(right)
    )


def test_a_child_waits_until_every_batch_of_its_parent_is_done() -> None:
    rig = Rig()
    rig.write(2)
    (child,) = rig.stream.split("shard-1", into=1)
    rig.write(1)
    rig.function.always = raising
    runner = rig.runner()
    drive(runner, rig.clock, steps=30)
    assert child not in rig.stream.reads
    rig.function.always = lambda sequences: None
    runner.run(until="caught_up")
    assert child in rig.stream.reads


def test_each_run_sees_the_end_of_a_shard_again() -> None:
    """One empty page proves nothing: shards have them between records. So two, and one after a listing."""
    rig = Rig()
    rig.write(2)
    runner = rig.runner()
    for _ in range(2):
        runner.run(until="caught_up")
        before = len(rig.stream.reads)
        assert runner.run(until="caught_up")
        assert len(rig.stream.reads) - before == 3
    assert len(rig.function.handled) == 2


def test_shards_that_appear_while_running_are_read() -> None:
    rig = Rig(page_size=2)
    expected = rig.write(5)

    def split_once(shard_id: str) -> None:
        if len(rig.stream.reads) == 2:
            rig.stream.split("shard-1")
            expected.extend(rig.write(4))

    rig.stream.before_read = split_once
    rig.run()
    assert sorted(rig.function.handled) == sorted(expected)


def test_a_shard_whose_parent_was_trimmed_away_is_a_root() -> None:
    rig = Rig()
    rig.write(2)
    rig.stream.split("shard-1")
    expected = rig.write(4)
    rig.stream.drop_shard("shard-1")
    rig.run()
    assert sorted(rig.function.handled) == sorted(expected)


def test_a_parent_still_being_read_holds_its_child_back_even_when_it_is_listed_no_more() -> None:
    child = Shard("child", "parent")
    assert ready_shards([child], ended=(), reading={"parent"}) == []
    assert ready_shards([child], ended={"parent"}, reading=()) == [child]
    assert ready_shards([child], ended=(), reading=()) == [child]


def test_a_chain_of_rolls_is_read_in_its_order() -> None:
    rig = Rig()
    expected = []
    for _ in range(4):
        expected += rig.write(3, key="same")
        rig.stream.split(rig.stream.open_shards[0], into=1)
    expected += rig.write(3, key="same")
    rig.run(batch_size=2)
    assert rig.function.handled == expected


def test_a_listing_that_fails_is_repeated() -> None:
    rig = Rig()
    expected = rig.write(1)
    rig.stream.fail("shards", SourceUnavailable("throttled"), SourceUnavailable("throttled"))
    stats = rig.run()
    assert rig.function.handled == expected
    assert stats.reads_failed == 2


def test_a_finished_parent_is_forgotten_once_the_stream_forgets_it() -> None:
    """Or the checkpoint would grow for ever."""
    rig = Rig()
    rig.write(1)
    rig.stream.split("shard-1", into=1)
    rig.write(1)
    rig.run()
    assert rig.saved()["shard-1"] == "SHARD_END"
    rig.stream.drop_shard("shard-1")
    rig.run()
    assert list(rig.saved()) == ["shard-2"]
    assert rig.trimmed == []


def test_waits_between_listings_that_fail_grow_and_begin_anew_after_one_that_works() -> None:
    def waited(failures: int) -> float:
        rig = Rig()
        rig.write(1)
        rig.stream.fail("shards", *[SourceUnavailable("down") for _ in range(failures)])
        begin = rig.clock.monotonic()
        rig.run()
        return rig.clock.monotonic() - begin

    plain = waited(0)
    assert waited(8) - plain > 8 * (waited(1) - plain)
