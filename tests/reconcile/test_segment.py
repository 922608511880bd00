"""One segment alone: as many pages as there is time for, then on from its checkpoint."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from bridge.errors import SourceUnavailable
from bridge.ports.clock import Deadline
from bridge.reconcile import Seen, SegmentWorker
from bridge.reconcile.counts import Counts
from bridge.reconcile.lease import LeaseKeeper
from bridge.reconcile.reader import Pace
from bridge.reconcile.segment import SegmentCheckpoint
from bridge.reconcile.state import Suspect, read_suspects
from bridge.wiring.reconcile import side_by_side
from tests.fakes.clock import FakeClock
from tests.fakes.stores import MemoryRunStore


def ten_pages(clock: FakeClock, store: MemoryRunStore) -> SegmentWorker:
    """Each page takes a second and has one suspect."""

    def look(at: SegmentCheckpoint) -> list[Suspect]:
        clock.advance(1.0)
        number = at.start or 0
        at.start, at.done = number + 1, number == 9
        at.counts.add("compared")
        return [Suspect({"id": {"N": str(number)}}, "f", 0.0)]

    lease = store.acquire("T", "me", 600.0, clock.now(), force=True)
    return SegmentWorker("T/runs/r/look/table-0000", look, store, LeaseKeeper(store, lease, clock))


def test_a_worker_with_little_time_stops_after_a_page_and_another_goes_on() -> None:
    clock, store = FakeClock(), MemoryRunStore()
    rounds = 0
    while not ten_pages(clock, store).load().done:
        deadline = Deadline.after(clock, 2.5)
        for _ in ten_pages(clock, store).steps():
            if deadline.remaining_s() <= 0:
                break
        rounds += 1
    assert rounds == 4
    assert ten_pages(clock, store).load().counts["compared"] == 10
    keys = [read_suspects(store, name)[0].key["id"]["N"] for name in store.names("T/runs/r/look/table-0000/")]
    assert keys == [str(number) for number in range(10)]


def test_reads_stay_under_the_rate() -> None:
    clock = FakeClock()
    pace = Pace(clock, 100.0)
    began = clock.now()
    for _ in range(50):
        pace.spend(128.0)
    assert clock.now() - began >= (50 * 128 - 100) / 100 - 1e-6


def test_in_threads_every_segment_is_read_and_an_error_of_one_is_raised() -> None:
    def segment(name: str, pages: int, fails: bool = False) -> Iterator[Seen]:
        for _ in range(pages):
            yield Seen(name, Counts())
        if fails:
            raise SourceUnavailable("throttled")

    seen = list(side_by_side([segment(str(number), 5) for number in range(4)]))
    assert sorted(each.name for each in seen) == sorted(str(number) for number in range(4) for _ in range(5))
    with pytest.raises(SourceUnavailable):
        list(side_by_side([segment("a", 5), segment("b", 1, fails=True)]))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("segment")]


def test_threads_end_when_nobody_draws_any_more() -> None:
    def endless() -> Iterator[Seen]:
        while True:
            yield Seen("x", Counts())

    drawing = side_by_side([endless(), endless()])
    next(drawing)
    drawing.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("segment")]
