"""The runner's conversations with AWS: DynamoDB Streams, and the on-failure destinations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from bridge.edges.dynamodb.stream_reader import StreamReader
from bridge.edges.local.failures import DirectoryFailureDestination
from bridge.edges.s3.failures import S3FailureDestination
from bridge.edges.sqs.failures import SqsFailureDestination
from bridge.errors import (
    AccessDenied,
    BridgeError,
    DestinationUnavailable,
    IteratorExpired,
    PositionTrimmed,
    SourceUnavailable,
    TargetMissing,
)
from bridge.ports.failures import FailureDestination
from bridge.ports.stream import Page, Shard, StreamSource
from tests.builders.records import STREAM_ARN, record
from tests.fakes.clients.aws_peer import with_request_id
from tests.fakes.clients.held import held
from tests.stream.rig import Rig, raising

SHARD = "shardId-00000001500000000000-0000000"
FIRST, LAST = "100000000000000000001", "900000000000000000001"


@held("dynamodbstreams")
class StreamsClient:
    """Speaks for the service: shards in pages, iterators as text, one error on demand."""

    def __init__(self, shards: list[dict[str, Any]] | None = None, page: int = 2) -> None:
        self.listed = shards or []
        self.page = page
        self.requests: list[dict[str, Any]] = []
        self.error: Exception | None = None
        self.answer: dict[str, Any] = {}

    def describe_stream(self, **request: Any) -> dict[str, Any]:
        self._reported(request)
        names = [shard["ShardId"] for shard in self.listed]
        start = names.index(request["ExclusiveStartShardId"]) + 1 if "ExclusiveStartShardId" in request else 0
        page = self.listed[start : start + self.page]
        description: dict[str, Any] = {"StreamArn": request["StreamArn"], "Shards": page}
        if start + self.page < len(self.listed):
            description["LastEvaluatedShardId"] = page[-1]["ShardId"]
        return {"StreamDescription": description}

    def get_shard_iterator(self, **request: Any) -> dict[str, Any]:
        self._reported(request)
        return {"ShardIterator": "iterator"}

    def get_records(self, **request: Any) -> dict[str, Any]:
        self._reported(request)
        return self.answer

    def _reported(self, request: dict[str, Any]) -> None:
        self.requests.append(request)
        if self.error:
            raise self.error


def client_error(code: str, status: int = 400) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": "item secret"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "GetRecords")


def test_all_pages_of_a_long_list_of_shards_are_read() -> None:
    described: list[dict[str, Any]] = [
        {
            "ShardId": f"{SHARD}1",
            "SequenceNumberRange": {"StartingSequenceNumber": FIRST, "EndingSequenceNumber": LAST},
        },
        *(
            {
                "ShardId": f"{SHARD}{n}",
                "ParentShardId": f"{SHARD}{n - 1}",
                "SequenceNumberRange": {"StartingSequenceNumber": LAST},
            }
            for n in range(2, 6)
        ),
    ]
    client = StreamsClient(described)
    source: StreamSource = StreamReader(client, STREAM_ARN)
    shards = source.shards()
    assert [shard.id for shard in shards] == [f"{SHARD}{n}" for n in range(1, 6)]
    assert shards[0] == Shard(f"{SHARD}1", None, FIRST, LAST)
    assert shards[1] == Shard(f"{SHARD}2", f"{SHARD}1", LAST, None)
    assert len(client.requests) == 3


def test_iterators_and_records_are_asked_for_in_the_services_words() -> None:
    client = StreamsClient()
    client.answer = {"Records": [record()], "NextShardIterator": "next"}
    reader = StreamReader(client, STREAM_ARN)
    assert reader.iterator(f"{SHARD}1", "AFTER_SEQUENCE_NUMBER", LAST) == "iterator"
    assert reader.iterator(f"{SHARD}1", "TRIM_HORIZON") == "iterator"
    assert reader.read("iterator", 1000) == Page([record()], "next")
    client.answer = {"Records": []}
    assert reader.read("next", 1000) == Page([], None)
    base = {"StreamArn": STREAM_ARN, "ShardId": f"{SHARD}1"}
    assert client.requests[:3] == [
        {**base, "ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": LAST},
        {**base, "ShardIteratorType": "TRIM_HORIZON"},
        {"ShardIterator": "iterator", "Limit": 1000},
    ]


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (client_error("ExpiredIteratorException"), IteratorExpired),
        (client_error("TrimmedDataAccessException"), PositionTrimmed),
        (client_error("LimitExceededException"), SourceUnavailable),
        (client_error("ThrottlingException"), SourceUnavailable),
        (client_error("InternalServerError", 500), SourceUnavailable),
        (client_error("ResourceNotFoundException"), TargetMissing),
        (client_error("AccessDeniedException"), AccessDenied),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), SourceUnavailable),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else None,
)
def test_each_refusal_of_the_stream_becomes_our_error(error: Exception, ours: type[BridgeError]) -> None:
    client = StreamsClient()
    client.error = error
    reader = StreamReader(client, STREAM_ARN)
    for call in (reader.shards, lambda: reader.iterator(f"{SHARD}1", "LATEST"), lambda: reader.read("i", 1)):
        with pytest.raises(ours) as caught:
            call()
        assert type(caught.value) is ours
        assert caught.value.__cause__ is error
        assert "secret" not in str(caught.value)


@held("sqs", "s3")
class StoreClient:
    """Takes messages and objects, or fails."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.error: Exception | None = None

    def send_message(self, **request: Any) -> dict[str, str]:
        self._take(request)
        return {"MessageId": str(len(self.taken))}

    def put_object(self, **request: Any) -> dict[str, Any]:
        self._take(request)
        return with_request_id({"ETag": f'"{len(self.taken)}"'})

    def _take(self, request: dict[str, Any]) -> None:
        if self.error:
            raise self.error
        self.taken.append(request)


