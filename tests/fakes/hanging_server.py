"""A server on this machine that accepts connections and never answers."""

from __future__ import annotations

import socket
import threading
from types import TracebackType
from typing import Self

from bridge.edges.answers import limited


class HangingServer:
    """Used as a context manager. The system accepts connections for it; nobody ever reads them."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._socket.close()
        _wait_for_calls_left_behind()


def _wait_for_calls_left_behind() -> None:
    """botocore draws from Python's global random numbers before a repeat, and Hypothesis, which may run the
    next test, reports that as a fault of its strategies."""
    calls = [thread for thread in threading.enumerate() if thread.name == "aws-call"]
    for worker in [limited._idle.get(timeout=60) for _ in calls]:
        limited._idle.put(worker)
