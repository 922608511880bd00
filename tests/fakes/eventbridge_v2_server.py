"""EventBridge's new custom bus as an HTTP server on this machine, for boto3's own client."""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import Callable
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import ThreadingMixIn
from types import TracebackType
from typing import Any, Self

import boto3.session
from botocore.config import Config
from botocore.exceptions import ClientError

from bridge.limits import EVENTBRIDGE_V2_BYTES, EVENTBRIDGE_V2_DEDUPLICATION_S
from bridge.ports.clock import Clock
from tests.fakes.clients.batch_peer import BatchPeer, client_error
from tests.fakes.clock import FakeClock
from tests.fakes.faults import Fault
from tests.fakes.service_side import ServiceSide

# docs: "Supported content types: JSON, Avro, Protobuf, and raw bytes"
CONTENT_TYPES = ("application/json", "application/avro", "application/protobuf", "application/octet-stream")

Result = dict[str, Any]


@cache
def _side() -> ServiceSide:
    return ServiceSide("eventbridgev2")


@cache
def _session() -> Any:
    """Shared, because loading a service model takes longer than a test."""
    return boto3.session.Session()


class EventBridgeV2Server(BatchPeer):
    """One bus. Used as a context manager, or ended with ``close``.

    ``accepted`` holds the ids of the CloudEvents that were acknowledged, repeats included; ``groups`` what
    the bus keeps of them, by event group, in order. Besides the hooks of :class:`BatchPeer` (an exception
    that is no ``ClientError`` closes the connection instead of answering),
    ``rewrite(call, id, result)`` changes the result of one entry, or leaves it out (None).
    """

    rewrite = Fault[Callable[[int, str, Result], Result | None]](
        lambda call, id, result: result, lambda answer, call, id, result: answer is not result
    )
    service = "eventbridgev2"

    def __init__(self, bus: str = "orders", *, clock: Clock | None = None) -> None:
        super().__init__()
        self.arn = f"arn:aws:events:eu-central-1:111122223333:event-busv2/{bus}/a1b2c3d4e5f6g7h8i9j0k1l2m"
        self.state = "ACTIVE"
        self.groups: dict[str, list[str]] = {}
        self.failures: list[BaseException] = []  # of the server itself: a mistake in here
        self._clock = clock or FakeClock()
        self._bus = bus
        self._kept: dict[tuple[str, str], tuple[float, Result]] = {}  # by group and deduplication id
        self._clients: list[Any] = []
        self._http = _HttpServer(self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), name="bus")
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def client(self, *, max_connections: int = 10) -> Any:
        """boto3's client for this server: it does not retry, and reads nothing from the environment."""
        client = _session().client(
            self.service,
            region_name="eu-central-1",
            endpoint_url=self.url,
            aws_access_key_id="local",
            aws_secret_access_key="local",
            config=Config(
                retries={"total_max_attempts": 1},
                max_pool_connections=max_connections,
                proxies={},
                connect_timeout=5,
                read_timeout=30,
            ),
        )
        self._clients.append(client)
        return client

    def close(self) -> None:
        """End the server, its connections and its threads. Raises what went wrong inside it."""
        for client in self._clients:
            client.close()
        self._http.shutdown()
        self._http.end()
        self._thread.join()
        if self.failures:
            raise self.failures[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    # --- the service ---

    def respond(self, path: str, body: bytes) -> tuple[int, bytes] | None:
        """Status and body; None where the connection is to be closed without an answer."""
        side = _side()
        operation = path.removeprefix(side.path)
        try:
            request = side.read(operation, body)
            if mistakes := side.mistakes(operation, request):
                raise client_error("InvalidInputException", operation, 400, "; ".join(mistakes))
            if self.denied:
                raise self._denial(operation)
            if not self.exists or request["EventBusArn"] != self.arn:
                raise client_error("ResourceNotFoundException", operation, 404, "The bus does not exist.")
            if operation == "DescribeEventBus":
                answer = {"EventBusArn": self.arn, "Name": self._bus, "State": self.state}
            else:
                answer = self._put(operation, request["Entries"])
        except ClientError as error:
            problem, status = error.response["Error"], error.response["ResponseMetadata"]["HTTPStatusCode"]
            return status, side.write_error(problem["Code"], problem["Message"])
        except _Lost:
            return None
        return 200, side.write(operation, answer)

    def _put(self, operation: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
        events = [_event_of(entry) for entry in entries]
        ids, subjects = [event["id"] for event in events], [event["subject"] for event in events]
        size = sum(map(_size, entries))
        call = self.begin(ids, subjects, size)
        try:
            if error := self.fail_call(call, ids):
                raise error if isinstance(error, ClientError) else _Lost
            if self.state not in ("ACTIVE", "UPDATING", "UPDATE_FAILED"):
                raise client_error("InvalidStateException", operation, 409, f"The bus is {self.state}.")
            if size >= EVENTBRIDGE_V2_BYTES:
                raise client_error("InvalidInputException", operation, 400, "The request is too large.")
            results = []
            for id, entry in zip(ids, entries, strict=True):
                result = self.rewrite(call, id, self._take(call, id, entry))
                if result is not None:
                    results.append(result)
            if error := self.lose_answer(call, ids):
                raise error if isinstance(error, ClientError) else _Lost
            results = results[: len(results) - self.cut_answer(call)]
            return {"FailedEntryCount": sum("ErrorCode" in r for r in results), "Entries": results}
        finally:
            self.end(subjects)

    def _take(self, call: int, id: str, entry: dict[str, Any]) -> Result:
        if code := self.fail_entry(call, id):
            return {"ErrorCode": code, "ErrorMessage": "said the peer"}
        system = entry.get("SystemMetadata", {})
        content_type = system.get("ContentType", CONTENT_TYPES[0])
        if content_type not in CONTENT_TYPES:
            text = f"Unsupported contentType: {content_type}."
            return {"ErrorCode": "InvalidInputException", "ErrorMessage": text}
        if entry.get("Source", "").startswith("aws."):
            return {"ErrorCode": "InvalidInputException", "ErrorMessage": "This source is reserved."}
        group, token = system.get("EventGroupId", ""), system.get("DeduplicationId")
        self.accept(id, entry)
        with self._lock:
            now = self._clock.now()
            kept_at, kept = self._kept.get((group, token), (-EVENTBRIDGE_V2_DEDUPLICATION_S, {}))
            if token and kept and now - kept_at < EVENTBRIDGE_V2_DEDUPLICATION_S:
                return {**kept, "SuccessCode": "DEDUPLICATED"}
            number = sum(map(len, self.groups.values()))
            self.groups.setdefault(group, []).append(id)
            result = {
                "EventId": f"aws-{number}",
                "SequenceNumber": f"{number:020d}",
                "SuccessCode": "PUBLISHED",
            }
            self._kept[group, token] = (now, result)
            return result

    def _denial(self, operation: str) -> ClientError:
        who = "arn:aws:sts::111122223333:assumed-role/bridge/fn"
        text = (
            f"User: {who} is not authorized to perform: events:{operation} on resource: {self.arn} because …"
        )
        return client_error("AccessDeniedException", operation, 403, text)


def _event_of(entry: dict[str, Any]) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(entry["Data"] if "Data" in entry else entry["Detail"])
    return event


def _size(entry: dict[str, Any]) -> int:
    """Every text and byte of the entry, and 14 for Time as on the classic bus."""
    size = 14 if "Time" in entry else 0
    for value in (*entry.values(), *entry.get("Resources", ()), *entry.get("SystemMetadata", {}).values()):
        if isinstance(value, str | bytes):
            size += len(value.encode() if isinstance(value, str) else value)
    return size


# --- HTTP ----------------------------------------------------------------------------------------


class _Lost(Exception):
    """The connection breaks before the answer."""


class _HttpServer(ThreadingMixIn, HTTPServer):
    """Keeps its connections in view, so that all of them end with it."""

    daemon_threads = False  # waited for at the end

    def __init__(self, peer: EventBridgeV2Server) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.peer = peer
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, ConnectionError):
            self.peer.failures.append(error)

    def end(self) -> None:
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:  # it has just ended by itself
                continue
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave together
    server: _HttpServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = self.server.peer.respond(self.path, body)
        if answer is None:
            self.close_connection = True
            return
        status, content = answer
        self.send_response(status)
        self.send_header("smithy-protocol", self.headers["smithy-protocol"])
        self.send_header("Content-Type", self.headers["Accept"])
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Tests are quiet."""
