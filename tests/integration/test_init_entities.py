"""``stream-bridge init`` on tables of several kinds of items in AWS: scan, indexes, TTL, and what follows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from bridge.onboarding.examples import typed
from tests.builders.aws import REGION, Aws
from tests.cli.shell import Done, Shell
from tests.onboarding.entities.layouts import LAYOUTS, Layout
from tests.reconcile.project import write_items

SIZE = 300


@dataclass
class Stored:
    """A table with the items of a layout, and what was made."""

    shell: Shell
    aws: Aws
    table: str
    made: list[tuple[str, dict[str, Any]]]

    def run(self, *words: str) -> Done:
        place = ("--endpoint-url", self.aws.endpoint_url, "--region", REGION)
        return self.shell.run(*words, *place)

    @property
    def configuration(self) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load((self.shell.folder / "bridge.yaml").read_text())
        return found


@pytest.fixture(params=LAYOUTS, ids=lambda layout: layout.name)
def stored(request: pytest.FixtureRequest, shell: Shell, aws: Aws) -> Iterator[Stored]:
    layout: Layout = request.param
    yield from filled(shell, aws, layout.key, layout.made(SIZE))


def filled(
    shell: Shell, aws: Aws, key: tuple[str, ...], made: list[tuple[str, dict[str, Any]]], **more: Any
) -> Iterator[Stored]:
    dynamodb, table = aws.client("dynamodb"), aws.name("app-main")
    names = {*key, *(name for index in more.get("indexes", {}).values() for name in index)}
    indexes = [
        {"IndexName": name, "KeySchema": schema(its), "Projection": {"ProjectionType": "ALL"}}
        for name, its in more.get("indexes", {}).items()
    ]
    dynamodb.create_table(
        TableName=table,
        KeySchema=schema(key),
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in sorted(names)],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
    )
    write_items(dynamodb, table, [typed(item)["M"] for _, item in made])
    yield Stored(shell, aws, table, made)
    dynamodb.delete_table(TableName=table)


def schema(key: tuple[str, ...]) -> list[dict[str, str]]:
    kinds = ("HASH", "RANGE")
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(key, kinds, strict=False)]


def test_the_project_passes_check_strict_and_every_item_renders(stored: Stored) -> None:
    done = stored.run("init", "--table", stored.table, "--output", "json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    counts = [entity["items"] for entity in found["tables"][stored.table]["entities"]]
    assert sorted(counts) == sorted(Counter(entity for entity, _ in stored.made).values())
    assert found["records"] == {"rendered": len(stored.made), "failed": 0, "unreadable": 0}
    checked = stored.shell.run("check", "--strict")
    assert checked.code == 0, checked.err


def test_after_a_seed_nothing_is_missed(stored: Stored) -> None:
    assert stored.run("init", "--table", stored.table).code == 0
    dynamodb, ledger = stored.aws.client("dynamodb"), stored.aws.name("ledger")
    dynamodb.create_table(
        TableName=ledger,
        KeySchema=schema(("pk",)),
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    durable = f"hash_key: a-key-for-tests-only\nledger: {{kind: dynamodb, table: {ledger}}}"
    stored.shell.edit("bridge.yaml", "ledger: {kind: memory}", durable)
    stored.shell.edit("bridge.yaml", '{kind: eventbridge, bus: "${EVENT_BUS:-default}"}', "{kind: memory}")
    stored.shell.edit("bridge.yaml", "    other: ignore", "    other: ignore\n    reconcile: {grace: 0}")
    try:
        seeded = stored.run("seed")
        assert seeded.code == 0, seeded.err
        planned = stored.run("reconcile", "plan", "--lag", "0s", "--output", "json")
    finally:
        dynamodb.delete_table(TableName=ledger)
    assert planned.code == 0, planned.err
    report = json.loads(planned.out)
    assert report["matching"] == len(stored.made)
    assert report["missed"] == {"insert": 0, "modify": 0, "remove": 0}


def test_keys_of_indexes_and_the_ttl_attribute_are_those_that_dynamodb_names(shell: Shell, aws: Aws) -> None:
    made = [
        (
            "session",
            {
                "PK": f"USER#{number}",
                "SK": f"SESSION#{number}",
                "byDevice": f"DEVICE#{number}",
                "email": f"u{number}@shop.test",
                "endsAtSecond": 1_800_000_000 + number,
            },
        )
        for number in range(30)
    ]
    indexes = {"devices": ("byDevice",), "emails": ("email",)}
    for stored in filled(shell, aws, ("PK", "SK"), made, indexes=indexes):
        stored.aws.client("dynamodb").update_time_to_live(
            TableName=stored.table,
            TimeToLiveSpecification={"Enabled": True, "AttributeName": "endsAtSecond"},
        )
        done = stored.run("init", "--table", stored.table)
        assert done.code == 0, done.err
        session = stored.configuration["tables"][stored.table]["entities"]["session"]
        assert session["diff"]["ignore"] == ["/byDevice", "/endsAtSecond"]
        assert "endsAtSecond is the TTL attribute" in done.err
        assert "30 of the items render." in done.err


def test_binary_values_and_keys_are_read_twice_without_a_change(shell: Shell, aws: Aws) -> None:
    made = [
        ("file", {"PK": f"FILE#{number}", "SK": "A", "_et": ("File", "Note")[number % 2]})
        for number in range(9)
    ]
    for stored in filled(shell, aws, ("PK", "SK"), made):
        dynamodb = stored.aws.client("dynamodb")
        for _, item in made:
            dynamodb.put_item(
                TableName=stored.table,
                Item={**typed(item)["M"], "blob": {"B": b"\x00\xff"}, "blobs": {"BS": [b"\x01"]}},
            )
        done = stored.run("init", "--table", stored.table, "--keep-values")
        assert done.code == 0, done.err
        assert shell.run("check", "--strict").code == 0
