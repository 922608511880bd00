"""doctor finds what is wrong with a live set-up, and never claims what it could not see."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, NoRegionError

from bridge.core.change import Position
from bridge.core.keys import key_token
from bridge.doctor import Finding, verdict_of
from bridge.doctor.mapping import RECORD_AGE_S, RETRIES
from bridge.edges.dynamodb.ledger_row import encode_row
from bridge.edges.local.checkpoints import FileCheckpoints
from bridge.ports.ledger import Row
from bridge.wiring.bridge import load_configuration
from bridge.wiring.doctor import Doctor
from tests.builders.places import ROOT
from tests.fakes.clients.events import EventsClient
from tests.fakes.clients.held import held
from tests.fakes.clients.live_setup import (
    LABEL,
    CloudWatchClient,
    LambdaClient,
    QueueClient,
    TablesClient,
    mapping,
)
from tests.fakes.clients.s3 import S3Client
from tests.fakes.clients.sns import SnsClient
from tests.fakes.clock import FakeClock
from tests.reconcile.project import write_project

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
QUEUE = "https://sqs.eu-central-1.amazonaws.com/111122223333/quarantine"


@dataclass
class Setup:
    """A project whose set-up is as it should be, and the services it lives in."""

    folder: Path
    config: Path
    clients: dict[str, Any] = field(
        default_factory=lambda: {
            "dynamodb": TablesClient(),
            "lambda": LambdaClient(),
            "cloudwatch": CloudWatchClient(),
            "events": EventsClient("orders"),
            "sqs": QueueClient(),
        }
    )
    function: str | None = None
    state: str = ""

    def examine(self) -> list[Finding]:
        clock = FakeClock(NOW.timestamp())
        configuration = load_configuration(self.config, {})
        state = self.state or self.folder / "state"
        runner = self.folder / "run"
        doctor = Doctor(
            configuration, self.config, self.clients.__getitem__, state, self.function, runner, clock
        )
        return doctor.examine()

    def find(self, check: str) -> Finding:
        (found,) = [each for each in self.examine() if each.check == check]
        return found

    def edit(self, old: str, new: str) -> None:
        text = self.config.read_text()
        assert old in text
        self.config.write_text(text.replace(old, new, 1))

    def settle(self, label: str = LABEL, as_of: str = "2026-03-02T11:00:00.000Z") -> None:
        """One row in the ledger."""
        key = {"id": {"S": label}}
        row = Row(key_token("Users", key), Position(label, 7), True, "Users", key, as_of=as_of)
        item = encode_row(row, NOW.timestamp())
        self.clients["dynamodb"].items[item["pk"]["S"]] = item

    def reconciled(self, ended: str) -> None:
        run = {"run": "r", "mode": "run", "complete": True, "whole": True, "ended": ended}
        path = self.folder / "state" / "reconcile" / "Users" / "history.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"runs": [run]}))


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    config = write_project(tmp_path, table="Users", ledger="ledger")
    made = Setup(tmp_path, config)
    made.edit("{kind: memory}", "{kind: eventbridge, bus: orders}")
    made.edit("{kind: directory, path: ./quarantine}", f'{{kind: sqs, queue: "{QUEUE}"}}')
    made.settle()
    made.reconciled("2026-03-02T02:00:00.000+00:00")
    return made


def test_a_set_up_as_it_should_be_is_fine(setup: Setup) -> None:
    findings = setup.examine()
    assert [each for each in findings if each.severity != "ok"] == []
    assert verdict_of(findings) == "fine"
    assert {each.check for each in findings} == {
        "stream",
        "subject",
        "view",
        "mapping",
        "mapping-state",
        "starting-position",
        "partial-batches",
        "bisect",
        "retries",
        "record-age",
        "on-failure",
        "lag",
        "stream-label",
        "mapping-modified",
        "ledger-rows",
        "reconciliation",
        "sink",
        "ledger",
        "ledger-ttl",
        "quarantine",
    }


def test_a_subject_that_the_live_table_makes_ambiguous_is_a_problem_with_the_line_to_write(
    setup: Setup,
) -> None:
    setup.clients["dynamodb"].sort_key = "sk"
    found = setup.find("subject")
    assert (found.severity, "'sk'" in found.message) == ("problem", True)
    setup.edit("item/{$.key.id}", found.fix.rpartition(": write ")[2])
    assert setup.find("subject").severity == "ok"


@pytest.mark.parametrize(
    ("check", "severity", "spoiled", "fix"),
    [
        ("mapping-state", "problem", {"State": "Disabled"}, "--enabled"),
        ("mapping-state", "warning", {"State": "Updating"}, "check again"),
        ("starting-position", "warning", {"StartingPosition": "LATEST"}, "TRIM_HORIZON"),
        ("partial-batches", "problem", {"FunctionResponseTypes": []}, "ReportBatchItemFailures"),
        ("bisect", "warning", {"BisectBatchOnFunctionError": False}, "--bisect-batch-on-function-error"),
        ("retries", "warning", {"MaximumRetryAttempts": -1}, "--maximum-retry-attempts"),
        ("record-age", "warning", {"MaximumRecordAgeInSeconds": -1}, "--maximum-record-age-in-seconds"),
        ("record-age", "warning", {"MaximumRecordAgeInSeconds": None}, "--maximum-record-age-in-seconds"),
        ("record-age", "warning", {"MaximumRecordAgeInSeconds": 604_800}, "--maximum-record-age-in-seconds"),
        ("on-failure", "problem", {"DestinationConfig": {}}, "--destination-config"),
    ],
)
def test_each_setting_of_the_mapping_is_reported_with_its_fix(
    setup: Setup, check: str, severity: str, spoiled: dict[str, Any], fix: str
) -> None:
    setup.clients["lambda"].mappings = [mapping(**spoiled)]
    found = setup.find(check)
    assert (found.severity, fix in found.fix) == (severity, True)


def test_a_stream_that_is_off_is_a_problem_with_the_command_that_switches_it_on(setup: Setup) -> None:
    setup.clients["dynamodb"].stream = {}
    found = setup.find("stream")
    assert found.severity == "problem"
    assert "aws dynamodb update-table --table-name Users" in found.fix


def test_a_view_that_lacks_an_image_is_held_against_what_the_configuration_asks_for(setup: Setup) -> None:
    setup.clients["dynamodb"].stream["StreamViewType"] = "NEW_IMAGE"
    assert setup.find("view").severity == "ok"  # nothing asks for the image before
    setup.edit("op: [insert, modify, remove]", 'op: [modify], when: {before: {a: ["x"]}}')
    found = setup.find("view")
    assert found.severity == "problem"
    assert "before by when.before" in found.message


def test_what_the_ledger_names_needs_no_image_before(setup: Setup) -> None:
    setup.clients["dynamodb"].stream["StreamViewType"] = "NEW_IMAGE"
    setup.edit("op: [insert, modify, remove]", "op: [modify], when: {changed: [/a]}")
    assert setup.find("view").severity == "ok"
    setup.edit("keep: fields", "keep: fingerprint")
    assert setup.find("view").severity == "problem"


def test_the_image_after_may_be_read_instead(setup: Setup) -> None:
    setup.clients["dynamodb"].stream["StreamViewType"] = "KEYS_ONLY"
    setup.edit("op: [insert, modify, remove]", 'op: [insert], when: {after: {a: ["x"]}}')
    assert setup.find("view").severity == "problem"
    setup.edit("    reconcile: {}", "    fetch: current\n    reconcile: {}")
    assert setup.find("view").severity == "ok"


def test_a_stream_that_nothing_reads_is_a_problem(setup: Setup) -> None:
    setup.clients["lambda"].mappings = []
    found = setup.find("mapping")
    assert found.severity == "problem"
    assert "--starting-position TRIM_HORIZON" in found.fix


def test_a_mapping_that_still_reads_the_old_stream_of_the_table_is_reported(setup: Setup) -> None:
    old = mapping()["EventSourceArn"].replace(LABEL, "2026-01-01T00:00:00.000")
    setup.clients["lambda"].mappings = [mapping(EventSourceArn=old)]
    setup.function = "bridge"
    assert "switched off" in setup.find("mapping").message


def test_of_several_functions_on_a_stream_ours_must_be_named(setup: Setup) -> None:
    other = mapping(FunctionArn=mapping()["FunctionArn"].replace("bridge", "other"), State="Disabled")
    setup.clients["lambda"].mappings = [mapping(), other]
    assert "--function" in setup.find("mapping").fix
    setup.function = "bridge"
    assert setup.find("mapping-state").severity == "ok"


def test_rows_that_were_only_seeded_are_not_taken_for_another_stream(setup: Setup) -> None:
    setup.settle("")
    assert setup.find("stream-label").severity == "ok"


def test_a_generation_does_not_hide_which_stream_a_row_is_of(setup: Setup) -> None:
    setup.edit("    reconcile: {}", "    generation: 2\n    reconcile: {}")
    setup.settle(f"r0002/{LABEL}")
    assert setup.find("stream-label").severity == "ok"
    assert setup.find("generation").severity == "ok"
    setup.settle("r0002/2026-01-01T00:00:00.000")
    assert "is newer than 2026-01-01T00:00:00.000" in setup.find("stream-label").message


def test_a_generation_below_the_ledgers_is_a_problem(setup: Setup) -> None:
    setup.settle(f"r0002/{LABEL}")
    found = setup.find("generation")
    assert found.severity == "problem"
    assert "2 or more" in found.fix


def test_a_re_enabled_stream_makes_a_reconciliation_due(setup: Setup) -> None:
    setup.settle("2026-01-01T00:00:00.000", "2026-02-01T00:00:00.000Z")
    setup.reconciled("2026-02-28T00:00:00.000+00:00")
    found = setup.find("stream-label")
    assert found.severity == "problem"
    assert "A reconciliation is due" in found.message
    command = f"stream-bridge reconcile plan --config {setup.config} --table Users --function bridge"
    assert found.fix == command


def test_a_re_enabled_stream_is_fine_once_reconciled(setup: Setup) -> None:
    setup.settle("2026-01-01T00:00:00.000", "2026-02-01T00:00:00.000Z")
    assert setup.find("stream-label").severity == "ok"


def test_a_ledger_that_knows_a_newer_stream_is_that_of_another_table(setup: Setup) -> None:
    setup.settle("2026-09-01T00:00:00.000")
    assert setup.find("stream-label").severity == "problem"


def test_a_mapping_changed_after_the_newest_settlement_may_have_skipped(setup: Setup) -> None:
    setup.clients["lambda"].mappings = [mapping(LastModified=datetime(2026, 3, 2, 11, 30, tzinfo=UTC))]
    found = setup.find("mapping-modified")
    assert (found.severity, "reconcile plan" in found.fix) == ("warning", True)
    setup.reconciled("2026-03-02T11:40:00.000+00:00")
    assert setup.find("mapping-modified").severity == "ok"


def test_a_mapping_that_begins_at_latest_may_have_skipped_though_changes_followed(setup: Setup) -> None:
    modified = datetime(2026, 3, 2, 10, tzinfo=UTC)
    setup.clients["lambda"].mappings = [mapping(LastModified=modified, StartingPosition="LATEST")]
    assert setup.find("mapping-modified").severity == "warning"


def test_a_missing_or_old_reconciliation_is_reported(setup: Setup) -> None:
    setup.reconciled("2026-02-20T12:00:00.000+00:00")
    found = setup.find("reconciliation")
    assert (found.severity, "10.0 days" in found.message) == ("warning", True)
    (setup.folder / "state" / "reconcile" / "Users" / "history.json").unlink()
    assert setup.find("reconciliation").severity == "warning"


def test_runs_that_are_kept_in_a_bucket_are_found_there(setup: Setup) -> None:
    setup.state = "s3://runs/team"
    setup.clients["s3"] = bucket = S3Client("runs")
    assert setup.find("reconciliation").severity == "warning"
    run = {"run": "r", "mode": "run", "complete": True, "whole": True, "ended": "2026-03-02T02:00:00+00:00"}
    body = json.dumps({"format": 1, "token": 1, "document": {"runs": [run]}}).encode()
    bucket.put_object(Bucket="runs", Key="team/reconcile/Users/history", Body=body)
    assert setup.find("reconciliation").severity == "ok"
    bucket.denied = True
    found = setup.find("reconciliation")
    assert (found.severity, "s3:ListBucket" in found.message) == ("unknown", True)


@pytest.mark.parametrize(
    ("age_ms", "severity"), [(600_000, "ok"), (1_800_000, "warning"), (50_000_000, "problem"), (None, "ok")]
)
def test_the_lag_is_held_against_grace_and_the_day_that_the_stream_keeps(
    setup: Setup, age_ms: float | None, severity: str
) -> None:
    setup.clients["cloudwatch"].age_ms = age_ms
    assert setup.find("lag").severity == severity


def test_no_data_of_a_mapping_that_is_off_is_no_proof_of_quiet(setup: Setup) -> None:
    setup.clients["cloudwatch"].age_ms = None
    setup.clients["lambda"].mappings = [mapping(State="Disabled")]
    assert setup.find("lag").severity == "unknown"


@pytest.mark.parametrize(
    "ttl",
    [{"TimeToLiveStatus": "DISABLED"}, {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}],
)
def test_a_ledger_whose_rows_are_never_deleted_is_reported(setup: Setup, ttl: dict[str, str]) -> None:
    setup.clients["dynamodb"].ttl = ttl
    found = setup.find("ledger-ttl")
    assert (found.severity, "update-time-to-live" in found.fix) == ("warning", True)


def test_a_ledger_of_another_shape_is_a_problem(setup: Setup) -> None:
    setup.clients["dynamodb"].key_type = "N"
    assert setup.find("ledger").severity == "problem"


def test_without_a_lasting_ledger_nothing_lost_can_be_found_again(setup: Setup) -> None:
    setup.edit("{kind: dynamodb, table: ledger, keep: fields}", "{kind: none}")
    assert setup.find("ledger").severity == "warning"


def test_a_missing_bus_is_a_problem(setup: Setup) -> None:
    setup.clients["events"].exists = False
    assert setup.find("sink").severity == "problem"


def test_a_topic_that_takes_less_than_the_configuration_says_is_reported(setup: Setup) -> None:
    topic = SnsClient(max_bytes=1_000)
    setup.clients["sns"] = topic
    setup.edit("{kind: eventbridge, bus: orders}", f"{{kind: sns, topic: '{topic.topic}', max_bytes: 2000}}")
    found = setup.find("sink")
    assert (found.severity, "1,000" in found.message) == ("warning", True)
    topic.max_bytes = 2_000
    assert setup.find("sink").severity == "ok"


def test_objects_in_a_quarantine_bucket_are_counted(setup: Setup) -> None:
    bucket = setup.clients["s3"] = S3Client()
    setup.edit(f'{{kind: sqs, queue: "{QUEUE}"}}', "{kind: s3, bucket: store, prefix: bad/}")
    assert setup.find("quarantine").severity == "ok"
    for name in ("a", "b", "c"):
        bucket.put_object(Bucket="store", Key=f"bad/{name}.json", Body=b"{}", ContentType="application/json")
    assert "holds 3 records" in setup.find("quarantine").message


def test_files_in_a_quarantine_folder_are_counted(setup: Setup) -> None:
    setup.edit(f'{{kind: sqs, queue: "{QUEUE}"}}', "{kind: directory, path: ./bad}")
    assert setup.find("quarantine").severity == "ok"
    (setup.folder / "bad").mkdir()
    (setup.folder / "bad" / "one.json").write_text("{}")
    assert "holds 1 record" in setup.find("quarantine").message


def test_quarantined_records_are_counted_without_receiving_one(setup: Setup) -> None:
    setup.clients["sqs"].waiting, setup.clients["sqs"].hidden = 3, 1
    found = setup.find("quarantine")
    assert (found.severity, "4 records" in found.message) == ("warning", True)
    assert found.fix.startswith("stream-bridge quarantine list")


def test_a_table_by_kinesis_is_looked_at_by_its_destination(setup: Setup) -> None:
    arn = "arn:aws:kinesis:eu-central-1:111122223333:stream/changes"
    setup.edit("    reconcile: {}", f'    kinesis: "{arn}"\n    reconcile: {{}}')
    assert setup.find("stream").severity == "problem"
    setup.clients["dynamodb"].kinesis = [{"StreamArn": arn, "DestinationStatus": "ACTIVE"}]
    setup.clients["lambda"].mappings = [mapping(EventSourceArn=arn)]
    assert setup.find("stream").severity == "ok"
    assert setup.find("mapping").severity == "ok"


@pytest.mark.parametrize(
    ("service", "check", "action"),
    [
        ("lambda", "mapping", "lambda:ListEventSourceMappings"),
        ("cloudwatch", "lag", "cloudwatch:GetMetricStatistics"),
        ("sqs", "quarantine", "sqs:GetQueueAttributes"),
        ("dynamodb", "stream", "dynamodb:DescribeTable"),
    ],
)
def test_what_may_not_be_seen_is_unknown_and_names_the_action(
    setup: Setup, service: str, check: str, action: str
) -> None:
    setup.clients[service].denied = True
    found = setup.find(check)
    assert found.severity == "unknown"
    assert action in found.message
    assert action in found.fix
    assert verdict_of(setup.examine()) == "found"


def redacting(setup: Setup) -> None:
    setup.edit("    reconcile: {}", '    redact: [{path: "$.mail", with: drop}]\n    reconcile: {}')


def test_a_redaction_rule_that_never_matched_is_found_by_the_metric_of_the_newest_hour(setup: Setup) -> None:
    redacting(setup)
    setup.clients["cloudwatch"].unmatched = {9: 0, 11: 1}
    found = setup.find("redaction")
    assert (found.severity, "1 of 1 rules matched nothing" in found.message) == ("warning", True)
    assert "stream-bridge check --strict" in found.fix
    setup.clients["cloudwatch"].unmatched = {9: 1, 11: 0}
    assert setup.find("redaction").severity == "ok"


@pytest.mark.parametrize(("attribute", "severity"), [("mail", "ok"), ("Mail", "warning")])
def test_without_the_metric_the_rules_are_tried_on_items_of_the_table(
    setup: Setup, attribute: str, severity: str
) -> None:
    redacting(setup)
    setup.clients["dynamodb"].sample = [{"id": {"S": "a"}, attribute: {"S": "secret@example.com"}}]
    found = setup.find("redaction")
    assert found.severity == severity
    assert "secret@example.com" not in repr(found)
    assert ("$.mail" in found.message) == (severity == "warning")


# --- entities ------------------------------------------------------------------------------------

ENTITIES = """
    entities:
      user:
        key: {id: "USER#{userId}"}
        subject: user/{userId}
        redact: [{path: $.mail, with: drop}]
        reconcile: {grace: 10m}
        events:
          - {type: com.example.item.changed, op: insert, versions: [{schema: "1.0.0", data: {a: $.after}}]}
      cart:
        key: {id: "ORDER#{orderId}"}
        where: {status: [open]}
        subject: order/{orderId}
        reconcile: {grace: 1m}
        redact: [{path: $.card, with: drop}]
        events: [{type: com.example.item.changed, op: remove, versions: ["1.0.0"]}]
