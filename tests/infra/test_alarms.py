"""An alarm for a metric that is never emitted never goes off. Every alarm is compared with what AWS
documents, or against what this package counts; and each sends people to a section of the runbook that is
there."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import pytest

from bridge.metrics import METRICS, NAMESPACE
from tests.builders.places import ROOT
from tests.infra.templates import Stack, all_stacks, bridge, kinesis, pipe, reconciliation

RUNBOOK = ROOT / "docs" / "operations.md"

# AWS's own metrics, with the dimensions they come under. Source: each service's documentation of its metrics.
AWS_METRICS: dict[tuple[str, str], tuple[str, ...]] = {
    # "Types of metrics for Lambda functions": by FunctionName; IteratorAge in ms, of streams only
    ("AWS/Lambda", "IteratorAge"): ("FunctionName",),
    ("AWS/Lambda", "Errors"): ("FunctionName",),
    ("AWS/Lambda", "Throttles"): ("FunctionName",),
    ("AWS/Lambda", "Invocations"): ("FunctionName",),
    ("AWS/Lambda", "Duration"): ("FunctionName",),
    # "Available CloudWatch metrics for Amazon SQS"
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): ("QueueName",),
    # "Amazon S3 daily storage metrics for buckets in CloudWatch": once a day, StorageType AllStorageTypes
    ("AWS/S3", "NumberOfObjects"): ("BucketName", "StorageType"),
    # "Step Functions metrics": execution metrics
    ("AWS/States", "ExecutionsSucceeded"): ("StateMachineArn",),
    ("AWS/States", "ExecutionsFailed"): ("StateMachineArn",),
    # "DynamoDB metrics and dimensions"; there is no metric of a stream's age in AWS/DynamoDB
    ("AWS/DynamoDB", "WriteThrottleEvents"): ("TableName",),
    ("AWS/DynamoDB", "ConsumedWriteCapacityUnits"): ("TableName",),
}
COUNTED = {"Sum"}  # how a count is read; a sample is read otherwise


@cache
def observability() -> tuple[Stack, Stack]:
    return Stack("observability", {}), Stack("observability", {"Quarantine": "queue"})


def alarms() -> list[tuple[str, dict[str, Any]]]:
    found = {
        f"{stack.name}.{name}": each
        for stack in (*observability(), pipe())
        for name, each in stack.of_type("AWS::CloudWatch::Alarm").items()
    }
    return list(found.items())


ALARMS = alarms()
IDS = [name for name, _ in ALARMS]


def check_metric(namespace: str, metric: str, dimensions: dict[str, str]) -> None:
    """``dimensions`` is exactly a set that the metric is emitted under."""
    if namespace == NAMESPACE:
        original = METRICS[metric]
        further = () if original.dimension is None else (original.dimension,)
        assert set(dimensions) in ({"service"}, {"service", *further}), f"{metric} by {set(dimensions)}"
    else:
        assert (namespace, metric) in AWS_METRICS, f"{namespace} {metric} is not known to be emitted"
        assert tuple(sorted(dimensions)) == AWS_METRICS[namespace, metric]


@pytest.mark.parametrize(("name", "alarm"), ALARMS, ids=IDS)
def test_an_alarm_looks_at_a_metric_that_is_emitted(name: str, alarm: dict[str, Any]) -> None:
    dimensions = {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
    check_metric(alarm["Namespace"], alarm["MetricName"], dimensions)
    if alarm["Namespace"] == NAMESPACE and METRICS[alarm["MetricName"]].kind == "count":
        assert alarm["Statistic"] in COUNTED


@pytest.mark.parametrize(("name", "alarm"), ALARMS, ids=IDS)
def test_an_alarm_that_cloudwatch_takes(name: str, alarm: dict[str, Any]) -> None:
    """Docs, PutMetricAlarm: periods span at most a day, or 7 days where each is an hour or more."""
    span_s = alarm["Period"] * alarm["EvaluationPeriods"]
    assert span_s <= (604_800 if alarm["Period"] >= 3600 else 86_400)
    assert alarm.get("DatapointsToAlarm", 1) <= alarm["EvaluationPeriods"]
    assert alarm["Period"] == 60 or alarm["Period"] % 60 == 0


def test_names_in_dimensions_are_those_that_the_other_stacks_make() -> None:
    of = bridge()
    runs = reconciliation(of)
    queued = bridge(Quarantine="queue")
    made = {
        *of.exports().values(),
        *queued.exports().values(),
        runs.arn("StateMachine"),
        *(each["QueueName"] for stack in (of, runs) for each in stack.of_type("AWS::SQS::Queue").values()),
        "AllStorageTypes",
        "stream-bridge",
    }
    for stack in observability():
        for name, alarm in stack.of_type("AWS::CloudWatch::Alarm").items():
            for dimension in alarm["Dimensions"]:
                assert dimension["Value"] in made, f"{name}: nothing is called {dimension['Value']}"


def test_behind_kinesis_the_alarms_follow_its_function() -> None:
    function = kinesis(bridge(), PublishesToTopic="false").properties("Function")["FunctionName"]
    stack = Stack("observability", {"FunctionName": function})
    for name in ("LagWarning", "LagPage", "LagNearRetention", "FunctionErrors", "FunctionThrottles"):
        assert stack.properties(name)["Dimensions"] == [{"Name": "FunctionName", "Value": function}]


def test_lag_warns_then_pages_then_speaks_of_retention() -> None:
    stack = observability()[0]
    thresholds = [
        stack.properties(name)["Threshold"] for name in ("LagWarning", "LagPage", "LagNearRetention")
    ]
    assert thresholds == sorted(thresholds)
    assert thresholds[-1] <= 24 * 3600 * 1000 / 2, "the same time must be left for the fix"
    warning, page = (
        Stack("observability", {"WarningTopicArn": topic("warn"), "PageTopicArn": topic("page")}).properties(
            name
        )
        for name in ("LagWarning", "LagPage")
    )
    assert (warning["AlarmActions"], page["AlarmActions"]) == ([topic("warn")], [topic("page")])


def topic(name: str) -> str:
    return f"arn:aws:sns:eu-central-1:123456789012:{name}"


def test_a_reconciliation_that_never_ran_rings_too() -> None:
    alarm = observability()[0].properties("NoReconciliation")
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 26 * 3600
    assert alarm["DatapointsToAlarm"] == alarm["EvaluationPeriods"]
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)


def test_silence_is_fine_for_everything_else() -> None:
    for name, alarm in ALARMS:
        if not name.endswith("NoReconciliation"):
            assert alarm["TreatMissingData"] == "notBreaching", name


def anchors() -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", RUNBOOK.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(("name", "alarm"), ALARMS, ids=IDS)
def test_an_alarm_notifies_a_topic_and_links_an_existing_section(name: str, alarm: dict[str, Any]) -> None:
    assert len(alarm["AlarmActions"]) == 1
    text, _, link = alarm["AlarmDescription"].partition(" Runbook: ")
    assert text.endswith(".")
    assert link.startswith("https://")
    assert link.partition("#")[2] in anchors()
    section = sections()[link.partition("#")[2]]
    short = alarm["AlarmName"].removeprefix("stream-bridge-")
    assert re.search(rf"^\*Alarms? .*`{short}`.*\.\*", section, re.MULTILINE), (
        f"its section does not name {short}"
    )
    assert "```console" in section, "what to type is missing"


def sections() -> dict[str, str]:
    """By anchor, from one heading to the next."""
    found = {}
    for section in re.split(r"^## ", RUNBOOK.read_text(), flags=re.MULTILINE)[1:]:
        heading, _, body = section.partition("\n")
        found[re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")] = body
    return found


def test_the_table_of_alarms_is_that_of_the_template() -> None:
    rows = re.findall(
        r"^\| `([\w-]+)` \| [^|]+ \| (\S+) `(\w+)` \| (\w+) \| \[[^]]+\]\(#([\w-]+)\) \|$",
        sections()["alarms"],
        re.MULTILINE,
    )
    urgency = {topic("warn"): "warning", topic("page"): "page"}
    reported = {"WarningTopicArn": topic("warn"), "PageTopicArn": topic("page")}
    of_templates = {
        (
            alarm["AlarmName"].removeprefix("stream-bridge-"),
            alarm["Namespace"],
            alarm["MetricName"],
            urgency[alarm["AlarmActions"][0]],
            alarm["AlarmDescription"].partition("#")[2],
        )
        for quarantine in ("bucket", "queue")
        for alarm in Stack("observability", {"Quarantine": quarantine, **reported})
        .of_type("AWS::CloudWatch::Alarm")
        .values()
    }
    assert set(rows) == of_templates
    assert len(rows) == len(set(rows))


SECTIONS = (
    "lag",
    "poison-record",
    "quarantine-full",
    "bus-missing",
    "stream-re-enabled",
    "ledger-lost",
    "more-than-24-h-down",
    "schema-deploy-gone-wrong",
)


def test_the_runbook_has_a_section_for_every_trouble_with_something_to_type() -> None:
    assert set(SECTIONS) <= anchors()
    for anchor in SECTIONS:
        assert "```console" in sections()[anchor], f"{anchor}: what to type is missing"


def test_the_dashboard_shows_metrics_that_are_emitted() -> None:
    shown = 0
    for stack in observability():
        body = json.loads(stack.properties("Dashboard")["DashboardBody"])
        for widget in body["widgets"]:
            before: list[str] = []
            for row in widget["properties"]["metrics"]:
                words = [word for word in row if isinstance(word, str)]
                words = [before[i] if word == "." else word for i, word in enumerate(words)]
                before = words
                namespace, metric, *dimensions = words
                check_metric(namespace, metric, dict(zip(dimensions[::2], dimensions[1::2], strict=True)))
                shown += 1
    assert shown > 20


def test_every_alarm_of_every_template_is_looked_at_here() -> None:
    looked_at = {alarm["AlarmName"] for _, alarm in ALARMS}
    for stack in all_stacks():
        for each in stack.of_type("AWS::CloudWatch::Alarm").values():
            assert each["AlarmName"] in looked_at
