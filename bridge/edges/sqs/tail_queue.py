"""An SQS queue as somebody watches it: with or without taking its messages away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bridge.edges.answers.errors import AWS_ERRORS, AwsTarget
from bridge.errors import SourceUnavailable
from bridge.limits import SQS_RECEIVE_MAX

LOOK_S: Final = 2
"""How long a message that is only looked at stays hidden from its real consumer."""
TAKE_S: Final = 30


@dataclass(frozen=True, slots=True)
class Message:
    id: str
    body: str
    receipt: str


class TailQueue:
    """``take`` False leaves every message in the queue: it comes back in sight after ``LOOK_S``, and is
    received again and again; whoever reads here tells by ``Message.id``.

    Raises ``TargetMissing``, ``AccessDenied``, ``SourceUnavailable``.
    """

    def __init__(self, sqs: Any, url: str, *, take: bool) -> None:
        self._sqs = sqs
        self._url = url
        self._hidden_s = TAKE_S if take else LOOK_S
        self._target = AwsTarget("sqs", f"queue {url}", unavailable=SourceUnavailable)

    def has_dead_letters(self) -> bool:
        """Whether the queue gives a message up that was received too often: then looking does harm."""
        try:
            answer = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["RedrivePolicy"])
        except AWS_ERRORS as error:
            raise self._target.translate(error) from error
        return bool((answer.get("Attributes") or {}).get("RedrivePolicy"))

    def receive(self, wait_s: int) -> list[Message]:
        """At most ten messages; an empty answer after ``wait_s``."""
        try:
            answer = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=SQS_RECEIVE_MAX,
                WaitTimeSeconds=wait_s,
                VisibilityTimeout=self._hidden_s,
            )
        except AWS_ERRORS as error:
            raise self._target.translate(error) from error
        return [
            Message(each["MessageId"], each["Body"], each["ReceiptHandle"])
            for each in answer.get("Messages") or ()
        ]

    def delete(self, messages: Sequence[Message]) -> int:
        """At most ten messages. Answers how many could not be deleted: they come again."""
        if not messages:
            return 0
        entries = [{"Id": str(n), "ReceiptHandle": each.receipt} for n, each in enumerate(messages)]
        try:
            answer = self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)
        except AWS_ERRORS as error:
            raise self._target.translate(error) from error
        return len(answer.get("Failed") or ())
