"""``stream-bridge doctor`` on an AWS: it sees what is set up, and names what is not with its fix."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from tests.builders.aws import REGION, Aws
from tests.cli.shell import Done, Shell
from tests.reconcile.project import create_tables, write_project


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Shell:
    monkeypatch.chdir(tmp_path)
    for name, value in (("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")):
        monkeypatch.setenv(name, value)
    for name in ("BRIDGE_CONFIG", "AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    return Shell(tmp_path, monkeypatch, capsysbinary)


def examine(shell: Shell, endpoint_url: str, *words: str) -> Done:
    return shell.run("doctor", "--endpoint-url", endpoint_url, "--region", REGION, *words)


def make_function(aws: Aws, name: str) -> None:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("fn.py", "def handler(event, context):\n    return {'batchItemFailures': []}\n")
    aws.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role="arn:aws:iam::000000000000:role/bridge",
        Handler="fn.handler",
        Code={"ZipFile": code.getvalue()},
    )


def test_doctor_sees_what_is_set_up_and_names_what_is_not(shell: Shell, aws: Aws) -> None:
    table, ledger, bus, function = map(aws.name, ("Users", "ledger", "orders", "bridge"))
    create_tables(aws.client("dynamodb"), table, ledger)
    aws.client("events").create_event_bus(Name=bus)
    make_function(aws, function)
    stream = aws.client("dynamodb").describe_table(TableName=table)["Table"]["LatestStreamArn"]
    aws.client("lambda").create_event_source_mapping(
        FunctionName=function,
        EventSourceArn=stream,
        StartingPosition="TRIM_HORIZON",
        FunctionResponseTypes=["ReportBatchItemFailures"],
        Enabled=False,
    )
    write_project(shell.folder, table=table, ledger=ledger)
    shell.edit("bridge.yaml", "{kind: memory}", f"{{kind: eventbridge, bus: {bus}}}")

    done = examine(shell, aws.endpoint_url, "--output", "json")

    findings = json.loads(done.out)["findings"]
    severities = {each["check"]: each["severity"] for each in findings}
    assert done.code == 2
    for check in ("stream", "view", "mapping", "starting-position", "partial-batches", "sink", "ledger"):
        assert severities[check] == "ok", findings
    assert severities["mapping-state"] == "problem"
    assert severities["on-failure"] == "problem"
    assert severities["ledger-ttl"] == "warning"
    assert severities["stream-label"] == "ok"
    assert {bool(each["fix"]) for each in findings if each["severity"] != "ok"} == {True}, findings

    lines = examine(shell, aws.endpoint_url).out.decode().splitlines()
    assert len(lines) == len(findings)
    assert f"problem mapping-state {function}" in "\n".join(lines)


def test_doctor_that_can_ask_nobody_says_so(shell: Shell) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        shell.monkeypatch.delenv(name, raising=False)
    shell.monkeypatch.setenv("AWS_CONFIG_FILE", str(shell.folder / "none"))
    write_project(shell.folder, table="Users", ledger="ledger")
    done = shell.run("doctor")
    assert done.code == 1
    assert "You must specify a region" in done.out.decode()
    assert "error: nothing could be checked" in done.err
