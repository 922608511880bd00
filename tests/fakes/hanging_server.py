"""A server on this machine that accepts connections and never answers."""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Self


class HangingServer:
    """Used as a context manager. The system accepts connections for it; nobody ever reads them."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._socket.close()
