"""What the chaos does to the embedded AWS itself: resources, losses on purpose, and a look at the tables."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bridge.edges.dynamodb.ledger_row import KEY as LEDGER_KEY
from bridge.edges.local.checkpoints import FileCheckpoints
from tests.chaos.configuration import LEDGER, RUNS_BUCKET, TABLES, TableSpec
from tests.chaos.writers import Item

BUS: Final = "chaos"
_BOTH: Final = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}


@dataclass
class Resources:
    """``client`` makes clients of the embedded AWS, past the proxy."""

    client: Callable[[str], Any]
    topic: str = ""

    def create(self) -> None:
        for spec in TABLES:
            self._create_table(spec.name, spec.key, StreamSpecification=_BOTH)
        self._create_table(LEDGER, {LEDGER_KEY: "S"})
        self.client("events").create_event_bus(Name=BUS)
        topic = self.client("sns").create_topic(Name="chaos.fifo", Attributes={"FifoTopic": "true"})
        self.topic = topic["TopicArn"]
        self.client("s3").create_bucket(Bucket=RUNS_BUCKET)

    def items(self) -> dict[str, Item]:
        """The items of all tables by subject."""
        pages = (
            (spec, page)
            for spec in TABLES
            for page in self.client("dynamodb")
            .get_paginator("scan")
            .paginate(TableName=spec.name, ConsistentRead=True)
        )
        return {spec.subject(item): item for spec, page in pages for item in page["Items"]}

    def skip_unread(self, spec: TableSpec, state: Path) -> bool:
        """Move the checkpoint to the end of the stream, as if all had been read. False if it has none."""
        streams = self.client("dynamodbstreams")
        arn = self._stream(spec)
        checkpoints = FileCheckpoints(state)
        progress = dict(checkpoints.load(arn))
        for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
            *_, last = [None, *self._numbers(arn, shard["ShardId"], progress.get(shard["ShardId"]))]
            if last is None or not progress:
                return False
            progress[shard["ShardId"]] = last
        checkpoints.save(arn, progress)
        return True

    def switch_stream(self, spec: TableSpec) -> None:
        """Disable the stream and enable another one. What was unread is gone."""
        dynamodb = self.client("dynamodb")
        dynamodb.update_table(TableName=spec.name, StreamSpecification={"StreamEnabled": False})
        time.sleep(0.01)  # a label counts milliseconds
        dynamodb.update_table(TableName=spec.name, StreamSpecification=_BOTH)

    def _stream(self, spec: TableSpec) -> str:
        return str(self.client("dynamodb").describe_table(TableName=spec.name)["Table"]["LatestStreamArn"])

    def _numbers(self, arn: str, shard: str, after: str | None) -> Iterator[str]:
        streams = self.client("dynamodbstreams")
        start: dict[str, str] = {"ShardIteratorType": "TRIM_HORIZON"}
        if after:
            start = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": after}
        iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, **start)["ShardIterator"]
        while True:
            answer = streams.get_records(ShardIterator=iterator)
            for record in answer["Records"]:
                yield record["dynamodb"]["SequenceNumber"]
            if not answer["Records"]:
                return
            iterator = answer["NextShardIterator"]

    def _create_table(self, name: str, key: Mapping[str, str], **more: Any) -> None:
        self.client("dynamodb").create_table(
            TableName=name,
            KeySchema=[
                {"AttributeName": each, "KeyType": kind}
                for each, kind in zip(key, ("HASH", "RANGE"), strict=False)
            ],
            AttributeDefinitions=[
                {"AttributeName": each, "AttributeType": kind} for each, kind in key.items()
            ],
            BillingMode="PAY_PER_REQUEST",
            **more,
        )


def stored_images(folder: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Event name and ``dynamodb`` block of every record in the files of a folder: a quarantine, or batches
    that were given up."""
    for path in sorted(folder.rglob("*.json")):
        try:
            text = path.read_text()
        except FileNotFoundError:
            continue  # retried meanwhile
        yield from _records(json.loads(text))


def _records(value: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(value, str) and value.startswith("{") and '"eventName"' in value:
        value = json.loads(value)
    if isinstance(value, dict):
        if "eventName" in value and "dynamodb" in value:
            yield value["eventName"], value["dynamodb"]
            return
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _records(each)
