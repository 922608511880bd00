"""Records of a Kinesis stream in files: rendered and processed like those of a table's own stream."""

from __future__ import annotations

import json

from tests.builders.kinesis_records import kinesis_bytes
from tests.builders.records import lambda_event
from tests.cli.records.test_render import created
from tests.cli.shell import Shell
from tests.golden.sources import through_kinesis


def test_render_shows_the_events_of_a_kinesis_batch(shell: Shell) -> None:
    own = shell.run("render", shell.write("own.json", created(1)), "--output", "json")
    done = shell.run(
        "render", shell.write("in.json", lambda_event(through_kinesis(created(1)))), "--output", "json"
    )
    assert done.code == own.code == 0
    assert json.loads(done.out)["data"] == json.loads(own.out)["data"]


def test_invoke_answers_a_kinesis_batch_and_quarantines_what_is_not_dynamodbs(shell: Shell) -> None:
    batch = lambda_event(through_kinesis(created(1)), kinesis_bytes(b"somebody else's", number=1))
    done = shell.run("invoke", shell.write("in.json", batch))
    assert (done.code, json.loads(done.out)) == (4, {"batchItemFailures": []})
    assert done.last_line.startswith("2 received = 1 published + 0 without event + 1 quarantined")
