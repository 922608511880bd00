"""Where given up batches wait for a redrive: in memory, in a bucket or in a queue, both through the product's
own edges. A queue keeps positions only; a bucket keeps the payload too."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from typing import Any, Protocol

import orjson
from botocore.exceptions import ReadTimeoutError

from bridge.edges.s3.failures import S3FailureDestination, S3FailureSource
from bridge.edges.sqs.failures import HIDDEN_S, SqsFailureDestination, SqsFailureSource
from bridge.errors import DestinationUnavailable
from bridge.ports.failures import FailureSource, StoredBatch, object_key, with_payload
from tests.fakes.clients.batch_peer import client_error
from tests.fakes.clients.sqs import SqsClient
from tests.simulation.faults import Faults
from tests.simulation.recovery.nonsense import Nonsense
from tests.simulation.recovery.run_stores import SimulatedS3
from tests.simulation.world import Place, places_of

Sent = tuple[Mapping[str, Any], Mapping[str, Any]]
GIVEN_UP_QUEUE = "https://sqs.eu-central-1.amazonaws.com/111122223333/given-up"
GIVEN_UP_BUCKET = "given-up"
_MAPPING = "mapping"


class Box(Protocol):
    """``places``: what each batch holds, by the name that the source gives it."""

    places: dict[str, list[Place]]

    def fill(self, sent: Iterable[Sent]) -> None:
        """``sent`` is everything that ever came; what was filled in before is left out."""

    def source(self) -> FailureSource:
        """Of a process that starts anew."""

    def names(self) -> set[str]:
        """What waits."""

    hidden_s: float
    """How long a batch that somebody took and did not give back is not seen."""


class MemoryBox:
    hidden_s: float = 0.0

    def __init__(self, faults: Faults, *, whole: bool) -> None:
        self.stored: dict[str, bytes] = {}
        self.places: dict[str, list[Place]] = {}
        self._faults = faults
        self._whole = whole
        self._taken = 0

    def fill(self, sent: Iterable[Sent]) -> None:
        for info, payload in list(sent)[self._taken :]:
            self._taken += 1
            name = f"batch-{self._taken:04d}"
            self.stored[name] = with_payload(info, payload) if self._whole else orjson.dumps(info)
            self.places[name] = places_of(info, payload)

    def source(self) -> FailureSource:
        return self

    def names(self) -> set[str]:
        return set(self.stored)

    def batches(self) -> Generator[StoredBatch]:
        self._call("box.receive")
        for name, content in list(self.stored.items()):
            yield StoredBatch(name, content)

    def hold(self, stored: StoredBatch) -> None:
        self._call("box.hold")

    def remove(self, stored: StoredBatch) -> None:
        self._call("box.remove", stored.name)

    def _call(self, edge: str, gone: str = "") -> None:
        fault = self._faults.before(edge)
        if fault not in ("none", "unheard"):
            raise DestinationUnavailable("the queue did not answer")
        self.stored.pop(gone, None)
        self._faults.after(edge)
        if fault == "unheard":
            raise DestinationUnavailable("the queue did not answer")


class AwsBox:
    """What was given up, sent once by the real destination to a peer that does not fail meanwhile."""

    hidden_s: float = 0.0

    def __init__(self, peer: Any, faults: Faults, nonsense_share: float) -> None:
        self.places: dict[str, list[Place]] = {}
        self._faults = faults
        self.peer = peer
        self.client = Nonsense(peer, faults, nonsense_share)
        self._taken = 0

    def fill(self, sent: Iterable[Sent]) -> None:
        on, self._faults.on = self._faults.on, False
        for info, payload in list(sent)[self._taken :]:
            self._taken += 1
            self.places[self._send(info, payload)] = places_of(info, payload)
        self._faults.on = on

    def names(self) -> set[str]:
        """What waits."""
        raise NotImplementedError

    def _send(self, info: Mapping[str, Any], payload: Mapping[str, Any]) -> str:
        """The name that the box then has for it."""
        raise NotImplementedError


class BucketBox(AwsBox):
    def __init__(self, faults: Faults, nonsense_share: float) -> None:
        super().__init__(SimulatedS3(GIVEN_UP_BUCKET, faults, "box"), faults, nonsense_share)

    def _send(self, info: Mapping[str, Any], payload: Mapping[str, Any]) -> str:
        mapping = f"{_MAPPING}-{self._taken:04d}"  # two batches of one shard may fail in the same second
        S3FailureDestination(self.peer, GIVEN_UP_BUCKET, mapping).send(info, payload)
        return object_key(info, mapping)

    def source(self) -> FailureSource:
        return S3FailureSource(self.client, GIVEN_UP_BUCKET)

    def names(self) -> set[str]:
        return set(self.peer.objects)


class SimulatedQueue(SqsClient):
    """Fails as :mod:`tests.simulation.faults` says. Hidden messages are hidden by the world's clock."""

    def __init__(self, url: str, faults: Faults, edge: str) -> None:
        super().__init__(url, few=2)
        self.clock = faults.world.clock  # type: ignore[assignment]
        self._faults = faults
        self._edge = edge
        self._fault = "none"

    def begin(self, operation: str, parameters: dict[str, Any]) -> None:
        self.calls[operation] += 1  # parameters are held against botocore's model in the contract suite
        self._fault = self._faults.before(f"{self._edge}.{operation}")
        if self._fault in ("throttled", "partial"):
            raise client_error("ThrottlingException", operation)
        if self._fault == "failed":
            raise client_error("InternalFailure", operation, 500)

    def receive_message(self, **parameters: Any) -> dict[str, Any]:
        answer = super().receive_message(**parameters)
        self.end("ReceiveMessage")  # received and not heard: hidden, and nobody has it
        return answer

    def end(self, operation: str) -> None:
        fault = self._fault
        self._faults.after(f"{self._edge}.{operation}")
        if fault == "unheard":
            raise ReadTimeoutError(endpoint_url="https://sqs.example.com")


class QueueBox(AwsBox):
    hidden_s: float = HIDDEN_S

    def __init__(self, faults: Faults, nonsense_share: float) -> None:
        super().__init__(SimulatedQueue(GIVEN_UP_QUEUE, faults, "box"), faults, nonsense_share)

    def _send(self, info: Mapping[str, Any], payload: Mapping[str, Any]) -> str:
        SqsFailureDestination(self.peer, GIVEN_UP_QUEUE).send(info, payload)
        name: str = self.peer.messages[-1].id
        return name

    def source(self) -> FailureSource:
        return SqsFailureSource(self.client, GIVEN_UP_QUEUE)

    def names(self) -> set[str]:
        return {message.id for message in self.peer.messages}


def new_box(kind: str, faults: Faults, *, whole: bool, nonsense_share: float) -> Box:
    """``whole``: a box in memory keeps records, not only their positions."""
    if kind == "s3":
        return BucketBox(faults, nonsense_share)
    return QueueBox(faults, nonsense_share) if kind == "sqs" else MemoryBox(faults, whole=whole)
