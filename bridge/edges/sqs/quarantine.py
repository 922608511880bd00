"""Quarantine in an SQS queue: one message a record.

The body is the entry as compact JSON; one over the queue's limit is sent compressed (gzip, as base64 text,
named by the attribute ``encoding``), and only what is too large even so is refused and handed back. The
attributes ``reason``, ``stage`` and ``type`` are there for consumers that route by them. Encryption is the
queue's own affair (SSE-SQS is a queue's default).

What a queue is weaker in than a bucket or a folder:

* A standard queue keeps every put, so a redelivered record stands there as often as it was put. A FIFO queue
  (its name ends in ``.fifo``) keeps the first of what comes within five minutes of another (the record's
  identity is the deduplication id, and its group: no record waits for another).
* Messages expire (4 days unless the queue says otherwise, 14 at most), and a quarantined record with them.
* Looking at a message receives it: it is hidden from other consumers for a moment, and counts towards the
  ``maxReceiveCount`` of the queue's redrive policy. Give this queue no dead-letter queue of its own.

Needs ``sqs:SendMessage`` and ``sqs:GetQueueAttributes``; for reading also ``sqs:ReceiveMessage`` and
``sqs:ChangeMessageVisibility``, and for removing ``sqs:DeleteMessage``.
"""

from __future__ import annotations

import base64
import gzip
import zlib
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, Final

from bridge.edges.answers.errors import AWS_ERRORS, AwsTarget
from bridge.errors import BridgeError, EntryMissing, QuarantineUnavailable
from bridge.limits import SQS_BYTES, SQS_RECEIVE_MAX
from bridge.ports.quarantine import EVERYTHING, Found, Quarantined, Selection
from bridge.ports.quarantine_entry import decode, encode, entries_of, identity_of

HIDDEN_S: Final = 60  # how long a message is hidden while it is looked at, unless given back before
WAIT_S: Final = 1  # long polling asks every server of the queue (docs: "Short and long polling")
_COMPRESSED: Final = "gzip+base64"


