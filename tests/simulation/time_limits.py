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
from tests.simulation.faults import Faults

P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def simulated_time_limits(faults: Faults) -> Iterator[None]:
    """The call is made in any case. Who has no time left when it returns hears the answer or not: a process
    that stood still goes on with either."""

    def limited(call: Callable[P, T], until: Deadline | None) -> Callable[P, T]:
        return call if until is None else _limited(call, until, faults)

    with patch.object(errors, "limited", limited):
        yield


def _limited(call: Callable[P, T], until: Deadline, faults: Faults) -> Callable[P, T]:
    def limited_call(*args: P.args, **kwargs: P.kwargs) -> T:
        if until.remaining_s() <= 0:
            raise NoAnswerInTime()
        try:
            answer = call(*args, **kwargs)
        except Exception as error:
            if until.remaining_s() <= 0:
                raise NoAnswerInTime() from error
            raise
        if until.remaining_s() <= 0 and faults.coin():
            faults.world.note("an answer comes too late")
            peer = getattr(call, "__self__", None)
            if peer is not None and hasattr(peer, "unheard"):
                peer.unheard()
            raise NoAnswerInTime()
        return answer

    return limited_call
