"""What DescribeTable and DescribeTimeToLive say of a table; and samples from all over its keys."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bridge.edges.dynamodb.describe import expiry_attribute, index_keys
from bridge.edges.dynamodb.sample import SEGMENTS, SEGMENTS_MAX, sample_items
from bridge.errors import AccessDenied, SourceUnavailable

KEY = [{"AttributeName": "PK", "KeyType": "HASH"}]


class Client:
    """Answers each operation with what it was given; an error is raised."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.requests: list[dict[str, Any]] = []

    def __getattr__(self, operation: str) -> Any:
        def call(**request: Any) -> Any:
            self.requests.append(request)
            answer = self.answers[operation]
            if isinstance(answer, Exception):
                raise answer
            return answer(request) if callable(answer) else answer

        return call


def time_to_live(**described: Any) -> Client:
    return Client(describe_time_to_live={"TimeToLiveDescription": described})


@pytest.mark.parametrize("status", ["ENABLED", "ENABLING"])
def test_the_ttl_attribute_is_that_of_a_ttl_that_is_on(status: str) -> None:
    client = time_to_live(TimeToLiveStatus=status, AttributeName="endsAt")
    assert expiry_attribute(client, "app") == "endsAt"


@pytest.mark.parametrize("status", ["DISABLED", "DISABLING"])
def test_a_ttl_that_is_off_has_no_attribute(status: str) -> None:
    client = time_to_live(TimeToLiveStatus=status, AttributeName="endsAt")
    assert expiry_attribute(client, "app") is None


def test_a_denied_ttl_is_an_error_that_names_the_action() -> None:
    error = ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}}, "DescribeTimeToLive")
    with pytest.raises(AccessDenied, match="DescribeTimeToLive"):
        expiry_attribute(Client(describe_time_to_live=error), "app")


def test_an_answer_that_is_not_that_of_aws_is_no_table_without_ttl() -> None:
    with pytest.raises(SourceUnavailable):
        expiry_attribute(Client(describe_time_to_live={}), "app")


def test_the_keys_of_all_indexes_are_named() -> None:
    def index(*names: str) -> dict[str, Any]:
        return {"KeySchema": [{"AttributeName": name, "KeyType": "HASH"} for name in names]}

    described = {
        "TableName": "app",
        "TableStatus": "ACTIVE",
        "KeySchema": KEY,
        "AttributeDefinitions": [{"AttributeName": "PK", "AttributeType": "S"}],
    }
    indexes = {
        "GlobalSecondaryIndexes": [index("a", "b"), index("c")],
        "LocalSecondaryIndexes": [index("PK", "d")],
    }
    assert index_keys(Client(describe_table={"Table": described}), "app") == frozenset()
    with_indexes = Client(describe_table={"Table": described | indexes})
    assert index_keys(with_indexes, "app") == {"a", "b", "c", "d", "PK"}


@pytest.mark.parametrize(
    ("count", "segments"), [(1, SEGMENTS), (200, SEGMENTS), (2_000, 62), (100_000, SEGMENTS_MAX)]
)
def test_a_large_sample_is_read_from_many_segments_a_small_page_each(count: int, segments: int) -> None:
    def page(request: dict[str, Any]) -> dict[str, Any]:
        item = {"PK": {"S": str(request["Segment"])}}
        return {
            "Items": [item] * request["Limit"],
            "Count": request["Limit"],
            "ScannedCount": request["Limit"],
        }

    client = Client(scan=page)
    items = list(sample_items(client, "app", count))
    assert len(items) == count
    assert {request["TotalSegments"] for request in client.requests} == {segments}
    most = max(Counter(item["PK"]["S"] for item in items).values())
    assert most <= -(-count // segments)
