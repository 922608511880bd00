"""The end of a shard is believed only if a second read and the stream's listing agree."""

from __future__ import annotations

import pytest

from bridge.errors import SourceUnavailable
from tests.stream.rig import Rig, drive


@pytest.mark.parametrize("false_ends", [1, 2, 5])
def test_answers_that_say_an_open_shard_has_ended_lose_nothing(false_ends: int) -> None:
    rig = Rig()
    written = rig.write(3)
    runner = rig.runner()
    rig.stream.false_ends = false_ends
    drive(runner, rig.clock, steps=30)
    written += rig.write(2)
    drive(runner, rig.clock, steps=10)
    assert rig.function.handled == written
    assert "SHARD_END" not in rig.saved().values()
    if false_ends > 1:
        assert rig.notes.counts["runner_ends_refused"] >= 1
        assert any("lists it as open" in line for line in rig.notes.at("warning"))


def test_an_answer_that_says_a_closed_shard_has_ended_before_its_last_record_loses_nothing() -> None:
    """A reader that is behind reads closed shards: there the listing alone proves nothing."""
    rig = Rig(page_size=2)
    written = rig.write(5)
    rig.stream.split("shard-1")
    written += rig.write(4)
    runner = rig.runner()
    drive(runner, rig.clock, steps=2)
    rig.stream.false_ends = 1
    drive(runner, rig.clock, steps=40)
    assert sorted(rig.function.handled) == sorted(written)


def test_while_the_shards_cannot_be_listed_no_shard_ends() -> None:
    rig = Rig()
    rig.write(2)
    runner = rig.runner()
    drive(runner, rig.clock, steps=1)
    rig.stream.close("shard-1")
    rig.stream.fail("shards", *[SourceUnavailable("listing is down") for _ in range(8)])
    drive(runner, rig.clock, steps=6)
    assert "SHARD_END" not in rig.saved().values()
    drive(runner, rig.clock, steps=200)
    assert rig.saved() == {"shard-1": "SHARD_END"}


def test_a_listing_that_leaves_a_shard_out_once_costs_no_checkpoint() -> None:
    rig = Rig()
    first = rig.write(3)
    assert rig.run().done == 3
    again = rig.runner()
    rig.stream.drop_shard("shard-1")
    again.step()
    rig.stream._gone.clear()
    more = rig.write(2)
    drive(again, rig.clock, steps=30)
    assert rig.function.handled == first + more, "each once: the position was kept"
    assert "runner_positions_trimmed" not in rig.notes.counts
