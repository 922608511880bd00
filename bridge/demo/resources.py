"""The AWS resources of the demonstration: three tables with streams, a ledger, a bus, a topic and queues.

The caller passes the clients, so the same resources can be created on the embedded AWS and on any other
endpoint.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from bridge.edges.dynamodb.ledger_row import KEY as LEDGER_KEY

TABLES: Mapping[str, Sequence[str]] = {"Users": ("userId",), "Orders": ("orderId",), "Shop": ("PK", "SK")}
"""Table name to the attributes of its key, all strings. Shop holds several kinds of items."""

_DRAIN_MAX = 10  # model: ReceiveMessage MaxNumberOfMessages
_VISIBILITY_S = 60


class Clients(NamedTuple):
    """boto3 clients of one endpoint."""

    dynamodb: Any
    events: Any
    sns: Any
    sqs: Any


class Queue(NamedTuple):
    url: str
    arn: str


@dataclass(frozen=True, slots=True)
class Resources:
    """The names of everything that was created. ``streams`` maps a table to its stream's ARN."""

    streams: Mapping[str, str]
    bus: str
    rule: str
    bus_queue: Queue
    topic_arn: str
    topic_queue: Queue
    ledger: str


def build(clients: Clients, *, source: str, prefix: str = "bridge-demo") -> Resources:
    """Create the tables, a ledger, the bus with a rule on ``source`` to a queue, and the FIFO topic with its
    FIFO queue.

    The names of all but the tables start with ``prefix``. Raises botocore's errors.
    """
    both_images = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    streams = {
        table: str(
            _create_table(clients.dynamodb, table, key, StreamSpecification=both_images)["LatestStreamArn"]
        )
        for table, key in TABLES.items()
    }
    ledger = f"{prefix}-ledger"
    _create_table(clients.dynamodb, ledger, (LEDGER_KEY,))

    bus = prefix
    rule = f"{prefix}-all"
    clients.events.create_event_bus(Name=bus)
    rule_arn = clients.events.put_rule(
        Name=rule, EventBusName=bus, EventPattern=json.dumps({"source": [source]})
    )["RuleArn"]
    bus_queue = _create_queue(clients.sqs, f"{prefix}-bus", "events.amazonaws.com", rule_arn)
    clients.events.put_targets(
        Rule=rule, EventBusName=bus, Targets=[{"Id": "subscriber", "Arn": bus_queue.arn}]
    )

    topic_arn = clients.sns.create_topic(Name=f"{prefix}.fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
    topic_queue = _create_queue(clients.sqs, f"{prefix}-topic.fifo", "sns.amazonaws.com", topic_arn)
    clients.sns.subscribe(
        TopicArn=topic_arn,
        Protocol="sqs",
        Endpoint=topic_queue.arn,
        Attributes={"RawMessageDelivery": "true"},
    )
    return Resources(streams, bus, rule, bus_queue, topic_arn, topic_queue, ledger)


def remove(clients: Clients, built: Resources) -> None:
    """Delete everything that :func:`build` created."""
    clients.events.remove_targets(Rule=built.rule, EventBusName=built.bus, Ids=["subscriber"])
    clients.events.delete_rule(Name=built.rule, EventBusName=built.bus)
    clients.events.delete_event_bus(Name=built.bus)
    clients.sns.delete_topic(TopicArn=built.topic_arn)
    for queue in (built.bus_queue, built.topic_queue):
        clients.sqs.delete_queue(QueueUrl=queue.url)
    for table in (*built.streams, built.ledger):
        clients.dynamodb.delete_table(TableName=table)


def scan(dynamodb: Any, table: str) -> dict[str, dict[str, Any]]:
    """The items of the table now, in typed JSON by key. Subscribers must reach the same state."""
    pages = dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return {key_of(table, item): item for page in pages for item in page["Items"]}


def key_of(table: str, item: Mapping[str, Any]) -> str:
    """The key of a typed item as text; a space is between its attributes."""
    return " ".join(item[name]["S"] for name in TABLES[table])


def drain(sqs: Any, queue: Queue, *, wait_s: int = 0) -> Iterator[dict[str, Any]]:
    """Receive and delete the CloudEvents of a subscriber's queue, until it is empty.

    A message of the bus carries the event as its ``detail``; raw delivery from a topic is the event itself.
    ``wait_s`` is the wait time of each receive call.
    """
    while True:
        messages = sqs.receive_message(
            QueueUrl=queue.url,
            MaxNumberOfMessages=_DRAIN_MAX,
            WaitTimeSeconds=wait_s,
            VisibilityTimeout=_VISIBILITY_S,
        ).get("Messages", [])
        if not messages:
            return
        for message in messages:
            body = json.loads(message["Body"])
            yield body["detail"] if "detail-type" in body else body
        sqs.delete_message_batch(
            QueueUrl=queue.url,
            Entries=[
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                for number, message in enumerate(messages)
            ],
        )


def _create_table(dynamodb: Any, table: str, key: Sequence[str], **more: Any) -> Mapping[str, Any]:
    """Create a table, wait until it exists, and return its description."""
    dynamodb.create_table(
        TableName=table,
        KeySchema=[
            {"AttributeName": name, "KeyType": kind}
            for name, kind in zip(key, ("HASH", "RANGE"), strict=False)
        ],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in key],
        BillingMode="PAY_PER_REQUEST",
        **more,
    )
    dynamodb.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 1})
    description: Mapping[str, Any] = dynamodb.describe_table(TableName=table)["Table"]
    return description


def _create_queue(sqs: Any, name: str, sender: str, source_arn: str) -> Queue:
    """A queue that accepts messages only from the service ``sender`` on behalf of ``source_arn``."""
    attributes = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": sender},
                "Action": "sqs:SendMessage",
                "Resource": arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": source_arn}},
            }
        ],
    }
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    return Queue(url, arn)
