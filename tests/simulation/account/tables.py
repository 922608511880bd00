"""DynamoDB, its streams, Lambda and CloudWatch, as the account of a run has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from bridge.errors import BridgeError
from tests.fakes.clients.batch_peer import client_error
from tests.fakes.clients.live_setup import CloudWatchClient, LambdaClient, mapping
from tests.simulation.account.clients import ACCOUNT_ID, REGION
from tests.simulation.faults import Faults
from tests.simulation.peers.network import raise_planned
from tests.simulation.peers.streams import streams_of
from tests.simulation.recovery.table_sources import TablePeer
from tests.simulation.world import START_S, TABLE, TABLE_ARN, World

FUNCTION = "bridge"
MAPPING_ID = "0f6c2b1e-0000-4000-8000-000000000001"
FUNCTION_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{FUNCTION}"


class ItemsTable(TablePeer):
    """The table of items, which also says what it is."""

    def describe_table(self, **parameters: Any) -> dict[str, Any]:
        _asked(self._faults, "table.describe", "dynamodb", "DescribeTable")
        stream = self._world.stream or (self._world.streams[-1] if self._world.streams else None)
        table: dict[str, Any] = {
            "TableName": TABLE,
            "TableArn": TABLE_ARN,
            "ItemCount": len(self._world.items),
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        }
        if stream is not None:
            table["LatestStreamArn"] = stream.arn
        if self._world.stream is not None:
            table["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        return {"Table": table}

    def describe_time_to_live(self, **parameters: Any) -> dict[str, Any]:
        _asked(self._faults, "table.describe", "dynamodb", "DescribeTimeToLive")
        return {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}


class Streams:
    """All streams that the table ever had; an iterator belongs to one of them."""

    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults
        self._peers: dict[str, Any] = {}
        self._iterators: dict[str, str] = {}

    def choose(self, request: Mapping[str, Any]) -> Any:
        if "ShardIterator" in request:
            arn, _, iterator = str(request["ShardIterator"]).partition("|")
            return _OfOneStream(self._peer(arn, "GetRecords"), arn, iterator)
        arn = str(request["StreamArn"])
        return _OfOneStream(self._peer(arn, "DescribeStream"), arn)

    def _peer(self, arn: str, operation: str) -> Any:
        for stream in self._world.streams:
            if stream.arn == arn:
                stream.trim_expired(self._world.clock.now())
                if arn not in self._peers:
                    self._peers[arn] = streams_of(stream, self._faults)
                return self._peers[arn]
        raise client_error("ResourceNotFoundException", operation)


class _OfOneStream:
    """Iterators carry the stream's name with them."""

    def __init__(self, peer: Any, arn: str, iterator: str = "") -> None:
        self._peer, self._arn, self._iterator = peer, arn, iterator

    def __getattr__(self, method: str) -> Any:
        return getattr(self._peer, method)

    def get_shard_iterator(self, **request: Any) -> Any:
        return self._named(self._peer.get_shard_iterator(**request), "ShardIterator")

    def get_records(self, **request: Any) -> Any:
        answer = self._peer.get_records(**{**request, "ShardIterator": self._iterator})
        return self._named(answer, "NextShardIterator")

    def _named(self, answer: Any, member: str) -> Any:
        found = answer.get(member)
        return {**answer, member: f"{self._arn}|{found}"} if isinstance(found, str) else answer


class Metrics(CloudWatchClient):
    """``lag_s``: how far the function is behind; None: CloudWatch has no data."""

    holds = False  # requests are held against botocore's model in the contract suite

    def __init__(self, faults: Faults, lag_s: Callable[[], float | None]) -> None:
        super().__init__()
        self._faults = faults
        self._lag_s = lag_s

    def get_metric_statistics(self, **parameters: Any) -> dict[str, Any]:
        _asked(self._faults, "metrics.read", "cloudwatch", "GetMetricStatistics")
        if parameters["MetricName"] == "RedactionRulesUnmatched":
            return {"Label": "RedactionRulesUnmatched", "Datapoints": []}
        if parameters["MetricName"] == "IteratorAge":
            try:
                lag_s = self._lag_s()
            except BridgeError as error:
                raise client_error("InternalServiceFault", "GetMetricStatistics", 500) from error
            self.age_ms = None if lag_s is None else 1000 * lag_s
        return super().get_metric_statistics(**parameters)


class Mappings(LambdaClient):
    """The function's mapping of the table's stream, which works. ``behind_s``: how far it truly is behind."""

    holds = False

    def __init__(self, world: World, faults: Faults, behind_s: Callable[[], float]) -> None:
        super().__init__()
        self._world = world
        self._faults = faults
        self._behind_s = behind_s
        self.state = "Enabled"

    def begin(self, operation: str, parameters: dict[str, Any]) -> None:
        _asked(self._faults, "mapping.read", "lambda", operation)
        result = "PROBLEM: Function call failed" if self._behind_s() else "No records processed"
        self.mappings = [
            mapping(
                UUID=MAPPING_ID,
                FunctionArn=FUNCTION_ARN,
                EventSourceArn=stream.arn,
                State=self.state,
                LastModified=datetime.fromtimestamp(START_S - 3600, UTC),
                LastProcessingResult=result,
            )
            for stream in self._world.streams
            if stream is self._world.stream
        ]


def _asked(faults: Faults, edge: str, service: str, operation: str) -> None:
    fault = faults.before(edge)
    raise_planned(fault, service, operation)
    faults.after(edge)
