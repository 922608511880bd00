"""The breaker at exactly its threshold: at least so many, and more than the share."""

from __future__ import annotations

import pytest

from bridge.errors import BreakerTripped, RecordError
from bridge.relay.breaker import Breaker, Group, Verdicts

GROUP = Group("make", "Users", "com.example.user.created.v1")


def verdicts(failed: int, good: int) -> Verdicts:
    made = Verdicts()
    made.good[GROUP] = good
    for _ in range(failed):
        made.fail(GROUP, RecordError("bad"))
    return made


def trips(breaker: Breaker, failed: int, good: int) -> bool:
    made = verdicts(failed, good)
    try:
        breaker.judge(made)
    except BreakerTripped:
        return True
    breaker.remember(made)
    return False


@pytest.mark.parametrize(
    ("failed", "good", "tripped"),
    [
        (9, 0, False),  # one fewer than the least
        (10, 0, True),  # exactly the least
        (11, 0, True),
        (10, 9, True),  # more than half
        (10, 10, False),  # exactly half
        (11, 10, True),
        (10, 11, False),
        (1_000, 1_000, False),
        (1_001, 1_000, True),
    ],
)
def test_a_batch_fails_from_the_least_number_on_and_above_the_share(
    failed: int, good: int, tripped: bool
) -> None:
    assert trips(Breaker(share=0.5, at_least=10), failed, good) is tripped


@pytest.mark.parametrize(
    ("before", "now", "tripped"),
    [
        ((8, 0), (1, 0), False),  # nine together
        ((9, 0), (1, 0), True),  # ten together
        ((9, 9), (1, 0), True),  # ten of nineteen
        ((9, 10), (1, 0), False),  # ten of twenty, exactly half
        ((9, 0), (1, 1), False),  # exactly half of this batch: the deployment may be fine again
    ],
)
def test_small_batches_are_judged_together_by_the_same_threshold(
    before: tuple[int, int], now: tuple[int, int], tripped: bool
) -> None:
    breaker = Breaker(share=0.5, at_least=10)
    assert not trips(breaker, *before)
    assert trips(breaker, *now) is tripped


@pytest.mark.parametrize(("failed", "tripped"), [(9, False), (10, True), (11, True)])
def test_good_batches_before_do_not_excuse_a_batch_that_fails_by_itself(failed: int, tripped: bool) -> None:
    """Twenty good ones are remembered: together with them the share is not reached."""
    breaker = Breaker(share=0.5, at_least=10)
    assert not trips(breaker, 0, 20)
    assert trips(breaker, failed, 0) is tripped


@pytest.mark.parametrize(("at_least", "tripped"), [(2, True), (3, True), (4, False)])
def test_the_least_number_is_the_configured_one(at_least: int, tripped: bool) -> None:
    assert trips(Breaker(share=0.5, at_least=at_least), 3, 0) is tripped


@pytest.mark.parametrize(("share", "tripped"), [(0.74, True), (0.75, False), (0.76, False)])
def test_the_share_is_the_configured_one(share: float, tripped: bool) -> None:
    assert trips(Breaker(share=share, at_least=3), 3, 1) is tripped
