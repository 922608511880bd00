"""What people see of trouble, and what the options of the verbs do, against an embedded AWS."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.edges.local.clock import SystemClock
from bridge.edges.local.run_store import DirectoryRunStore
from tests.builders.aws import REGION, Aws
from tests.builders.places import ROOT
from tests.builders.records import item
from tests.cli.shell import Done, Shell
from tests.reconcile.project import SNAPSHOT, create_tables, write_items, write_project


class Project:
    """A table of 30 items, its ledger, and the verbs."""

    def __init__(self, aws: Aws, shell: Shell) -> None:
        self.aws = aws
        self.shell = shell
        self.client = aws.client("dynamodb")
        self.table, self.ledger = aws.name("Things"), aws.name("ledger")

    def run(self, *words: str) -> Done:
        return self.shell.run(*words, "--endpoint-url", self.aws.endpoint_url, "--region", REGION)

    def json(self, *words: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run(*words, "--output", "json").out)
        return found

    def findings(self) -> list[dict[str, Any]]:
        """What ``doctor`` reports."""
        found: list[dict[str, Any]] = json.loads(self.run("doctor", "--output", "json").out)["findings"]
        return found

    def put(self, **values: Any) -> None:
        self.client.put_item(TableName=self.table, Item=item(values))

    def remove(self, id: str) -> None:
        self.client.delete_item(TableName=self.table, Key={"id": {"S": id}})


@pytest.fixture
def project(
    aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Iterator[Project]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.chdir(tmp_path)
    made = Project(aws, Shell(tmp_path, monkeypatch, capsysbinary))
    create_tables(made.client, made.table, made.ledger)
    write_items(made.client, made.table, [item({"id": f"i-{n:03d}", "n": n}) for n in range(30)])
    write_project(tmp_path, table=made.table, ledger=made.ledger, sink="stdout", reconcile="{grace: 0}")
    yield made
    if aws.shared:
        for table in (made.table, made.ledger):
            made.client.delete_table(TableName=table)


PLAN = ("reconcile", "plan", "--lag", "0s")
RUN = ("reconcile", "run", "--lag", "0s")


def test_a_missing_ledger_table_is_reported_with_the_command_that_creates_it(project: Project) -> None:
    project.shell.edit("bridge.yaml", f"table: {project.ledger}", "table: nowhere")
    done = project.run(*PLAN)
    assert done.code == 1
    assert "ledger table nowhere does not exist" in done.err
    assert "aws dynamodb create-table --table-name nowhere" in done.err


def test_a_ledger_table_with_another_key_is_reported(project: Project) -> None:
    project.shell.edit("bridge.yaml", f"table: {project.ledger}", f"table: {project.table}")
    done = project.run(*PLAN)
    assert done.code == 1
    assert "cannot be a ledger: its key is id HASH S, not pk HASH S" in done.err


def test_a_table_without_a_stream_is_reported_and_reconciled_anyway_on_request(project: Project) -> None:
    assert project.run("seed").code == 0
    project.client.update_table(TableName=project.table, StreamSpecification={"StreamEnabled": False})
    project.put(id="lost")
    done = project.run(*PLAN)
    assert done.code == 1
    assert "has no stream: every change from now on is lost" in done.err
    assert "--stream-stopped" in done.err
    done = project.run("reconcile", "plan", "--stream-stopped")
    assert done.code == 2, done.err


def test_a_table_that_another_run_works_on_is_reported_with_owner_and_end_of_the_lease(
    project: Project,
) -> None:
    store = DirectoryRunStore(project.shell.folder / ".stream-bridge" / "reconcile")
    store.acquire(project.table, "nightly process 7", 500.0, SystemClock().now())
    done = project.run(*PLAN)
    assert done.code == 1
    assert "nightly process 7 is working on table" in done.err
    assert "--take-over" in done.err
    assert project.run("seed", "--take-over").code == 0


def test_a_cloudwatch_without_data_leaves_the_lag_unknown_and_says_what_helps(project: Project) -> None:
    project.run("seed")
    project.put(id="lost")
    done = project.run("reconcile", "run", "--function", "bridge")
    assert done.code == 1
    assert done.out == b""
    assert "the lag of function bridge cannot be known" in done.err
    assert "no mapping of the function reads" in done.err
    assert "--lag 0s" in done.err
    resumed = project.run("reconcile", "resume", "--lag", "0s")
    assert resumed.code == 0, resumed.err
    assert b'"subject":"item/lost"' in resumed.out


def test_first_contact_is_recognised_and_a_backfill_keeps_to_its_limit(project: Project) -> None:
    done = project.run(*RUN)
    assert done.code == 1
    assert "is older than its ledger" in done.err
    assert f"stream-bridge seed --table {project.table}" in done.err
    assert f"stream-bridge backfill --table {project.table}" in done.err
    assert done.out == b""
    done = project.run("backfill", "--max-emit", "29", "--segments", "1")
    assert done.code == 1
    assert done.out == b""
    assert "max_emit 29" in done.err
    done = project.run("reconcile", "resume", "--max-emit", "30")
    assert done.code == 0, done.err
    snapshots = [json.loads(line) for line in done.out.splitlines() if line.startswith(b"{")]
    assert len(snapshots) == 30
    assert {bool(event["snapshot"]) for event in snapshots} == {True}
    assert project.run(*PLAN).code == 0


def test_one_item_one_type_and_one_time_can_be_asked_for(project: Project) -> None:
    project.run("seed")
    for number in range(3):
        project.put(id=f"new-{number}")
    project.remove("i-007")
    found = project.json(*PLAN, "--key", "id=new-1", "--key", "id=i-007", "--key", "id=i-001")
    assert (found["compared"], found["missed"]) == (3, {"insert": 1, "modify": 0, "remove": 1})
    assert not found["whole"]
    found = project.json(*PLAN, "--only-type", "com.example.item.snapshot.v1")
    assert (found["missed"], found["not_selected"]) == ({"insert": 0, "modify": 0, "remove": 0}, 4)
    found = project.json(*PLAN, "--since", "2100-01-01T00:00:00Z")
    assert (found["missed"]["remove"], found["skipped"]) == (0, 1)
    found = project.json(*PLAN, "--since", "2020-01-01T00:00:00Z")
    assert found["missed"]["remove"] == 1


def test_the_report_is_written_as_a_page_with_charts(project: Project) -> None:
    project.run("seed")
    project.put(id="lost")
    assert project.run(*PLAN, "--html", "report.html").code == 2
    page = (project.shell.folder / "report.html").read_text()
    assert page.count("<svg") >= 3
    assert "1 change was missed" in page
    again = project.run("reconcile", "report", "--html", "again.html")
    assert again.code == 0
    assert "<svg" in (project.shell.folder / "again.html").read_text()


def test_a_changed_hash_key_is_reported_and_fixed_and_nothing_counts_as_missed(project: Project) -> None:
    project.run("seed")
    project.shell.edit("bridge.yaml", "hash_key: not-a-secret", "hash_key: another-secret")
    done = project.run(*PLAN)
    assert done.code == 2, "nothing is known to be missed, but not everything is known"
    assert "30 rows of" in done.err
    assert f"stream-bridge seed --refresh --table {project.table}" in done.err
    assert project.json(*PLAN)["not_comparable"] == 30
    assert project.json("seed", "--refresh")["refreshed"] == 30
    project.put(id="i-003", n=99)
    assert project.json(*PLAN)["missed"] == {"insert": 0, "modify": 1, "remove": 0}


# --- docs/deploy.md, step 6 -----------------------------------------------------------------------


def step_of_deploy(number: int) -> str:
    page = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    return page[page.index(f"**{number}. ") : page.index(f"**{number + 1}. ")]


def events_in(done: Done) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in done.out.splitlines() if line.startswith(b'{"specversion"')]
    return sorted(found, key=lambda event: str(event["subject"]))


@pytest.mark.parametrize("verb", re.findall(r"`stream-bridge (seed|backfill)`", step_of_deploy(6)))
def test_the_steps_of_the_deployment_page_publish_an_existing_table_at_most_once(
    project: Project, verb: str
) -> None:
    """The page: record the items, and start the mapping at the oldest record only then."""
    step = step_of_deploy(6)
    assert step.index(f"stream-bridge {verb}") < step.index("Then set `MappingEnabled` to `true`")
    time.sleep(2.1)  # DynamoDB's own clock: records are timed to the second
    recorded = project.run(verb)
    assert recorded.code == 0, recorded.err
    sent = events_in(recorded)
    assert len(sent) == (30 if verb == "backfill" else 0)
    assert {(event["type"], event["data"]["operation"]) for event in sent} <= {(f"{SNAPSHOT}.v1", "snapshot")}
    started = project.run("run", "--until-caught-up")
    assert started.code == 0, started.err
    assert events_in(started) == [], "nothing that was recorded comes again live"
    label = next(each for each in project.findings() if each["check"] == "stream-label")
    assert label["severity"] == "ok", label
    project.put(id="i-003", n=300)
    project.remove("i-004")
    project.put(id="new", n=1)
    live = events_in(project.run("run", "--until-caught-up"))
    assert [(event["subject"], event["data"]["operation"]) for event in live] == [
        ("item/i-003", "modify"),
        ("item/i-004", "remove"),
        ("item/new", "insert"),
    ]
    assert project.run(*PLAN).code == 0


def test_a_seeded_table_that_no_record_has_reached_is_no_stream_that_was_switched_off(
    project: Project,
) -> None:
    project.run("seed")
    (label,) = [each for each in project.findings() if each["check"] == "stream-label"]
    assert label["severity"] == "ok", label


def test_a_backfill_without_a_rule_shows_lines_that_work_once_they_are_added(project: Project) -> None:
    rule = f'      - {{type: {SNAPSHOT}, op: snapshot, versions: ["1.0.0"]}}\n'
    project.shell.edit("bridge.yaml", rule, "")
    refused = project.run("backfill")
    assert refused.code == 1
    assert refused.out == b""
    lines = [line for line in refused.err.splitlines() if re.match(r" *(- type|op|versions): ", line)]
    assert len(lines) == 3, refused.err
    path = project.shell.folder / "bridge.yaml"
    indent = len(lines[0]) - len(lines[0].lstrip())
    path.write_text(path.read_text() + "".join(f"      {line[indent:]}\n" for line in lines))
    done = project.run("backfill")
    assert done.code == 0, done.err
    assert len(events_in(done)) == 30
