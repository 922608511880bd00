"""``fetch: current`` against a table: wired into ``run`` and into the Lambda functions."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bridge.edges.local.memory import MemorySink
from bridge.errors import TargetMissing
from bridge.wiring.bridge import build_fetcher, build_sinks, load_configuration
from bridge.wiring.run import build_runners
from tests.builders.aws import REGION, Aws
from tests.builders.records import lambda_record
from tests.fakes.context import LambdaContext
from tests.fakes.telemetry import KeptTelemetry

WAIT_S = 60.0
EVENT = "com.example.thing.changed"


@pytest.fixture
def table(aws: Aws) -> Iterator[str]:
    """A table whose stream carries keys only."""
    dynamodb, name = aws.client("dynamodb"), aws.name("Things")
    dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )
    dynamodb.get_waiter("table_exists").wait(TableName=name)
    yield name
    if aws.shared:
        dynamodb.delete_table(TableName=name)


def written(folder: Path, table: str, **options: Any) -> Path:
    schema = folder / "event_schemas" / EVENT / "1.0.0.json"
    schema.parent.mkdir(parents=True, exist_ok=True)
    published = {"$id": f"https://schemas.example.com/{EVENT}/1.0.0.json", "type": "object"}
    schema.write_text(json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **published}))
    event = {"type": EVENT, "op": ["insert", "modify", "remove"], "versions": ["1.0.0"]}
    content = {
        "version": 1,
        "source": "com.example.things",
        "schemas": "./event_schemas",
        "sinks": {"domain": {"kind": "memory"}},
        "ledger": {"kind": "memory"},
        "quarantine": {"kind": "directory", "path": "./quarantine"},
        "tables": {table: {"subject": "thing/{$.key.id}", "events": [event], **options}},
    }
    path = folder / "bridge.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def test_run_publishes_the_items_as_they_are_when_their_changes_are_handled(
    aws: Aws, table: str, tmp_path: Path
) -> None:
    dynamodb = aws.client("dynamodb")
    for name in ("stays", "goes"):
        dynamodb.put_item(TableName=table, Item={"id": {"S": name}, "n": {"N": "1"}})
    dynamodb.delete_item(TableName=table, Key={"id": {"S": "goes"}})
    configuration = load_configuration(written(tmp_path, table, fetch="current"), {})
    sinks = build_sinks(configuration.settings, aws.client)
    runners = build_runners(configuration, sinks, aws.client, KeptTelemetry(), state=tmp_path / "state")
    try:
        runners.start(until="caught_up")
        assert runners.wait(WAIT_S)
        runners.stats()
    finally:
        runners.close()
    assert isinstance(sinks["domain"], MemorySink)
    published = [json.loads(event.body)["data"] for event in sinks["domain"].events]
    assert sorted(published, key=lambda data: (data["operation"], data["key"]["id"])) == [
        {"operation": "insert", "key": {"id": "goes"}, "fetched": True},
        {"operation": "insert", "key": {"id": "stays"}, "fetched": True, "current": {"id": "stays", "n": 1}},
        {"operation": "remove", "key": {"id": "goes"}},
    ]


def called(aws: Aws, config: Path, monkeypatch: pytest.MonkeyPatch, function: str) -> Any:
    """A Lambda function in a new process, as far as it keeps anything."""
    environ = {"BRIDGE_CONFIG": str(config), "AWS_ENDPOINT_URL": aws.endpoint_url, "AWS_REGION": REGION}
    environ |= {"AWS_DEFAULT_REGION": REGION, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return importlib.reload(importlib.import_module(f"bridge.lambdas.{function}")).handler


def keys_only(table: str) -> dict[str, Any]:
    arn = f"arn:aws:dynamodb:{REGION}:123456789012:table/{table}/stream/2026-11-01T10:00:00.000"
    return lambda_record(key={"id": "a"}, view="KEYS_ONLY", stream_arn=arn)


def test_the_pipe_function_fetches(
    aws: Aws, table: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.client("dynamodb").put_item(TableName=table, Item={"id": {"S": "a"}, "n": {"N": "1"}})
    handler = called(aws, written(tmp_path, table, fetch="current"), monkeypatch, "pipe")
    (event,) = handler([keys_only(table)], LambdaContext())
    assert event["data"]["current"] == {"id": "a", "n": 1}


def test_the_stream_function_fetches_and_fails_the_batch_where_the_table_is_missing(
    aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = called(aws, written(tmp_path, "Nobodys", fetch="current"), monkeypatch, "stream")
    with pytest.raises(TargetMissing, match="table Nobodys"):
        handler({"Records": [keys_only("Nobodys")]}, LambdaContext())


def test_without_a_table_that_asks_for_it_no_client_is_made(tmp_path: Path) -> None:
    def no_client(service: str) -> Any:
        raise AssertionError(service)

    configuration = load_configuration(written(tmp_path, "Things"), {})
    assert build_fetcher(configuration, no_client) is None
