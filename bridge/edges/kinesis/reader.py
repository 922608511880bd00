"""The conversation with Kinesis Data Streams: shards, iterators, records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from bridge.edges.answers.errors import stream_target
from bridge.errors import BridgeError, PositionTrimmed, SourceUnavailable
from bridge.ports.stream import IteratorKind, Page, Shard

_PAGES: Final = 20
"""Pages read to find the record after which to read on. Then the caller tries again, later."""
_PAGES_AT_TIP: Final = 2


class KinesisReader:
    """One stream through a boto3 ``kinesis`` client; a ``StreamSource``. Needs ``kinesis:ListShards``,
    ``kinesis:GetShardIterator`` and ``kinesis:GetRecords``.

    Raises as :class:`bridge.edges.dynamodb.stream_reader.StreamReader` does. Kinesis itself begins at the
    oldest record that it still has when the requested one is gone. So before it reads on after a record, the
    reader looks for that record, and raises ``PositionTrimmed`` where another one comes first.
    """

    def __init__(self, client: Any, stream_arn: str) -> None:
        self.arn = stream_arn

        def changing(code: str) -> BridgeError:
            return SourceUnavailable(f"stream {stream_arn} cannot be read just now ({code})", code=code)

        by_code = {
            "ExpiredNextTokenException": changing,  # the listing took too long
            "ResourceInUseException": changing,
        }
        self._target = stream_target(client, "kinesis", stream_arn, by_code)

    def shards(self) -> Sequence[Shard]:
        """All shards of which the stream still has records, or will have."""
        shards: list[Shard] = []
        request: dict[str, Any] = {"StreamARN": self.arn}
        while True:
            answer = self._target.call("ListShards", **request)
            shards.extend(Shard.read_from(described) for described in answer["Shards"])
            if not answer.get("NextToken"):
                return shards
            request = {"NextToken": answer["NextToken"]}  # the token names the stream, too

    def iterator(self, shard_id: str, kind: IteratorKind, sequence_number: str | None = None) -> str:
        if kind == "AFTER_SEQUENCE_NUMBER" and sequence_number is not None:
            self._require_kept(shard_id, sequence_number)
        return self._iterator(shard_id, kind, sequence_number)

    def _require_kept(self, shard_id: str, sequence_number: str) -> None:
        """An empty page shows nothing: a shard may give any number of them before a record. Where the tip is
        reached without the record, it is gone, and what came after it may be gone too."""
        iterator = self._iterator(shard_id, "AT_SEQUENCE_NUMBER", sequence_number)
        at_tip = 0
        for _ in range(_PAGES):
            page = self.read(iterator, 1)
            if page.records and page.records[0].get("SequenceNumber") == sequence_number:
                return
            at_tip = at_tip + 1 if page.behind_ms == 0 else 0
            if page.records or page.next is None or at_tip == _PAGES_AT_TIP:
                raise PositionTrimmed(
                    f"a position in {self.arn} is older than the stream keeps",
                    hint="reconcile the tables: changes in between were not seen",
                )
            iterator = page.next
        raise SourceUnavailable(f"{self.arn} does not return the record after which to read on")

    def read(self, iterator: str, limit: int) -> Page:
        answer = self._target.call("GetRecords", ShardIterator=iterator, Limit=limit, StreamARN=self.arn)
        behind_ms = answer["MillisBehindLatest"]
        return Page(answer["Records"], answer.get("NextShardIterator") or None, behind_ms)

    def _iterator(self, shard_id: str, kind: str, sequence_number: str | None) -> str:
        at = {} if sequence_number is None else {"StartingSequenceNumber": sequence_number}
        answer = self._target.call(
            "GetShardIterator", StreamARN=self.arn, ShardId=shard_id, ShardIteratorType=kind, **at
        )
        return str(answer["ShardIterator"])
