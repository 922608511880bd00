"""Calls that end with a deadline, by the simulated clock.

The product makes such a call on another thread and waits for it in real time, which here would depend on how
busy the machine is, and on threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar
from unittest.mock import patch

from bridge.edges.answers import errors
from bridge.edges.answers.limited import NoAnswerInTime
from bridge.ports.clock import Deadline

P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def simulated_time_limits() -> Iterator[None]:
    """The call is made in any case; who has no time left by then does not hear the answer."""
    with patch.object(errors, "limited", _limited):
        yield


def _limited(call: Callable[P, T], until: Deadline | None) -> Callable[P, T]:
    if until is None:
        return call

    def limited_call(*args: P.args, **kwargs: P.kwargs) -> T:
        if until.remaining_s() <= 0:
            raise NoAnswerInTime()
        answer = call(*args, **kwargs)
        if until.remaining_s() <= 0:
            raise NoAnswerInTime()
        return answer

    return limited_call
