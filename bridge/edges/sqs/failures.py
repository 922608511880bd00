"""Failed batches in a queue: Lambda's invocation record only, put there by ``run``, read by a redrive.

Docs: "Retaining discarded records for a DynamoDB event source".
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any, Final

import orjson

from bridge.edges.sqs.queue import Queue
from bridge.errors import DestinationUnavailable
from bridge.ports.failures import StoredBatch

HIDDEN_S: Final = 300  # how long a message is hidden, counted from the last chunk of its records


class SqsFailureDestination:
    """A redrive reads the records from the stream again, within the stream's 24 hours. Needs
    ``sqs:SendMessage`` and ``sqs:GetQueueAttributes``."""

    def __init__(self, client: Any, queue_url: str) -> None:
        self._queue = Queue(client, queue_url, DestinationUnavailable)

    def check(self) -> None:
        """Whether the queue exists and may be used."""
        self._queue.attributes("QueueArn")

    def send(self, info: Mapping[str, Any], payload: Mapping[str, Any]) -> None:
        self._queue.send(orjson.dumps(info).decode())


class SqsFailureSource:
    """A message that is read stays hidden until the reading ends. Needs ``sqs:ReceiveMessage``,
    ``sqs:ChangeMessageVisibility`` and ``sqs:DeleteMessage``."""

    def __init__(self, client: Any, queue_url: str) -> None:
        self._queue = Queue(client, queue_url, DestinationUnavailable)
        self._receipts: dict[str, str] = {}  # of messages neither removed nor given back, by message id

    def batches(self) -> Generator[StoredBatch]:
        seen: set[str] = set()
        repeats = 0  # in a row: the run takes longer than messages stay hidden
        try:
            # One message at a time: while it is processed, the others are not hidden.
            while repeats <= len(seen) and (messages := self._queue.receive(hidden_s=HIDDEN_S, most=1)):
                message = messages[0]
                name, receipt = message["MessageId"], message["ReceiptHandle"]
                self._receipts[name] = receipt
                repeats = repeats + 1 if name in seen else 0
                if name not in seen:
                    seen.add(name)
                    yield StoredBatch(name, message["Body"].encode("utf-8", "surrogatepass"), receipt)
        finally:
            receipts = list(self._receipts.values())
            self._receipts.clear()
            self._queue.give_back(receipts)

    def hold(self, stored: StoredBatch) -> None:
        self._queue.hide([stored.receipt], HIDDEN_S)

    def remove(self, stored: StoredBatch) -> None:
        self._queue.delete(self._receipts.pop(stored.name, stored.receipt))
