"""The way to a service: throttled, refused, lost, answered by what is not AWS, or cut by a crash."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore import xform_name
from botocore.exceptions import ReadTimeoutError

from tests.fakes.clients.batch_peer import client_error
from tests.simulation.faults import Fault, Faults
from tests.simulation.peers.nonsense import nonsense

_THROTTLED: Mapping[str, str] = {"s3": "SlowDown", "sqs": "RequestThrottled", "sns": "Throttled"}


def raise_planned(fault: Fault, service: str, operation: str) -> None:
    """The error answers that a fault stands for."""
    if fault == "throttled":
        status = {"sns": 429, "s3": 503}.get(service, 400)
        raise client_error(_THROTTLED.get(service, "ThrottlingException"), operation, status)
    if fault == "failed":
        raise client_error("InternalError", operation, 500)
    if fault == "denied":
        raise client_error("AccessDeniedException", operation)


class Network:
    """A client of one service, in front of ``peer``. ``edges`` names the operations as the faults know
    them; an operation that it does not name is called ``<place>.<operation>``."""

    def __init__(
        self, peer: Any, service: str, faults: Faults, place: str, edges: Mapping[str, str] | None = None
    ) -> None:
        self._peer, self._service, self._faults, self._place = peer, service, faults, place
        self._edges = edges or {}

    def __getattr__(self, method: str) -> Any:
        operation = _operation(method)
        if operation is None:
            raise AttributeError(method)
        return _Call(self, method, operation)

    def part_of(self, operation: str, request: Mapping[str, Any]) -> Any:
        """What the fault ``partial`` answers; None: as if nothing was wrong."""

    def edge_of(self, operation: str, request: Mapping[str, Any]) -> str:
        return self._edges.get(operation, f"{self._place}.{operation}")

    def call(self, method: str, operation: str, request: dict[str, Any]) -> Any:
        faults, edge = self._faults, self.edge_of(operation, request)
        fault = faults.before(edge, answers=True)
        raise_planned(fault, self._service, operation)
        if fault == "nonsense" and faults.coin():  # it never reached AWS
            return spoiled(operation, None, faults)
        part = self.part_of(operation, request) if fault == "partial" else None
        answer = getattr(self._peer, method)(**request) if part is None else part
        faults.after(edge)
        if fault == "unheard":
            raise ReadTimeoutError(endpoint_url=f"https://{self._service}.example.com")
        return spoiled(operation, answer, faults) if fault == "nonsense" else answer


class _Call:
    """A method of a client."""

    def __init__(self, network: Network, method: str, operation: str) -> None:
        self._network, self._method, self._operation = network, method, operation

    def __call__(self, **request: Any) -> Any:
        return self._network.call(self._method, self._operation, request)


def spoiled(operation: str, answer: Mapping[str, Any] | None, faults: Faults) -> dict[str, Any]:
    kind, wrong = nonsense(operation, answer, faults.rng)
    faults.world.note(f"nonsense {operation} {kind}")
    return wrong


_METHODS: Mapping[str, str] = {
    xform_name(operation): operation
    for operation in (
        *("DescribeStream", "GetShardIterator", "GetRecords"),
        *("HeadBucket", "PutObject", "HeadObject", "GetObject", "DeleteObject", "DeleteObjects"),
        *("ListObjectsV2", "GetQueueAttributes", "SendMessage", "ReceiveMessage", "DeleteMessage"),
        "ChangeMessageVisibilityBatch",
    )
}


def _operation(method: str) -> str | None:
    return _METHODS.get(method)
