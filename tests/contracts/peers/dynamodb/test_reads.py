"""Reads that do not ask for ConsistentRead may be behind; reads that do never are."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.clients.dynamodb import DynamoDbClient


def item(key: str, n: int) -> dict[str, Any]:
    return {"pk": {"S": key}, "n": {"N": str(n)}}


def written() -> DynamoDbClient:
    """Four writes: a=1, b=1, a=2, b gone."""
    client = DynamoDbClient(page=10)
    client.put_item(TableName="ledger", Item=item("a", 1))
    client.batch_write_item(RequestItems={"ledger": [{"PutRequest": {"Item": item("b", 1)}}]})
    client.put_item(TableName="ledger", Item=item("a", 2))
    client.batch_write_item(RequestItems={"ledger": [{"DeleteRequest": {"Key": {"pk": {"S": "b"}}}}]})
    return client


def scanned(client: DynamoDbClient, **options: Any) -> dict[str, str]:
    return {i["pk"]["S"]: i["n"]["N"] for i in client.scan(TableName="ledger", **options)["Items"]}


def got(client: DynamoDbClient, **options: Any) -> dict[str, str]:
    request = {"Keys": [{"pk": {"S": "a"}}, {"pk": {"S": "b"}}], **options}
    found = client.batch_get_item(RequestItems={"ledger": request})["Responses"]["ledger"]
    return {i["pk"]["S"]: i["n"]["N"] for i in found}


@pytest.mark.parametrize("read", [scanned, got])
@pytest.mark.parametrize(
    ("behind", "seen"),
    [
        (0, {"a": "2"}),
        (1, {"a": "2", "b": "1"}),
        (2, {"a": "1", "b": "1"}),
        (3, {"a": "1"}),
        (4, {}),
        (9, {}),
    ],
)
def test_a_read_that_does_not_ask_for_consistency_is_as_far_behind_as_the_test_says(
    read: Any, behind: int, seen: dict[str, str]
) -> None:
    client = written()
    client.stale = lambda operation, call: behind
    assert read(client) == seen
    assert read(client, ConsistentRead=False) == seen
    assert read(client, ConsistentRead=True) == {"a": "2"}
