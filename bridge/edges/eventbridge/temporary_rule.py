"""A rule and a queue that exist only as long as somebody watches a bus.

Queue and rule have the same name, which begins with ``PREFIX``. The queue's tags say on which bus the rule is
and until when its owner is alive; the owner renews that time. A queue whose time is over belongs to a process
that was killed, and the next process removes it. The queue is created first and removed last: as long as
anything is left, the queue shows it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from bridge.edges.answers.errors import AwsTarget
from bridge.errors import SourceUnavailable, TargetMissing

PREFIX: Final = "stream-bridge-tail-"
LEASE_S: Final = 180
RENEW_S: Final = 60
_BUS_TAG: Final = "stream-bridge:bus"
_ALIVE_TAG: Final = "stream-bridge:alive-until"  # epoch seconds
_TARGET: Final = "tail"
_RETENTION_S: Final = 300


class TemporaryRule:
    """``token`` makes the name unique: letters, digits and hyphens.

    Raises ``TargetMissing`` (no such bus), ``AccessDenied``, ``SourceUnavailable``.
    """

    def __init__(self, events: Any, sqs: Any, bus: str, token: str) -> None:
        self.name = PREFIX + token
        self.arn = ""
        """The rule's ARN, once it is created."""
        self._bus = bus
        self._url = ""
        self._on_bus, self._queue = _targets(events, sqs, bus, self.name)

    def make(self, pattern: Mapping[str, Any], now_s: float) -> str:
        """Creates queue, rule and target, and returns the queue's URL. After a failure :meth:`remove` removes
        what was created."""
        self._on_bus.call("DescribeEventBus", Name=self._bus)
        self._url = self._queue.call(
            "CreateQueue",
            QueueName=self.name,
            Attributes={"MessageRetentionPeriod": str(_RETENTION_S)},
            tags={_BUS_TAG: self._bus, **_lease(now_s)},
        )["QueueUrl"]
        answer = self._queue.call("GetQueueAttributes", QueueUrl=self._url, AttributeNames=["QueueArn"])
        queue_arn = answer["Attributes"]["QueueArn"]
        rule = self._on_bus.call(
            "PutRule",
            Name=self.name,
            EventBusName=self._bus,
            EventPattern=json.dumps(pattern, separators=(",", ":"), ensure_ascii=False),
            Description="Made by stream-bridge tail; removed when it ends.",
        )
        self.arn = rule["RuleArn"]
        policy = json.dumps(_policy(queue_arn, self.arn))
        self._queue.call("SetQueueAttributes", QueueUrl=self._url, Attributes={"Policy": policy})
        targets = [{"Id": _TARGET, "Arn": queue_arn}]
        self._on_bus.call("PutTargets", Rule=self.name, EventBusName=self._bus, Targets=targets)
        return self._url

    def renew(self, now_s: float) -> None:
        """Says that the owner is alive; to be called every ``RENEW_S``."""
        self._queue.call("TagQueue", QueueUrl=self._url, Tags=_lease(now_s))

    def remove(self) -> None:
        """Removes what was created, as far as it still exists."""
        if self._url:
            _remove(self._on_bus, self._queue, self._bus, self.name, self._url)
            self._url = ""


def remove_stale(events: Any, sqs: Any, now_s: float) -> list[str]:
    """Removes what killed tails left behind, and returns the names. Living tails keep their rule and queue.

    Raises as :class:`TemporaryRule` does; what was removed before stays removed.
    """
    removed = []
    listing = AwsTarget(sqs, "sqs", f"queues named {PREFIX}*", unavailable=SourceUnavailable)
    pages = listing.pages("ListQueues", QueueNamePrefix=PREFIX, MaxResults=1000)
    for url in [url for page in pages for url in page.get("QueueUrls") or ()]:
        name = url.rpartition("/")[2]
        queue = AwsTarget(sqs, "sqs", f"queue {url}", unavailable=SourceUnavailable)
        try:
            tags = queue.call("ListQueueTags", QueueUrl=url).get("Tags") or {}
        except TargetMissing:
            continue  # its owner was faster
        until, bus = tags.get(_ALIVE_TAG, ""), tags.get(_BUS_TAG, "")
        if until.isdecimal() and bus and int(until) < now_s:
            _remove(*_targets(events, sqs, bus, name), bus, name, url)
            removed.append(name)
    return removed


def _targets(events: Any, sqs: Any, bus: str, name: str) -> tuple[AwsTarget, AwsTarget]:
    """The bus with its rule, and the queue."""
    return (
        AwsTarget(events, "events", f"event bus {bus}", unavailable=SourceUnavailable),
        AwsTarget(sqs, "sqs", f"queue {name}", unavailable=SourceUnavailable),
    )


def _remove(on_bus: AwsTarget, queue: AwsTarget, bus: str, name: str, url: str) -> None:
    with suppress(TargetMissing):
        on_bus.call("RemoveTargets", Rule=name, EventBusName=bus, Ids=[_TARGET])
    with suppress(TargetMissing):
        on_bus.call("DeleteRule", Name=name, EventBusName=bus)
    with suppress(TargetMissing):
        queue.call("DeleteQueue", QueueUrl=url)


def _lease(now_s: float) -> dict[str, str]:
    return {_ALIVE_TAG: str(int(now_s) + LEASE_S)}


def _policy(queue_arn: str, rule_arn: str) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue_arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn}},
            }
        ],
    }
