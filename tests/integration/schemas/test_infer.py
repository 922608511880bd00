"""``schema infer --table`` looks at real items, at the pace that it was given."""

from __future__ import annotations

import json

import pytest

from bridge.edges.dynamodb.sample import sample_items
from tests.builders.aws import Aws


@pytest.fixture
def table(aws: Aws) -> str:
    name = aws.name("infer-users")
    dynamodb = aws.client("dynamodb")
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for number in range(12):
        item = {"id": {"S": f"u-{number}"}, "age": {"N": str(number)}}
        dynamodb.put_item(TableName=name, Item=item)
    return name


def test_a_schema_of_a_tables_items(
    aws: Aws, table: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    from bridge.cli.app import run

    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    words = ["schema", "infer", "--table", table, "--endpoint-url", aws.endpoint_url]
    assert run([*words, "--region", "us-east-1", "--max-rcu", "1000"]) == 0
    out, err = capsys.readouterr()
    schema = json.loads(out)
    assert schema["required"] == ["age", "id"]
    assert schema["properties"]["age"] == {"type": "integer"}
    assert "12 samples" in err
    assert "read units" in err


def test_every_page_is_paced_by_what_it_cost(aws: Aws, table: str) -> None:
    units: list[float] = []
    items = list(sample_items(aws.client("dynamodb"), table, 100, pace=units.append))
    assert len(items) == 12
    assert len(units) >= 8
    assert sum(units) > 0
    if aws.shared:
        aws.client("dynamodb").delete_table(TableName=table)
