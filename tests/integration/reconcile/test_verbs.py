"""Reconciliation of a table of thousands of items: all that was planted is found, nothing is invented."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bridge.edges.cloudwatch.lag import GivenLag
from bridge.edges.local.memory import MemorySink
from bridge.reconcile import Options, Reconciler
from bridge.wiring.bridge import load_configuration
from bridge.wiring.clients import client_factory
from bridge.wiring.reconcile import build_reconciler, side_by_side
from tests.builders.aws import REGION, Aws
from tests.builders.records import item
from tests.reconcile.project import create_tables, write_items, write_project

ITEMS = 2_400
OPTIONS = Options(segments=3, max_rcu=1e6, grace_s=0.0)


@dataclass
class Planted:
    """Twelve changes that are not in the stream."""

    client: Any
    table: str
    folder: Path

    def lose(self) -> set[tuple[str, str]]:
        """Returns subject and operation of what must be published."""
        for number in range(4):
            self.client.put_item(TableName=self.table, Item=thing(f"new-{number}"))
            changed = thing(f"i-{number:05d}") | item({"name": "changed"})
            self.client.put_item(TableName=self.table, Item=changed)
            gone = {"id": {"S": f"i-{ITEMS - 1 - number:05d}"}}
            self.client.delete_item(TableName=self.table, Key=gone)
        inserts = {(f"item/new-{number}", "insert") for number in range(4)}
        modifies = {(f"item/i-{number:05d}", "modify") for number in range(4)}
        return inserts | modifies | {(f"item/i-{ITEMS - 1 - n:05d}", "remove") for n in range(4)}

    @property
    def config(self) -> Path:
        return self.folder / "bridge.yaml"

    def command(self, endpoint_url: str, *words: str) -> subprocess.Popen[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        region = os.environ.get("AWS_REGION", REGION)
        arguments = ["--config", str(self.config), "--endpoint-url", endpoint_url, "--region", region]
        return subprocess.Popen(
            [sys.executable, "-m", "bridge", *words, *arguments],
            env={**clean, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def thing(id: str) -> dict[str, Any]:
    return item({"id": id, "name": id, "tags": {"a", "b"}, "blob": b"\x00\xff", "text": "x" * 1_500})


@pytest.fixture
def planted(aws: Aws, tmp_path: Path) -> Iterator[Planted]:
    client, table, ledger = aws.client("dynamodb"), aws.name("Things"), aws.name("ledger")
    create_tables(client, table, ledger)
    write_items(client, table, [thing(f"i-{number:05d}") for number in range(ITEMS)])
    yield Planted(client, table, tmp_path)
    if aws.shared:
        for name in (table, ledger):
            client.delete_table(TableName=name)


def reconciler(aws: Aws, planted: Planted) -> Reconciler:
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "test")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "test")
    return build_reconciler(
        load_configuration(planted.config),
        planted.table,
        partial(client_factory, endpoint_url=aws.endpoint_url, region=REGION),
        state=planted.folder / "state",
        lag=GivenLag(0.0),
        dry=False,
        spread=side_by_side,
    )


def published(sink: Any) -> list[tuple[str, str]]:
    assert isinstance(sink, MemorySink)
    bodies = [json.loads(event.body) for event in sink.events]
    return [(body["subject"], body["data"]["operation"]) for body in bodies]


def test_all_that_was_planted_is_found_and_nothing_is_invented(
    aws: Aws, planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    write_project(planted.folder, table=planted.table, ledger=aws.name("ledger"))
    assert reconciler(aws, planted).execute("seed", OPTIONS)["settled"] == ITEMS
    lost = planted.lose()
    first = reconciler(aws, planted)
    report = first.execute("run", OPTIONS)
    assert sorted(published(first.sinks["out"])) == sorted(lost)
    assert report["compared"] == ITEMS
    assert report["complete"]
    second = reconciler(aws, planted)
    assert second.execute("run", OPTIONS)["matching"] == ITEMS
    assert published(second.sinks["out"]) == []


def test_killed_in_the_middle_and_resumed_nothing_is_lost(aws: Aws, planted: Planted) -> None:
    write_project(
        planted.folder, table=planted.table, ledger=aws.name("ledger"), sink="stdout", reconcile="{grace: 0}"
    )
    seeding = planted.command(aws.endpoint_url, "seed")
    _, err = seeding.communicate(timeout=120)
    assert seeding.returncode == 0, err
    lost = planted.lose()

    plan = planted.command(aws.endpoint_url, "reconcile", "plan", "--lag", "0s", "--output", "json")
    out, err = plan.communicate(timeout=120)
    assert plan.returncode == 2, err
    assert json.loads(out)["missed"] == {"insert": 4, "modify": 4, "remove": 4}

    running = planted.command(aws.endpoint_url, "reconcile", "run", "--lag", "0s")
    runs = planted.folder / ".stream-bridge" / "reconcile" / planted.table / "runs"
    until = time.monotonic() + 60
    before = {path.name for path in runs.iterdir()}
    while time.monotonic() < until and running.poll() is None:
        new = [path for path in runs.iterdir() if path.name not in before] if runs.is_dir() else []
        if any((path / "look" / "table-0000.json").exists() for path in new):
            break
        time.sleep(0.005)
    running.send_signal(signal.SIGKILL)
    events, _ = running.communicate(timeout=60)

    resumed = planted.command(aws.endpoint_url, "reconcile", "resume", "--lag", "0s", "--take-over")
    more, err = resumed.communicate(timeout=120)
    assert resumed.returncode == 0, err
    lines = [json.loads(line) for line in (events + more).splitlines() if line.startswith("{")]
    assert {(event["subject"], event["data"]["operation"]) for event in lines} == lost
    assert len({event["id"] for event in lines}) == len(lost)
