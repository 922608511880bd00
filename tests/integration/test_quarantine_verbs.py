"""``stream-bridge quarantine`` on a bucket and a queue of an AWS: the verbs read what the stores keep."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge.ports.quarantine import Quarantine
from bridge.settings import load_settings
from bridge.wiring.bridge import build_quarantine
from tests.builders.aws import REGION, Aws
from tests.cli.quarantine.test_verbs import SECRET, broken
from tests.cli.shell import Done, Shell, project


class Verbs:
    """The verbs on one store, and the store itself."""

    def __init__(self, shell: Shell, aws: Aws, settings: str) -> None:
        shell.edit("bridge.yaml", "{kind: directory, path: ./quarantine}", settings)
        self.shell, self.aws = shell, aws
        made = load_settings(Path("bridge.yaml"))
        self.store: Quarantine = build_quarantine(made, aws.client)
        self.store.check()

    def run(self, *words: str) -> Done:
        return self.shell.run(
            "quarantine", *words, "--endpoint-url", self.aws.endpoint_url, "--region", REGION
        )


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Shell:
    monkeypatch.chdir(tmp_path)
    for name, value in (("EVENT_BUS", "b"), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")):
        monkeypatch.setenv(name, value)
    for name in ("BRIDGE_CONFIG", "AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    made = Shell(tmp_path, monkeypatch, capsysbinary)
    project(made)
    return made


@pytest.fixture
def bucket(aws: Aws, shell: Shell) -> Verbs:
    name = aws.name("bad-records")
    aws.client("s3").create_bucket(Bucket=name)
    return Verbs(shell, aws, f"{{kind: s3, bucket: {name}}}")


@pytest.fixture
def queue(aws: Aws, shell: Shell) -> Verbs:
    url = aws.client("sqs").create_queue(QueueName=aws.name("bad-records"))["QueueUrl"]
    return Verbs(shell, aws, f"{{kind: sqs, queue: '{url}'}}")


@pytest.fixture(params=["bucket", "queue"])
def verbs(request: pytest.FixtureRequest) -> Verbs:
    made: Verbs = request.getfixturevalue(request.param)
    return made


def ids(done: Done) -> dict[str, str]:
    """What is listed: record ids, with the store's own."""
    return {line["record_id"]: line["id"] for line in done.events}


def test_the_verbs_read_a_store_of_aws_and_leave_everything_there(verbs: Verbs) -> None:
    verbs.store.put(broken(1))
    verbs.store.put(broken(2, reason="mapping_failed"))
    for _ in range(2):
        listed = verbs.run("list", "--output", "json")
        assert listed.code == 0, listed.err
        assert set(ids(listed)) == {"e1", "e2"}
    for name in (ids(listed)["e2"], "e2"):
        shown = verbs.run("show", name, "--output", "json").events[0]
        assert (shown["id"], shown["reason"]) == (ids(listed)["e2"], "mapping_failed")
        assert SECRET not in json.dumps(shown)
    exported = verbs.run("export", "--reveal", "--reason", "mapping_failed")
    assert exported.events == [broken(2).record]
    assert set(ids(verbs.run("list", "--output", "json"))) == {"e1", "e2"}


def test_what_is_missing_is_an_error(verbs: Verbs, aws: Aws) -> None:
    verbs.store.put(broken(1))
    assert verbs.run("show", "nothing.json").code == 1
    text = (verbs.shell.folder / "bridge.yaml").read_text().replace("bad-records", "not-there")
    verbs.shell.write("bridge.yaml", text)
    done = verbs.run("list")
    assert (done.code, done.out) == (1, b"")
    assert "not-there" in done.err


def _put_foreign(verbs: Verbs, aws: Aws) -> None:
    quarantine: Any = load_settings(Path("bridge.yaml")).quarantine
    if quarantine.kind == "s3":
        aws.client("s3").put_object(Bucket=quarantine.bucket, Key="quarantine/0.json", Body=b"hands off")
    else:
        aws.client("sqs").send_message(QueueUrl=quarantine.queue, MessageBody="hands off")


def test_what_is_not_an_entry_is_reported_and_skipped(verbs: Verbs, aws: Aws) -> None:
    _put_foreign(verbs, aws)
    verbs.store.put(broken(1))
    done = verbs.run("list")
    assert done.code == 0
    assert len(done.out.splitlines()) == 1
    assert "warning: " in done.err
    assert "1 other skipped" in done.last_line


def test_the_count_of_a_queue_says_how_sure_it_is(queue: Verbs) -> None:
    queue.store.put(broken(1))
    assert "cannot be listed with certainty" in queue.run("list").last_line
    assert json.loads(queue.run("list", "--output", "json").last_line)["sure"] is False
