"""The runner on a Kinesis stream: same rules, other records; nothing is lost, and order per key is kept
through splits and merges."""

from __future__ import annotations

import random
from typing import Any

import pytest

from bridge.core.records.kinesis import KINESIS
from bridge.edges.kinesis.reader import KinesisReader
from bridge.edges.local.checkpoints import FileCheckpoints
from bridge.edges.local.memory import MemoryQuarantine
from bridge.errors import SinkUnavailable
from bridge.ports.failures import object_key
from bridge.ports.stream import Shard
from bridge.stream.mapping.shards import ready_shards
from bridge.stream.mapping.stats import RunnerStats
from bridge.stream.runner import Handler, MappingSettings, Runner
from bridge.wiring.functions import StreamHandler
from tests.builders.bridges import relay
from tests.builders.kinesis_records import KINESIS_ARN, START_MS
from tests.fakes.clients.kinesis import KinesisClient
from tests.fakes.clock import FakeClock
from tests.fakes.sink import ScriptedSink
from tests.fakes.stores import MemoryCheckpoints, MemoryFailureDestination


class Rig:
    def __init__(self, client: KinesisClient | None = None) -> None:
        self.client = client or KinesisClient()
        self.clock = FakeClock(START_MS / 1000)
        self.checkpoints = MemoryCheckpoints()
        self.destination = MemoryFailureDestination()
        self.sink = ScriptedSink()
        self.relay = relay(self.sink)
        self.trimmed: list[str] = []

    def runner(self, handler: Handler | None = None, **settings: Any) -> Runner:
        return Runner(
            KinesisReader(self.client, KINESIS_ARN),
            handler or StreamHandler(self.relay, self.clock, dialect=KINESIS).handle,
            self.checkpoints,
            MappingSettings(**settings),
            clock=self.clock,
            rng=random.Random(7),
            destination=self.destination,
            dialect=KINESIS,
            on_trimmed=lambda shard_id, after: self.trimmed.append(shard_id),
        )

    def run(self, handler: Handler | None = None, **settings: Any) -> RunnerStats:
        return self.runner(handler, **settings).run(until="caught_up")

    @property
    def published(self) -> list[str]:
        return [event.record_id for event in self.sink.accepted]


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_what_dynamodb_wrote_is_published_and_a_restart_goes_on_after_it(rig: Rig) -> None:
    rig.client.put("a", 1)
    rig.client.write(b"somebody else's")
    last = rig.client.put("b", 2)
    assert rig.run().done == 3
    assert rig.published == ["a-1", "b-2"]
    assert isinstance(rig.relay.quarantine, MemoryQuarantine)
    (entry,) = rig.relay.quarantine.entries()
    assert entry.record["eventSourceARN"] == KINESIS_ARN
    assert list(rig.checkpoints.load(KINESIS_ARN).values()) == [last]
    rig.client.put("a", 3)
    assert rig.run().records_read == 1
    assert rig.published == ["a-1", "b-2", "a-3"]


def test_what_is_returned_for_retry_comes_again_from_there_on(rig: Rig) -> None:
    for n in range(4):
        rig.client.put(f"k{n}", n)
    failed: list[str] = []

    def fails(event: Any) -> SinkUnavailable | None:
        if event.record_id == "k2-2" and not failed:
            failed.append(event.record_id)
            return SinkUnavailable("throttled")
        return None

    rig.sink.fails = fails
    stats = rig.run()
    assert (stats.done, stats.retried) == (4, 1)
    assert sorted(rig.published) == ["k0-0", "k1-1", "k2-2", "k3-3"]


def test_order_per_key_is_kept_through_splits_and_merges(rig: Rig) -> None:
    """A merged shard waits for both of its parents."""
    (first,) = rig.client.by_id
    keys = [f"k{n}" for n in range(8)]

    def write(at: int) -> None:
        for key in keys:
            rig.client.put(key, at)

    write(1)
    low, high = rig.client.split(first)
    write(2)
    merged = rig.client.merge(low, high)
    write(3)
    rig.run(batch_size=3)
    for key in keys:
        mine = [reported for reported in rig.published if reported.startswith(f"{key}-")]
        assert mine == [f"{key}-1", f"{key}-2", f"{key}-3"]
    first_read_of_merged = rig.client.reads.index(merged)
    assert {low, high} <= set(rig.client.reads[:first_read_of_merged])
    assert not {low, high} & set(rig.client.reads[first_read_of_merged:])


@pytest.mark.parametrize("open_parent", ["low", "high"])
def test_one_open_parent_of_two_is_enough_to_wait(open_parent: str) -> None:
    shards = [Shard("low", None), Shard("high", None), Shard("merged", "low", adjacent_parent="high")]
    ended = {"low", "high"} - {open_parent}
    assert [shard.id for shard in ready_shards(shards, ended=ended, reading={open_parent})] == []
    ready = ready_shards(shards, ended={"low", "high"}, reading=())
    assert [shard.id for shard in ready] == ["merged"]


def test_an_empty_page_far_from_the_tip_is_not_the_end(rig: Rig) -> None:
    rig.client.put("a", 1)
    rig.client.empty_pages = 5
    assert rig.run().done == 1


def test_records_that_are_gone_are_logged_and_work_continues(rig: Rig) -> None:
    (shard,) = rig.client.by_id
    rig.client.put("a", 1)
    rig.run()
    rig.client.put("a", 2)
    rig.client.put("a", 3)
    rig.client.trim(shard, 2)
    stats = rig.run()
    assert (stats.positions_trimmed, rig.trimmed) == (1, [shard])
    assert rig.published == ["a-1", "a-3"]


def test_a_batch_that_is_given_up_goes_away_in_lambdas_shape_for_kinesis(rig: Rig) -> None:
    number = rig.client.put("a", 1)

    def raising(event: Any, context: Any) -> Any:
        raise RuntimeError

    assert rig.run(raising, max_retries=0).given_up == 1
    ((info, payload),) = rig.destination.sent
    place = info["KinesisBatchInfo"]
    assert (place["startSequenceNumber"], place["streamArn"]) == (number, KINESIS_ARN)
    assert place["approximateArrivalOfFirstRecord"].startswith("2026-11-01T12:00:00")
    assert "DDBStreamBatchInfo" not in info
    assert object_key(info, "mapping").startswith("aws/lambda/mapping/shardId-000000000000/2026/11/01/")
    assert payload["Records"][0]["kinesis"]["sequenceNumber"] == number


def test_lanes_keep_a_partition_key_together(rig: Rig) -> None:
    for n in range(40):
        rig.client.put(f"k{n % 5}", n)
    batches: list[set[str]] = []

    def handler(event: Any, context: Any) -> Any:
        batches.append({record["kinesis"]["partitionKey"] for record in event["Records"]})
        return None

    rig.run(handler, parallelization_factor=3, batch_size=100)
    assert sum(len(keys) for keys in batches) == 5


def test_a_checkpoint_file_of_a_kinesis_stream_is_readable_by_its_name(tmp_path: Any) -> None:
    checkpoints = FileCheckpoints(tmp_path)
    assert checkpoints.path_of(KINESIS_ARN).name.startswith("changes-")
    checkpoints.save(KINESIS_ARN, {"shardId-1": "9" * 56})
    assert checkpoints.load(KINESIS_ARN) == {"shardId-1": "9" * 56}
