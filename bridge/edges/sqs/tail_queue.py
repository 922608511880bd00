"""An SQS queue as ``tail`` watches it: with or without taking its messages away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from bridge.edges.sqs.queue import Queue
from bridge.errors import SourceUnavailable

LOOK_S: Final = 2
"""How long a message stays hidden from its real consumer when ``tail`` does not take it."""
TAKE_S: Final = 30


class Message(NamedTuple):
    id: str
    body: str
    receipt: str


class TailQueue:
    """With ``take`` False every message stays in the queue: it is visible again after ``LOOK_S`` and is
    received again and again; the reader recognises it by ``Message.id``.

    Raises ``TargetMissing``, ``AccessDenied``, ``SourceUnavailable``.
    """

    def __init__(self, sqs: Any, url: str, *, take: bool) -> None:
        self._queue = Queue(sqs, url, SourceUnavailable)
        self._hidden_s = TAKE_S if take else LOOK_S

    def has_dead_letters(self) -> bool:
        """Whether the queue moves a message away that was received too often: then reading does harm."""
        return bool(self._queue.attributes("RedrivePolicy").get("RedrivePolicy"))

    def receive(self, wait_s: int) -> list[Message]:
        """At most ten messages; none after ``wait_s`` without a message."""
        return [
            Message(each["MessageId"], each["Body"], each["ReceiptHandle"])
            for each in self._queue.receive(hidden_s=self._hidden_s, wait_s=wait_s)
        ]

    def delete(self, messages: Sequence[Message]) -> int:
        """At most ten messages. Returns how many could not be deleted: they will be received again."""
        return self._queue.delete_all([each.receipt for each in messages]) if messages else 0
