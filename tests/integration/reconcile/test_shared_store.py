"""Runs stored in S3, and the lag from the runner's checkpoints: the verbs against an embedded AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.aws import REGION, Aws
from tests.builders.records import item
from tests.cli.shell import Shell
from tests.reconcile.project import create_tables, write_items, write_project


@pytest.fixture
def shell(
    aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Iterator[Shell]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.chdir(tmp_path)
    client = aws.client("dynamodb")
    create_tables(client, aws.name("Things"), aws.name("ledger"))
    write_items(client, aws.name("Things"), [item({"id": f"i-{number:03d}"}) for number in range(150)])
    aws.client("s3").create_bucket(Bucket=aws.name("runs"))
    write_project(
        tmp_path,
        table=aws.name("Things"),
        ledger=aws.name("ledger"),
        sink="stdout",
        reconcile="{grace: 0}",
    )
    yield Shell(tmp_path, monkeypatch, capsysbinary)
    if aws.shared:
        for table in ("Things", "ledger"):
            client.delete_table(TableName=aws.name(table))


def words(aws: Aws, *given: str) -> tuple[str, ...]:
    return (*given, "--endpoint-url", aws.endpoint_url, "--region", REGION)


def test_a_run_is_begun_here_and_seen_and_reported_elsewhere(aws: Aws, shell: Shell) -> None:
    state = f"s3://{aws.name('runs')}/team/bridge"
    done = shell.run(*words(aws, "seed", "--state", state))
    assert done.code == 0, done.err
    aws.client("dynamodb").put_item(TableName=aws.name("Things"), Item=item({"id": "lost"}))
    done = shell.run(*words(aws, "reconcile", "plan", "--lag", "0s", "--state", state))
    assert done.code == 2, done.err
    status = shell.run(*words(aws, "reconcile", "status", "--state", state, "--output", "json"))
    assert json.loads(status.out)["run"]["phase"] == "done"
    report = shell.run(*words(aws, "reconcile", "report", "--state", state, "--output", "json"))
    assert json.loads(report.out)["missed"]["insert"] == 1
    keys = [each["Key"] for each in aws.client("s3").list_objects_v2(Bucket=aws.name("runs"))["Contents"]]
    assert {key.startswith(f"team/bridge/reconcile/{aws.name('Things')}/") for key in keys} == {True}
    assert not (shell.folder / ".stream-bridge").exists()


def test_a_bucket_that_is_not_there_is_one_line(aws: Aws, shell: Shell) -> None:
    done = shell.run(*words(aws, "reconcile", "plan", "--lag", "0s", "--state", "s3://nowhere-at-all/x"))
    assert done.code == 1
    assert "bucket nowhere-at-all does not exist" in done.err
    done = shell.run(*words(aws, "reconcile", "status", "--state", "s3://"))
    assert done.code == 1
    assert "names no bucket" in done.err


def test_the_runners_checkpoints_give_the_lag(aws: Aws, shell: Shell) -> None:
    plan = ("reconcile", "plan", "--checkpoints", ".stream-bridge")
    refused = shell.run(*words(aws, *plan))
    assert refused.code == 1
    assert "holds no checkpoint of arn:" in refused.err
    assert "--lag" in refused.err
    done = shell.run(*words(aws, "run", "--until-caught-up"))
    assert done.code == 0, done.err
    # The ledger now knows the 150; a change that nobody reads is in flight, not missed.
    assert shell.run(*words(aws, *plan)).code == 0
    aws.client("dynamodb").put_item(TableName=aws.name("Things"), Item=item({"id": "on its way"}))
    behind = shell.run(*words(aws, *plan))
    assert behind.code == 1
    assert "may be behind the stream by" in behind.err
