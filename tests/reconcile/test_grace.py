"""The grace passes in real time: whatever the wall clock says, nothing is concluded early."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.errors import CheckpointBroken, SourceUnavailable, StreamBehind
from bridge.ports.run_store import Lease
from bridge.reconcile.grace import Grace, Watch
from bridge.reconcile.lease import LeaseKeeper
from bridge.reconcile.options import Progress
from bridge.reconcile.stated_lag import StatedLag
from tests.fakes.clock import FakeClock
from tests.fakes.faults import acts
from tests.fakes.stores import MemoryRunStore
from tests.reconcile.rig import GivenLag, Rig, lossy, opts

HOUR_S = 3_600.0


def until_it_waits(rig: Rig, **options: Any) -> Any:
    """A run that has read everything and begins to wait, as a generator of its further steps."""
    going = rig.reconciler.steps("run", opts(**options))
    for progress in going:
        if progress.phase == "wait":
            return going
    raise AssertionError("it never waited")


def waits(going: Any) -> list[Progress]:
    return [progress for progress in going if progress.phase == "wait"]


@pytest.mark.parametrize("by_s", [HOUR_S, -HOUR_S], ids=["forward", "back"])
def test_a_wall_clock_that_is_set_while_the_run_waits_changes_nothing(by_s: float) -> None:
    rig = lossy()
    going = until_it_waits(rig, grace_s=60.0)
    rig.clock.set_wall(by_s)
    rig.live("u00", {"name": "changed"})  # what looked missed was in flight
    waits(going)
    assert sum(rig.clock.slept) == pytest.approx(60, abs=5)
    assert len(rig.events) == 29


def test_a_wall_clock_that_is_set_while_the_table_is_read_changes_nothing() -> None:
    rig = lossy()

    def set_clock(name: str, call: int) -> bool:
        if (name, call) != ("page", 1):
            return False
        rig.clock.set_wall(HOUR_S)
        return True

    rig.source.fail = acts(set_clock)
    rig.execute(grace_s=60.0)
    assert sum(rig.clock.slept) == pytest.approx(60, abs=5)


def test_a_resumed_run_waits_for_the_rest_and_time_that_nobody_measured_does_not_count() -> None:
    rig = lossy()
    going = until_it_waits(rig, grace_s=100.0)
    while sum(rig.clock.slept) < 65:
        next(going)
    going.close()
    slept_s = sum(rig.clock.slept)
    rig.clock.set_wall(HOUR_S)
    rig.resume(grace_s=100.0)
    assert 35 <= sum(rig.clock.slept) - slept_s <= 75
    assert len(rig.events) == 30


def grace(clock: FakeClock, store: MemoryRunStore) -> Grace:
    """As in a process of its own, of a run that a state machine drives."""
    lease = store.acquire("users", "me", 10 * HOUR_S, clock.now(), force=True)
    return Grace(
        "run-1", 60.0, "users/runs/run-1/grace", store, LeaseKeeper(store, lease, clock), clock, Watch()
    )


def test_of_the_time_between_two_calls_of_a_state_machine_no_more_counts_than_it_was_asked_to_wait() -> None:
    clock, store = FakeClock(1_000_000.0), MemoryRunStore()
    assert grace(clock, store).ask() == 60
    clock.advance(20)  # the call is repeated
    assert grace(clock, store).ask() == 40
    clock.set_wall(-HOUR_S)
    clock.advance(40)
    assert grace(clock, store).ask() == 40, "a clock that was set back shows nothing"
    clock.set_wall(HOUR_S)
    clock.advance(40)
    assert grace(clock, store).ask() == 0


def test_a_stored_wait_that_cannot_be_read_is_named() -> None:
    clock, store = FakeClock(), MemoryRunStore()
    one = grace(clock, store)
    lease: Lease = one.keeper.current
    store.put(one.name, {"waited_s": "?"}, lease)
    with pytest.raises(CheckpointBroken, match="how long the run has waited"):
        one.ask()


# --- a lag that somebody states ---------------------------------------------------------------------


def test_a_stated_lag_that_disagrees_with_what_can_be_measured_is_refused() -> None:
    stated = StatedLag(0.0, {"function f": GivenLag(None), "the runner of .stream-bridge": GivenLag(540.0)})
    with pytest.raises(StreamBehind, match=r"states 0 s, but the runner of \.stream-bridge shows 540 s"):
        stated.lag_s()


def test_a_stated_lag_that_agrees_or_cannot_be_measured_is_taken() -> None:
    class Unmeasured:
        def lag_s(self) -> float | None:
            raise SourceUnavailable("CloudWatch does not answer")

    assert StatedLag(300.0, {"function f": GivenLag(320.0), "other": Unmeasured()}).lag_s() == 300.0
    assert StatedLag(0.0, {}).lag_s() == 0.0