"""


def with_entities(setup: Setup) -> None:
    text = setup.config.read_text()
    head, _, _ = text.partition("    subject: item/")
    setup.config.write_text(head + ENTITIES)


def by_entity(setup: Setup, check: str) -> dict[str, Finding]:
    return {each.about: each for each in setup.examine() if each.check == check}


def test_the_view_is_held_against_each_entity_and_where_needs_both_images(setup: Setup) -> None:
    with_entities(setup)
    setup.clients["dynamodb"].stream["StreamViewType"] = "NEW_IMAGE"
    found = by_entity(setup, "view")
    assert {about: each.severity for about, each in found.items()} == {
        "Users/user": "ok",
        "Users/cart": "problem",
    }
    assert "before by where" in found["Users/cart"].message


def test_the_rules_of_each_entity_are_tried_on_its_own_items(setup: Setup) -> None:
    with_entities(setup)
    setup.clients["dynamodb"].sample = [
        {"id": {"S": "USER#1"}, "mail": {"S": "secret"}},
        {"id": {"S": "ORDER#1"}, "status": {"S": "open"}},
        {"id": {"S": "ORDER#2"}, "status": {"S": "gone"}, "card": {"S": "of no entity"}},
    ]
    found = by_entity(setup, "redaction")
    assert {about: each.severity for about, each in found.items()} == {
        "Users/user": "ok",
        "Users/cart": "warning",
    }
    setup.clients["dynamodb"].sample = []
    assert {each.severity for each in by_entity(setup, "redaction").values()} == {"unknown"}


def test_the_metric_of_each_entity_says_whether_its_rules_match(setup: Setup) -> None:
    with_entities(setup)
    setup.clients["cloudwatch"].unmatched_of = {"user": {11: 0}, "cart": {11: 1}}
    found = by_entity(setup, "redaction")
    assert (found["Users/user"].severity, found["Users/cart"].severity) == ("ok", "warning")


def test_the_lag_is_held_against_the_shortest_grace_of_the_entities(setup: Setup) -> None:
    with_entities(setup)
    setup.clients["cloudwatch"].age_ms = 90_000.0
    assert setup.find("lag").severity != "ok"
    setup.edit("grace: 1m", "grace: 5m")
    assert setup.find("lag").severity == "ok"


def test_what_was_found_before_a_refusal_stays(setup: Setup) -> None:
    setup.clients["dynamodb"].denied_operations = {"DescribeTimeToLive"}
    ledger = [each.severity for each in setup.examine() if each.check == "ledger"]
    assert ledger == ["ok", "unknown"]


def test_unreachable_services_are_unknown_and_all_of_them_are_a_verdict_of_its_own(setup: Setup) -> None:
    down: Callable[[str, int], Exception] = lambda *_: EndpointConnectionError(endpoint_url="x")  # noqa: E731
    for service in ("sqs", "dynamodb"):
        setup.clients[service].fail = down
    setup.clients["events"].denied = True
    findings = setup.examine()
    assert {each.severity for each in findings if not each.local} == {"unknown"}
    assert verdict_of(findings) == "blind"


def test_a_client_that_cannot_be_made_is_no_crash(setup: Setup) -> None:
    def no_region(service: str) -> Any:
        raise NoRegionError

    configuration = load_configuration(setup.config, {})
    findings = Doctor(configuration, setup.config, no_region, setup.folder).examine()
    assert verdict_of(findings) == "blind"


def test_rows_of_another_hash_key_are_a_problem_and_not_fine(setup: Setup) -> None:
    key = {"id": {"S": "other"}}
    row = Row(
        key_token("Users", key), Position(LABEL, 8), True, "Users", key, as_of="2026-03-02T11:00:00.000Z"
    )
    item = encode_row(replace(row, fingerprint="f", fingerprint_version="another"), NOW.timestamp())
    setup.clients["dynamodb"].items[item["pk"]["S"]] = item
    found = setup.find("ledger-rows")
    assert found.severity == "problem"
    assert found.message.startswith("1 of 2 ledger rows were settled under another hash_key")


@held("dynamodbstreams")
class QuietStream:
    """A stream of no shards, as the Streams API describes it."""

    def describe_stream(self, **parameters: Any) -> dict[str, Any]:
        return {"StreamDescription": {"StreamArn": parameters["StreamArn"], "Shards": []}}


def test_a_stream_that_run_reads_needs_no_mapping_and_is_asked_for_its_own_lag(setup: Setup) -> None:
    setup.clients["lambda"].mappings.clear()
    setup.clients["dynamodbstreams"] = QuietStream()
    arn = setup.clients["dynamodb"].describe_table(TableName="Users")["Table"]["LatestStreamArn"]
    FileCheckpoints(setup.folder / "run").save(arn, {"shard-1": "AFTER:7"})
    found = setup.find("mapping")
    assert (found.severity, "`stream-bridge run` reads the stream" in found.message) == ("ok", True)
    assert "function" not in setup.find("lag").message


def test_without_a_mapping_the_fix_names_both_ways_to_read_the_stream(setup: Setup) -> None:
    setup.clients["lambda"].mappings.clear()
    found = setup.find("mapping")
    assert found.severity == "problem"
    assert "create-event-source-mapping" in found.fix
    assert "--checkpoints" in found.fix


def test_a_fix_proposes_what_the_template_sets() -> None:
    template = (ROOT / "infra" / "bridge.yaml").read_text()
    retries = re.search(r"MaximumRetryAttempts:\n    Type: Number\n    Default: (\d+)", template)
    age = re.search(r"MaximumRecordAgeSeconds:\n    Type: Number\n    Default: (\d+)", template)
    assert retries is not None
    assert age is not None
    assert (int(retries[1]), int(age[1])) == (RETRIES, RECORD_AGE_S)
