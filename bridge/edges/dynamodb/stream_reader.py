"""The conversation with DynamoDB Streams: shards, iterators, records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bridge.edges.answers.errors import stream_target
from bridge.errors import BridgeError, PositionTrimmed
from bridge.ports.stream import IteratorKind, Page, Shard


class StreamReader:
    """One stream through a boto3 ``dynamodbstreams`` client; a ``StreamSource``. Needs
    ``dynamodb:DescribeStream``, ``dynamodb:GetShardIterator`` and ``dynamodb:GetRecords``.

    Raises ``IteratorExpired``, ``PositionTrimmed``, ``SourceUnavailable`` (throttling, 5xx, lost
    connections), ``AccessDenied``, and ``TargetMissing`` where the stream or the shard does not exist.
    """

    def __init__(self, client: Any, stream_arn: str) -> None:
        self.arn = stream_arn

        def trimmed(code: str) -> BridgeError:
            return PositionTrimmed(
                f"a position in {stream_arn} is older than the stream keeps",
                hint="reconcile the table: changes in between were not seen",
                code=code,
            )

        by_code = {"TrimmedDataAccessException": trimmed}
        self._target = stream_target(client, "dynamodbstreams", stream_arn, by_code)

    def shards(self) -> Sequence[Shard]:
        """All shards that the stream still has, oldest page first."""
        shards: list[Shard] = []
        request: dict[str, Any] = {"StreamArn": self.arn}
        while True:
            description = self._target.call("DescribeStream", **request)["StreamDescription"]
            shards.extend(Shard.read_from(described) for described in description["Shards"])
            if not description.get("LastEvaluatedShardId"):
                return shards
            request["ExclusiveStartShardId"] = description["LastEvaluatedShardId"]

    def iterator(self, shard_id: str, kind: IteratorKind, sequence_number: str | None = None) -> str:
        at = {} if sequence_number is None else {"SequenceNumber": sequence_number}
        answer = self._target.call(
            "GetShardIterator", StreamArn=self.arn, ShardId=shard_id, ShardIteratorType=kind, **at
        )
        return str(answer["ShardIterator"])

    def read(self, iterator: str, limit: int) -> Page:
        answer = self._target.call("GetRecords", ShardIterator=iterator, Limit=limit)
        return Page(answer["Records"], answer.get("NextShardIterator") or None)
