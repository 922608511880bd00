"""Calls that end when the time is up, whatever hangs: a connection, a name server, the credentials.

botocore's timeouts belong to a client and count from byte to byte, and its retries know no deadline. So a
call with a time limit is made on another thread, and is left behind when the time is up. It then counts as
not answered, although it may still take effect. Repeats that botocore would make after that are refused
(:func:`refuse_late_requests`), so what was left behind ends with the timeout of one request.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from queue import Empty, SimpleQueue
from typing import Any, Final, ParamSpec, TypeVar

from botocore.exceptions import HTTPClientError

from bridge.ports.clock import Deadline

P = ParamSpec("P")
T = TypeVar("T")

_Task = tuple[Future[Any], Callable[[], Any], Deadline]


class NoAnswerInTime(HTTPClientError):  # type: ignore[misc]
    """Like a timeout of botocore's own."""

    fmt = "no answer in the time that was left"


class _Worker:
    """A thread that makes one call after the other. It never keeps the process alive."""

    def __init__(self) -> None:
        self.tasks: SimpleQueue[_Task] = SimpleQueue()
        threading.Thread(target=self._work, name="aws-call", daemon=True).start()

    def _work(self) -> None:
        while True:
            future, call, until = self.tasks.get()
            _here.until = until
            try:
                future.set_result(call())
            except BaseException as error:  # noqa: BLE001 - raised again where the call was made
                future.set_exception(error)
            _here.until = None
            del future, call
            _idle.put(self)


_here: Final = threading.local()
_idle: Final[SimpleQueue[_Worker]] = SimpleQueue()


def limited(call: Callable[P, T], until: Deadline | None) -> Callable[P, T]:
    """``call``, raising :class:`NoAnswerInTime` where it has not returned ``until`` then."""
    if until is None:
        return call

    def limited_call(*args: P.args, **kwargs: P.kwargs) -> T:
        left_s = until.remaining_s()
        if left_s <= 0:
            raise NoAnswerInTime()
        try:
            worker = _idle.get_nowait()
        except Empty:
            worker = _Worker()
        future: Future[T] = Future()
        worker.tasks.put((future, lambda: call(*args, **kwargs), until))
        try:
            return future.result(left_s)
        except NotInTime:
            if future.done():
                raise
            raise NoAnswerInTime() from None

    return limited_call


def refuse_late_requests(client: Any) -> None:
    """Make a boto3 client refuse to send a request of a call whose time is up: a repeat would reach AWS long
    after somebody else has gone on."""
    client.meta.events.register("before-send", _refuse_if_late, unique_id="stream-bridge-time-limit")


def _refuse_if_late(**_: Any) -> None:
    until: Deadline | None = getattr(_here, "until", None)
    if until is not None and until.remaining_s() <= 0:
        raise NoAnswerInTime()
