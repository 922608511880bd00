"""A peer of boto3's ``sns`` client: one topic, standard or FIFO, with the rules of PublishBatch.

Sources: botocore's model (codes, limits); docs (message attributes, FIFO ids); [k] whether a mistake in one
entry refuses the call or the entry.
"""

from __future__ import annotations

import re
from typing import Any

from botocore.exceptions import ClientError

from bridge.ports.clock import Clock
from tests.fakes.clients.batch_peer import BatchPeer, client_error
from tests.fakes.clients.held import Spoiled
from tests.fakes.clock import FakeClock

DEDUPLICATION_S = 300
ENTRIES = 10
RAW_ATTRIBUTES = 10
_TOPIC = re.compile(r"arn:aws[\w-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?")
_ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
_ID = re.compile(r"[!-~]{1,128}")
_ATTRIBUTE = re.compile(r"(?!(?i:aws|amazon)\.)(?!\.)(?!.*\.\.)[A-Za-z0-9_.-]{1,256}(?<!\.)")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_OURS = ("Internal", "Throttl", "KMSThrottl")  # codes that are not the sender's fault


class SnsClient(BatchPeer):
    """``accepted`` holds CloudEvent ids in order of acceptance; ``delivered`` leaves out what a FIFO topic
    deduplicates: for five minutes on ``clock``, whose wall time does not matter. With ``raw`` a queue is
    subscribed with raw delivery, which drops a message of more than ten attributes."""

    service = "sns"

    def __init__(
        self,
        topic: str = "arn:aws:sns:eu-central-1:111122223333:orders",
        *,
        max_bytes: int | None = None,
        clock: Clock | None = None,
        raw: bool = False,
    ) -> None:
        super().__init__()
        self.topic = topic
        self.fifo = topic.endswith(".fifo")
        self.max_bytes = max_bytes
        self.raw = raw
        self.delivered: list[str] = []
        self._clock = clock or FakeClock()
        self._seen: dict[str, float] = {}  # deduplication id: when it was first delivered

    def get_topic_attributes(self, **parameters: Any) -> dict[str, Any]:
        self._check_topic("GetTopicAttributes", parameters)
        attributes = {"TopicArn": self.topic, "Owner": "111122223333"}
        if self.fifo:
            attributes["FifoTopic"] = "true"
        if self.max_bytes is not None:
            attributes["MaximumMessageSize"] = str(self.max_bytes)
        return {"Attributes": attributes}

    def publish_batch(self, **parameters: Any) -> dict[str, Any]:
        self.validate("PublishBatch", parameters)
        self._topic = parameters["TopicArn"]
        entries = parameters["PublishBatchRequestEntries"]
        return self.take(entries, [entry["Message"] for entry in entries], sum(map(_size, entries)))

    def answer(self, call: int, entries: list[Any], ids: list[str], size: int) -> dict[str, Any]:
        self._check_topic("PublishBatch", {"TopicArn": self._topic})
        if error := self.fail_call(call, ids):
            raise error
        self._check_call(entries, size)
        successful: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        for id, entry in zip(ids, entries, strict=True):
            mistake = self._mistake(entry)
            if code := mistake or self.fail_entry(call, id):
                fault = bool(mistake) or not code.startswith(_OURS)
                failed.append({"Id": entry["Id"], "Code": code, "SenderFault": fault})
                continue
            self.accept(id, entry)
            self._deliver(id, entry)
            successful.append({"Id": entry["Id"], "MessageId": f"aws-{call}-{id}"})
        if error := self.lose_answer(call, ids):
            raise error
        kept = successful[: len(successful) - self.cut_answer(call)]
        # The answer names entries, it does not list them in order.
        answer = {"Successful": kept[::-1], "Failed": failed}
        return answer if len(kept) == len(successful) else Spoiled(answer)

    # --- rules ---------------------------------------------------------------------------------------

    def _check_topic(self, operation: str, parameters: dict[str, Any]) -> None:
        self.validate("GetTopicAttributes", parameters)
        if not _TOPIC.fullmatch(parameters["TopicArn"]):
            raise client_error("InvalidParameter", operation, 400, "Invalid parameter: TopicArn")
        if self.denied:
            raise self._denial(operation)
        if not self.exists or parameters["TopicArn"] != self.topic:
            raise client_error("NotFound", operation, 404, "Topic does not exist")

    def _check_call(self, entries: list[Any], size: int) -> None:
        names = [entry["Id"] for entry in entries]
        if not entries:
            raise _refused("EmptyBatchRequest", "The batch request doesn't contain any entries.")
        if len(entries) > ENTRIES:
            raise _refused(
                "TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible."
            )
        if not all(map(_ENTRY_ID.fullmatch, names)):
            text = "The Id of a batch entry in a batch request doesn't abide by the specification."
            raise _refused("InvalidBatchEntryId", text)
        if len(set(names)) != len(names):
            text = "Two or more batch entries in the request have the same Id."
            raise _refused("BatchEntryIdsNotDistinct", text)
        if size > (self.max_bytes or 262_144):
            text = "The length of all the batch messages put together is more than the limit."
            raise _refused("BatchRequestTooLong", text)
        if self.fifo:
            for name in ("MessageGroupId", "MessageDeduplicationId"):
                if not all(name in entry for entry in entries):
                    raise _refused("InvalidParameter", f"Invalid parameter: the topic needs {name}")

    def _mistake(self, entry: dict[str, Any]) -> str:
        if not entry["Message"] or _NOT_XML.search(entry["Message"]):
            return "InvalidParameter"
        for name, value in entry.get("MessageAttributes", {}).items():
            content = value.get("BinaryValue") or value.get("StringValue", "")
            if not _ATTRIBUTE.fullmatch(name) or not content:
                return "ParameterValueInvalid"
            if value["DataType"].partition(".")[0] not in ("String", "Number", "Binary"):
                return "ParameterValueInvalid"
            if isinstance(content, str) and _NOT_XML.search(content):
                return "ParameterValueInvalid"
        if not self.fifo and "MessageDeduplicationId" in entry:
            return "InvalidParameter"
        named = [entry[n] for n in ("MessageGroupId", "MessageDeduplicationId") if n in entry]
        return "" if all(map(_ID.fullmatch, named)) else "InvalidParameter"

    def _deliver(self, id: str, entry: dict[str, Any]) -> None:
        with self._lock:
            if self.fifo:
                now, token = self._clock.monotonic(), entry["MessageDeduplicationId"]
                if now - self._seen.get(token, -DEDUPLICATION_S) < DEDUPLICATION_S:
                    return
                self._seen[token] = now
            if not self.raw or len(entry.get("MessageAttributes", {})) <= RAW_ATTRIBUTES:
                self.delivered.append(id)

    def _denial(self, operation: str) -> ClientError:
        who = "arn:aws:sts::111122223333:assumed-role/bridge/fn"
        action = f"SNS:{operation}"
        text = f"User: {who} is not authorized to perform: {action} on resource: {self.topic} because …"
        return client_error("AuthorizationError", operation, 403, text)


def _refused(code: str, text: str) -> ClientError:
    return client_error(code, "PublishBatch", 400, text)


def _size(entry: dict[str, Any]) -> int:
    size = len(entry["Message"].encode())
    for name, value in entry.get("MessageAttributes", {}).items():
        content = value.get("BinaryValue") or value.get("StringValue", "").encode()
        size += len(name.encode()) + len(value["DataType"]) + len(content)
    return size
