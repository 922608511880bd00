"""With a claim check in the configuration, dry runs show events as they are published: with ``dataref``."""

from __future__ import annotations

import json
from hashlib import sha256

import orjson
import pytest

from bridge.limits import EVENTBRIDGE_BYTES
from tests.builders.records import lambda_record
from tests.cli.shell import Shell

LARGE = "x" * EVENTBRIDGE_BYTES
RECORD = lambda_record(
    op="insert", key={"id": "u-1"}, after={"id": "u-1", "balance": LARGE}, seq=1, event_id="e1"
)
TYPE = "com.example.user.created.v1"


@pytest.fixture(autouse=True)
def claim_check(shell: Shell) -> None:
    shell.edit("bridge.yaml", "quarantine:", "claim_check: {bucket: large-events}\nquarantine:")


def test_render_shows_where_the_data_of_a_large_event_will_be_stored(shell: Shell) -> None:
    done = shell.run("render", shell.write("in.json", [RECORD]))
    assert done.code == 0, done.err
    (event,) = done.events
    digest = sha256(orjson.dumps({"id": "u-1", "balance": LARGE})).hexdigest()
    assert event["dataref"] == f"s3://large-events/claim-check/{TYPE}/{digest}.json"
    assert "data" not in event
    assert event["id"] == f"e1:{TYPE}"


def test_render_shows_the_reduced_form_where_another_sink_takes_the_whole_event(shell: Shell) -> None:
    shell.edit("bridge.yaml", "    sink: domain\n", "    sink: [domain, local]\n")
    shell.edit("bridge.yaml", "sinks:\n", "sinks:\n  local: {kind: memory}\n")
    done = shell.run("render", shell.write("in.json", [RECORD]))
    (event,) = done.events
    assert "dataref" in event


def test_invoke_publishes_what_only_a_claim_check_makes_fit(shell: Shell) -> None:
    done = shell.run("invoke", shell.write("in.json", [RECORD]))
    assert (done.code, json.loads(done.out)) == (0, {"batchItemFailures": []})
    shell.edit("bridge.yaml", "claim_check: {bucket: large-events}\n", "")
    assert shell.run("invoke", "in.json").code == 4
