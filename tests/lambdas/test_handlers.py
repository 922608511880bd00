"""The Lambda functions as Lambda calls them: configured by the environment, opened once."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from bridge.ports.telemetry import Telemetry
from bridge.wiring.bridge import Configuration
from bridge.wiring.functions import Function
from tests.builders.kinesis_records import kinesis_bytes, kinesis_record
from tests.builders.records import lambda_event, lambda_record
from tests.fakes.context import LambdaContext

CONFIG = """
version: 1
source: com.example.accounts
schemas: ./event_schemas
sinks: {domain: {kind: memory}}
ledger: {kind: memory}
quarantine: {kind: directory, path: ./quarantine}
tables:
  Users:
    subject: user/{$.key.id}
    events: [{type: com.example.user.created, op: insert, versions: ["1.0.0"]}]
"""


@pytest.fixture
def deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    schema = tmp_path / "event_schemas" / "com.example.user.created" / "1.0.0.json"
    schema.parent.mkdir(parents=True)
    schema.write_text(
        json.dumps(
            {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "$id": "https://schemas.example.com/com.example.user.created/1.0.0.json",
                "type": "object",
                "required": ["operation", "key"],
            }
        )
    )
    (tmp_path / "bridge.yaml").write_text(CONFIG)
    monkeypatch.setenv("BRIDGE_CONFIG", str(tmp_path / "bridge.yaml"))
    return tmp_path


def fresh(name: str) -> Any:
    """The function in a new process, as far as it keeps anything."""
    return importlib.reload(importlib.import_module(f"bridge.lambdas.{name}")).handler


def test_the_stream_function_answers_an_event_source_mapping(deployed: Path) -> None:
    handler = fresh("stream")
    event = lambda_event(lambda_record(after={"id": "a"}))
    assert handler(event, LambdaContext()) == {"batchItemFailures": []}


def test_the_kinesis_function_quarantines_what_is_not_dynamodbs_and_goes_on(deployed: Path) -> None:
    handler = fresh("kinesis")
    event = lambda_event(kinesis_record(after={"id": "a"}), kinesis_bytes(b"not json", number=1))
    assert handler(event, LambdaContext()) == {"batchItemFailures": []}
    (entry,) = (deployed / "quarantine").glob("*.json")
    assert json.loads(entry.read_bytes())["record"] == event["Records"][1]


def test_the_pipe_function_keeps_no_ledger_whatever_bridge_yaml_says(deployed: Path) -> None:
    handler = fresh("pipe")
    records = [lambda_record(after={"id": "a"})]
    first = handler(records, LambdaContext())
    assert [event["type"] for event in first] == ["com.example.user.created.v1"]
    assert handler(records, LambdaContext()) == first


def test_a_function_whose_start_failed_starts_anew_at_the_next_invocation(deployed: Path) -> None:
    opened: list[int] = []

    class Echo:
        def handle(self, event: Any, context: Any) -> Any:
            return event

    def open_handler(configuration: Configuration, telemetry: Telemetry) -> Echo:
        opened.append(len(opened))
        if len(opened) == 1:
            raise OSError("not yet")
        return Echo()

    function = Function(open_handler)
    with pytest.raises(OSError, match="not yet"):
        function("event", LambdaContext())
    assert [function("one", LambdaContext()), function("two", LambdaContext())] == ["one", "two"]
    assert len(opened) == 2
