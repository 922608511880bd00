"""PublishBatch: events onto an SNS topic, standard or FIFO.

The message is the CloudEvent as it is. Beside it go the attributes that subscription filter policies and
SQS consumers route by, so that nobody has to parse the message for it: ``type``, ``source``, ``subject``
and ``dataschema`` under their CloudEvents names, and ``content-type``. That is five of the ten that
survive raw delivery to SQS; what else an event carries is read from the message. An attribute whose value
SNS would refuse (empty, or with control characters) is left out rather than losing the event.

A FIFO topic (its name ends in ``.fifo``) gets the subject as message group, which keeps the order of an
item's events up to the subscriber, and the event's id as deduplication id, so that a repeat within five
minutes is delivered once.

The topic's size limit is read when the sink starts. When it is lowered later, the topic's refusal makes the
sink read it again: an event that is now too large is handed back, and comes again as one that goes by claim
check or into quarantine. A limit that is raised later counts from the next start; until then large events go
the way they went.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from bridge.core.event import Event, bounded_id
from bridge.delivery.dispatch import Answer, Dispatcher, unanswered
from bridge.edges.answers.errors import AWS_ERRORS, AwsTarget
from bridge.errors import EventRefused, EventTooLarge, SinkChanged, SinkUnavailable
from bridge.limits import SNS_BYTES, SNS_ENTRIES, SNS_ID_CHARS
from bridge.ports.clock import Deadline
from bridge.ports.sink import EntryResult

CONTENT_TYPE: Final = "application/cloudevents+json; charset=UTF-8"  # CloudEvents JSON format 1.0, section 3

# docs: SQS message attributes hold the characters of XML 1.0
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class SnsClient(Protocol):
    """The part of boto3's ``sns`` client that is used; it must not retry by itself."""

    def publish_batch(
        self,
        *,
        TopicArn: str,
        PublishBatchRequestEntries: Sequence[Mapping[str, Any]],
    ) -> Mapping[str, Any]: ...

    def get_topic_attributes(self, *, TopicArn: str) -> Mapping[str, Any]: ...


class SnsSink:
    """Publishes to one topic, given by ARN."""

    max_entries = SNS_ENTRIES

    def __init__(
        self,
        client: SnsClient,
        topic: str,
        dispatcher: Dispatcher,
        *,
        name: str = "sns",
        max_bytes: int | None = None,
    ) -> None:
        """``max_bytes`` None is the topic's own limit."""
        self.name = name
        self.max_bytes = max_bytes or SNS_BYTES
        self._own_max_bytes = max_bytes
        self.fifo = topic.endswith(".fifo")
        self._client = client
        self._topic = topic
        self._dispatcher = dispatcher
        self._target = AwsTarget(
            service="sns",
            resource=f"topic {topic}",
            unavailable=SinkUnavailable,
            refused=EventRefused,
            too_large=EventTooLarge,
        )

    def check(self) -> None:
        """Ask whether the topic is there, and take over its ``MaximumMessageSize`` as ``max_bytes``
        where none or a larger one is configured.

        Needs ``sns:GetTopicAttributes``. Raises ``TargetMissing``, ``AccessDenied``, ``SinkUnavailable``.
        """
        self._read_limit()

    def _read_limit(self) -> None:
        try:
            answer = self._client.get_topic_attributes(TopicArn=self._topic)
        except AWS_ERRORS as error:
            raise self._target.translate(error) from error
        topic_max = int((answer.get("Attributes") or {}).get("MaximumMessageSize") or SNS_BYTES)
        self.max_bytes = min(self._own_max_bytes or topic_max, topic_max)

    def size_of(self, event: Event) -> int:
        return message_bytes(event)

    def publish(
        self, events: Sequence[Event], deadline: Deadline, *, halt_on_failure: bool = False
    ) -> list[EntryResult]:
        return self._dispatcher.publish(self, events, deadline, halt_on_failure=halt_on_failure)

    def send(self, events: Sequence[Event]) -> list[Answer]:
        """One PublishBatch call; see ``dispatch.Target.send``."""
        entries = [self._entry(str(number), event) for number, event in enumerate(events)]
        try:
            answer = self._client.publish_batch(TopicArn=self._topic, PublishBatchRequestEntries=entries)
        except AWS_ERRORS as error:
            refusal = self._target.translate(error)
            if isinstance(refusal, EventTooLarge):
                self._read_limit()
                if len(events) == 1 and self.size_of(events[0]) > self.max_bytes:
                    text = f"topic {self._topic} takes {self.max_bytes} bytes now, less than at the start"
                    hint = "handed back, to come again as an event that fits it"
                    raise SinkChanged(text, hint=hint, code=refusal.code) from error
            raise refusal from error
        verdicts: dict[str, Answer] = {entry["Id"]: None for entry in answer.get("Successful") or ()}
        for entry in answer.get("Failed") or ():
            verdicts[entry["Id"]] = self._target.entry_error(
                str(entry.get("Code")), "PublishBatch", sender_fault=bool(entry.get("SenderFault"))
            )
        missing = unanswered(self.name)
        return [verdicts.get(entry["Id"], missing) for entry in entries]

    def _entry(self, id_in_call: str, event: Event) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "Id": id_in_call,
            "Message": event.body.decode(),
            "MessageAttributes": {
                name: {"DataType": "String", "StringValue": value} for name, value in _attributes(event)
            },
        }
        if self.fifo:
            entry["MessageGroupId"] = bounded_id(event.subject, SNS_ID_CHARS)
            entry["MessageDeduplicationId"] = bounded_id(event.id, SNS_ID_CHARS)
        return entry


def message_bytes(event: Event) -> int:
    """Bytes of the message: the body, and name, data type and value of every attribute (docs: SNS
    message attributes count toward the message size)."""
    size = len(event.body)
    for name, value in _attributes(event):
        size += len(name) + len("String") + (len(value) if value.isascii() else len(value.encode()))
    return size


def _attributes(event: Event) -> list[tuple[str, str]]:
    candidates = (
        ("content-type", CONTENT_TYPE),
        ("type", event.type),
        ("source", event.source),
        ("subject", event.subject),
        ("dataschema", event.dataschema),
    )
    return [(name, value) for name, value in candidates if value and not _NOT_XML.search(value)]
