"""Quarantine in an SQS queue: one message for each record.

The body is the entry as compact JSON. An entry over the queue's limit is sent compressed (gzip, as base64
text, named by the attribute ``encoding``); one that is too large even so is refused and returned for retry.
Consumers can route by the attributes ``reason``, ``stage`` and ``type``. Encryption is a setting of the queue
(SSE-SQS is the default).

A queue has these disadvantages compared with a bucket or a folder:

* A standard queue keeps every put, so a redelivered record is in it as often as it was put. A FIFO queue (its
  name ends in ``.fifo``) keeps the first of those that come within five minutes (the record's identity is the
  deduplication id and the group: no record waits for another).
* Messages expire (after 4 days unless the queue says otherwise, 14 at most), and a quarantined record with
  them.
* Reading a message receives it: it is hidden from other consumers for a moment, and counts towards the
  ``maxReceiveCount`` of the queue's redrive policy. Give this queue no dead-letter queue of its own.

Needs ``sqs:SendMessage`` and ``sqs:GetQueueAttributes``; for reading also ``sqs:ReceiveMessage`` and
``sqs:ChangeMessageVisibility``, and for removing ``sqs:DeleteMessage``.
"""

from __future__ import annotations

import base64
import gzip
import zlib
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from typing import Any, Final

from bridge.edges.sqs.queue import Queue
from bridge.errors import BridgeError, EntryMissing, QuarantineUnavailable
from bridge.limits import SQS_BYTES
from bridge.ports.quarantine import EVERYTHING, Found, Quarantined, Selection
from bridge.ports.quarantine_entry import decode, encode, entries_of, identity_of

HIDDEN_S: Final = 120  # how long a message is hidden, unless given back before; longer than one retry takes
_COMPRESSED: Final = "gzip+base64"


class SqsQuarantine:
    """``client`` is boto3's ``sqs``."""

    def __init__(self, client: Any, queue_url: str) -> None:
        self.fifo = queue_url.endswith(".fifo")
        self.max_bytes = SQS_BYTES
        self._queue = Queue(client, queue_url, QuarantineUnavailable, too_large=QuarantineUnavailable)
        self._receipts: dict[str, str] = {}  # of scans in progress, by message id
        self._ahead: list[str] = []  # names of the message that a scan yielded last, and of those after it

    def check(self) -> None:
        """Use the queue's ``MaximumMessageSize``. Raises ``TargetMissing``, ``AccessDenied`` or
        ``QuarantineUnavailable``."""
        attributes = self._queue.attributes("MaximumMessageSize")
        self.max_bytes = int(attributes.get("MaximumMessageSize") or SQS_BYTES)

    def put(self, entry: Quarantined) -> None:
        """Durable when it returns; see ``ports.Quarantine.put``."""
        attributes = {"reason": entry.reason, "stage": entry.stage, "type": entry.event_type}
        body = encode(entry, compact=True)
        if _size(body, attributes) > self.max_bytes:
            attributes["encoding"] = _COMPRESSED
            body = base64.b64encode(gzip.compress(body, mtime=0))
        size = _size(body, attributes)
        if size > self.max_bytes:
            raise QuarantineUnavailable(
                f"queue {self._queue.url} takes {self.max_bytes} bytes, the record has {size} compressed",
                hint="use a quarantine of kind s3, which has no such limit; until then the record is "
                "returned for retry",
            )
        fifo = {}
        if self.fifo:
            fifo["MessageGroupId"] = fifo["MessageDeduplicationId"] = identity_of(entry)
        self._queue.send(
            body.decode("ascii"),
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in attributes.items()
                if value
            },
            **fifo,
        )

    def entries(self, selection: Selection = EVERYTHING) -> Iterator[Quarantined]:
        """The selected entries that the queue shows: messages that another consumer holds are not seen.
        Messages are given back when the reading ends."""
        with closing(self.scan(selection)) as found:
            yield from entries_of(found)

    def load(self, name: str) -> Quarantined:
        """One entry: the queue is read until it is received. Raises ``EntryMissing``, and ``BridgeError``
        where the message is not an entry."""
        with closing(self.scan()) as found:
            for each in found:
                if each.name == name:
                    return next(entries_of([each]))
        raise EntryMissing(f"queue {self._queue.url} shows no message {name}")

    def hold(self) -> None:
        receipts = [self._receipts[name] for name in self._ahead if name in self._receipts]
        if receipts:
            self._queue.hide(receipts, HIDDEN_S)

    def scan(self, selection: Selection = EVERYTHING) -> Generator[Found]:
        """See ``ports.QuarantineReader.scan``; a name is the message's id."""
        held: dict[str, str] = {}  # message id to receipt handle
        repeats = 0  # in a row: reading takes longer than messages stay hidden
        try:
            while repeats <= len(held) and (
                messages := self._queue.receive(hidden_s=HIDDEN_S, attributes=["encoding"])
            ):
                new = [message for message in messages if message["MessageId"] not in held]
                received = {message["MessageId"]: message["ReceiptHandle"] for message in messages}
                held |= received
                self._receipts |= received
                repeats = 0 if new else repeats + len(messages)
                names = [message["MessageId"] for message in new]
                for number, message in enumerate(new):
                    self._ahead = names[number:]
                    try:
                        entry = self._read(message)
                    except BridgeError as error:
                        yield Found(message["MessageId"], error=error)
                        continue
                    if selection.takes(entry):
                        yield Found(message["MessageId"], entry)
        finally:
            self._ahead = []
            self._queue.give_back(receipt for name, receipt in held.items() if self._receipts.pop(name, None))

    def remove(self, name: str) -> None:
        """See ``ports.QuarantineReader.remove``. Outside a scan the queue is read until the entry
        is received."""
        if name in self._receipts:
            self._delete(name)
            return
        with closing(self.scan()) as found:
            if any(each.name == name for each in found):
                self._delete(name)

    def _delete(self, name: str) -> None:
        self._queue.delete(self._receipts[name])
        del self._receipts[name]

    def _read(self, message: Mapping[str, Any]) -> Quarantined:
        attributes = message.get("MessageAttributes") or {}
        try:
            body = message["Body"].encode()
            if (attributes.get("encoding") or {}).get("StringValue") == _COMPRESSED:
                body = gzip.decompress(base64.b64decode(body))
            return decode(body)
        except (ValueError, OSError, EOFError, zlib.error, BridgeError) as error:
            text = f"queue {self._queue.url}, message {message['MessageId']}: not a quarantined record"
            raise BridgeError(text, hint="something else sends to this queue", stage="quarantine") from error


def _size(body: bytes, attributes: Mapping[str, str]) -> int:
    """Bytes by SQS's rule: the body, and name, type and value of each attribute (docs: "Message quotas")."""
    parts = ((name, value) for name, value in attributes.items() if value)
    return len(body) + sum(len(name) + len("String") + len(value.encode()) for name, value in parts)
