"""A rule and a queue that live only as long as somebody watches a bus.

Queue and rule have the same name, which begins with ``PREFIX``. The queue's tags say on which bus the rule is
and until when its owner is alive; the owner renews that. What outlives it belongs to a process that was
killed, and is removed by whoever comes next. The queue is made first and removed last: while anything is
left, it is what tells so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from bridge.edges.answers.errors import AWS_ERRORS, AwsTarget
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
        """The rule's, once it was made."""
        self._events = events
        self._sqs = sqs
        self._bus = bus
        self._url = ""

    def make(self, pattern: Mapping[str, Any], now_s: float) -> str:
        """Everything, and the queue's URL. What a failure leaves behind, :meth:`remove` removes."""
        target = AwsTarget("events", f"event bus {self._bus}", unavailable=SourceUnavailable)
        queue = AwsTarget("sqs", f"queue {self.name}", unavailable=SourceUnavailable)
        try:
            self._events.describe_event_bus(Name=self._bus)
        except AWS_ERRORS as error:
            raise target.translate(error) from error
        try:
            self._url = self._sqs.create_queue(
                QueueName=self.name,
                Attributes={"MessageRetentionPeriod": str(_RETENTION_S)},
                tags={_BUS_TAG: self._bus, **_lease(now_s)},
            )["QueueUrl"]
            names = ["QueueArn"]
            arn = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)["Attributes"]
        except AWS_ERRORS as error:
            raise queue.translate(error) from error
        try:
            rule = self._events.put_rule(
                Name=self.name,
                EventBusName=self._bus,
                EventPattern=json.dumps(pattern, separators=(",", ":"), ensure_ascii=False),
                Description="Made by stream-bridge tail; removed when it ends.",
            )
            self.arn = rule["RuleArn"]
            policy = _policy(arn["QueueArn"], self.arn)
            self._sqs.set_queue_attributes(QueueUrl=self._url, Attributes={"Policy": json.dumps(policy)})
            self._events.put_targets(
                Rule=self.name, EventBusName=self._bus, Targets=[{"Id": _TARGET, "Arn": arn["QueueArn"]}]
            )
        except AWS_ERRORS as error:
            raise target.translate(error) from error
        return self._url

    def renew(self, now_s: float) -> None:
        """Say that the owner is alive; to be called every ``RENEW_S``."""
        try:
            self._sqs.tag_queue(QueueUrl=self._url, Tags=_lease(now_s))
        except AWS_ERRORS as error:
            target = AwsTarget("sqs", f"queue {self.name}", unavailable=SourceUnavailable)
            raise target.translate(error) from error

    def remove(self) -> None:
        """Everything; what is not there is passed over."""
        if self._url:
            _remove(self._events, self._sqs, self._bus, self.name, self._url)
            self._url = ""


def remove_stale(events: Any, sqs: Any, now_s: float) -> list[str]:
    """Remove what tails left behind that were killed; the names. Those of living tails stay.

    Raises as :class:`TemporaryRule` does; what was removed before stays removed.
    """
    removed = []
    for url in _queues(sqs):
        target = AwsTarget("sqs", f"queue {url}", unavailable=SourceUnavailable)
        try:
            tags = sqs.list_queue_tags(QueueUrl=url).get("Tags") or {}
        except AWS_ERRORS as error:
            translated = target.translate(error)
            if isinstance(translated, TargetMissing):
                continue  # its owner was quicker
            raise translated from error
        until, bus = tags.get(_ALIVE_TAG, ""), tags.get(_BUS_TAG, "")
        if until.isdecimal() and bus and int(until) < now_s:
            name = url.rpartition("/")[2]
            _remove(events, sqs, bus, name, url)
            removed.append(name)
    return removed


def _queues(sqs: Any) -> Iterator[str]:
    request: dict[str, Any] = {"QueueNamePrefix": PREFIX, "MaxResults": 1000}
    try:
        while True:
            page = sqs.list_queues(**request)
            yield from page.get("QueueUrls") or ()
            if not page.get("NextToken"):
                return
            request["NextToken"] = page["NextToken"]
    except AWS_ERRORS as error:
        target = AwsTarget("sqs", f"queues named {PREFIX}*", unavailable=SourceUnavailable)
        raise target.translate(error) from error


def _remove(events: Any, sqs: Any, bus: str, name: str, url: str) -> None:
    rule = AwsTarget("events", f"rule {name} on {bus}", unavailable=SourceUnavailable)
    queue = AwsTarget("sqs", f"queue {name}", unavailable=SourceUnavailable)
    steps: tuple[tuple[AwsTarget, Callable[[], object]], ...] = (
        (rule, lambda: events.remove_targets(Rule=name, EventBusName=bus, Ids=[_TARGET])),
        (rule, lambda: events.delete_rule(Name=name, EventBusName=bus)),
        (queue, lambda: sqs.delete_queue(QueueUrl=url)),
    )
    for target, step in steps:
        try:
            step()
        except AWS_ERRORS as error:
            translated = target.translate(error)
            if not isinstance(translated, TargetMissing):
                raise translated from error


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
