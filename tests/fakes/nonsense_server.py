"""A server on loopback that answers every request with the same nonsense, as a captive portal does."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from bridge.wiring.clients import ClientFactory, client_factory

HTML = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Welcome<br></body></html>"
XHTML = b"<html><body><p>Welcome</p></body></html>"
LATIN_1 = "<html><body>Gr\u00fc\u00dfe</body></html>".encode("latin-1")


class NonsenseServer:
    """``status``, ``body`` and ``kind`` (the content type) are what it answers."""

    def __init__(self) -> None:
        self.status, self.body, self.kind = 200, HTML, "text/html"
        self.requests = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                outer.requests += 1
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.send_response(outer.status)
                self.send_header("Content-Type", outer.kind)
                self.send_header("Content-Length", str(len(outer.body)))
                self.send_header("Connection", "close")  # nothing of one answer meets the next request
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(outer.body)

            do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = answer

            def log_message(self, format: str, *arguments: Any) -> None:
                return

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), name="nonsense")
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def clients(self, **more: Any) -> ClientFactory:
        """The clients that the bridge itself makes. The environment names credentials."""
        return client_factory(endpoint_url=self.url, region="eu-central-1", **more)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
