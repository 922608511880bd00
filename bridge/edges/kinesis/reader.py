"""The conversation with Kinesis Data Streams: shards, iterators, records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bridge.edges.answers.errors import AWS_ERRORS, AwsTarget, code_of
from bridge.errors import BridgeError, IteratorExpired, PositionTrimmed, SourceUnavailable
from bridge.ports.stream import IteratorKind, Page, Shard

_PASSING = {"ResourceInUseException", "ExpiredNextTokenException"}  # the stream is changing; a slow listing


class KinesisReader:
    """One stream through a boto3 ``kinesis`` client; a ``StreamSource``. Needs ``kinesis:ListShards``,
    ``kinesis:GetShardIterator`` and ``kinesis:GetRecords``.

    Raises as :class:`bridge.edges.dynamodb.stream_reader.StreamReader` does. Kinesis itself begins at the
    oldest record it still has when the one asked for is gone; so before reading on after a record, that
    record is looked for, and ``PositionTrimmed`` raised where another one stands first.
    """

    def __init__(self, client: Any, stream_arn: str) -> None:
        self.arn = stream_arn
        self._client = client
        self._target = AwsTarget("kinesis", f"stream {stream_arn}", unavailable=SourceUnavailable)

    def shards(self) -> Sequence[Shard]:
        """All shards that the stream still has records of, or will have."""
        shards: list[Shard] = []
        request: dict[str, Any] = {"StreamARN": self.arn}
        while True:
            try:
                answer = self._client.list_shards(**request)
            except AWS_ERRORS as error:
                raise self._translate(error) from error
            shards.extend(Shard.read_from(described) for described in answer.get("Shards", ()))
            if not answer.get("NextToken"):
                return shards
            request = {"NextToken": answer["NextToken"]}  # which stands for the stream, too

    def iterator(
        self,
        shard_id: str,
        kind: IteratorKind,
        sequence_number: str | None = None,
    ) -> str:
        if kind == "AFTER_SEQUENCE_NUMBER" and sequence_number is not None:
            self._look_for(shard_id, sequence_number)
        return self._iterator(shard_id, kind, sequence_number)

    def read(self, iterator: str, limit: int) -> Page:
        try:
            answer = self._client.get_records(ShardIterator=iterator, Limit=limit, StreamARN=self.arn)
        except AWS_ERRORS as error:
            raise self._translate(error) from error
        behind_ms = answer.get("MillisBehindLatest")
        return Page(answer.get("Records", ()), answer.get("NextShardIterator") or None, behind_ms)

    def _look_for(self, shard_id: str, sequence_number: str) -> None:
        page = self.read(self._iterator(shard_id, "AT_SEQUENCE_NUMBER", sequence_number), 1)
        if page.records and page.records[0].get("SequenceNumber") != sequence_number:
            raise PositionTrimmed(
                f"a position in {self.arn} is older than the stream keeps",
                hint="reconcile the tables: changes in between were not seen",
            )

    def _iterator(self, shard_id: str, kind: str, sequence_number: str | None) -> str:
        request: dict[str, Any] = {"StreamARN": self.arn, "ShardId": shard_id, "ShardIteratorType": kind}
        if sequence_number is not None:
            request["StartingSequenceNumber"] = sequence_number
        try:
            return str(self._client.get_shard_iterator(**request)["ShardIterator"])
        except AWS_ERRORS as error:
            raise self._translate(error) from error

    def _translate(self, error: Exception) -> BridgeError:
        code = code_of(error)
        if code == "ExpiredIteratorException":
            return IteratorExpired(f"an iterator of {self.arn} is too old", code=code)
        if code in _PASSING:
            return SourceUnavailable(f"stream {self.arn} cannot be read just now ({code})", code=code)
        return self._target.translate(error)
