"""The product's own stores over peers of S3, SQS and a file system: quarantine, on-failure destination,
checkpoints and claim check. ``kept`` is what a store holds, read past every fault.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import unquote

import orjson

from bridge.edges.local.checkpoints import FileCheckpoints
from bridge.edges.s3.claim_check import S3ClaimCheck
from bridge.edges.s3.failures import S3FailureDestination
from bridge.edges.s3.quarantine import S3Quarantine
from bridge.edges.sqs.failures import SqsFailureDestination
from bridge.edges.sqs.quarantine import SqsQuarantine
from bridge.errors import EntryMissing
from bridge.ports.quarantine import EVERYTHING, Found, Quarantined, Selection
from bridge.ports.quarantine_entry import decode, scan_names
from tests.fakes.clients.s3 import S3Client
from tests.fakes.clients.sqs import SqsClient
from tests.simulation.edges import SimulatedCheckpoints, SimulatedDestination, SimulatedQuarantine
from tests.simulation.faults import Faults
from tests.simulation.peers.network import Network
from tests.simulation.world import SimulatedClock

QUARANTINE_BUCKET, CLAIMS_BUCKET, FAILURES_BUCKET = "quarantine", "claims", "failures"
QUARANTINE_QUEUE = "https://sqs.eu-central-1.amazonaws.com/123456789012/quarantine"
FAILURES_QUEUE = "https://sqs.eu-central-1.amazonaws.com/123456789012/failures"


class Bucket(S3Client):
    """``puts`` counts what was stored, whatever its caller heard of it."""

    holds = False  # requests and answers are held against botocore's model in the contract suite

    def __init__(self, name: str, clock: SimulatedClock) -> None:
        super().__init__(name, now=clock.now, page=50)
        self.puts = 0

    def put_object(self, **parameters: Any) -> dict[str, Any]:
        answer = super().put_object(**parameters)
        self.puts += 1
        return answer


class Queue(SqsClient):
    holds = False

    def __init__(self, url: str, clock: SimulatedClock) -> None:
        super().__init__(url)
        self.clock = cast(Any, clock)

    @property
    def puts(self) -> int:
        return self._sent


class EdgeQuarantine(SimulatedQuarantine):
    """The quarantine in a bucket or a queue."""

    def __init__(
        self, kind: Literal["s3", "sqs"], faults: Faults, on_put: Callable[[Quarantined], None]
    ) -> None:
        super().__init__(faults, on_put)
        clock = faults.world.clock
        self.peer: Bucket | Queue
        self.service = kind
        self.reader: S3Quarantine | SqsQuarantine
        """With every fault of the way there."""
        if kind == "s3":
            self.peer = bucket = Bucket(QUARANTINE_BUCKET, clock)
            edges = {"PutObject": "quarantine.put", "DeleteObject": "quarantine.remove"}
            self.reader = S3Quarantine(Network(bucket, "s3", faults, "quarantine", edges), bucket.bucket)
            self.kept = S3Quarantine(bucket, bucket.bucket)
        else:
            self.peer = queue = Queue(QUARANTINE_QUEUE, clock)
            edges = {"SendMessage": "quarantine.put", "DeleteMessage": "quarantine.remove"}
            self.reader = SqsQuarantine(Network(queue, "sqs", faults, "quarantine", edges), queue.url)
            self.kept = QueueView(queue)

    def check(self) -> None:
        self.reader.check()

    def put(self, entry: Quarantined) -> None:
        before = self.peer.puts
        try:
            self.reader.put(entry)
        finally:
            if self.peer.puts > before:
                self._on_put(entry)


class QueueView:
    """What a queue of quarantined records holds, without receiving a message."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def check(self) -> None:
        """Always there."""

    def put(self, entry: Quarantined) -> None:
        raise NotImplementedError("a view")

    def entries(self, selection: Selection = EVERYTHING) -> list[Quarantined]:
        every = [self.load(message.id) for message in self._queue.messages]
        return [entry for entry in every if selection.takes(entry)]

    def hold(self) -> None:
        """Nothing is hidden."""

    def scan(self, selection: Selection = EVERYTHING) -> Generator[Found]:
        return scan_names([message.id for message in self._queue.messages], self.load, selection)

    def load(self, name: str) -> Quarantined:
        for message in self._queue.messages:
            if message.id == name:
                return decode(message.body.encode())
        raise EntryMissing(f"there is no message {name}")

    def remove(self, name: str) -> None:
        self._queue.messages = [message for message in self._queue.messages if message.id != name]


class EdgeDestination(SimulatedDestination):
    """The on-failure destination in a bucket or a queue."""

    def __init__(self, kind: Literal["s3", "sqs"], faults: Faults) -> None:
        super().__init__(faults)
        clock = faults.world.clock
        self._peer: Bucket | Queue
        self._store: S3FailureDestination | SqsFailureDestination
        edges = {"PutObject": "destination.send", "SendMessage": "destination.send"}
        if kind == "s3":
            self._peer = bucket = Bucket(FAILURES_BUCKET, clock)
            network = Network(bucket, "s3", faults, "destination", edges)
            self._store = S3FailureDestination(network, bucket.bucket, "simulation")
        else:
            self._peer = queue = Queue(FAILURES_QUEUE, clock)
            self._store = SqsFailureDestination(
                Network(queue, "sqs", faults, "destination", edges), queue.url
            )

    def send(self, info: Mapping[str, Any], payload: Mapping[str, Any]) -> None:
        before = self._peer.puts
        try:
            self._store.send(info, payload)
        finally:
            if self._peer.puts > before:
                self.sent.append((info, payload))


class EdgeCheckpoints(SimulatedCheckpoints):
    """Checkpoints in files."""

    def __init__(self, faults: Faults) -> None:
        super().__init__(faults)
        self.folder = Path(tempfile.mkdtemp(prefix="simulation-"))
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self.kept = FileCheckpoints(self.folder)


class Claims:
    """The claim check's bucket."""

    def __init__(self, faults: Faults) -> None:
        self._bucket = Bucket(CLAIMS_BUCKET, faults.world.clock)
        edges = {"PutObject": "claims.store", "HeadObject": "claims.modified", "GetObject": "claims.get"}
        self.network = Network(self._bucket, "s3", faults, "claims", edges)
        self.store = S3ClaimCheck(self.network, CLAIMS_BUCKET, faults.world.clock)

    def fetch(self, uri: str) -> Any:
        """The data, as a subscriber finds it at this moment; None where there is none."""
        kept = self._bucket.objects.get(unquote(uri.removeprefix(f"s3://{CLAIMS_BUCKET}/")))
        return None if kept is None else orjson.loads(kept.data)

    @property
    def texts(self) -> list[bytes]:
        return [kept.data for kept in self._bucket.objects.values()]
