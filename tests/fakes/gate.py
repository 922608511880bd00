"""A gate before an AWS endpoint: everything goes through, but chosen calls are held until they are let go."""

from __future__ import annotations

import http.client
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Literal, Self

When = Literal["before", "after"]


class Gate:
    """Listens on a free loopback port and passes calls on to ``endpoint_url``.

    ``hold`` chooses calls by the end of their X-Amz-Target (``PutEvents``): held ``before`` they reach the
    endpoint, or ``after``, with the answer in hand. ``arrived`` is set when one is held, ``release`` lets
    all of them go; a caller that is gone by then loses its answer and nothing else.
    """

    def __init__(self, endpoint_url: str) -> None:
        target = urllib.parse.urlsplit(endpoint_url)
        self._target = (target.hostname or "", target.port or 80)
        self._held: tuple[str, When] | None = None
        self._open = threading.Event()
        self._open.set()
        self.arrived = threading.Event()
        gate = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                gate._pass_on(self)

            do_GET = do_PUT = do_HEAD = do_POST

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def hold(self, operation: str, when: When) -> None:
        self._open.clear()
        self.arrived.clear()
        self._held = (operation, when)

    def release(self) -> None:
        self._held = None
        self._open.set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _pass_on(self, caller: BaseHTTPRequestHandler) -> None:
        body = caller.rfile.read(int(caller.headers.get("Content-Length") or 0))
        held = self._held if self._held and self._is_held(caller) else None
        if held and held[1] == "before":
            self._wait()
        connection = http.client.HTTPConnection(*self._target, timeout=60)
        try:
            connection.request(caller.command, caller.path, body, dict(caller.headers.items()))
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if held and held[1] == "after":
            self._wait()
        try:
            caller.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in (
                    "content-length",
                    "transfer-encoding",
                    "connection",
                    "date",
                    "server",
                ):
                    caller.send_header(name, value)
            caller.send_header("Content-Length", str(len(content)))
            caller.end_headers()
            caller.wfile.write(content)
        except OSError:
            caller.close_connection = True  # the caller was ended meanwhile

    def _is_held(self, caller: BaseHTTPRequestHandler) -> bool:
        assert self._held is not None
        return (caller.headers.get("X-Amz-Target") or "").endswith(self._held[0])

    def _wait(self) -> None:
        self.arrived.set()
        self._open.wait(60)
