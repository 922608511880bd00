"""Where X-Ray's daemon listens: a UDP socket that keeps the documents it is sent."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

HEADER = {"format": "json", "version": 1}


class XRayDaemon:
    def __init__(self, listening: socket.socket) -> None:
        self._socket = listening
        host, port = listening.getsockname()
        self.address = f"{host}:{port}"

    def documents(self) -> list[dict[str, Any]]:
        """What has arrived. Over the loopback a datagram is there once its sender has returned."""
        found: list[dict[str, Any]] = []
        while True:
            try:
                header, document = self._socket.recv(65536).split(b"\n", 1)
            except BlockingIOError:
                return found
            assert json.loads(header) == HEADER
            found.append(json.loads(document))


@contextmanager
def xray_daemon() -> Iterator[XRayDaemon]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.setblocking(False)
        yield XRayDaemon(listening)
