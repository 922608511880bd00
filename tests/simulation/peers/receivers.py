"""Where events arrive: peers of boto3's ``events`` and ``sns`` clients that keep what they accepted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from botocore.exceptions import ReadTimeoutError

from tests.simulation.faults import Faults
from tests.simulation.kinds import group_of
from tests.simulation.peers.network import raise_planned, spoiled

DEDUPLICATION_S = 300.0
"""Of a FIFO topic (docs: "Message deduplication for FIFO topics")."""

Fetch = Callable[[str], Any]
"""The data behind a ``dataref``; None where there is none at this moment."""


@dataclass(frozen=True, slots=True)
class Received:
    """An event that was accepted, in the order of acceptance, with the data that its claim check refers to;
    ``invocation`` is who sent it."""

    event: Mapping[str, Any]
    invocation: int

    @property
    def id(self) -> str:
        event_id: str = self.event["id"]
        return event_id


class Receiver:
    """One bus or topic.

    ``received``: what subscribers get. ``sent_again``: ids sent once more by an invocation that had already
    received their success. ``dangling``: ids of events whose claim check referred to nothing when they came.
    """

    service = ""
    refusal = ""  # the code of an entry that is refused for good

    def __init__(
        self,
        name: str,
        faults: Faults,
        invocation: Callable[[], int],
        fetch: Fetch,
        on_text: Callable[[str, str], None],
    ) -> None:
        self.name = name
        self.received: list[Received] = []
        self.calls = 0
        self.sent_again: list[str] = []
        self.dangling: list[str] = []
        self.claimed = 0
        self.on_sent: Callable[..., None] = lambda name, entries, events, accepted: None
        self._acknowledged: set[tuple[int, str]] = set()
        self._newly: list[tuple[int, str]] = []
        self._faults, self._invocation, self._fetch = faults, invocation, fetch
        self._on_text = on_text

    def unheard(self) -> None:
        """The answer to the last call came too late."""
        self._acknowledged.difference_update(self._newly)
        self.on_sent(self.name, (), (), accepted=-1)

    def check(self, operation: str, answer: dict[str, Any]) -> dict[str, Any]:
        """The call that asks whether it exists."""
        edge = f"{self.name}.check"
        fault = self._faults.before(edge, answers=True)
        raise_planned(fault, self.service, operation)
        self._faults.after(edge)
        return spoiled(operation, answer, self._faults) if fault == "nonsense" else answer

    def take(
        self,
        operation: str,
        entries: Sequence[Mapping[str, Any]],
        bodies: Sequence[str],
        answer: Callable[[Sequence[str]], dict[str, Any]],
    ) -> dict[str, Any]:
        """One call; ``answer`` makes the service's answer of each entry's error code, "" for success."""
        faults = self._faults
        self.calls += 1
        self._newly = []
        edge = f"{self.name}.{'publish_batch' if operation == 'PublishBatch' else 'put_events'}"
        events = [orjson.loads(body) for body in bodies]
        sender = self._invocation()
        self.sent_again += [e["id"] for e in events if (sender, e["id"]) in self._acknowledged]
        fault = faults.before(f"{edge} {','.join(e['sequence'][-4:] for e in events)}", answers=True)
        if fault not in ("none", "partial"):
            self.on_sent(self.name, entries, events, accepted=0)
        raise_planned(fault, self.service, operation)
        if fault == "nonsense" and faults.coin():
            return spoiled(operation, None, faults)
        codes: list[str] = []
        for event, body in zip(events, bodies, strict=True):
            if faults.refused(f"{self.name} {event['id'].rpartition(':')[0]}"):
                faults.world.note(f"{self.name} refuses {event['id']} for good")
                codes.append(self.refusal)
            elif faults.stuck(f"{self.name} {event['id']}") or (fault == "partial" and faults.coin()):
                codes.append("InternalFailure")
            else:
                self._accept(event, body, sender)
                codes.append("")
        faults.after(edge)
        if fault == "unheard":
            raise ReadTimeoutError(endpoint_url=f"https://{self.service}.example.com")
        if fault == "nonsense":
            return spoiled(operation, answer(codes), faults)
        self._newly = [(sender, e["id"]) for e, code in zip(events, codes, strict=True) if not code]
        self._acknowledged.update(self._newly)
        self.on_sent(self.name, entries, events, accepted=len(self._newly))
        return answer(codes)

    def is_repeat(self, event: Mapping[str, Any]) -> bool:
        """Whether subscribers do not get this one."""
        return False

    def _accept(self, event: Mapping[str, Any], body: str, sender: int) -> None:
        self._on_text(f"{self.name} {event['id']}", body)
        if self.is_repeat(event):
            return
        if "dataref" in event:
            self.claimed += 1
            data = self._fetch(event["dataref"])
            if data is None:
                self.dangling.append(event["id"])
            event = {**event, "data": data or {}}
        self.received.append(Received(event, sender))


class SimulatedBus(Receiver):
    """A peer of boto3's ``events`` client."""

    service, refusal = "events", "MalformedDetail"

    def describe_event_bus(self, *, Name: str) -> Mapping[str, Any]:
        arn = f"arn:aws:events:eu-central-1:123456789012:event-bus/{Name}"
        return self.check("DescribeEventBus", {"Name": Name, "Arn": arn})

    def put_events(self, *, Entries: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        def answer(codes: Sequence[str]) -> dict[str, Any]:
            entries = [
                {"ErrorCode": code, "ErrorMessage": "said the peer"}
                if code
                else {"EventId": f"aws-{self.calls}-{number}"}
                for number, code in enumerate(codes)
            ]
            return {"FailedEntryCount": sum(map(bool, codes)), "Entries": entries}

        return self.take("PutEvents", Entries, [entry["Detail"] for entry in Entries], answer)


class Deduplicating(Receiver):
    """Delivers an id once in five minutes; ``repeats`` counts what was dropped for that."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.repeats = 0
        self._seen: dict[str, float] = {}

    def is_repeat(self, event: Mapping[str, Any]) -> bool:
        now_s = self._faults.world.clock.now()
        first_s = self._seen.get(event["id"])
        if first_s is not None and now_s - first_s < DEDUPLICATION_S:
            self.repeats += 1
            self._faults.world.note(f"{self.name} has {event['id']} already")
            return True
        self._seen[event["id"]] = now_s
        return False


class SimulatedBusV2(Deduplicating):
    """A peer of boto3's ``eventbridgev2`` client. ``unordered`` as for the topic."""

    service, refusal = "eventbridgev2", "MalformedDetail"

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.unordered: list[str] = []

    def describe_event_bus(self, *, EventBusArn: str) -> Mapping[str, Any]:
        answer = {"EventBusArn": EventBusArn, "Name": self.name, "State": "ACTIVE"}
        return self.check("DescribeEventBus", answer)

    def put_events(self, *, EventBusArn: str, Entries: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        return self._put("PutEvents", Entries, [entry["Detail"] for entry in Entries])

    def put_raw_events(self, *, EventBusArn: str, Entries: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        return self._put("PutRawEvents", Entries, [entry["Data"].decode() for entry in Entries])

    def _put(
        self, operation: str, entries: Sequence[Mapping[str, Any]], bodies: Sequence[str]
    ) -> Mapping[str, Any]:
        for entry, body in zip(entries, bodies, strict=True):
            event, named = orjson.loads(body), entry["SystemMetadata"]
            if (named["EventGroupId"], named["DeduplicationId"]) != (group_of(event["subject"]), event["id"]):
                self.unordered.append(event["id"])

        def answer(codes: Sequence[str]) -> dict[str, Any]:
            answered = [
                {"ErrorCode": code, "ErrorMessage": "said the peer"}
                if code
                else {"EventId": f"aws-{self.calls}-{number}", "SuccessCode": "PUBLISHED"}
                for number, code in enumerate(codes)
            ]
            return {"FailedEntryCount": sum(map(bool, codes)), "Entries": answered}

        return self.take(operation, entries, bodies, answer)


class SimulatedTopic(Deduplicating):
    """A peer of boto3's ``sns`` client: a FIFO topic.

    ``unordered``: ids whose message group is not their item's.
    """

    service, refusal = "sns", "InvalidParameter"

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.unordered: list[str] = []

    def get_topic_attributes(self, *, TopicArn: str) -> Mapping[str, Any]:
        return self.check("GetTopicAttributes", {"Attributes": {"TopicArn": TopicArn, "FifoTopic": "true"}})

    def publish_batch(
        self, *, TopicArn: str, PublishBatchRequestEntries: Sequence[Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        entries = PublishBatchRequestEntries
        for entry in entries:
            event = orjson.loads(entry["Message"])
            named = (entry["MessageGroupId"], entry["MessageDeduplicationId"])
            if named != (group_of(event["subject"]), event["id"]):
                self.unordered.append(event["id"])

        def answer(codes: Sequence[str]) -> dict[str, Any]:
            by_id = list(zip((entry["Id"] for entry in entries), codes, strict=True))
            failed = [
                {"Id": id, "Code": code, "SenderFault": code == self.refusal} for id, code in by_id if code
            ]
            successful = [{"Id": id, "MessageId": f"aws-{self.calls}-{id}"} for id, code in by_id if not code]
            return {"Successful": successful[::-1], "Failed": failed}

        return self.take("PublishBatch", entries, [entry["Message"] for entry in entries], answer)