class SqsQuarantine:
    """``client`` is boto3's ``sqs``."""

    def __init__(self, client: Any, queue_url: str) -> None:
        self.fifo = queue_url.endswith(".fifo")
        self.max_bytes = SQS_BYTES
        self._client = client
        self._queue_url = queue_url
        self._receipts: dict[str, str] = {}  # of scans under way, by message id
        self._target = AwsTarget(
            "sqs", f"queue {queue_url}", unavailable=QuarantineUnavailable, too_large=QuarantineUnavailable
        )

    def check(self) -> None:
        """Take over the queue's ``MaximumMessageSize``. Raises ``TargetMissing``, ``AccessDenied`` or
        ``QuarantineUnavailable``."""
        try:
            answer = self._client.get_queue_attributes(
                QueueUrl=self._queue_url, AttributeNames=["MaximumMessageSize"]
            )
        except AWS_ERRORS as error:
            raise self._target.translate(error) from error
        self.max_bytes = int((answer.get("Attributes") or {}).get("MaximumMessageSize") or SQS_BYTES)

    def put(self, entry: Quarantined) -> None:
        """Durable when it returns; see ``ports.Quarantine.put``."""
        message = self._message(entry)
        try:
            self._client.send_message(QueueUrl=self._queue_url, **message)
        except AWS_ERRORS as error:
            raise self._target.translate(error) from error

    def entries(self, selection: Selection = EVERYTHING) -> Iterator[Quarantined]:
        """The entries selected, as far as the queue shows them: what another consumer holds is not seen.
        Messages are given back when the reading ends."""
        with closing(self.scan(selection)) as found:
            yield from entries_of(found)

    def load(self, name: str) -> Quarantined:
        """One entry: the queue is read until it comes by. Raises ``EntryMissing``, and ``BridgeError`` where
        the message is no entry."""
        with closing(self.scan()) as found:
            for each in found:
                if each.name == name:
                    return next(entries_of([each]))
        raise EntryMissing(f"queue {self._queue_url} shows no message {name}")

    def scan(self, selection: Selection = EVERYTHING) -> Generator[Found]:
        """See ``ports.QuarantineReader.scan``; a name is the message's id."""
        held: dict[str, str] = {}  # message id to receipt handle
        repeats = 0  # in a row: reading takes longer than messages stay hidden
        try:
            while repeats <= len(held) and (messages := self._receive()):
                new = [message for message in messages if message["MessageId"] not in held]
                received = {message["MessageId"]: message["ReceiptHandle"] for message in messages}
                held |= received
                self._receipts |= received
                repeats = 0 if new else repeats + len(messages)
                for message in new:
                    try:
                        entry = self._read(message)
                    except BridgeError as error:
                        yield Found(message["MessageId"], error=error)
                        continue
                    if selection.takes(entry):
                        yield Found(message["MessageId"], entry)
        finally:
            self._give_back([receipt for name, receipt in held.items() if self._receipts.pop(name, None)])

    def remove(self, name: str) -> None:
        """See ``ports.QuarantineReader.remove``. Outside of a scan the queue is read until it comes by."""
        if name in self._receipts:
            self._delete(name)
            return
        with closing(self.scan()) as found:
            if any(each.name == name for each in found):
                self._delete(name)

    def _delete(self, name: str) -> None:
        try:
            self._client.delete_message(QueueUrl=self._queue_url, ReceiptHandle=self._receipts[name])
        except AWS_ERRORS as error:
            raise self._target.translate(error) from error
        del self._receipts[name]

    def _message(self, entry: Quarantined) -> dict[str, Any]:
        attributes = {"reason": entry.reason, "stage": entry.stage, "type": entry.event_type}
        body = encode(entry, compact=True)
        if _size(body, attributes) > self.max_bytes:
            attributes["encoding"] = _COMPRESSED
            body = base64.b64encode(gzip.compress(body, mtime=0))
        size = _size(body, attributes)
        if size > self.max_bytes:
            raise QuarantineUnavailable(
                f"queue {self._queue_url} takes {self.max_bytes} bytes, the record counts {size} compressed",
                hint="use a quarantine of kind s3, which has no such limit; until then it is handed back",
            )
        message: dict[str, Any] = {
            "MessageBody": body.decode("ascii"),
            "MessageAttributes": {
                name: {"DataType": "String", "StringValue": value}
                for name, value in attributes.items()
                if value
            },
        }
        if self.fifo:
            message["MessageGroupId"] = message["MessageDeduplicationId"] = identity_of(entry)
        return message

    def _receive(self) -> Sequence[Mapping[str, Any]]:
        try:
            answer = self._client.receive_message(
                QueueUrl=self._queue_url,
                MaxNumberOfMessages=SQS_RECEIVE_MAX,
                MessageAttributeNames=["encoding"],
                VisibilityTimeout=HIDDEN_S,
                WaitTimeSeconds=WAIT_S,
            )
        except AWS_ERRORS as error:
            raise self._target.translate(error) from error
        messages: Sequence[Mapping[str, Any]] = answer.get("Messages") or ()
        return messages

    def _read(self, message: Mapping[str, Any]) -> Quarantined:
        attributes = message.get("MessageAttributes") or {}
        try:
            body = message["Body"].encode()
            if (attributes.get("encoding") or {}).get("StringValue") == _COMPRESSED:
                body = gzip.decompress(base64.b64decode(body))
            return decode(body)
        except (ValueError, OSError, EOFError, zlib.error, BridgeError) as error:
            text = f"queue {self._queue_url}, message {message['MessageId']}: not a quarantined record"
            raise BridgeError(text, hint="something else sends to this queue", stage="quarantine") from error

    def _give_back(self, receipts: Sequence[str]) -> None:
        """Best effort: what is not given back is in sight again when its time is up."""
        for start in range(0, len(receipts), SQS_RECEIVE_MAX):
            entries = [
                {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                for number, receipt in enumerate(receipts[start : start + SQS_RECEIVE_MAX])
            ]
            try:
                self._client.change_message_visibility_batch(QueueUrl=self._queue_url, Entries=entries)
            except AWS_ERRORS:
                return


def _size(body: bytes, attributes: Mapping[str, str]) -> int:
    """What SQS counts: the body, and name, type and value of each attribute (docs: "Message quotas")."""
    parts = ((name, value) for name, value in attributes.items() if value)
    return len(body) + sum(len(name) + len("String") + len(value.encode()) for name, value in parts)
