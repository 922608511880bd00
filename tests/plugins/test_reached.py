"""A property test that hardly ever reaches its assertion fails, whatever the assertion would say."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plugins.reached import Reached


def seldom(number: int) -> None:
    if number == 7:
        assert number > 0


def in_two_ways(number: int) -> None:
    assert number >= 0
    if number < 50:
        with pytest.raises(ZeroDivisionError):
            _ = 1 / 0


def at_its_end(number: int) -> None:
    if number < 30:
        return
    check(number)


def inside(number: int) -> None:
    def look() -> None:
        assert number >= 0

    if number % 2:
        look()


def over_nothing(number: int) -> None:
    for each in range(number - 98):
        assert each >= 0


def check(number: int) -> None:
    """Stands for assertions that are somewhere else."""


@pytest.mark.parametrize(
    ("test", "reached"),
    [
        (seldom, [1]),
        (in_two_ways, [100, 50]),
        (at_its_end, [70]),
        (inside, [50]),
        (over_nothing, [1]),
    ],
)
def test_the_examples_that_reached_each_assertion_are_counted(
    test: Callable[[int], None], reached: list[int]
) -> None:
    counter = Reached(test)
    counted = counter.counting()
    for number in range(100):
        counted(number)
    assert [counter.reached[lines] for lines in counter.assertions] == reached
    assert len(counter.too_few(0.1)) == sum(number < 10 for number in reached)
    assert counter.too_few(0.01) == []


def test_a_failing_example_is_counted_and_its_failure_is_passed_on() -> None:
    counter = Reached(in_two_ways)
    with pytest.raises(AssertionError, match="-1 >= 0"):
        counter.counting()(-1)
    assert (counter.examples, [counter.reached[lines] for lines in counter.assertions]) == (1, [1, 0])


def test_a_handful_of_examples_says_nothing() -> None:
    counter = Reached(seldom)
    for number in range(9):
        counter.counting()(number + 10)
    assert counter.too_few(0.1) == []


@pytest.mark.xfail(raises=pytest.fail.Exception, reason="this test cannot fail otherwise", strict=True)
@settings(max_examples=50)
@given(st.integers(0, 10**9))
def test_a_property_whose_assertion_is_never_reached_fails(number: int) -> None:
    if number < 0:
        assert number == 0


@pytest.mark.xfail(raises=pytest.fail.Exception, reason="this test cannot fail otherwise", strict=True)
def test_a_test_that_asserts_about_nothing_fails() -> None:
    nothing: list[int] = []
    for each in nothing:
        assert each == 0


@pytest.mark.reaches(0.0)
@settings(max_examples=50)
@given(st.integers(0, 10**9))
def test_a_test_may_state_its_own_share(number: int) -> None:
    with suppress(ZeroDivisionError):
        assert 10 / number >= 0
    if number < 0:
        assert number == 0
