"""What the edges ask of AWS, word by word, where a fake peer does not care."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from bridge.delivery.backoff import Backoff
from bridge.delivery.patience import Patience
from bridge.edges.answers.always import what_is_missing
from bridge.edges.eventbridge.schemas import EventBridgeRegistry
from bridge.edges.eventbridge.temporary_rule import PREFIX, TemporaryRule, remove_stale
from bridge.edges.glue.registry import GlueRegistry
from bridge.edges.kinesis.reader import KinesisReader
from bridge.errors import PositionTrimmed, SchemaTaken, SourceUnavailable
from bridge.ports.registry import Candidate, RegistryAddress, StoredVersion
from bridge.ports.stream import Page
from tests.fakes.clients.held import client_error
from tests.fakes.clock import FakeClock

ARN = "arn:aws:kinesis:eu-central-1:111122223333:stream/changes"
ID = {"ResponseMetadata": {"RequestId": "0", "HTTPStatusCode": 200}}


class Recorder:
    """A client that keeps each request and answers by operation."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        if operation == "meta":
            raise AttributeError(operation)

        def call(**request: Any) -> Any:
            self.asked.append((operation, request))
            answer = self.answers.get(operation, {})
            answer = answer(request) if callable(answer) else answer
            if isinstance(answer, Exception):
                raise answer
            return {**ID, **answer}

        return call

    def of(self, operation: str) -> list[dict[str, Any]]:
        return [request for name, request in self.asked if name == operation]


# --- Kinesis ---------------------------------------------------------------------------------------


def test_a_kinesis_stream_is_named_in_every_request_but_in_that_of_a_next_page() -> None:
    pages = iter(
        [{"Shards": [{"ShardId": "s", "SequenceNumberRange": {}}], "NextToken": "t"}, {"Shards": []}]
    )
    client = Recorder(
        list_shards=lambda request: next(pages),
        get_shard_iterator={"ShardIterator": "i"},
        get_records={"Records": [], "MillisBehindLatest": 0, "NextShardIterator": "n"},
    )
    reader = KinesisReader(client, ARN)
    assert [shard.id for shard in reader.shards()] == ["s"]
    assert client.of("list_shards") == [{"StreamARN": ARN}, {"NextToken": "t"}]
    assert reader.iterator("s", "LATEST") == "i"
    assert client.of("get_shard_iterator") == [
        {"StreamARN": ARN, "ShardId": "s", "ShardIteratorType": "LATEST"}
    ]
    assert reader.read("i", 7) == Page([], "n", 0)
    assert client.of("get_records") == [{"ShardIterator": "i", "Limit": 7, "StreamARN": ARN}]


def kept(*behind_ms: int, found: int | None = None) -> Recorder:
    """Pages that are so far behind; the record after which to read on is in the one with this number."""
    numbers = iter(range(1_000))

    def page(request: Any) -> Any:
        number = next(numbers)
        records = [{"SequenceNumber": "50"}] if number == found else []
        at = behind_ms[min(number, len(behind_ms) - 1)]
        return {"Records": records, "MillisBehindLatest": at, "NextShardIterator": "n"}

    return Recorder(get_shard_iterator={"ShardIterator": "i"}, get_records=page)


def tip_pages() -> int:
    """How many pages in a row at the tip show that the record is gone."""
    client = kept(0)
    with pytest.raises(PositionTrimmed):
        KinesisReader(client, ARN).iterator("s", "AFTER_SEQUENCE_NUMBER", "50")
    assert all(request["Limit"] == 1 for request in client.of("get_records"))
    return len(client.of("get_records"))


def test_a_record_is_gone_only_after_pages_in_a_row_at_the_tip() -> None:
    enough = tip_pages()
    assert enough > 1
    interrupted = kept(*[0] * (enough - 1), 5, *[0] * (enough - 1), 5, 5)
    with pytest.raises(SourceUnavailable):
        KinesisReader(interrupted, ARN).iterator("s", "AFTER_SEQUENCE_NUMBER", "50")
    last = kept(0, found=enough - 1)
    assert KinesisReader(last, ARN).iterator("s", "AFTER_SEQUENCE_NUMBER", "50") == "i"
    kinds = [request["ShardIteratorType"] for request in last.of("get_shard_iterator")]
    assert kinds == ["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"]


def test_only_a_position_after_a_record_is_checked() -> None:
    client = kept(0)
    assert KinesisReader(client, ARN).iterator("s", "TRIM_HORIZON") == "i"
    assert client.of("get_records") == []


# --- a temporary rule ------------------------------------------------------------------------------


