"""A peer of boto3's ``sns`` client: one topic, standard or FIFO, with the rules of PublishBatch."""

from __future__ import annotations

import re
from typing import Any

from botocore.exceptions import ClientError

from bridge.ports.clock import Clock
from tests.fakes.clients.batch_peer import BatchPeer, client_error
from tests.fakes.clients.held import Spoiled
from tests.fakes.clock import FakeClock

DEDUPLICATION_S = 300
_ID = re.compile(r"[!-~]{1,128}")


class SnsClient(BatchPeer):
    """``accepted`` holds CloudEvent ids in order of acceptance; ``delivered`` leaves out what a FIFO topic
    deduplicates: for five minutes on ``clock``, whose wall time does not matter."""

    service = "sns"

    def __init__(
        self,
        topic: str = "arn:aws:sns:eu-central-1:111122223333:orders",
        *,
        max_bytes: int | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__()
        self.topic = topic
        self.fifo = topic.endswith(".fifo")
        self.max_bytes = max_bytes
        self.delivered: list[str] = []
        self._clock = clock or FakeClock()
        self._seen: dict[str, float] = {}  # deduplication id: when it was first delivered

    def get_topic_attributes(self, **parameters: Any) -> dict[str, Any]:
        self.validate("GetTopicAttributes", parameters)
        if self.denied:
            raise self._denial("GetTopicAttributes")
        if not self.exists or parameters["TopicArn"] != self.topic:
            raise client_error("NotFound", "GetTopicAttributes", 404, "Topic does not exist")
        attributes = {"TopicArn": self.topic, "Owner": "111122223333"}
        if self.fifo:
            attributes["FifoTopic"] = "true"
        if self.max_bytes is not None:
            attributes["MaximumMessageSize"] = str(self.max_bytes)
        return {"Attributes": attributes}

    def publish_batch(self, **parameters: Any) -> dict[str, Any]:
        self.validate("PublishBatch", parameters)
        entries = parameters["PublishBatchRequestEntries"]
        return self.take(entries, [entry["Message"] for entry in entries], sum(map(_size, entries)))

    def answer(self, call: int, entries: list[Any], ids: list[str], size: int) -> dict[str, Any]:
        if self.denied:
            raise self._denial("PublishBatch")
        if not self.exists:
            raise client_error("NotFound", "PublishBatch", 404, "Topic does not exist")
        if error := self.fail_call(call, ids):
            raise error
        if len(entries) > 10:
            raise client_error("TooManyEntriesInBatchRequest", "PublishBatch")
        if len({entry["Id"] for entry in entries}) != len(entries):
            raise client_error("BatchEntryIdsNotDistinct", "PublishBatch")
        if size > (self.max_bytes or 262_144):
            raise client_error("BatchRequestTooLong", "PublishBatch", 400, "The length of all the messages …")
        successful: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        for id, entry in zip(ids, entries, strict=True):
            code = self.fail_entry(call, id)
            mistake = self._mistake(entry)
            if code or mistake:
                fault = (
                    bool(mistake) or not code or not code.startswith(("Internal", "Throttl", "KMSThrottl"))
                )
                failed.append({"Id": entry["Id"], "Code": mistake or code, "SenderFault": fault})
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

    def _deliver(self, id: str, entry: dict[str, Any]) -> None:
        with self._lock:
            if self.fifo:
                now, token = self._clock.monotonic(), entry["MessageDeduplicationId"]
                if now - self._seen.get(token, -DEDUPLICATION_S) < DEDUPLICATION_S:
                    return
                self._seen[token] = now
            self.delivered.append(id)

    def _mistake(self, entry: dict[str, Any]) -> str:
        for value in entry.get("MessageAttributes", {}).values():
            if not value.get("StringValue") or re.search(r"[\x00-\x08]", value["StringValue"]):
                return "ParameterValueInvalid"
        if not self.fifo:
            return "InvalidParameter" if "MessageDeduplicationId" in entry else ""
        named = (entry.get("MessageGroupId", ""), entry.get("MessageDeduplicationId", ""))
        return "" if all(_ID.fullmatch(name) for name in named) else "InvalidParameter"

    def _denial(self, operation: str) -> ClientError:
        who = "arn:aws:sts::111122223333:assumed-role/bridge/fn"
        action = f"SNS:{operation}"
        text = f"User: {who} is not authorized to perform: {action} on resource: {self.topic} because …"
        return client_error("AuthorizationError", operation, 403, text)


def _size(entry: dict[str, Any]) -> int:
    size = len(entry["Message"].encode())
    for name, value in entry.get("MessageAttributes", {}).items():
        size += len(name.encode()) + len(value["DataType"]) + len(value["StringValue"].encode())
    return size
