"""The demonstration's workload: repeatable, legal, and showing every kind of change."""

from __future__ import annotations

from itertools import islice

import pytest

from bridge.demo import resources
from bridge.demo.workload import steps
from tests.builders.aws import Aws


def test_the_same_seed_gives_the_same_steps() -> None:
    assert list(steps(200, seed=7)) == list(steps(200, seed=7))
    assert list(steps(200, seed=7)) != list(steps(200, seed=8))


@pytest.mark.parametrize("changes", [0, 1, 16, 60, 500])
def test_exactly_as_many_changes_as_asked_for(changes: int) -> None:
    assert sum(step.outcome != "nothing" for step in steps(changes)) == changes


def test_the_default_run_shows_every_kind_of_change() -> None:
    played = list(steps())
    assert {step.call for step in played} == {"put_item", "update_item", "delete_item"}
    assert {step.table for step in played} == set(resources.TABLES)
    assert sum(step.outcome == "invalid" for step in played) == 1
    assert any(step.outcome == "nothing" for step in played)
    in_shop = [step for step in played if step.table == "Shop"]
    assert {step.call for step in in_shop} == {"put_item", "update_item", "delete_item"}
    assert {step.outcome for step in in_shop} == {"change", "unimportant", "unselected"}
    assert any(":total" in step.request.get("ExpressionAttributeValues", {}) for step in in_shop)
    values = repr([step.request for step in played])
    for kind in ("'SS'", "'B'", "'L'", "'M'", "12345678901234567890.123456789012345678"):
        assert kind in values


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_step_is_legal_and_leaves_one_record_or_none_as_it_says(aws: Aws, seed: int) -> None:
    if aws.shared:
        pytest.skip("counts records of tables that others may write to")
    clients = resources.Clients(*(aws.client(name) for name in ("dynamodb", "events", "sns", "sqs")))
    built = resources.build(clients, source="com.example.test")
    streams = aws.client("dynamodbstreams")
    iterators = {}
    for table, arn in built.streams.items():
        (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        iterators[table] = streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
    for step in islice(steps(120, seed=seed), 140):
        step.run(clients.dynamodb)
        page = streams.get_records(ShardIterator=iterators[step.table])
        iterators[step.table] = page["NextShardIterator"]
        assert len(page["Records"]) == (step.outcome != "nothing"), step.text
