"""The conversation with DynamoDB Streams: shards, iterators, records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bridge.edges.answers.errors import AWS_ERRORS, AwsTarget, code_of
from bridge.errors import BridgeError, IteratorExpired, PositionTrimmed, SourceUnavailable
from bridge.ports.stream import IteratorKind, Page, Shard


class StreamReader:
    """One stream through a boto3 ``dynamodbstreams`` client; a ``StreamSource``.

    Raises ``IteratorExpired``, ``PositionTrimmed``, ``SourceUnavailable`` (throttling, 5xx, lost
    connections), ``AccessDenied``, and ``TargetMissing`` where the stream or the shard does not exist.
    """

    def __init__(self, client: Any, stream_arn: str) -> None:
        self.arn = stream_arn
        self._client = client
        self._target = AwsTarget("dynamodb", f"stream {stream_arn}", unavailable=SourceUnavailable)

    def shards(self) -> Sequence[Shard]:
        """All shards the stream still has, oldest page first."""
        shards: list[Shard] = []
        request: dict[str, Any] = {"StreamArn": self.arn}
        while True:
            try:
                description = self._client.describe_stream(**request)["StreamDescription"]
            except AWS_ERRORS as error:
                raise self._translate(error) from error
            shards.extend(Shard.read_from(described) for described in description.get("Shards", ()))
            if not description.get("LastEvaluatedShardId"):
                return shards
            request["ExclusiveStartShardId"] = description["LastEvaluatedShardId"]

    def iterator(
        self,
        shard_id: str,
        kind: IteratorKind,
        sequence_number: str | None = None,
    ) -> str:
        request: dict[str, Any] = {"StreamArn": self.arn, "ShardId": shard_id, "ShardIteratorType": kind}
        if sequence_number is not None:
            request["SequenceNumber"] = sequence_number
        try:
            return str(self._client.get_shard_iterator(**request)["ShardIterator"])
        except AWS_ERRORS as error:
            raise self._translate(error) from error

    def read(self, iterator: str, limit: int) -> Page:
        try:
            answer = self._client.get_records(ShardIterator=iterator, Limit=limit)
        except AWS_ERRORS as error:
            raise self._translate(error) from error
        return Page(answer.get("Records", ()), answer.get("NextShardIterator") or None)

    def _translate(self, error: Exception) -> BridgeError:
        code = code_of(error)
        if code == "ExpiredIteratorException":
            return IteratorExpired(f"an iterator of {self.arn} is too old", code=code)
        if code == "TrimmedDataAccessException":
            return PositionTrimmed(
                f"a position in {self.arn} is older than the stream keeps",
                hint="reconcile the table: changes in between were not seen",
                code=code,
            )
        return self._target.translate(error)
