"""An answer counts only if it is AWS's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import botocore.session
import pytest

import bridge
from bridge.edges.answers.always import OPERATIONS, what_is_missing
from bridge.edges.answers.errors import NOT_FROM_AWS, AwsTarget
from bridge.edges.dynamodb.scan import parse_with_orjson
from bridge.errors import AccessDenied, SourceUnavailable
from bridge.wiring.clients import ClientFactory
from tests.fakes.clients.batch_peer import client_error
from tests.fakes.nonsense_server import HTML, LATIN_1, XHTML, NonsenseServer

STREAM = "arn:aws:dynamodb:eu-central-1:111122223333:table/Users/stream/2026-11-01T00:00:00.000"
KINESIS = "arn:aws:kinesis:eu-central-1:111122223333:stream/changes"
TOPIC = "arn:aws:sns:eu-central-1:111122223333:orders"
BUS = "arn:aws:events:eu-central-1:111122223333:event-bus/orders"
QUEUE = "https://sqs.eu-central-1.amazonaws.com/111122223333/orders"
KEY = {"id": {"S": "a"}}
ENTRY = {"Source": "a", "DetailType": "b", "Detail": "{}"}
RECEIPT = {"Id": "0", "ReceiptHandle": "r"}

REQUESTS: Mapping[str, Mapping[str, Any]] = {
    "dynamodb:BatchGetItem": {"RequestItems": {"Users": {"Keys": [KEY]}}},
    "dynamodb:BatchWriteItem": {"RequestItems": {"Users": [{"PutRequest": {"Item": KEY}}]}},
    "dynamodb:DescribeTable": {"TableName": "Users"},
    "dynamodb:DescribeTimeToLive": {"TableName": "Users"},
    "dynamodb:PutItem": {"TableName": "Users", "Item": KEY, "ReturnConsumedCapacity": "TOTAL"},
    "dynamodb:Scan": {"TableName": "Users"},
    "dynamodbstreams:DescribeStream": {"StreamArn": STREAM},
    "dynamodbstreams:GetRecords": {"ShardIterator": "i"},
    "dynamodbstreams:GetShardIterator": {
        "StreamArn": STREAM,
        "ShardId": "shardId-00000001414576573621-f55eea83",
        "ShardIteratorType": "TRIM_HORIZON",
    },
    "kinesis:GetRecords": {"ShardIterator": "i"},
    "kinesis:ListShards": {"StreamARN": KINESIS},
    "events:DescribeEventBus": {"Name": "orders"},
    "events:ListRules": {"EventBusName": "orders"},
    "events:PutEvents": {"Entries": [ENTRY]},
    "eventbridgev2:PutEvents": {"EventBusArn": BUS, "Entries": [ENTRY]},
    "sns:GetTopicAttributes": {"TopicArn": TOPIC},
    "sns:PublishBatch": {"TopicArn": TOPIC, "PublishBatchRequestEntries": [{"Id": "0", "Message": "m"}]},
    "sqs:DeleteMessageBatch": {"QueueUrl": QUEUE, "Entries": [RECEIPT]},
    "sqs:DeleteMessage": {"QueueUrl": QUEUE, "ReceiptHandle": "r"},
    "sqs:GetQueueAttributes": {"QueueUrl": QUEUE, "AttributeNames": ["ApproximateNumberOfMessages"]},
    "sqs:ReceiveMessage": {"QueueUrl": QUEUE},
    "sqs:SendMessage": {"QueueUrl": QUEUE, "MessageBody": "m"},
    "s3:DeleteObjects": {"Bucket": "store", "Delete": {"Objects": [{"Key": "k"}], "Quiet": True}},
    "s3:GetObject": {"Bucket": "store", "Key": "k"},
    "s3:HeadBucket": {"Bucket": "store"},
    "s3:HeadObject": {"Bucket": "store", "Key": "k"},
    "s3:ListObjectsV2": {"Bucket": "store"},
    "s3:PutObject": {"Bucket": "store", "Key": "k", "Body": b"{}"},
    "schemas:ListSchemas": {"RegistryName": "orders"},
    "glue:ListSchemas": {},
    "lambda:ListEventSourceMappings": {},
    "cloudwatch:GetMetricStatistics": {
        "Namespace": "AWS/Lambda",
        "MetricName": "IteratorAge",
        "StartTime": 1,
        "EndTime": 2,
        "Period": 60,
        "Statistics": ["Maximum"],
    },
}
CUT = b'{"Records": [{"dynamodb": {"SequenceNumber": "1'
NONSENSE = {
    "html": (200, HTML),
    "html that is xml": (200, XHTML),
    "html in latin-1": (200, LATIN_1),
    "an empty object": (200, b"{}"),
    "cut json": (200, CUT),
    "nothing": (200, b""),
    "a list": (200, b"[]"),
    "members of other types": (
        200,
        b'{"Records": 5, "Items": {}, "Count": "x", "Responses": [], "Entries": [5]}',
    ),
    "403 html": (403, HTML),
    "404 html": (404, XHTML),
    "400 html": (400, HTML),
    "413 html": (413, HTML),
    "403 json": (403, b'{"message": "Forbidden"}'),
}


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[NonsenseServer, ClientFactory]]:
    with pytest.MonkeyPatch.context() as environment, NonsenseServer() as running:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "local")
        environment.delenv("AWS_PROFILE", raising=False)
        environment.setenv("AWS_ACCOUNT_ID_ENDPOINT_MODE", "disabled")
        heard: list[str] = []
        yield running, running.clients(on_refused=lambda **told: heard.append(told["missing"]))


@pytest.mark.parametrize("nonsense", NONSENSE)
@pytest.mark.parametrize("name", REQUESTS)
def test_an_answer_that_is_not_aws_s_is_unavailable_and_never_nothing_done_or_refused(
    server: tuple[NonsenseServer, ClientFactory], name: str, nonsense: str
) -> None:
    running, clients = server
    running.status, running.body = NONSENSE[nonsense]
    service, operation = name.split(":")
    target = AwsTarget(clients(service), service, "the target", SourceUnavailable)
    with pytest.raises(SourceUnavailable) as refused:
        target.call(operation, **REQUESTS[name])
    assert refused.value.code == NOT_FROM_AWS
    assert "Welcome" not in str(refused.value), "its content is never shown"


@pytest.mark.parametrize("nonsense", [each for each in NONSENSE if NONSENSE[each][0] == 200])
@pytest.mark.parametrize("operation", ["Scan", "BatchGetItem"])
def test_what_orjson_reads_is_checked_like_what_botocore_reads(
    server: tuple[NonsenseServer, ClientFactory], operation: str, nonsense: str
) -> None:
    running, _ = server
    running.status, running.body = NONSENSE[nonsense]
    client = running.clients()("dynamodb")
    parse_with_orjson(client)
    target = AwsTarget(client, "dynamodb", "table Users", SourceUnavailable)
    with pytest.raises(SourceUnavailable) as refused:
        target.call(operation, **REQUESTS[f"dynamodb:{operation}"])
    assert refused.value.code == NOT_FROM_AWS


def test_every_operation_that_an_edge_calls_is_in_the_table() -> None:
    """Of an operation that is not, only what the model requires would be asked for."""
    edges = Path(bridge.__file__).parent / "edges"
    texts = [path.read_text() for path in sorted(edges.rglob("*.py")) if path.name != "always.py"]
    session = botocore.session.Session()
    services = {name.partition(":")[0] for name in OPERATIONS}
    operations = {name for service in services for name in session.get_service_model(service).operation_names}
    called = {word for text in texts for word in re.findall(r'"([A-Z]\w+)"', text)} & operations
    assert len(called) > 40
    known = {name.partition(":")[2] for name in OPERATIONS}
    assert called <= known
    assert not known - called, "an operation that nothing calls"


@pytest.mark.parametrize("operation", ["ChangeMessageVisibilityBatch", "DeleteMessageBatch"])
@pytest.mark.parametrize("member", ["Successful", "Failed"])
def test_a_list_that_sqs_leaves_out_because_it_is_empty_is_not_missed(operation: str, member: str) -> None:
    """The model requires both lists; SQS sends only those that have entries."""
    shape = botocore.session.Session().get_service_model("sqs").operation_model(operation).output_shape
    request, answer = {"Entries": [RECEIPT]}, {member: [{"Id": RECEIPT["Id"]}]}
    assert what_is_missing("sqs", operation, request, answer, shape) == ""
    assert what_is_missing("sqs", operation, request, {member: []}, shape) != ""


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_empty_answer_proves_nothing(name: str) -> None:
    service, operation = name.split(":")
    shape = botocore.session.Session().get_service_model(service).operation_model(operation).output_shape
    request = {"Entries": [{"Id": "0"}], "AttributeNames": ["QueueArn"]}
    assert what_is_missing(service, operation, request, {}, shape)


WRONG: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("dynamodb:Scan", {}, {"Items": [], "Count": 3, "ScannedCount": 3}),
    (
        "dynamodb:BatchGetItem",
        {"RequestItems": {"Users": {"Keys": [KEY]}}},
        {"Responses": {}, "UnprocessedKeys": {}},
    ),
    ("events:PutEvents", {"Entries": [ENTRY, ENTRY]}, {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}),
    ("events:PutEvents", {"Entries": [ENTRY]}, {"FailedEntryCount": 1, "Entries": [{"EventId": "1"}]}),
    ("sqs:DeleteMessageBatch", {"Entries": [RECEIPT]}, {"Successful": [], "Failed": []}),
    (
        "dynamodbstreams:DescribeStream",
        {"StreamArn": STREAM},
        {"StreamDescription": {"StreamArn": STREAM + "x", "Shards": []}},
    ),
    (
        "s3:ListObjectsV2",
        {},
        {
            "Name": "store",
            "IsTruncated": False,
            "KeyCount": 2,
            "Contents": [{}],
            "ResponseMetadata": {"RequestId": "1"},
        },
    ),
]


@pytest.mark.parametrize(("name", "request_", "answer"), WRONG)
def test_members_that_contradict_each_other_or_the_request_are_not_believed(
    name: str, request_: dict[str, Any], answer: dict[str, Any]
) -> None:
    service, operation = name.split(":")
    assert what_is_missing(service, operation, request_, answer)


def test_a_refused_answer_is_told_once_with_what_it_lacks_and_nothing_of_what_it_says(
    server: tuple[NonsenseServer, ClientFactory],
) -> None:
    running, _ = server
    running.status, running.body = 200, HTML
    heard: list[dict[str, Any]] = []
    client = running.clients(on_refused=lambda **told: heard.append(told))("dynamodbstreams")
    target = AwsTarget(client, "dynamodbstreams", f"stream {STREAM}", SourceUnavailable)
    with pytest.raises(SourceUnavailable):
        target.call("GetRecords", ShardIterator="i")
    assert heard == [
        {
            "resource": f"stream {STREAM}",
            "action": "dynamodb:GetRecords",
            "missing": "Records",
        }
    ]


def test_a_denial_of_aws_is_a_denial_also_where_its_answer_has_no_body() -> None:
    target = AwsTarget(None, "s3", "bucket store", SourceUnavailable)
    assert isinstance(target.translate(client_error("403", "HeadBucket", 403)), AccessDenied)


def test_a_defect_of_ours_is_not_taken_for_an_answer() -> None:
    class Client:
        def scan(self, **request: Any) -> Any:
            raise TypeError("a defect")

    with pytest.raises(TypeError, match="a defect"):
        AwsTarget(Client(), "dynamodb", "table", SourceUnavailable).call("Scan")
