"""A peer of boto3's ``sqs`` client: one queue, standard or FIFO, with visibility and deduplication."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tests.fakes.clients.aws_peer import AwsPeer, with_request_id
from tests.fakes.clients.batch_peer import client_error
from tests.fakes.clock import FakeClock

DEDUPLICATION_S = 300
_ID = re.compile(r"[!-~]{1,128}")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass
class Message:
    id: str
    body: str
    attributes: dict[str, Any]
    group: str
    visible_at_s: float = 0.0
    receives: int = 0


class SqsClient(AwsPeer):
    """``messages`` holds what the queue keeps, in order. ``few`` is the most that one receive answers,
    whatever was asked for: a queue need not give all it has."""

    service = "sqs"
    denial = ("AccessDeniedException", 400)

    def __init__(
        self,
        url: str = "https://sqs.eu-central-1.amazonaws.com/111122223333/quarantine",
        *,
        max_bytes: int = 1_048_576,
        few: int = 3,
    ) -> None:
        super().__init__()
        self.url = url
        self.fifo = url.endswith(".fifo")
        self.max_bytes = max_bytes
        self.few = few
        self.clock = FakeClock()
        self.messages: list[Message] = []
        self._sent = 0
        self._seen: dict[str, float] = {}

    def get_queue_attributes(self, **parameters: Any) -> dict[str, Any]:
        self._begin("GetQueueAttributes", parameters)
        everything = {"MaximumMessageSize": str(self.max_bytes), "QueueArn": "arn:aws:sqs:…"}
        attributes = {name: everything[name] for name in parameters.get("AttributeNames", ())}
        return with_request_id({"Attributes": attributes})

    def send_message(self, **parameters: Any) -> dict[str, Any]:
        self._begin("SendMessage", parameters)
        body, attributes = parameters["MessageBody"], parameters.get("MessageAttributes", {})
        if not body or _NOT_XML.search(body):
            raise client_error("InvalidMessageContents", "SendMessage")
        if len(attributes) > 10 or any(not a.get("StringValue") for a in attributes.values()):
            raise client_error("InvalidParameterValue", "SendMessage", 400, "The message attribute …")
        size = len(body.encode()) + sum(
            len(name) + len(a["DataType"]) + len(a["StringValue"].encode()) for name, a in attributes.items()
        )
        if size > self.max_bytes:
            text = f"… Reason: Message must be shorter than {self.max_bytes} bytes."
            raise client_error("InvalidParameterValue", "SendMessage", 400, text)
        self._keep(parameters, body, attributes)
        self.end("SendMessage")
        return {"MessageId": str(self._sent)}

    def _keep(self, parameters: dict[str, Any], body: str, attributes: dict[str, Any]) -> None:
        group = parameters.get("MessageGroupId", "")
        token = parameters.get("MessageDeduplicationId", "")
        if self.fifo:
            if not _ID.fullmatch(group) or not _ID.fullmatch(token):
                raise client_error(
                    "InvalidParameterValue", "SendMessage", 400, "The queue should either have …"
                )
            now = self.clock.now()
            if now - self._seen.get(token, -DEDUPLICATION_S) < DEDUPLICATION_S:
                return
            self._seen[token] = now
        elif token:
            raise client_error(
                "InvalidParameterValue", "SendMessage", 400, "… is not valid for this queue type"
            )
        self._sent += 1
        self.messages.append(Message(f"m{self._sent}", body, attributes, group))

    def receive_message(self, **parameters: Any) -> dict[str, Any]:
        self._begin("ReceiveMessage", parameters)
        now = self.clock.now()
        most = min(self.few, parameters.get("MaxNumberOfMessages", 1))
        wanted = parameters.get("MessageAttributeNames", ())
        answered: list[dict[str, Any]] = []
        held = {m.group for m in self.messages if self.fifo and m.visible_at_s > now}
        for message in self.messages:
            if len(answered) == most or message.visible_at_s > now or message.group in held:
                continue
            message.visible_at_s = now + parameters.get("VisibilityTimeout", 30)
            message.receives += 1
            attributes = {name: value for name, value in message.attributes.items() if name in wanted}
            answered.append(
                {
                    "MessageId": message.id,
                    "ReceiptHandle": f"{message.id}/{message.receives}",
                    "Body": message.body,
                }
                | ({"MessageAttributes": attributes} if attributes else {})
            )
        return with_request_id({"Messages": answered} if answered else {})

    def delete_message(self, **parameters: Any) -> dict[str, Any]:
        self._begin("DeleteMessage", parameters)
        receipt = parameters["ReceiptHandle"]
        if not re.fullmatch(r"m\d+/\d+", receipt):
            raise client_error("ReceiptHandleIsInvalid", "DeleteMessage")
        self.messages = [m for m in self.messages if receipt != f"{m.id}/{m.receives}"]
        self.end("DeleteMessage")
        return with_request_id()

    def change_message_visibility_batch(self, **parameters: Any) -> dict[str, Any]:
        self._begin("ChangeMessageVisibilityBatch", parameters)
        entries = parameters["Entries"]
        if not 1 <= len(entries) <= 10:
            raise client_error(
                "AWS.SimpleQueueService.TooManyEntriesInBatchRequest", "ChangeMessageVisibilityBatch"
            )
        for entry in entries:
            for message in self.messages:
                if entry["ReceiptHandle"] == f"{message.id}/{message.receives}":
                    message.visible_at_s = self.clock.now() + entry["VisibilityTimeout"]
        return {"Successful": [{"Id": entry["Id"]} for entry in entries], "Failed": []}

    def _begin(self, operation: str, parameters: dict[str, Any]) -> None:
        self.begin(operation, parameters)
        if parameters["QueueUrl"] != self.url:
            raise self.missing(operation)

    def missing(self, operation: str) -> ClientError:
        text = "The specified queue does not exist."
        return client_error("AWS.SimpleQueueService.NonExistentQueue", operation, 400, text)
