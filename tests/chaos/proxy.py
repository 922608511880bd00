"""A faulty proxy between every process and the embedded AWS, and the record of what bus and topic accepted.

It listens on a free loopback port. What reaches the endpoint is exact: an event is recorded when the endpoint
has answered, whatever the caller gets to hear of it.
"""

from __future__ import annotations

import http.client
import select
import socket
import struct
import threading
import time
import urllib.parse
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, Self

from tests.chaos.weather import CALM, Fault, Weather, draw
from tests.chaos.wire import Asked, Reply, accepted, asked, empty_object, html, trouble

_DROPPED: Final = frozenset({"content-length", "transfer-encoding", "connection", "date", "server"})
_HANG_S: Final = 15.0
"""Longer than any caller waits."""
_UPSTREAM_S: Final = 60.0


class Proxy:
    """``weather`` may be changed at any time. ``counts``: requests by service and kind of fault. ``events``:
    texts of the accepted events by service, in the order of acceptance."""

    def __init__(self, endpoint_url: str, seed: int) -> None:
        target = urllib.parse.urlsplit(endpoint_url)
        self._target = (target.hostname or "", target.port or 80)
        self._seed = seed
        self._lock = threading.Lock()
        self._number = 0
        self._met = 0
        self._arrived = 0
        self._passing: set[int] = set()
        self._closing = threading.Event()
        self.weather: Weather = CALM
        self.counts: Counter[tuple[str, str]] = Counter()
        self.events: dict[str, list[str]] = {"events": [], "sns": []}
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                proxy._serve(self)

            do_GET = do_PUT = do_HEAD = do_DELETE = do_POST

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request: object, client_address: object) -> None:
                """A caller that was killed is no error."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def drain(self) -> None:
        """Return when no request that has arrived so far is on its way to the endpoint."""
        with self._lock:
            waited_for = set(self._passing)
        while True:
            with self._lock:
                if not waited_for & self._passing:
                    return
            time.sleep(0.01)

    def accepted(self) -> dict[str, list[str]]:
        with self._lock:
            return {service: list(texts) for service, texts in self.events.items()}

    def _serve(self, caller: BaseHTTPRequestHandler) -> None:
        with self._lock:
            self._arrived += 1
            self._passing.add(this := self._arrived)
        try:
            body = caller.rfile.read(int(caller.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in caller.headers.items()}
            what = asked(caller.command, headers, body)
            with self._lock:
                self._number += 1
                fault = draw(self._seed, self._number, self._met, what.service, self.weather)
                self._met += fault.kind != "pass" and self.weather.out != what.service
                self.counts[what.service, fault.kind] += 1
            time.sleep(fault.delay_s)
            reply = self._pass_on(caller, what, body) if fault.passed_on else None
        finally:
            with self._lock:
                self._passing.discard(this)
        try:
            self._answer(caller, what, fault, reply)
        except OSError:
            caller.close_connection = True  # the caller was killed meanwhile

    def _pass_on(self, caller: BaseHTTPRequestHandler, what: Asked, body: bytes) -> Reply:
        connection = http.client.HTTPConnection(*self._target, timeout=_UPSTREAM_S)
        headers = {name: value for name, value in caller.headers.items() if name.lower() != "expect"}
        try:
            connection.request(caller.command, caller.path, body, headers)
            answer = connection.getresponse()
            kept = tuple(each for each in answer.getheaders() if each[0].lower() not in _DROPPED)
            reply = Reply(answer.status, kept, answer.read())
        finally:
            connection.close()
        if texts := accepted(what, body, reply):
            with self._lock:
                self.events[what.service] += texts
        return reply

    def _answer(self, caller: BaseHTTPRequestHandler, what: Asked, fault: Fault, reply: Reply | None) -> None:
        match fault.kind:
            case "pass" | "delay":
                assert reply is not None
                _write(caller, reply)
            case "throttled" | "unavailable":
                _write(caller, trouble(what.service, fault.kind))
            case "html":
                _write(caller, html())
            case "empty object":
                _write(caller, empty_object())
            case "cut short" | "cut to fit":
                assert reply is not None
                left = reply.body[: int(len(reply.body) * fault.cut)]
                length = len(reply.body) if fault.kind == "cut short" else len(left)
                _write(caller, Reply(reply.status, reply.headers, left), length)
                caller.close_connection = True
            case "reset before" | "reset after":
                _reset(caller)
            case "hang":
                self._hang(caller.connection)
                _reset(caller)

    def _hang(self, connection: socket.socket) -> None:
        """Until the caller gives up."""
        until_s = time.monotonic() + _HANG_S
        while time.monotonic() < until_s and not self._closing.is_set():
            if select.select([connection], [], [], 0.2)[0]:
                return


def _write(caller: BaseHTTPRequestHandler, reply: Reply, length: int | None = None) -> None:
    caller.send_response_only(reply.status)
    for name, value in reply.headers:
        caller.send_header(name, value)
    if caller.command != "HEAD":
        caller.send_header("Content-Length", str(len(reply.body) if length is None else length))
    caller.end_headers()
    if caller.command != "HEAD":
        caller.wfile.write(reply.body)


def _reset(caller: BaseHTTPRequestHandler) -> None:
    """Close so that the caller gets a reset and no orderly end."""
    caller.close_connection = True
    caller.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    caller.rfile.close()
    caller.connection.close()
