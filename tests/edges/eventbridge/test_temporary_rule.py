"""A temporary rule is made whole, says that its owner is alive, and leaves nothing behind."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.edges.eventbridge.temporary_rule import LEASE_S, PREFIX, TemporaryRule, remove_stale
from bridge.errors import SourceUnavailable, TargetMissing
from tests.fakes.clients.held import client_error

HOME = "https://sqs.eu-west-1.amazonaws.com/123456789012/"
ID = {"ResponseMetadata": {"RequestId": "0", "HTTPStatusCode": 200}}


class Account:
    """Both clients in one: queues with their tags, rules with their targets, every call in order."""

    def __init__(self) -> None:
        self.queues: dict[str, dict[str, str]] = {}
        self.rules: set[str] = set()
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.vanishing: set[str] = set()
        self.page = 1

    def __getattr__(self, method: str) -> Any:
        def call(**request: Any) -> dict[str, Any]:
            self.calls.append((method, request))
            return {**ID, **(getattr(self, f"_{method}")(**request) or {})}

        return call

    def names(self) -> list[str]:
        return [name for name, _ in self.calls]

    def asked(self, method: str) -> dict[str, Any]:
        return next(request for name, request in self.calls if name == method)

    def _describe_event_bus(self, Name: str) -> Any:
        if Name == "none":
            raise client_error("ResourceNotFoundException", "DescribeEventBus", 400)
        return {"Name": Name, "Arn": f"arn:{Name}"}

    def _create_queue(self, QueueName: str, tags: dict[str, str], **_: Any) -> Any:
        self.queues[HOME + QueueName] = dict(tags)
        return {"QueueUrl": HOME + QueueName}

    def _get_queue_attributes(self, **_: Any) -> Any:
        return {"Attributes": {"QueueArn": "arn:queue"}}

    def _put_rule(self, Name: str, **_: Any) -> Any:
        self.rules.add(Name)
        return {"RuleArn": f"arn:rule/{Name}"}

    def _put_targets(self, **_: Any) -> Any:
        return {"FailedEntryCount": 0, "FailedEntries": []}

    _remove_targets = _put_targets

    def _set_queue_attributes(self, **_: Any) -> Any: ...

    def _tag_queue(self, QueueUrl: str, Tags: dict[str, str]) -> Any:
        self.queues[QueueUrl] |= Tags

    def _delete_rule(self, Name: str, **_: Any) -> Any:
        if Name not in self.rules:
            raise client_error("ResourceNotFoundException", "DeleteRule", 400)
        self.rules.discard(Name)

    def _delete_queue(self, QueueUrl: str) -> Any:
        del self.queues[QueueUrl]

    def _list_queues(self, NextToken: str = "0", **_: Any) -> Any:
        at = int(NextToken)
        listed = sorted(self.queues)[at : at + self.page]
        more = {"NextToken": str(at + self.page)} if at + self.page < len(self.queues) else {}
        return {"QueueUrls": listed, **more} if listed else {}

    def _list_queue_tags(self, QueueUrl: str) -> Any:
        if QueueUrl in self.vanishing:
            raise client_error("AWS.SimpleQueueService.NonExistentQueue", "ListQueueTags", 400)
        return {"Tags": self.queues[QueueUrl]} if self.queues[QueueUrl] else {}


@pytest.fixture
def account() -> Account:
    return Account()


def test_the_queue_comes_first_and_its_policy_admits_this_rule_only(account: Account) -> None:
    rule = TemporaryRule(account, account, "orders", "t1")
    url = rule.make({"source": ["ü"]}, 1_000.7)
    assert (rule.name, url, rule.arn) == (f"{PREFIX}t1", f"{HOME}{PREFIX}t1", f"arn:rule/{PREFIX}t1")
    assert account.names() == [
        "describe_event_bus", "create_queue", "get_queue_attributes", "put_rule", "set_queue_attributes",
        "put_targets",
    ]  # fmt: skip
    assert account.asked("create_queue")["Attributes"] == {"MessageRetentionPeriod": "300"}
    assert account.queues[url] == {
        "stream-bridge:bus": "orders",
        "stream-bridge:alive-until": str(1_000 + LEASE_S),
    }
    made = account.asked("put_rule")
    assert (made["Name"], made["EventBusName"]) == (rule.name, "orders")
    assert made["EventPattern"] == '{"source":["ü"]}'
    policy = account.asked("set_queue_attributes")
    assert policy["QueueUrl"] == url
    assert json.loads(policy["Attributes"]["Policy"]) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": "arn:queue",
                "Condition": {"ArnEquals": {"aws:SourceArn": rule.arn}},
            }
        ],
    }
    targets = account.asked("put_targets")
    assert (targets["Rule"], targets["EventBusName"]) == (rule.name, "orders")
    assert targets["Targets"] == [{"Id": "tail", "Arn": "arn:queue"}]


def test_its_owner_says_that_it_is_alive_and_removes_everything_once(account: Account) -> None:
    rule = TemporaryRule(account, account, "orders", "t1")
    url = rule.make({}, 0)
    rule.renew(60)
    assert account.queues[url]["stream-bridge:alive-until"] == str(60 + LEASE_S)
    rule.remove()
    assert (account.queues, account.rules) == ({}, set())
    assert account.names()[-3:] == ["remove_targets", "delete_rule", "delete_queue"]
    assert account.asked("remove_targets") == {"Rule": rule.name, "EventBusName": "orders", "Ids": ["tail"]}
    calls = len(account.calls)
    rule.remove()
    assert len(account.calls) == calls


def test_without_a_bus_nothing_is_made_and_nothing_removed(account: Account) -> None:
    rule = TemporaryRule(account, account, "none", "t1")
    with pytest.raises(TargetMissing):
        rule.make({}, 0)
    rule.remove()
    assert account.names() == ["describe_event_bus"]


def test_after_half_a_failure_what_exists_is_removed(account: Account) -> None:
    rule = TemporaryRule(account, account, "orders", "t1")
    account._put_rule = lambda **_: {}  # type: ignore[method-assign]
    with pytest.raises(SourceUnavailable):
        rule.make({}, 0)
    rule.remove()
    assert account.queues == {}


def test_only_what_killed_tails_left_is_removed(account: Account) -> None:
    now = 10_000
    for token, at in (
        ("a-dead", now - LEASE_S - 1),
        ("b-gone", 0),
        ("c-alive", now - LEASE_S),
        ("d-dead", 0),
    ):
        TemporaryRule(account, account, "orders", token).make({}, at)
    account.queues[HOME + PREFIX + "e-no-tags"] = {}
    account.queues[HOME + PREFIX + "f-no-bus"] = {"stream-bridge:alive-until": "5"}
    account.queues[HOME + PREFIX + "g-no-time"] = {"stream-bridge:bus": "orders"}
    account.queues[HOME + PREFIX + "h-odd-time"] = {
        "stream-bridge:bus": "orders",
        "stream-bridge:alive-until": "soon",
    }
    account.vanishing = {HOME + PREFIX + "b-gone"}
    assert remove_stale(account, account, now) == [PREFIX + "a-dead", PREFIX + "d-dead"]
    assert sorted(url.rpartition("-tail-")[2] for url in account.queues) == [
        "b-gone", "c-alive", "e-no-tags", "f-no-bus", "g-no-time", "h-odd-time",
    ]  # fmt: skip
    assert account.rules == {PREFIX + "b-gone", PREFIX + "c-alive"}
    assert account.asked("list_queues")["QueueNamePrefix"] == PREFIX