def test_a_temporary_rule_asks_the_bus_of_events_and_the_queue_of_sqs() -> None:
    events = Recorder(
        describe_event_bus={"Name": "orders", "Arn": "arn:orders"},
        put_rule={"RuleArn": "arn:rule"},
        put_targets={"FailedEntryCount": 0, "FailedEntries": []},
        remove_targets={"FailedEntryCount": 0, "FailedEntries": []},
    )
    sqs = Recorder(
        create_queue={"QueueUrl": "https://sqs/q"},
        get_queue_attributes={"Attributes": {"QueueArn": "arn:q"}},
        list_queues={"QueueUrls": ["https://sqs/q"]},
    )
    rule = TemporaryRule(events, sqs, "orders", "abc")
    assert rule.arn == ""
    assert rule.make({"source": ["a"]}, 1_000.0) == "https://sqs/q"
    assert rule.arn == "arn:rule"
    (asked,) = sqs.of("get_queue_attributes")
    assert asked == {"QueueUrl": "https://sqs/q", "AttributeNames": ["QueueArn"]}
    (put,) = events.of("put_rule")
    assert put["Description"], "people see in the console who made it"
    rule.remove()
    (deleted,) = events.of("delete_rule")
    assert deleted == {"Name": f"{PREFIX}abc", "EventBusName": "orders"}
    assert sqs.of("delete_queue") == [{"QueueUrl": "https://sqs/q"}]


def test_queues_of_killed_tails_are_listed_by_their_prefix_a_thousand_at_a_time() -> None:
    (tags,) = [{"stream-bridge-tail-until": "1"}]
    made = Recorder(create_queue={"QueueUrl": f"https://sqs/{PREFIX}x"})
    events = Recorder(
        describe_event_bus={"Name": "orders", "Arn": "a"},
        put_rule={"RuleArn": "r"},
        remove_targets={"FailedEntryCount": 0, "FailedEntries": []},
    )
    rule = TemporaryRule(events, made, "orders", "x")
    with pytest.raises(SourceUnavailable):
        rule.make({}, 0.0)  # the queue has no ARN here
    tags = made.of("create_queue")[0]["tags"]
    sqs = Recorder(list_queues={"QueueUrls": [f"https://sqs/{PREFIX}x"]}, list_queue_tags={"Tags": tags})
    assert remove_stale(events, sqs, 10.0**9) == [f"{PREFIX}x"]
    assert sqs.of("list_queues") == [{"QueueNamePrefix": PREFIX, "MaxResults": 1000}]
    assert len(sqs.of("delete_queue")) == 1
    assert events.of("delete_rule") == [{"Name": f"{PREFIX}x", "EventBusName": "orders"}]


# --- schema registries -----------------------------------------------------------------------------

PATIENCE = Patience(FakeClock(), Backoff(random.Random(1)))
LABELS = {"owner": "team é " + "x" * 300, "dataschema": "https://e.com/s", "empty": ""}
CANDIDATE = Candidate("com.example.a.v1", "{}", "n" * 300, LABELS)


def test_eventbridge_gets_the_note_and_the_owner_as_long_as_it_takes_them() -> None:
    named = {"SchemaName": CANDIDATE.name}
    client = Recorder(create_schema=named, update_schema=named)
    registry = EventBridgeRegistry(client, RegistryAddress("eventbridge", "orders"), PATIENCE)
    registry.create(CANDIDATE)
    registry.add(CANDIDATE)
    (created,), (updated,) = client.of("create_schema"), client.of("update_schema")
    tags = created.pop("Tags")
    assert created == updated
    assert updated == {
        "RegistryName": "orders",
        "SchemaName": CANDIDATE.name,
        "Content": "{}",
        "Description": "n" * 256,
        "Type": "JSONSchemaDraft4",
    }
    (owner,) = tags.values()
    assert list(tags) == ["stream-bridge:owner"]
    assert len(owner) == 256
    assert owner.startswith("team ")


def test_a_schema_that_is_taken_is_named() -> None:
    client = Recorder(create_schema=client_error("ConflictException", "CreateSchema", 409))
    registry = EventBridgeRegistry(client, RegistryAddress("eventbridge", "orders"), PATIENCE)
    with pytest.raises(SchemaTaken, match=CANDIDATE.name):
        registry.create(CANDIDATE)


def test_glue_is_asked_about_this_registry_and_gets_labels_as_long_as_it_takes_them() -> None:
    taken = client_error("AlreadyExistsException", "PutSchemaVersionMetadata", 400)
    client = Recorder(
        list_schemas={"Schemas": [{"SchemaName": "b"}, {"SchemaName": "a"}]},
        create_schema={"SchemaName": CANDIDATE.name, "SchemaVersionId": "1"},
        register_schema_version={"SchemaVersionId": "2"},
        put_schema_version_metadata=lambda request: (
            taken if request["MetadataKeyValue"]["MetadataKey"] == "owner" else request["MetadataKeyValue"]
        ),
    )
    registry = GlueRegistry(client, RegistryAddress("glue", "orders"), PATIENCE)
    assert registry.names() == ["a", "b"]
    registry.create(CANDIDATE)
    registry.add(CANDIDATE)
    registry.label(CANDIDATE, StoredVersion(3, "{}"))
    named = {"RegistryName": "orders"}
    assert client.of("list_schemas")[0]["RegistryId"] == named
    assert client.of("create_schema")[0]["RegistryId"] == named
    schema_id = {**named, "SchemaName": CANDIDATE.name}
    assert client.of("register_schema_version")[0]["SchemaId"] == schema_id
    labelled = client.of("put_schema_version_metadata")
    assert [each["MetadataKeyValue"]["MetadataKey"] for each in labelled] == ["owner", "dataschema"]
    assert {each["SchemaVersionNumber"]["VersionNumber"] for each in labelled} == {3}
    assert len(labelled[0]["MetadataKeyValue"]["MetadataValue"]) == 256


