"""Checkpoints: saved only after the work, whole after a kill, never taken from another stream."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from bridge.edges.local.checkpoints import FileCheckpoints
from bridge.errors import CheckpointBroken, CheckpointUnavailable
from bridge.stream.mapping.position import read_checkpoint
from bridge.stream.mapping.shard import Frontier
from tests.builders.records import STREAM_ARN
from tests.fakes.stores import MemoryCheckpoints
from tests.stream.rig import Rig, drive, raising, returning

RE_ENABLED = STREAM_ARN.replace("2026-11-01", "2026-11-02")


class Killed(BaseException):
    """Ends the process in the middle of whatever it does."""


def test_the_checkpoint_moves_only_after_the_batch_is_done() -> None:
    rig = Rig()
    written = rig.write(4)
    seen: list[dict[str, str]] = []

    def look(sequences: list[str]) -> None:
        seen.append(rig.saved())

    rig.function.always = look
    runner = rig.runner(batch_size=2)
    runner.run(until="caught_up")
    assert seen == [{}, {"shard-1": written[1]}]
    assert rig.saved() == {"shard-1": written[3]}


def test_a_failing_batch_holds_the_checkpoint_and_a_partial_answer_moves_it() -> None:
    rig = Rig()
    written = rig.write(4)
    rig.function.next_answers.append(returning(2))
    rig.function.always = raising
    runner = rig.runner()
    runner.step()
    assert rig.saved() == {"shard-1": written[1]}


def test_a_process_killed_in_mid_batch_gets_the_batch_again(tmp_path: Path) -> None:
    rig = Rig()
    written = rig.write(6)
    checkpoints = FileCheckpoints(tmp_path)

    def kill(sequences: list[str]) -> None:
        raise Killed

    rig.function.next_answers.extend([lambda sequences: None, kill])
    runner = rig.runner(batch_size=2, checkpoints=checkpoints)
    with pytest.raises(Killed):
        drive(runner, rig.clock, steps=10)
    rig.runner(batch_size=2, checkpoints=FileCheckpoints(tmp_path)).run(until="caught_up")
    assert rig.function.calls == [written[:2], written[2:4], written[2:4], written[4:]]


def test_a_store_that_is_down_delays_the_checkpoint_and_not_the_work() -> None:
    class Down(MemoryCheckpoints):
        failing = 3

        def save(self, stream_arn: str, progress: Mapping[str, str]) -> None:
            if self.failing:
                self.failing -= 1
                raise CheckpointUnavailable("no space")
            super().save(stream_arn, progress)

    rig = Rig()
    written = rig.write(3)
    checkpoints = Down()
    stats = rig.runner(checkpoints=checkpoints, batch_size=1).run(until="caught_up")
    assert rig.function.handled == written
    assert stats.checkpoints_failed >= 1
    assert checkpoints.load(rig.stream.arn) == {"shard-1": written[-1]}


def test_a_checkpoint_that_cannot_be_saved_is_logged_with_its_file_and_the_cause(tmp_path: Path) -> None:
    class Full(FileCheckpoints):
        failing = 1

        def save(self, stream_arn: str, progress: Mapping[str, str]) -> None:
            self._folder = tmp_path / "file" if self.failing else tmp_path
            self.failing = 0
            super().save(stream_arn, progress)

    (tmp_path / "file").write_text("not a folder")
    rig = Rig()
    rig.write(2)
    checkpoints = Full(tmp_path)
    rig.runner(checkpoints=checkpoints, batch_size=1).run(until="caught_up")
    ((level, _, fields),) = [line for line in rig.notes.lines if "checkpoint" in line[1]]
    assert level == "error"
    assert str(tmp_path / "file") in str(fields["error"])
    assert "File exists" in str(fields["error"])
    assert "permissions" in str(fields["hint"])


def test_a_checkpoint_store_that_stays_down_is_an_error_at_the_end() -> None:
    class Down(MemoryCheckpoints):
        def save(self, stream_arn: str, progress: Mapping[str, str]) -> None:
            raise CheckpointUnavailable("no space")

    rig = Rig()
    rig.write(1)
    with pytest.raises(CheckpointUnavailable):
        rig.runner(checkpoints=Down()).run(until="caught_up")


def test_a_file_survives_the_process(tmp_path: Path) -> None:
    FileCheckpoints(tmp_path).save(STREAM_ARN, {"shard-1": "41", "shard-2": "SHARD_END"})
    assert FileCheckpoints(tmp_path).load(STREAM_ARN) == {"shard-1": "41", "shard-2": "SHARD_END"}
    assert [path.suffix for path in tmp_path.iterdir()] == [".json"]


def test_half_a_write_leaves_the_former_checkpoint(tmp_path: Path) -> None:
    checkpoints = FileCheckpoints(tmp_path)
    checkpoints.save(STREAM_ARN, {"shard-1": "41"})
    path = checkpoints.path_of(STREAM_ARN)
    path.with_name(path.name + ".tmp").write_bytes(b'{"format": 1, "sha')
    assert checkpoints.load(STREAM_ARN) == {"shard-1": "41"}
    checkpoints.save(STREAM_ARN, {"shard-1": "42"})
    assert checkpoints.load(STREAM_ARN) == {"shard-1": "42"}


def test_a_checkpoint_of_the_former_stream_of_the_table_is_not_used(tmp_path: Path) -> None:
    checkpoints = FileCheckpoints(tmp_path)
    checkpoints.save(STREAM_ARN, {"shard-1": "41"})
    assert checkpoints.load(RE_ENABLED) == {}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"format": 2, "stream": "%b", "shards": {}}' % STREAM_ARN.encode(),
        b'{"format": 1, "stream": "%b", "shards": {}}' % RE_ENABLED.encode(),
        b'{"format": 1, "stream": "%b", "shards": {"shard-1": 41}}' % STREAM_ARN.encode(),
        b'{"format": 1, "stream": "%b"}' % STREAM_ARN.encode(),
    ],
)
def test_a_file_that_is_not_a_checkpoint_of_this_stream_is_an_error_that_says_what_to_do(
    tmp_path: Path, content: bytes
) -> None:
    checkpoints = FileCheckpoints(tmp_path)
    path = checkpoints.path_of(STREAM_ARN)
    path.write_bytes(content)
    with pytest.raises(CheckpointBroken, match="remove it to begin again") as caught:
        checkpoints.load(STREAM_ARN)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "x", "-1", "1.0", "4_1", "9" * 130, "AT_TIMESTAMP:", "AT_TIMESTAMP:x", "٤"]
)
def test_a_position_that_makes_no_sense_stops_the_start(text: str) -> None:
    with pytest.raises(CheckpointBroken, match="shard-1"):
        read_checkpoint("shard-1", text)
    rig = Rig()
    rig.checkpoints.save(rig.stream.arn, {"shard-1": text})
    with pytest.raises(CheckpointBroken):
        rig.runner()


@pytest.mark.parametrize("text", ["41", "9" * 129, "SHARD_END", "AT_TIMESTAMP:1793534400"])
def test_a_checkpoint_comes_back_as_it_was_saved(text: str) -> None:
    assert read_checkpoint("shard-1", text).checkpoint == text


def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CheckpointUnavailable):
        FileCheckpoints(tmp_path / "file").save(STREAM_ARN, {"shard-1": "1"})


def test_two_tables_and_two_long_names_never_share_a_file(tmp_path: Path) -> None:
    checkpoints = FileCheckpoints(tmp_path)
    arns = [f"arn:aws:dynamodb:r:1:table/{'t' * 254}{last}/stream/2026-11-01T10:00:00.000" for last in "ab"]
    for arn in arns:
        checkpoints.save(arn, {"shard-1": "7"})
    assert len(list(tmp_path.iterdir())) == 2


def test_the_frontier_passes_only_what_is_done_without_a_gap() -> None:
    frontier = Frontier("7")
    for place, sequence in enumerate(("8", "9", "10", "")):
        frontier.add(place, sequence)
    frontier.done(2)
    assert frontier.through == "7"
    frontier.done(0)
    assert frontier.through == "8"
    frontier.done(1)
    assert (frontier.through, len(frontier)) == ("10", 1)
    frontier.done(3)
    assert (frontier.through, len(frontier)) == ("10", 0)


def test_the_frontier_does_not_grow_with_the_records_that_it_has_passed() -> None:
    frontier = Frontier()
    for place in range(0, 10_000, 2):
        frontier.add(place, str(place))
        frontier.add(place + 1, str(place + 1))
        frontier.done(place + 1)
        frontier.done(place)
    assert (frontier.through, len(frontier)) == ("9999", 0)
    assert frontier._done == set(), "nothing else shows what is remembered"


def test_nothing_is_saved_when_nothing_changed() -> None:
    rig = Rig()
    rig.write(2)
    rig.run()
    saves = rig.checkpoints.saves
    rig.run()
    assert rig.checkpoints.saves == saves


# --- positions that cannot be ----------------------------------------------------------------------


def resumed(rig: Rig, position: str, **more: str) -> None:
    rig.checkpoints.save(rig.stream.arn, {"shard-1": position, **more})


def test_a_time_of_five_thousand_digits_is_refused_as_no_checkpoint() -> None:
    with pytest.raises(CheckpointBroken, match="AT_TIMESTAMP: and a time"):
        read_checkpoint("shard-1", "AT_TIMESTAMP:" + "9" * 5_000)


def test_a_time_in_the_future_is_refused_because_it_would_skip_what_comes_until_then() -> None:
    rig = Rig()
    resumed(rig, f"AT_TIMESTAMP:{int(rig.clock.now()) + 86_400}")
    with pytest.raises(CheckpointBroken, match="in the future"):
        rig.runner()


def test_a_position_longer_than_any_of_its_stream_is_refused_and_the_file_stays() -> None:
    rig = Rig()
    rig.write(3)
    resumed(rig, "9" * 128)
    with pytest.raises(CheckpointBroken, match="128 digits, more than any position"):
        rig.runner().run(until="caught_up")
    assert rig.saved() == {"shard-1": "9" * 128}


def test_a_position_beyond_the_end_of_a_closed_shard_is_refused() -> None:
    rig = Rig()
    rig.write(3)
    rig.stream.split("shard-1")
    ending = next(each.ending for each in rig.stream.shards() if each.id == "shard-1")
    assert ending is not None
    resumed(rig, str(int(ending) + 1))
    with pytest.raises(CheckpointBroken, match="beyond the end of its shard"):
        rig.runner().run(until="caught_up")


def test_a_position_beyond_the_tip_is_refused_when_a_record_before_it_is_written() -> None:
    """The stream answers such a reader with nothing, for ever: only a new record shows that it is wrong."""
    rig = Rig()
    (last,) = rig.write(1)
    resumed(rig, str(int(last) + 1_000_000))
    runner = rig.runner()
    drive(runner, rig.clock, steps=60)
    rig.write(1)
    with pytest.raises(CheckpointBroken, match="beyond anything in its shard"):
        drive(runner, rig.clock, steps=60)
    assert rig.function.calls == []


def test_a_position_at_the_tip_is_kept_however_long_nothing_is_written() -> None:
    rig = Rig()
    (last,) = rig.write(1)
    resumed(rig, last)
    runner = rig.runner()
    drive(runner, rig.clock, steps=100)
    written = rig.write(2)
    drive(runner, rig.clock, steps=100)
    assert rig.function.handled == written
