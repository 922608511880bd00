"""A delay is never negative, doubles with each failure, and ends at its cap."""

from __future__ import annotations

import random

import pytest

from bridge.delivery.backoff import Backoff
from bridge.delivery.patience import Patience
from bridge.errors import Unavailable
from tests.fakes.clock import FakeClock


@pytest.mark.parametrize(
    ("tries", "longest_s"), [(0, 0.1), (1, 0.2), (2, 0.4), (5, 3.2), (6, 5.0), (7, 5.0), (10_000, 5.0)]
)
def test_the_longest_delay_doubles_up_to_the_cap(tries: int, longest_s: float) -> None:
    backoff = Backoff(random.Random(1))
    assert backoff.delay_s(1.0, tries) == pytest.approx(longest_s)
    assert backoff.delay_s(0.5, tries) == pytest.approx(longest_s / 2)
    assert backoff.delay_s(0.0, tries) == 0.0


def test_every_draw_is_a_share_of_the_interval() -> None:
    backoff = Backoff(random.Random(1))
    drawn = [backoff.draw() for _ in range(1_000)]
    assert 0 <= min(drawn) < 0.05
    assert 0.95 < max(drawn) < 1


@pytest.mark.parametrize(("left_s", "waits"), [(-1.0, False), (0.0, False), (0.001, True)])
def test_without_time_left_nothing_waits(left_s: float, waits: bool) -> None:
    clock = FakeClock()
    patience = Patience(clock, Backoff(random.Random(1), base_s=5.0))
    assert patience.pause(3, left_s) is waits
    assert clock.slept == ([left_s] if waits else [])


def test_a_call_is_repeated_for_its_time_and_no_longer() -> None:
    clock = FakeClock()

    def work() -> None:
        raise Unavailable("down")

    with pytest.raises(Unavailable, match="down"):
        Patience(clock, Backoff(random.Random(1)), call_s=7.0).call(work)
    assert sum(clock.slept) == pytest.approx(7.0)
    assert min(clock.slept) > 0
