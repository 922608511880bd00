"""Each fact of the live setup is told as the service reports it, with what stands for "not there"."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.edges.setup.facts import (
    kinesis_destination,
    list_mappings,
    queue_depth,
    read_mapping,
    time_to_live,
)
from bridge.edges.sts.identity import account_of
from bridge.errors import TargetMissing
from bridge.ports.setup import MappingFacts, TimeToLive
from tests.fakes.clients.aws_peer import with_request_id
from tests.fakes.clients.held import held
from tests.fakes.clients.live_setup import FUNCTION, STREAM, LambdaClient, mapping

WHOLE = MappingFacts(
    id="0f6c2b1e-0000-4000-8000-000000000001",
    function=FUNCTION,
    source_arn=STREAM,
    state="Enabled",
    starting_position="TRIM_HORIZON",
    reports_items=True,
    bisects=True,
    retries=10,
    record_age_s=43_200,
    destination="arn:aws:sqs:eu-central-1:111122223333:failed",
    modified=datetime(2026, 3, 1, 1, tzinfo=UTC),
)
SECOND, THIRD = (f"0f6c2b1e-0000-4000-8000-00000000000{number}" for number in (2, 3))
OTHER = "arn:aws:lambda:eu-central-1:111122223333:function:other"


@pytest.fixture
def client() -> LambdaClient:
    """Three mappings, each on a page of its own: two of the stream, two of the function ``bridge``."""
    found = LambdaClient()
    found.mappings += [
        mapping(UUID=SECOND, FunctionArn=OTHER),
        mapping(UUID=THIRD, EventSourceArn=STREAM.replace("Users", "Orders")),
    ]
    return found


def test_mappings_are_listed_from_all_pages_by_stream_or_by_function(client: LambdaClient) -> None:
    by_stream = list_mappings(client, source_arn=STREAM)
    assert [(each.id, each.function_name) for each in by_stream] == [
        (WHOLE.id, "bridge"),
        (SECOND, "other"),
    ]
    assert [each.id for each in list_mappings(client, function="bridge")] == [WHOLE.id, THIRD]
    assert by_stream[0] == WHOLE


@pytest.mark.parametrize(
    ("spoiled", "changed"),
    [
        ({"MaximumRetryAttempts": 0, "MaximumRecordAgeInSeconds": 60}, {"retries": 0, "record_age_s": 60}),
        (
            {"MaximumRetryAttempts": None, "MaximumRecordAgeInSeconds": None},
            {"retries": -1, "record_age_s": -1},
        ),
        ({"FunctionResponseTypes": None}, {"reports_items": False}),
        ({"FunctionResponseTypes": []}, {"reports_items": False}),
        ({"BisectBatchOnFunctionError": None}, {"bisects": False}),
        ({"BisectBatchOnFunctionError": False}, {"bisects": False}),
        ({"DestinationConfig": None}, {"destination": ""}),
        ({"DestinationConfig": {}}, {"destination": ""}),
        ({"DestinationConfig": {"OnFailure": {}}}, {"destination": ""}),
        ({"StartingPosition": None}, {"starting_position": ""}),
        ({"State": None}, {"state": ""}),
        ({"LastModified": None}, {"modified": None}),
        ({"LastProcessingResult": "OK"}, {"result": "OK"}),
    ],
)
def test_what_a_mapping_lacks_has_a_value_of_its_own(spoiled: Any, changed: dict[str, Any]) -> None:
    client = LambdaClient()
    client.mappings = [mapping(**spoiled)]
    found = read_mapping(client, WHOLE.id)
    expected = {name: getattr(WHOLE, name) for name in MappingFacts.__slots__} | changed
    assert {name: getattr(found, name) for name in MappingFacts.__slots__} == expected


def test_a_mapping_that_is_not_there_is_missing(client: LambdaClient) -> None:
    with pytest.raises(TargetMissing):
        read_mapping(client, "0f6c2b1e-0000-4000-8000-00000000000f")


@held("dynamodb")
class Tables:
    def __init__(self) -> None:
        self.destinations: list[dict[str, Any]] = []
        self.ttl: dict[str, Any] = {"TimeToLiveStatus": "DISABLED"}
        self.asked: list[str] = []

    def describe_kinesis_streaming_destination(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request["TableName"])
        return {"TableName": request["TableName"], "KinesisDataStreamDestinations": self.destinations}

    def describe_time_to_live(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request["TableName"])
        return {"TimeToLiveDescription": self.ttl}


def test_the_status_of_the_asked_kinesis_stream_is_told() -> None:
    arns = [f"arn:aws:kinesis:eu-central-1:111122223333:stream/{name}" for name in ("a", "b", "c")]
    client = Tables()
    client.destinations = [
        {"StreamArn": arns[0], "DestinationStatus": "DISABLED"},
        {"StreamArn": arns[1], "DestinationStatus": "ACTIVE"},
    ]
    assert [kinesis_destination(client, "Users", arn) for arn in arns] == ["DISABLED", "ACTIVE", ""]
    assert client.asked == ["Users"] * 3


def test_the_time_to_live_of_a_table_is_told() -> None:
    client = Tables()
    assert time_to_live(client, "ledger") == TimeToLive("DISABLED", "")
    client.ttl = {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}
    assert time_to_live(client, "ledger") == TimeToLive("ENABLED", "ttl")
    assert client.asked == ["ledger"] * 2


@held("sqs")
class Queue:
    def get_queue_attributes(self, **request: Any) -> dict[str, Any]:
        assert request["QueueUrl"] == "https://queue.example/1/kept"
        known = {"ApproximateNumberOfMessages": "3", "ApproximateNumberOfMessagesNotVisible": "4"}
        return with_request_id({"Attributes": {name: known[name] for name in request["AttributeNames"]}})


@held("sts")
class Sts:
    def get_caller_identity(self, **request: Any) -> dict[str, Any]:
        arn = "arn:aws:iam::111122223333:user/u"
        return with_request_id({"Account": "111122223333", "UserId": "U", "Arn": arn})


def test_messages_are_counted_whether_visible_or_hidden() -> None:
    assert queue_depth(Queue(), "https://queue.example/1/kept") == 7


def test_the_account_is_that_of_the_credentials() -> None:
    assert account_of(Sts()) == "111122223333"
