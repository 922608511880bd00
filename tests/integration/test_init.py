"""``stream-bridge init`` on the demonstration's own tables: what it writes renders the whole workload."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from bridge.core.records.lambda_record import to_lambda_record
from bridge.demo.resources import TABLES
from bridge.demo.workload import steps
from bridge.edges.dynamodb.stream_reader import StreamReader
from tests.builders.aws import REGION, Aws
from tests.cli.shell import Done, Shell
from tests.integration.stage import built_resources

CHANGES = 80


@dataclass
class Recorded:
    """The demonstration's tables after its workload, and the records that it left in their streams.
    ``indexed`` of them changed an index key alone, and ``settings`` are about the one setting."""

    shell: Shell
    aws: Aws
    records: int
    indexed: int = 0
    settings: int = 0

    def init(self, *words: str) -> Done:
        return self.shell.run("init", "--endpoint-url", self.aws.endpoint_url, "--region", REGION, *words)


@pytest.fixture
def recorded(shell: Shell, aws: Aws) -> Iterator[Recorded]:
    with built_resources(aws) as (clients, built):
        played = list(steps(CHANGES, seed=7))
        for step in played:
            step.run(clients.dynamodb)
        lines = [record for arn in built.streams.values() for record in read(aws, arn)]
        shell.write("records.ndjson", "\n".join(json.dumps(line) for line in lines))
        in_shop = [step.outcome for step in played if step.table == "Shop"]
        yield Recorded(shell, aws, len(lines), in_shop.count("unimportant"), in_shop.count("unselected"))


def read(aws: Aws, arn: str) -> Iterator[dict[str, Any]]:
    reader = StreamReader(aws.client("dynamodbstreams"), arn)
    for shard in reader.shards():
        iterator: str | None = reader.iterator(shard.id, "TRIM_HORIZON")
        while iterator is not None:
            page = reader.read(iterator, 1000)
            if not page.records:
                break
            yield from (to_lambda_record(record, arn) for record in page.records)
            iterator = page.next


def test_init_on_the_tables_gives_a_project_that_renders_the_recorded_workload(recorded: Recorded) -> None:
    tables = [word for table in TABLES for word in ("--table", table)]
    done = recorded.init(*tables, "--out", "new")
    assert done.code == 0, done.err
    check = recorded.shell.run("check", "--strict", "--config", "new/bridge.yaml")
    assert check.code == 0, check.err
    rendered = recorded.shell.run("render", "records.ndjson", "--config", "new/bridge.yaml")
    assert rendered.code == 0, rendered.err
    assert recorded.indexed > 0
    assert len(rendered.events) == recorded.records - recorded.indexed
    kinds = {event["subject"].partition("/")[0] for event in rendered.events}
    assert kinds == {"user", "order", "customer", "shop_order", "vat"}
    for secret in ("passwordHash", "cardToken"):
        assert f"probably secret, so dropped by redact: $.{secret}" in done.err
        assert secret not in rendered.out.decode()
    assert "ignored in diffs, because they serve the store: GSI1PK, GSI1SK" in done.err


def test_init_from_the_recorded_workload_renders_it_too(recorded: Recorded) -> None:
    done = recorded.shell.run("init", "--from", "records.ndjson", "--out", "new")
    assert done.code == 0, done.err
    assert f"{recorded.records} of the records render." in done.err
    assert recorded.shell.run("check", "--strict", "--config", "new/bridge.yaml").code == 0
    rendered = recorded.shell.run("render", "records.ndjson", "--config", "new/bridge.yaml")
    assert f"{recorded.settings} items fit no kind" in done.err
    published = recorded.records - recorded.indexed - recorded.settings
    assert (rendered.code, len(rendered.events)) == (0, published), rendered.err


def test_an_empty_table_without_a_stream_gives_a_skeleton_and_says_so(shell: Shell, aws: Aws) -> None:
    dynamodb, table = aws.client("dynamodb"), aws.name("Empty-Things")
    dynamodb.create_table(
        TableName=table,
        KeySchema=[
            {"AttributeName": "zone", "KeyType": "HASH"},
            {"AttributeName": "at", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "at", "AttributeType": "N"},
            {"AttributeName": "zone", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    try:
        done = Recorded(shell, aws, 0).init("--table", table)
    finally:
        dynamodb.delete_table(TableName=table)
    assert done.code == 0, done.err
    assert "no item was found: the schemas contain only the key" in done.err
    assert f"the table's stream is off: aws dynamodb update-table --table-name {table} " in done.err
    assert "{$.key.zone}/{$.key.at}" in (shell.folder / "bridge.yaml").read_text()
    assert shell.run("check", "--strict").code == 0
    assert shell.run("render", f"examples/records/{table}.json").code == 0


def test_a_table_that_is_not_there_is_named_and_nothing_is_written(shell: Shell, aws: Aws) -> None:
    done = Recorded(shell, aws, 0).init("--table", "nowhere-at-all")
    assert done.code == 1
    assert "table nowhere-at-all does not exist" in done.err
    assert list(shell.folder.iterdir()) == []