def give_up_one_batch(destination: FailureDestination) -> dict[str, Any]:
    """Runs a failing batch into the destination; answers the event that failed."""
    rig = Rig(destination=destination)
    rig.stream.write("a", text="the item")
    rig.function.always = raising
    rig.run(max_retries=0)
    return rig.function.events[0]


def test_a_queue_gets_positions_only() -> None:
    client = StoreClient()
    give_up_one_batch(SqsFailureDestination(client, "http://127.0.0.1/queue"))
    body = json.loads(client.taken[0]["MessageBody"])
    assert body["DDBStreamBatchInfo"]["batchSize"] == 1
    assert "payload" not in body
    assert "the item" not in client.taken[0]["MessageBody"]


def test_a_bucket_gets_the_payload_under_lambdas_key() -> None:
    client = StoreClient()
    event = give_up_one_batch(S3FailureDestination(client, "failures", "mapping-1"))
    (put,) = client.taken
    body = json.loads(put["Body"])
    assert json.loads(body["payload"]) == event
    request_id = body["requestContext"]["requestId"]
    assert put["Bucket"] == "failures"
    assert put["Key"] == f"aws/lambda/mapping-1/shard-1/2026/11/01/2026-11-01T12.00.00-{request_id}"


def test_a_folder_gets_what_a_bucket_gets(tmp_path: Path) -> None:
    event = give_up_one_batch(DirectoryFailureDestination(tmp_path, "mapping-1"))
    (path,) = tmp_path.glob("aws/lambda/mapping-1/shard-1/2026/11/01/*.json")
    assert json.loads(json.loads(path.read_bytes())["payload"]) == event
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (client_error("SlowDown", 503), DestinationUnavailable),
        (client_error("AccessDenied", 403), AccessDenied),
        (client_error("NoSuchBucket", 404), TargetMissing),
    ],
)
def test_a_destination_that_refuses_says_why(error: Exception, ours: type[BridgeError]) -> None:
    client = StoreClient()
    client.error = error
    info = {
        "timestamp": "2026-11-01T12:00:00.000Z",
        "requestContext": {"requestId": "r"},
        "DDBStreamBatchInfo": {"shardId": "s"},
    }
    for destination in (S3FailureDestination(client, "b", "m"), SqsFailureDestination(client, "q")):
        with pytest.raises(ours):
            destination.send(info, {})


def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "aws").write_text("in the way")
    info = {
        "timestamp": "2026-11-01T12:00:00.000Z",
        "requestContext": {"requestId": "r"},
        "DDBStreamBatchInfo": {"shardId": "s"},
    }
    with pytest.raises(DestinationUnavailable):
        DirectoryFailureDestination(tmp_path, "m").send(info, {})
