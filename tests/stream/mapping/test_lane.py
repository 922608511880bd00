"""A lane alone: when its batch is due, and what it counts."""

from __future__ import annotations

import pytest

from bridge.stream.mapping.batch import payload_bytes
from bridge.stream.mapping.intake import StreamRecord
from bridge.stream.mapping.lane import Lane
from bridge.stream.mapping.settings import MappingSettings


def record(number: int = 0, *, read_s: float = 0.0, body: bytes = b'{"n":1}') -> StreamRecord:
    return StreamRecord(str(number), 0, None, read_s, body, number)


@pytest.mark.parametrize(("more", "full"), [(-1, True), (0, False), (1, False)])
def test_a_lane_is_full_by_size_only_when_more_than_one_payload_waits(more: int, full: bool) -> None:
    """The size that waits counts a comma after each record: exact where a batch is cut."""
    waiting = [record(number) for number in range(3)]
    lane = Lane(MappingSettings(window_s=60, max_payload_bytes=payload_bytes(waiting) + 1 + more))
    for each in waiting:
        lane.add(each)
    assert lane.full is full


def test_a_batch_that_was_cut_leaves_the_size_of_what_still_waits() -> None:
    settings = MappingSettings(window_s=60, max_payload_bytes=payload_bytes([record()]) + 16)
    lane = Lane(settings)
    for _ in range(50):
        lane.add(record(1))
        lane.add(record(2))
        batch = lane.begin(0.0, 0.0, flush=True)
        assert batch is not None
        assert len(batch.records) == 2
        lane.settle((), not_before_s=0.0)
        assert not lane.full
    for number in range(3):
        assert not lane.full
        lane.add(record(number))
    assert lane.full


def test_a_batch_waits_for_its_window_from_the_reading_of_its_first_record() -> None:
    lane = Lane(MappingSettings(batch_size=3, window_s=10))
    lane.add(record(0, read_s=5.0))
    lane.add(record(1, read_s=9.0))
    assert lane.due_s(flush=False) == 15
    assert lane.begin(0.0, 14.9, flush=False) is None
    assert lane.due_s(flush=True) == 0, "no more records will come"
    lane.add(record(2, read_s=9.0))
    assert lane.due_s(flush=False) == 0, "a whole batch waits"
    assert lane.begin(0.0, 0.0, flush=False) is not None
    assert lane.due_s(flush=False) is None, "one batch at a time"


def test_a_wait_after_a_failure_is_longer_than_the_window() -> None:
    lane = Lane(MappingSettings(window_s=10))
    lane.add(record(0))
    batch = lane.begin(0.0, 10.0, flush=False)
    assert batch is not None
    lane.settle((batch,), not_before_s=12.0)
    assert lane.due_s(flush=False) == 12
    assert lane.begin(0.0, 12.0, flush=False) == batch
    lane.settle((), not_before_s=30.0)
    lane.add(record(1, read_s=12.0))
    assert lane.due_s(flush=False) == 30
