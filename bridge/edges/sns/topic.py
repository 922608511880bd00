"""PublishBatch: events onto an SNS topic, standard or FIFO.

The message is the CloudEvent as it is. The message attributes are what subscription filter policies and SQS
consumers route by, so that they need not parse the message: ``type``, ``source``, ``subject`` and
``dataschema`` under their CloudEvents names, and ``content-type``. These are five of the ten attributes that
survive raw delivery to SQS; everything else is read from the message. An attribute whose value SNS would
refuse (empty, or with control characters) is left out, so that the event is not lost.

A FIFO topic (its name ends in ``.fifo``) gets the subject as message group, which keeps the order of an
item's events up to the subscriber, and the event's id as deduplication id, so that a repeat within five
minutes is delivered once.

The sink reads the topic's size limit at start. When the limit is lowered later, the topic's refusal makes the
sink read it again: an event that is now too large is returned for retry, and is then published by claim check
or quarantined. A limit that is raised later takes effect at the next start.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, Unpack

from bridge.core.event import Event, bounded_id
from bridge.delivery.dispatch import Answer, Dispatcher, unanswered
from bridge.delivery.sink import BatchingSink, SinkOptions, utf8_bytes
from bridge.edges.answers.errors import sink_target
from bridge.errors import EventTooLarge, SinkChanged
from bridge.limits import SNS_BYTES, SNS_ENTRIES, SNS_ID_CHARS

CONTENT_TYPE: Final = "application/cloudevents+json; charset=UTF-8"  # CloudEvents JSON format 1.0, section 3

# docs: SQS message attributes hold the characters of XML 1.0
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class SnsSink(BatchingSink):
    """Publishes to one topic, given by ARN, through a boto3 ``sns`` client without retries.

    Needs ``sns:Publish`` and ``sns:GetTopicAttributes``.
    """

    kind, limit_bytes, max_entries = "sns", SNS_BYTES, SNS_ENTRIES

    def __init__(
        self, client: Any, topic: str, dispatcher: Dispatcher, **options: Unpack[SinkOptions]
    ) -> None:
        super().__init__(dispatcher, **options)
        self._own_max_bytes = options.get("max_bytes")
        self.fifo = topic.endswith(".fifo")
        self._topic = topic
        self._target = sink_target(client, "sns", f"topic {topic}")

    def check(self) -> None:
        """Ask for the topic, and use its ``MaximumMessageSize`` as ``max_bytes`` where the configuration has
        none or a larger one.

        Raises ``TargetMissing``, ``AccessDenied``, ``SinkUnavailable``.
        """
        answer = self._target.call("GetTopicAttributes", TopicArn=self._topic)
        topic_max = int(answer["Attributes"].get("MaximumMessageSize") or SNS_BYTES)
        self.max_bytes = min(self._own_max_bytes or topic_max, topic_max)

    def size_of(self, event: Event) -> int:
        return message_bytes(event)

    def send(self, events: Sequence[Event]) -> list[Answer]:
        entries = [self._entry(str(number), event) for number, event in enumerate(events)]
        try:
            answer = self._target.call(
                "PublishBatch", TopicArn=self._topic, PublishBatchRequestEntries=entries
            )
        except EventTooLarge as refusal:
            self.check()
            if len(events) == 1 and self.size_of(events[0]) > self.max_bytes:
                text = f"topic {self._topic} takes {self.max_bytes} bytes now, less than at the start"
                hint = "returned for retry, to come again as an event that fits it"
                raise SinkChanged(text, hint=hint, code=refusal.code) from refusal
            raise
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
            entry["MessageGroupId"] = bounded_id(event.group or event.subject, SNS_ID_CHARS)
            entry["MessageDeduplicationId"] = bounded_id(event.id, SNS_ID_CHARS)
        return entry


def message_bytes(event: Event) -> int:
    """Bytes of the message: the body, and name, data type and value of every attribute (docs: SNS
    message attributes count toward the message size)."""
    return len(event.body) + sum(utf8_bytes(name, "String", value) for name, value in _attributes(event))


def _attributes(event: Event) -> list[tuple[str, str]]:
    candidates = (
        ("content-type", CONTENT_TYPE),
        ("type", event.type),
        ("source", event.source),
        ("subject", event.subject),
        ("dataschema", event.dataschema),
    )
    return [(name, value) for name, value in candidates if value and not _NOT_XML.search(value)]
