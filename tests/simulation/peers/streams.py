"""A peer of boto3's ``dynamodbstreams`` client over a simulated stream."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from bridge.edges.dynamodb.stream_reader import StreamReader
from bridge.errors import BridgeError
from tests.fakes.clients.batch_peer import client_error
from tests.fakes.stream import FakeStream
from tests.simulation.faults import Faults
from tests.simulation.peers.network import Network

SHARDS_A_PAGE: Final = 3
_EDGES: Final = {
    "DescribeStream": "source.shards",
    "GetShardIterator": "source.iterator",
    "GetRecords": "source.read",
}
T = TypeVar("T")


def stream_reader(stream: FakeStream, faults: Faults) -> StreamReader:
    """The product's own reader of a simulated stream."""
    return StreamReader(streams_of(stream, faults), stream.arn)


def streams_of(stream: FakeStream, faults: Faults) -> Network:
    """A client of the service that knows one stream."""
    return _ToTheStream(_Streams(stream), "dynamodbstreams", faults, "source", _EDGES)


class _ToTheStream(Network):
    """A read in part finds nothing, although there is something."""

    def part_of(self, operation: str, request: Mapping[str, Any]) -> Any:
        if operation == "GetRecords":
            return {"Records": [], "NextShardIterator": request["ShardIterator"]}
        return None

    def edge_of(self, operation: str, request: Mapping[str, Any]) -> str:
        shard = f" {request['ShardId']}" if operation == "GetShardIterator" else ""
        return super().edge_of(operation, request) + shard


class _Streams:
    """The service. Its errors have no code of ours: each is the service's own."""

    def __init__(self, stream: FakeStream) -> None:
        self._stream = stream

    def describe_stream(self, *, StreamArn: str, ExclusiveStartShardId: str = "") -> Mapping[str, Any]:
        shards = self._stream.shards()
        names = [shard.id for shard in shards]
        first = names.index(ExclusiveStartShardId) + 1 if ExclusiveStartShardId else 0
        page = shards[first : first + SHARDS_A_PAGE]
        description: dict[str, Any] = {
            "StreamArn": StreamArn,
            "Shards": [
                {
                    "ShardId": shard.id,
                    "SequenceNumberRange": {"StartingSequenceNumber": shard.starting}
                    | ({"EndingSequenceNumber": shard.ending} if shard.ending else {}),
                }
                | ({"ParentShardId": shard.parent} if shard.parent else {})
                for shard in page
            ],
        }
        if first + len(page) < len(shards):
            description["LastEvaluatedShardId"] = page[-1].id
        return {"StreamDescription": description}

    def get_shard_iterator(
        self, *, StreamArn: str, ShardId: str, ShardIteratorType: str, SequenceNumber: str | None = None
    ) -> Mapping[str, Any]:
        iterator = _as_aws(
            "GetShardIterator", lambda: self._stream.iterator(ShardId, ShardIteratorType, SequenceNumber)
        )
        return {"ShardIterator": iterator}

    def get_records(self, *, ShardIterator: str, Limit: int) -> Mapping[str, Any]:
        page = _as_aws("GetRecords", lambda: self._stream.read(ShardIterator, Limit))
        answer: dict[str, Any] = {"Records": list(page.records)}
        return answer | ({"NextShardIterator": page.next} if page.next else {})


def _as_aws(operation: str, work: Callable[[], T]) -> T:
    try:
        return work()
    except BridgeError as error:
        raise client_error(error.code, operation) from error
