"""DynamoDB Streams on the wire: the bytes of its answers, behind a client of ours, without a network."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from botocore.awsrequest import AWSResponse

from bridge.wiring.clients import client_factory
from tests.builders.records import STREAM_ARN

SHARD = "shardId-00000001793534400000-0a1b2c3d"


@dataclass
class StreamOnTheWire:
    """One shard, closed after ``records``: each the text of a record, as DynamoDB or anything else writes
    it. ``numbers`` are their sequence numbers, "" for a record without one."""

    records: Sequence[str]
    numbers: Sequence[str]
    reads: int = 0

    def client(self) -> Any:
        """A ``dynamodbstreams`` client of the factory that everything uses."""
        made = client_factory(region="eu-central-1", endpoint_url="http://127.0.0.1:9")("dynamodbstreams")
        made.meta.events.register("before-send.dynamodb-streams", self._answer)
        return made

    def _answer(self, request: Any, **_: Any) -> AWSResponse:
        asked = json.loads(request.body)
        match request.headers["X-Amz-Target"].decode().rpartition(".")[2]:
            case "DescribeStream":
                text = json.dumps({"StreamDescription": {"StreamArn": STREAM_ARN, "Shards": [self._shard]}})
            case "GetShardIterator":
                text = json.dumps({"ShardIterator": str(self._start(asked))})
            case _:
                self.reads += 1
                left = ",".join(self.records[int(asked["ShardIterator"]) :])
                text = f'{{"Records": [{left}]}}'
        headers = {"x-amzn-RequestId": "r", "Content-Type": "application/x-amz-json-1.0"}
        raw: Any = SimpleNamespace(stream=lambda **_: iter([text.encode()]))
        return AWSResponse(request.url, 200, headers, raw)

    @property
    def _shard(self) -> dict[str, Any]:
        return {
            "ShardId": SHARD,
            "SequenceNumberRange": {"StartingSequenceNumber": "1", "EndingSequenceNumber": "9" * 21},
        }

    def _start(self, asked: dict[str, Any]) -> int:
        if asked["ShardIteratorType"] != "AFTER_SEQUENCE_NUMBER":
            return 0
        return self.numbers.index(asked["SequenceNumber"]) + 1
