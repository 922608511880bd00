"""A peer of boto3's ``sqs`` client: one queue, standard or FIFO, with visibility, deduplication and ranges.

Messages of errors: localstack/localstack, tests/aws/services/sqs, recorded from AWS; [k] where it has none.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from tests.fakes.clients.aws_peer import AwsPeer, with_request_id
from tests.fakes.clients.batch_peer import client_error
from tests.fakes.clock import FakeClock

DEDUPLICATION_S = 300
VISIBILITY_MAX_S = 43_200
WAIT_MAX_S = 20
DELAY_MAX_S = 900
BATCH_MAX = 10
ATTRIBUTES_MAX = 10
_CODES = "AWS.SimpleQueueService."
_ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
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


@dataclass
class _Refusal(Exception):
    code: str
    text: str = field(default="")


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
        clock: FakeClock | None = None,
    ) -> None:
        super().__init__()
        self.url = url
        self.fifo = url.endswith(".fifo")
        self.max_bytes = max_bytes
        self.few = few
        self.clock = clock or FakeClock()
        self.messages: list[Message] = []
        self._sent = 0
        self._seen: dict[str, float] = {}

    def get_queue_attributes(self, **parameters: Any) -> dict[str, Any]:
        self._begin("GetQueueAttributes", parameters)
        hidden = sum(message.visible_at_s > self.clock.now() for message in self.messages)
        everything = {
            "ApproximateNumberOfMessages": str(len(self.messages) - hidden),
            "ApproximateNumberOfMessagesNotVisible": str(hidden),
            "MaximumMessageSize": str(self.max_bytes),
            "QueueArn": "arn:aws:sqs:…",
        }
        attributes = {name: everything[name] for name in parameters.get("AttributeNames", ())}
        return with_request_id({"Attributes": attributes})

    # --- sending -------------------------------------------------------------------------------------

    def send_message(self, **parameters: Any) -> dict[str, Any]:
        self._begin("SendMessage", parameters)
        try:
            answer = self._send(parameters)
        except _Refusal as refusal:
            raise client_error(refusal.code, "SendMessage", 400, refusal.text) from refusal
        self.end("SendMessage")
        return answer

    def send_message_batch(self, **parameters: Any) -> dict[str, Any]:
        operation = "SendMessageBatch"
        self._begin(operation, parameters)
        entries = parameters["Entries"]
        self._check_entries(operation, entries)
        size = sum(_size(entry["MessageBody"], entry.get("MessageAttributes", {})) for entry in entries)
        if size > 1_048_576:
            text = f"Batch requests cannot be longer than 1048576 bytes. You have sent {size} bytes."
            raise client_error(_CODES + "BatchRequestTooLong", operation, 400, text)
        answer = self._each(entries, lambda entry: {"Id": entry["Id"], **self._send(entry)})
        self.end(operation)
        return with_request_id(answer)

    def _send(self, message: dict[str, Any]) -> dict[str, Any]:
        body, attributes = message["MessageBody"], message.get("MessageAttributes", {})
        if not body:
            raise _Refusal("MissingParameter", "The request must contain the parameter MessageBody.")
        if _NOT_XML.search(body):
            raise _Refusal("InvalidMessageContents", "Invalid characters were found in the message body")
        if len(attributes) > ATTRIBUTES_MAX:
            text = f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum [10]."
            raise _invalid(text)
        for name, value in attributes.items():
            if not value.get("StringValue") and not value.get("BinaryValue"):
                text = f"Message (user) attribute '{name}' must contain a non-empty value of type 'String'."
                raise _invalid(text)
        if _size(body, attributes) > self.max_bytes:
            text = "One or more parameters are invalid. Reason: Message must be shorter than"
            raise _invalid(f"{text} {self.max_bytes} bytes.")
        delay_s = message.get("DelaySeconds", 0)
        if self.fifo and delay_s:
            text = "The request include parameter that is not valid for this queue type."
            raise _value(delay_s, "DelaySeconds", text)
        _check_range(delay_s, "DelaySeconds", DELAY_MAX_S)
        self._keep(message, body, attributes, delay_s)
        return {"MessageId": f"m{self._sent}", "MD5OfMessageBody": _md5(body)}

    def _keep(self, message: dict[str, Any], body: str, attributes: dict[str, Any], delay_s: int) -> None:
        """A repeat within five minutes is a success and nothing else."""
        group, token = message.get("MessageGroupId", ""), message.get("MessageDeduplicationId", "")
        for name in ("MessageGroupId", "MessageDeduplicationId"):
            if name in message and not _ID.fullmatch(message[name]):
                text = f"{name} can only include alphanumeric and punctuation characters. 1 to 128 in length."
                raise _value(message[name], name, text)
        now = self.clock.now()
        if self.fifo:
            if not group:
                raise _Refusal("MissingParameter", "The request must contain the parameter MessageGroupId.")
            if not token:
                raise _invalid(
                    "The queue should either have ContentBasedDeduplication enabled or "
                    "MessageDeduplicationId provided explicitly"
                )
            if now - self._seen.get(token, -DEDUPLICATION_S) < DEDUPLICATION_S:
                return
            self._seen[token] = now
        elif token:
            text = "The request includes a parameter that is not valid for this queue type."
            raise _value(token, "MessageDeduplicationId", text)
        self._sent += 1
        self.messages.append(Message(f"m{self._sent}", body, attributes, group, now + delay_s))

    # --- receiving -----------------------------------------------------------------------------------

    def receive_message(self, **parameters: Any) -> dict[str, Any]:
        operation = "ReceiveMessage"
        self._begin(operation, parameters)
        asked, hidden_s = parameters.get("MaxNumberOfMessages", 1), parameters.get("VisibilityTimeout", 30)
        try:
            if not 1 <= asked <= BATCH_MAX:
                raise _value(asked, "MaxNumberOfMessages", "Must be between 1 and 10, if provided.")
            _check_range(hidden_s, "VisibilityTimeout", VISIBILITY_MAX_S)
            wait_s = parameters.get("WaitTimeSeconds", 0)
            if not 0 <= wait_s <= WAIT_MAX_S:
                raise _value(wait_s, "WaitTimeSeconds", "Must be >= 0 and <= 20, if provided.")
        except _Refusal as refusal:
            raise client_error(refusal.code, operation, 400, refusal.text) from refusal
        now = self.clock.now()
        most = min(self.few, asked)
        wanted = parameters.get("MessageAttributeNames", ())
        answered: list[dict[str, Any]] = []
        held = {m.group for m in self.messages if self.fifo and m.visible_at_s > now}
        for message in self.messages:
            if len(answered) == most or message.visible_at_s > now or message.group in held:
                continue
            message.visible_at_s = now + hidden_s
            message.receives += 1
            attributes = {name: value for name, value in message.attributes.items() if name in wanted}
            answered.append(
                {
                    "MessageId": message.id,
                    "ReceiptHandle": f"{message.id}/{message.receives}",
                    "Body": message.body,
                    "MD5OfBody": _md5(message.body),
                }
                | ({"MessageAttributes": attributes} if attributes else {})
            )
        return with_request_id({"Messages": answered} if answered else {})

    # --- what is received ----------------------------------------------------------------------------

    def delete_message(self, **parameters: Any) -> dict[str, Any]:
        self._begin("DeleteMessage", parameters)
        try:
            self._delete(parameters)
        except _Refusal as refusal:
            raise client_error(refusal.code, "DeleteMessage", 400, refusal.text) from refusal
        self.end("DeleteMessage")
        return with_request_id()

    def delete_message_batch(self, **parameters: Any) -> dict[str, Any]:
        operation = "DeleteMessageBatch"
        self._begin(operation, parameters)
        self._check_entries(operation, parameters["Entries"])
        answer = self._each(parameters["Entries"], self._delete)
        self.end(operation)
        return answer

    def change_message_visibility_batch(self, **parameters: Any) -> dict[str, Any]:
        operation = "ChangeMessageVisibilityBatch"
        self._begin(operation, parameters)
        self._check_entries(operation, parameters["Entries"])
        return self._each(parameters["Entries"], self._hide)

    def _delete(self, entry: dict[str, Any]) -> dict[str, Any]:
        """A standard queue takes an old handle; a FIFO queue refuses one that has expired."""
        message = self._message(entry["ReceiptHandle"])
        if message is not None:
            if self.fifo and message.visible_at_s <= self.clock.now():
                raise _value(entry["ReceiptHandle"], "ReceiptHandle", "The receipt handle has expired.")
            self.messages.remove(message)
        return {"Id": entry.get("Id")}

    def _hide(self, entry: dict[str, Any]) -> dict[str, Any]:
        hidden_s = entry.get("VisibilityTimeout", 0)
        _check_range(hidden_s, "VisibilityTimeout", VISIBILITY_MAX_S)
        message, now = self._message(entry["ReceiptHandle"]), self.clock.now()
        if message is None or message.visible_at_s <= now:
            text = "Message does not exist or is not available for visibility timeout change."
            raise _value(entry["ReceiptHandle"], "ReceiptHandle", text)
        message.visible_at_s = now + hidden_s
        return {"Id": entry["Id"]}

    def _message(self, receipt: str) -> Message | None:
        """None for a handle that is not the newest of its message, or whose message is gone."""
        if not re.fullmatch(r"m\d+/\d+", receipt):
            text = f'The input receipt handle "{receipt}" is not a valid receipt handle.'
            raise _Refusal("ReceiptHandleIsInvalid", text)
        return next((m for m in self.messages if receipt == f"{m.id}/{m.receives}"), None)

    # --- rules ---------------------------------------------------------------------------------------

    def _check_entries(self, operation: str, entries: list[dict[str, Any]]) -> None:
        ids = [entry["Id"] for entry in entries]
        code = text = ""
        if not entries:
            code, text = "EmptyBatchRequest", f"There should be at least one {operation}RequestEntry"
        elif len(entries) > BATCH_MAX:
            code = "TooManyEntriesInBatchRequest"
            text = f"Maximum number of entries per request are 10. You have sent {len(entries)}."
        elif not all(map(_ENTRY_ID.fullmatch, ids)):
            code = "InvalidBatchEntryId"
            text = (
                "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
                "It can be at most 80 letters long."
            )
        elif len(set(ids)) != len(ids):
            repeated = next(id for at, id in enumerate(ids) if id in ids[:at])
            code, text = "BatchEntryIdsNotDistinct", f"Id {repeated} repeated."
        if code:
            raise client_error(_CODES + code, operation, 400, text)

    def _each(self, entries: list[dict[str, Any]], act: Any) -> dict[str, Any]:
        answer: dict[str, list[dict[str, Any]]] = {"Successful": [], "Failed": []}
        for entry in entries:
            try:
                answer["Successful"].append(act(entry))
            except _Refusal as refusal:
                about = {"Code": refusal.code, "Message": refusal.text, "SenderFault": True}
                answer["Failed"].append({"Id": entry["Id"], **about})
        return {name: found for name, found in answer.items() if found}

    def _begin(self, operation: str, parameters: dict[str, Any]) -> None:
        self.begin(operation, parameters)
        if parameters["QueueUrl"] != self.url:
            raise self.missing(operation)

    def missing(self, operation: str) -> ClientError:
        text = "The specified queue does not exist."
        return client_error(_CODES + "NonExistentQueue", operation, 400, text)


def _invalid(text: str) -> _Refusal:
    return _Refusal("InvalidParameterValue", text)


def _value(value: Any, name: str, reason: str) -> _Refusal:
    return _invalid(f"Value {value} for parameter {name} is invalid. Reason: {reason}")


def _check_range(value: int, name: str, most: int) -> None:
    if not 0 <= value <= most:
        raise _value(value, name, f"Must be between 0 and {most}, if provided.")


def _size(body: str, attributes: dict[str, Any]) -> int:
    size = len(body.encode())
    for name, value in attributes.items():
        content = value.get("StringValue", "").encode() or value.get("BinaryValue", b"")
        size += len(name.encode()) + len(value["DataType"]) + len(content)
    return size


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
