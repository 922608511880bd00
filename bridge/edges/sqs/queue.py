"""One queue: the SQS conversation that every SQS edge shares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from bridge.edges.answers.errors import AwsTarget
from bridge.errors import BatchError, BridgeError, Unavailable
from bridge.limits import SQS_RECEIVE_MAX

WAIT_S: Final = 1  # long polling asks every server of the queue (docs: "Short and long polling")


class Queue:
    """``client`` is boto3's ``sqs``.

    Every method raises ``TargetMissing``, ``AccessDenied`` and ``unavailable``, where it does not say less.
    """

    def __init__(
        self,
        client: Any,
        url: str,
        unavailable: type[Unavailable],
        *,
        too_large: type[BridgeError] = BatchError,
    ) -> None:
        self.url = url
        self._target = AwsTarget(client, "sqs", f"queue {url}", unavailable, too_large=too_large)

    def attributes(self, *names: str) -> Mapping[str, str]:
        """Those of ``names`` that the queue has. Needs ``sqs:GetQueueAttributes``."""
        answer = self._target.call("GetQueueAttributes", QueueUrl=self.url, AttributeNames=list(names))
        return answer.get("Attributes") or {}

    def send(self, body: str, **more: Any) -> None:
        """``more`` are further parameters of SendMessage. Needs ``sqs:SendMessage``."""
        self._target.call("SendMessage", QueueUrl=self.url, MessageBody=body, **more)

    def receive(
        self,
        *,
        hidden_s: int,
        most: int = SQS_RECEIVE_MAX,
        wait_s: int = WAIT_S,
        attributes: Sequence[str] = (),
    ) -> Sequence[Mapping[str, Any]]:
        """At most ``most`` messages, which other consumers do not see for ``hidden_s``; none after ``wait_s``
        without a message. ``attributes`` names the message attributes to read. Needs
        ``sqs:ReceiveMessage``."""
        named = {"MessageAttributeNames": list(attributes)} if attributes else {}
        answer = self._target.call(
            "ReceiveMessage",
            QueueUrl=self.url,
            MaxNumberOfMessages=most,
            VisibilityTimeout=hidden_s,
            WaitTimeSeconds=wait_s,
            **named,
        )
        return answer.get("Messages") or ()

    def hide(self, receipts: Sequence[str], hidden_s: int) -> None:
        """At most ten messages, for ``hidden_s`` from now. Needs ``sqs:ChangeMessageVisibility``."""
        entries = [
            {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": hidden_s}
            for number, receipt in enumerate(receipts)
        ]
        self._target.call("ChangeMessageVisibilityBatch", QueueUrl=self.url, Entries=entries)

    def give_back(self, receipts: Iterable[str]) -> None:
        """Shows messages to other consumers again. Best effort, without an error: a message that is not given
        back is visible again when its time is up. Needs ``sqs:ChangeMessageVisibility``."""
        left = list(receipts)
        while left:
            try:
                self.hide(left[:SQS_RECEIVE_MAX], 0)
            except BridgeError:
                return
            del left[:SQS_RECEIVE_MAX]

    def delete(self, receipt: str) -> None:
        """Needs ``sqs:DeleteMessage``."""
        self._target.call("DeleteMessage", QueueUrl=self.url, ReceiptHandle=receipt)

    def delete_all(self, receipts: Sequence[str]) -> int:
        """At most ten messages. Returns how many could not be deleted: they will be received again. Needs
        ``sqs:DeleteMessage``."""
        entries = [{"Id": str(number), "ReceiptHandle": each} for number, each in enumerate(receipts)]
        answer = self._target.call("DeleteMessageBatch", QueueUrl=self.url, Entries=entries)
        return len(answer.get("Failed") or ())
