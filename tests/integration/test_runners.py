"""The runners of a bridge.yaml, in process: what the file says of mapping and filter is what happens."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bridge.demo.environment import CONFIGURATION
from bridge.errors import TargetMissing
from bridge.relay.accounts import Account
from bridge.stream.mapping.stats import RunnerStats
from bridge.wiring.bridge import Configuration, build_sinks, load_configuration
from bridge.wiring.run import build_runners, mapping_settings
from tests.builders.aws import Aws
from tests.fakes.telemetry import KeptTelemetry
from tests.integration.stage import Stage, built_resources, user_item

WAIT_S = 60.0


@pytest.fixture
def stage(aws: Aws, tmp_path: Path) -> Iterator[Stage]:
    with built_resources(aws) as (clients, built):
        yield Stage(aws, clients, built, tmp_path, aws.endpoint_url)


def configured(
    variables: dict[str, str], folder: Path, *, filter: Any = None, **mapping: Any
) -> Configuration:
    """The demonstration's configuration with another mapping, and a filter on Users."""
    content = yaml.safe_load(CONFIGURATION.read_text())
    content["schemas"] = str(CONFIGURATION.with_name("event_schemas"))
    content["mapping"] = mapping
    if filter is not None:
        content["tables"]["Users"]["filter"] = filter
    path = folder / "bridge.yaml"
    path.write_text(yaml.safe_dump(content))
    return load_configuration(path, variables)


def run_until_caught_up(
    stage: Stage,
    configuration: Configuration,
    *,
    before_start: Callable[[], None] = lambda: None,
    telemetry: KeptTelemetry | None = None,
) -> tuple[Account, dict[str, RunnerStats]]:
    telemetry = telemetry or KeptTelemetry()
    sinks = build_sinks(configuration.settings, stage.aws.client)
    runners = build_runners(configuration, sinks, stage.aws.client, telemetry, state=stage.folder / "state")
    before_start()
    try:
        runners.start(until="caught_up")
        assert runners.wait(WAIT_S)
        return Account.of(telemetry.counts), runners.stats()
    finally:
        runners.close()


def test_what_the_filter_drops_is_received_and_has_no_event(stage: Stage) -> None:
    keys = {"dynamodb": {"Keys": {"userId": {"S": [{"prefix": "u-"}]}}}}
    configuration = configured(stage.variables, stage.folder, filter=keys)
    stage.sign_up("u-1", "test-1", "test-2")
    account, stats = run_until_caught_up(stage, configuration)
    assert account == Account(3, published=1, without_event=2, quarantined=0, returned=0, events=1)
    assert account.adds_up
    assert stats["Users"].filtered == 2
    assert [event["subject"] for event in stage.bus_events(1)] == ["user/u-1"]


def test_several_lanes_and_small_batches_lose_nothing_and_keep_each_items_order(stage: Stage) -> None:
    configuration = configured(stage.variables, stage.folder, batch_size=3, parallelization_factor=4)
    plans = ("free", "pro", "enterprise")
    for plan in plans:
        for number in range(8):
            stage.clients.dynamodb.put_item(
                TableName="Users", Item={**user_item(f"u-{number}"), "plan": {"S": plan}}
            )
    account, _ = run_until_caught_up(stage, configuration)
    assert account.published == account.received == 24
    feed = stage.feed_events(24)
    for number in range(8):
        images = [event["data"]["after"] for event in feed if event["subject"] == f"user/u-{number}"]
        assert [image["plan"] for image in images] == list(plans)


@pytest.mark.parametrize("kind", ["directory", "sqs", "s3"])
def test_a_batch_that_is_given_up_goes_to_the_destination_of_bridge_yaml(stage: Stage, kind: str) -> None:
    folder = stage.folder / "given-up"
    name = stage.aws.name("given-up")
    match kind:
        case "directory":
            destination: dict[str, str] = {"path": str(folder)}
        case "sqs":
            destination = {"queue": stage.clients.sqs.create_queue(QueueName=name)["QueueUrl"]}
        case _:
            stage.aws.client("s3").create_bucket(Bucket=name)
            destination = {"bucket": name}
    on_failure = {"kind": kind, **destination}
    configuration = configured(stage.variables, stage.folder, max_retries=0, on_failure=on_failure)
    stage.sign_up("u-1", "u-2")

    def lose_the_topic() -> None:
        stage.clients.sns.delete_topic(TopicArn=stage.built.topic_arn)

    telemetry = KeptTelemetry()
    with pytest.raises(TargetMissing, match="does not exist"):  # the last look at the targets says so, too
        run_until_caught_up(stage, configuration, before_start=lose_the_topic, telemetry=telemetry)
    assert (telemetry.counts["runner_given_up"], telemetry.counts["runner_dropped"]) == (2, 0)
    sent = _sent(stage, kind, destination)
    assert sent["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert sent["DDBStreamBatchInfo"]["batchSize"] == 2
    if kind == "sqs":
        assert "payload" not in sent
    else:
        assert len(json.loads(sent["payload"])["Records"]) == 2


@pytest.mark.parametrize(
    "destination",
    [{"kind": "s3", "bucket": "nobodys-bucket"}, {"kind": "sqs", "queue": "{}/000000000000/nobodys-queue"}],
    ids=["s3", "sqs"],
)
def test_a_destination_that_does_not_exist_is_found_out_at_start_up(
    stage: Stage, destination: dict[str, str]
) -> None:
    named = {name: value.format(stage.endpoint_url) for name, value in destination.items()}
    configuration = configured(stage.variables, stage.folder, on_failure=named)
    with pytest.raises(TargetMissing, match="nobodys-"):
        run_until_caught_up(stage, configuration)


def test_every_setting_of_the_block_mapping_reaches_the_runner(tmp_path: Path) -> None:
    variables = {
        "DEMO_BUS": "b",
        "DEMO_TOPIC": "arn:aws:sns:us-east-1:000000000000:t",
        "DEMO_QUARANTINE": "q",
        "DEMO_LEDGER": "ledger",
        "DEMO_HASH_KEY": "not-a-secret-but-long-enough",
    }
    configuration = configured(
        variables,
        tmp_path,
        batch_size=7,
        window="2s",
        parallelization_factor=3,
        starting_position="LATEST",
        bisect=True,
        max_retries=5,
        max_record_age="2h",
    )
    settings = mapping_settings(configuration.settings, "Users", configuration.tables["Users"])
    assert (settings.batch_size, settings.window_s, settings.parallelization_factor) == (7, 2, 3)
    assert (settings.starting_position, settings.bisect) == ("LATEST", True)
    assert (settings.max_retries, settings.max_record_age_s) == (5, 7200)
    assert settings.filters == ()
    assert settings.report_batch_item_failures


def _sent(stage: Stage, kind: str, destination: dict[str, str]) -> dict[str, Any]:
    """The one thing that came to the destination."""
    match kind:
        case "directory":
            (path,) = Path(destination["path"]).rglob("*.json")
            body = path.read_text()
        case "sqs":
            answer = stage.clients.sqs.receive_message(QueueUrl=destination["queue"], WaitTimeSeconds=1)
            body = answer["Messages"][0]["Body"]
        case _:
            s3 = stage.aws.client("s3")
            (found,) = s3.list_objects_v2(Bucket=destination["bucket"])["Contents"]
            body = s3.get_object(Bucket=destination["bucket"], Key=found["Key"])["Body"].read().decode()
    sent: dict[str, Any] = json.loads(body)
    return sent
