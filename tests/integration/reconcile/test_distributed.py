"""The state machine of infra/ with the worker as a function, executed by the embedded AWS.

MiniStack runs the definition unchanged: a Distributed Map with a child execution for each segment, the
Choice loops, Wait, Retry and Catch. It does not know MaxConcurrencyPath (it runs all segments at once) and
redrive, does not cut a function off, and calls whatever a Python function raises Runtime.HandlerError, so
that here Stop does not repeat that. tests/lambdas/reconcile/test_steps.py holds these by the same
 definition.
Only AWS shows ResultWriter, jitter and the machine's TimeoutSeconds.
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bridge.edges.cloudwatch.lag import GivenLag
from bridge.reconcile import Options
from bridge.wiring.bridge import load_configuration
from bridge.wiring.clients import client_factory
from bridge.wiring.reconcile import build_reconciler
from tests.builders.aws import REGION, Aws
from tests.builders.places import ROOT
from tests.builders.records import item
from tests.fakes.state_machine import definition
from tests.reconcile.project import create_tables, write_items, write_project

ROLE = "arn:aws:iam::000000000000:role/any"


def package(project: Path) -> bytes:
    """The source tree and a configuration. Libraries are those of the process that MiniStack runs in."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for root, pattern in ((ROOT, "bridge/**/*"), (project, "**/*")):
            for path in sorted(root.glob(pattern)):
                if path.is_file() and "__pycache__" not in path.parts:
                    archive.write(path, path.relative_to(root))
    return data.getvalue()


@dataclass
class Stage:
    """A table that matches its ledger, a queue behind the bus, the worker and the machine."""

    aws: Aws
    project: Path
    queue: str
    machine: str

    @property
    def table(self) -> Any:
        return self.aws.client("dynamodb")

    def lose(self, changed: int = 3, removed: int = 2, made: int = 4) -> None:
        """Changes that no bridge saw."""
        name = self.aws.name("Things")
        write_items(self.table, name, [item({"id": f"i-{n:03d}", "name": "changed"}) for n in range(changed)])
        write_items(self.table, name, [item({"id": f"new-{n}"}) for n in range(made)])
        for n in range(removed):
            self.table.delete_item(TableName=name, Key=item({"id": f"i-{n + 100:03d}"}))

    def start(self, **given: Any) -> str:
        answer = self.aws.client("stepfunctions").start_execution(
            stateMachineArn=self.machine, input=json.dumps({"stream_stopped": True, **given})
        )
        return str(answer["executionArn"])

    def end(self, execution: str) -> dict[str, Any]:
        """Waits for its end, for a minute at most."""
        for _ in range(600):
            found: dict[str, Any] = self.aws.client("stepfunctions").describe_execution(
                executionArn=execution
            )
            if found["status"] != "RUNNING":
                return found
            time.sleep(0.1)
        raise AssertionError("the execution does not end")

    def run(self, **given: Any) -> dict[str, Any]:
        return self.end(self.start(**given))

    def document(self, name: str) -> dict[str, Any]:
        key = f"reconcile/{self.aws.name('Things')}/{name}"
        body = self.aws.client("s3").get_object(Bucket=self.aws.name("runs"), Key=key)["Body"].read()
        document: dict[str, Any] = json.loads(body)["document"]
        return document

    def events(self, expected: int) -> list[dict[str, Any]]:
        sqs, found = self.aws.client("sqs"), []
        for _ in range(20):
            answer = sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            for message in answer.get("Messages", ()):
                found.append(json.loads(message["Body"])["detail"])
                sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
            if len(found) >= expected:
                break
        return found


def build(aws: Aws, folder: Path, *, seeded: bool, segments: int = 4) -> Stage:
    dynamodb, bus = aws.client("dynamodb"), aws.name("reconciled")
    create_tables(dynamodb, aws.name("Things"), aws.name("ledger"))
    write_items(dynamodb, aws.name("Things"), [item({"id": f"i-{number:03d}"}) for number in range(120)])
    aws.client("s3").create_bucket(Bucket=aws.name("runs"))
    aws.client("events").create_event_bus(Name=bus)
    queue = aws.client("sqs").create_queue(QueueName=aws.name("heard"))["QueueUrl"]
    arn = aws.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    aws.client("events").put_rule(Name="all", EventBusName=bus, EventPattern='{"source": [{"prefix": ""}]}')
    aws.client("events").put_targets(
        Rule="all", EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn["QueueArn"]}]
    )
    project = folder / "project"
    project.mkdir()
    path = write_project(
        project,
        table=aws.name("Things"),
        ledger=aws.name("ledger"),
        sink=f"eventbridge, bus: {bus}",
        reconcile=f"{{grace: 1s, segments: {segments}}}",
    )
    if seeded:
        configuration = load_configuration(path, {})
        reconciler = build_reconciler(
            configuration,
            aws.name("Things"),
            lambda: client_factory(endpoint_url=aws.endpoint_url, region=REGION),
            state=folder / "state",
            lag=GivenLag(0.0),
            dry=True,
        )
        reconciler.execute("seed", Options())
    worker = aws.client("lambda").create_function(
        FunctionName=aws.name("bridge-reconcile"),
        Runtime="python3.13",
        Role=ROLE,
        Handler="bridge.lambdas.reconcile.handler",
        Timeout=60,
        Code={"ZipFile": package(project)},
        Environment={
            "Variables": {
                "BRIDGE_CONFIG": "bridge.yaml",
                "BRIDGE_TABLE": aws.name("Things"),
                "BRIDGE_FUNCTION": "stream-bridge",
                "RUNS_BUCKET": aws.name("runs"),
                "AWS_ENDPOINT_URL": aws.endpoint_url,
                "AWS_DEFAULT_REGION": REGION,
            }
        },
    )["FunctionArn"]
    asl = definition(WorkerArn=worker, RunsBucket=aws.name("runs"))
    never = asl["States"]["Stop"]["Retry"][0]["ErrorEquals"]
    assert "ReconcileStopped" in never
    never.append("Runtime.HandlerError")
    machine = aws.client("stepfunctions").create_state_machine(
        name=aws.name("bridge-reconcile"),
        definition=json.dumps(asl),
        roleArn=ROLE,
    )["stateMachineArn"]
    return Stage(aws, project, queue, machine)


@pytest.fixture
def own_aws(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Aws:
    if aws.shared:
        pytest.skip("functions run in the embedded AWS, which has our libraries")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    return aws


def test_what_was_lost_comes_out_of_a_subscribers_queue_and_a_second_run_finds_nothing(
    own_aws: Aws, tmp_path: Path
) -> None:
    stage = build(own_aws, tmp_path, seeded=True, segments=2)
    stage.lose(changed=3, removed=2, made=4)
    done = stage.run()
    assert done["status"] == "SUCCEEDED", done
    events = stage.events(9)
    assert len(events) == 9
    assert {bool(event["reconciled"]) for event in events} == {True}
    report = stage.document("report")
    assert (report["complete"], report["whole"]) == (True, True)
    assert report["missed"] == {"insert": 4, "modify": 3, "remove": 2}
    assert report["reemitted"] == {"insert": 4, "modify": 3, "remove": 2}
    again = stage.run()
    assert again["status"] == "SUCCEEDED", again
    assert json.loads(again["output"])["report"]["reemitted"] == 0
    assert stage.document("report")["differing"] == 0


def test_a_table_that_was_never_seeded_fails_with_the_cause_and_sends_nothing(
    own_aws: Aws, tmp_path: Path
) -> None:
    stage = build(own_aws, tmp_path, seeded=False, segments=2)
    done = stage.run()
    assert done["status"] == "FAILED"
    assert "first_contact" in done["cause"]
    assert stage.document("report")["stopped"] == "first_contact"
    assert stage.events(0) == [], "and nobody works any more who could still send something"


def test_of_two_executions_at_once_one_works_and_the_wait_is_waited(own_aws: Aws, tmp_path: Path) -> None:
    """Here the lag counts: the bridge's function has said how far behind it is."""
    stage = build(own_aws, tmp_path, seeded=True, segments=2)
    stage.lose(changed=2, removed=1, made=0)
    own_aws.client("cloudwatch").put_metric_data(
        Namespace="AWS/Lambda",
        MetricData=[
            {
                "MetricName": "IteratorAge",
                "Dimensions": [{"Name": "FunctionName", "Value": "stream-bridge"}],
                "Value": 200.0,
                "Unit": "Milliseconds",
            }
        ],
    )
    started = [stage.start(stream_stopped=False) for _ in range(2)]
    ended = [stage.end(each) for each in started]
    assert [each["status"] for each in ended] == ["SUCCEEDED"] * 2, ended
    outcomes = sorted(json.loads(each["output"])["outcome"] for each in ended)
    assert outcomes == ["done", "held"]
    assert len(stage.events(3)) == 3
    history = own_aws.client("stepfunctions").get_execution_history(
        executionArn=next(each["executionArn"] for each in ended if '"done"' in each["output"]),
        maxResults=1000,
    )["events"]
    assert any(each["type"] == "WaitStateEntered" for each in history)
