"""``run`` on a Kinesis stream of an AWS: what bridge.yaml says is read, by another's shards and iterators."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bridge.errors import TargetMissing
from bridge.relay.accounts import Account
from bridge.stream.mapping.stats import RunnerStats
from bridge.wiring.bridge import Configuration, build_sinks, load_configuration
from bridge.wiring.run import build_runners
from tests.builders.aws import Aws
from tests.builders.kinesis_records import START_MS, change
from tests.fakes.telemetry import KeptTelemetry

WAIT_S = 60.0
EVENT = "com.example.thing.changed"


def configured(folder: Path, stream_arn: str) -> Configuration:
    schema = folder / "event_schemas" / EVENT / "1.0.0.json"
    schema.parent.mkdir(parents=True, exist_ok=True)
    published = {"$id": f"https://schemas.example.com/{EVENT}/1.0.0.json", "type": "object"}
    schema.write_text(json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **published}))
    event = {"type": EVENT, "op": ["insert", "modify", "remove"], "versions": ["1.0.0"]}
    wanted = {"dynamodb": {"Keys": {"id": {"S": [{"anything-but": ["unwanted"]}]}}}}
    content = {
        "version": 1,
        "source": "com.example.things",
        "schemas": "./event_schemas",
        "sinks": {"domain": {"kind": "memory"}},
        "ledger": {"kind": "memory"},
        "quarantine": {"kind": "directory", "path": "./quarantine"},
        "tables": {
            "Users": {
                "subject": "user/{$.key.id}",
                "kinesis": stream_arn,
                "filter": wanted,
                "events": [event],
            },
            "Orders": {"subject": "order/{$.key.id}", "kinesis": stream_arn, "events": [event]},
        },
    }
    (folder / "bridge.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    return load_configuration(folder / "bridge.yaml", {})


@pytest.fixture
def stream(aws: Aws) -> Iterator[tuple[str, str]]:
    """Name and ARN of a stream of two shards."""
    kinesis, name = aws.client("kinesis"), aws.name("changes")
    kinesis.create_stream(StreamName=name, ShardCount=2)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    summary = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    yield name, summary["StreamARN"]
    if aws.shared:
        kinesis.delete_stream(StreamName=name)


def run_until_caught_up(aws: Aws, configuration: Configuration, folder: Path) -> dict[str, RunnerStats]:
    telemetry = KeptTelemetry()
    sinks = build_sinks(configuration.settings, aws.client)
    runners = build_runners(configuration, sinks, aws.client, telemetry, state=folder / "state")
    try:
        runners.start(until="caught_up")
        assert runners.wait(WAIT_S)
        assert Account.of(telemetry.counts).adds_up
        return runners.stats()
    finally:
        runners.close()


def test_two_tables_share_a_stream_a_runner_and_a_checkpoint(
    aws: Aws, stream: tuple[str, str], tmp_path: Path
) -> None:
    name, arn = stream
    kinesis = aws.client("kinesis")

    def put(table: str, key: str, at: int) -> None:
        published = change(
            key={"id": key},
            after={"id": key, "at": at},
            at=START_MS + at,
            table=table,
            event_id=f"{key}-{at}",
        )
        kinesis.put_record(StreamName=name, Data=json.dumps(published).encode(), PartitionKey=key)

    for at in range(6):
        put("Users", f"u-{at % 3}", at)
        put("Orders", f"o-{at % 3}", at)
    put("Users", "unwanted", 9)
    kinesis.put_record(StreamName=name, Data=b"somebody else's", PartitionKey="x")

    configuration = configured(tmp_path, arn)
    stats = run_until_caught_up(aws, configuration, tmp_path)
    assert list(stats) == ["Users+Orders"]
    assert (stats["Users+Orders"].done, stats["Users+Orders"].filtered) == (14, 0)
    assert len(list((tmp_path / "quarantine").glob("*.json"))) == 1

    put("Users", "u-0", 10)
    again = run_until_caught_up(aws, configuration, tmp_path)
    assert again["Users+Orders"].records_read == 1


def test_a_stream_that_is_not_there_is_found_out_at_start_up(
    aws: Aws, stream: tuple[str, str], tmp_path: Path
) -> None:
    _, arn = stream
    configuration = configured(tmp_path, f"{arn}-other")
    with pytest.raises(TargetMissing, match="does not exist"):
        run_until_caught_up(aws, configuration, tmp_path)
