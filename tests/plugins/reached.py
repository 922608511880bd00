"""A test says something only if it reaches its assertions.

For every Hypothesis test this counts in how many examples each assertion was reached, and fails the test when
it was fewer than one in ten. ``@pytest.mark.reaches(0.02)`` states another share, for an assertion about a
rare case; examples that ``assume`` gave up count as examples. Every other test fails when it ends without
having reached any of its assertions: a loop over nothing, a branch that was not taken.
"""

from __future__ import annotations

import inspect
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from types import CodeType, FrameType
from typing import Any

import pytest

from tests.plugins.assertions import Lines, assertions_of, may_pass_by

SHARE = 0.1
"""Of the examples must reach each assertion, where a test states nothing else."""
FEW = 10
"""Fewer examples than this say nothing about a share: a test that was asked for three, a replayed failure."""


class Reached:
    """Counts the examples of one test, and those of them that reached each of its assertions."""

    def __init__(self, test: Callable[..., Any]) -> None:
        self.test = test
        self.assertions = assertions_of(test)
        self.examples = 0
        self.reached: Counter[Lines] = Counter()
        self._codes = set(_codes(test.__code__))
        self._seen: set[int] = set()

    def counting(self) -> Callable[..., Any]:
        """The test, counted."""

        @wraps(self.test)
        def counted(*arguments: Any, **named: Any) -> Any:
            with self.example():
                return self.test(*arguments, **named)

        return counted

    @contextmanager
    def example(self) -> Iterator[None]:
        """One run of the test."""
        self._seen = set()
        before = sys.gettrace()
        sys.settrace(self._call)
        try:
            yield
        finally:
            sys.settrace(before)
            self.examples += 1
            for start, end in self.assertions:
                self.reached[start, end] += any(line in self._seen for line in range(start, end + 1))

    def _call(self, frame: FrameType, event: str, argument: Any) -> Callable[..., Any] | None:
        return self._line if frame.f_code in self._codes else None

    def _line(self, frame: FrameType, event: str, argument: Any) -> Callable[..., Any]:
        self._seen.add(frame.f_lineno)
        return self._line

    def too_few(self, share: float) -> list[str]:
        """One sentence for each assertion that fewer examples reached."""
        if self.examples < FEW:
            return []
        return [
            f"line {lines[0]}: the assertion was reached by {self.reached[lines]} of {self.examples} examples"
            for lines in self.assertions
            if self.reached[lines] < share * self.examples
        ]


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    test = getattr(item, "obj", None)
    handle = getattr(test, "hypothesis", None)
    if handle is not None:
        yield from _property(item, handle)
    elif inspect.isfunction(test) and may_pass_by(test):
        reached = Reached(test)
        with reached.example():
            yield
        if not reached.reached.total():
            pytest.fail("the test ended without reaching any of its assertions", pytrace=False)
    else:
        yield


def _property(item: pytest.Item, handle: Any) -> Iterator[None]:
    inner = handle.inner_test
    reached = Reached(inner)
    handle.inner_test = reached.counting()
    try:
        yield
    finally:
        handle.inner_test = inner
    marker = item.get_closest_marker("reaches")
    if missing := reached.too_few(marker.args[0] if marker else SHARE):
        pytest.fail("\n".join(missing), pytrace=False)