# --- what an answer lacks --------------------------------------------------------------------------

GET = {"RequestItems": {"Users": {"Keys": [{"id": {"S": "a"}}]}}}
WRITE: dict[str, Any] = {"RequestItems": {"Users": [{"PutRequest": {"Item": {}}}]}}
PUBLISH = {"PublishBatchRequestEntries": [{"Id": "0"}]}
ITEM = {"id": {"S": "a"}}


@pytest.mark.parametrize(
    ("operation", "request_", "answer", "missing"),
    [
        ("dynamodb:Scan", {}, [], "any member"),
        ("dynamodb:BatchGetItem", GET, {"Responses": {"Users": [ITEM]}, "UnprocessedKeys": {}}, ""),
        (
            "dynamodb:BatchGetItem",
            GET,
            {"Responses": {"Users": [7]}, "UnprocessedKeys": {}},
            "items in Responses",
        ),
        (
            "dynamodb:BatchGetItem",
            GET,
            {"Responses": {"Users": [ITEM, ITEM]}, "UnprocessedKeys": {}},
            "at most the items that were asked for",
        ),
        (
            "dynamodb:BatchGetItem",
            GET,
            {"Responses": {"Users": [ITEM]}, "UnprocessedKeys": {"Users": {"Keys": [ITEM]}}},
            "at most the items that were asked for",
        ),
        ("dynamodb:BatchGetItem", GET, {"Responses": {}, "UnprocessedKeys": {"Users": {"Keys": [ITEM]}}}, ""),
        (
            "dynamodb:BatchGetItem",
            GET,
            {"Responses": {}, "UnprocessedKeys": {}},
            "the table in Responses or UnprocessedKeys",
        ),
        ("dynamodb:BatchWriteItem", WRITE, {"UnprocessedItems": {}}, ""),
        ("dynamodb:BatchWriteItem", WRITE, {"UnprocessedItems": {"Users": [{}]}}, ""),
        (
            "dynamodb:BatchWriteItem",
            WRITE,
            {"UnprocessedItems": {"Users": [{}, {}]}},
            "at most the requests that were made in UnprocessedItems",
        ),
        (
            "dynamodb:BatchWriteItem",
            WRITE,
            {"UnprocessedItems": {"Users": {}}},
            "at most the requests that were made in UnprocessedItems",
        ),
        (
            "events:PutEvents",
            {"Entries": [{}, {}]},
            {"FailedEntryCount": 1, "Entries": [{"EventId": "1"}, {"ErrorCode": "x"}]},
            "",
        ),
        (
            "events:PutEvents",
            {"Entries": [{}, {}]},
            {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}, {"ErrorCode": "x"}]},
            "as many failed Entries as FailedEntryCount",
        ),
        (
            "events:PutEvents",
            {"Entries": [{}, {}]},
            {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]},
            "an entry for each of the request",
        ),
        ("sns:PublishBatch", PUBLISH, {"Successful": [{"Id": "0", "MessageId": "m"}]}, ""),
        ("sns:PublishBatch", PUBLISH, {"Successful": [{"Id": "0"}]}, "Successful[].MessageId"),
        ("sns:PublishBatch", PUBLISH, {"Failed": [{"Id": "0"}]}, ""),
        (
            "sns:PublishBatch",
            PUBLISH,
            {"Successful": [{"Id": "0", "MessageId": "m"}], "Failed": [{}]},
            "Successful[].Id or Failed[].Id",
        ),
        ("sns:PublishBatch", PUBLISH, {"Successful": []}, "Successful[].Id or Failed[].Id"),
        ("s3:ListObjectsV2", {}, {"Name": "b", "IsTruncated": True, "KeyCount": 0}, "NextContinuationToken"),
        (
            "s3:ListObjectsV2",
            {},
            {"Name": "b", "IsTruncated": False, "KeyCount": 1},
            "as many Contents as KeyCount",
        ),
        (
            "s3:ListObjectsV2",
            {},
            {"Name": "b", "IsTruncated": False, "KeyCount": 2, "Contents": [{}], "CommonPrefixes": [{}]},
            "",
        ),
    ],
)
def test_an_answer_lacks_exactly_this(operation: str, request_: Any, answer: Any, missing: str) -> None:
    service, _, name = operation.partition(":")
    whole = {**ID, **answer} if isinstance(answer, dict) else answer
    assert what_is_missing(service, name, request_, whole) == missing
