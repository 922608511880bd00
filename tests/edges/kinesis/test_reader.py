"""Reading a Kinesis stream: its lineage, its pages, and what its errors mean."""

from __future__ import annotations

import pytest

from bridge.edges.kinesis.reader import KinesisReader
from bridge.errors import AccessDenied, IteratorExpired, PositionTrimmed, SourceUnavailable, TargetMissing
from tests.builders.kinesis_records import KINESIS_ARN
from tests.fakes.clients.batch_peer import client_error
from tests.fakes.clients.kinesis import KinesisClient
from tests.fakes.faults import FOR_EVER


def reader(client: KinesisClient) -> KinesisReader:
    return KinesisReader(client, KINESIS_ARN)


def test_every_page_of_shards_is_listed_with_both_parents() -> None:
    client = KinesisClient(shards_a_page=2)
    (first,) = client.by_id
    low, high = client.split(first)
    merged = client.merge(low, high)
    shards = {shard.id: shard for shard in reader(client).shards()}
    assert list(shards) == [first, low, high, merged]
    assert (shards[low].parent, shards[low].adjacent_parent) == (first, None)
    assert (shards[merged].parent, shards[merged].adjacent_parent) == (low, high)
    assert shards[first].ending is not None
    assert shards[merged].ending is None


def test_pages_say_how_far_they_are_behind_and_when_the_shard_is_drained() -> None:
    client = KinesisClient(page_size=2)
    (shard,) = client.by_id
    for n in range(3):
        client.put("a", n)
    source = reader(client)
    first = source.read(source.iterator(shard, "TRIM_HORIZON"), 1000)
    assert (len(first.records), first.behind_ms) == (2, 1)
    client.close(shard)
    assert first.next is not None
    last = source.read(first.next, 1000)
    assert (len(last.records), last.next) == (1, None)


def test_reading_goes_on_after_a_record() -> None:
    client = KinesisClient()
    (shard,) = client.by_id
    first, second = client.put("a", 1), client.put("a", 2)
    source = reader(client)
    page = source.read(source.iterator(shard, "AFTER_SEQUENCE_NUMBER", first), 1000)
    assert [record["SequenceNumber"] for record in page.records] == [second]


def test_a_position_that_the_stream_no_longer_has_is_noticed_although_kinesis_does_not_say_so() -> None:
    client = KinesisClient()
    (shard,) = client.by_id
    first = client.put("a", 1)
    client.put("a", 2)
    client.trim(shard, 1)
    with pytest.raises(PositionTrimmed):
        reader(client).iterator(shard, "AFTER_SEQUENCE_NUMBER", first)


@pytest.mark.parametrize("empty", [1, 3, 15])
def test_empty_pages_hide_no_hole(empty: int) -> None:
    client = KinesisClient()
    (shard,) = client.by_id
    first = client.put("a", 1)
    client.put("a", 2)
    client.empty_pages = empty
    assert reader(client).iterator(shard, "AFTER_SEQUENCE_NUMBER", first)
    client.trim(shard, 1)
    client.empty_pages = empty
    with pytest.raises(PositionTrimmed):
        reader(client).iterator(shard, "AFTER_SEQUENCE_NUMBER", first)


@pytest.mark.parametrize("closed", [False, True])
def test_a_record_that_is_gone_is_a_hole_also_where_nothing_came_after_it_that_the_stream_still_has(
    closed: bool,
) -> None:
    client = KinesisClient()
    (shard,) = client.by_id
    first = client.put("a", 1)
    client.put("a", 2)
    client.trim(shard, 2)
    if closed:
        client.close(shard)
    with pytest.raises(PositionTrimmed):
        reader(client).iterator(shard, "AFTER_SEQUENCE_NUMBER", first)


def test_pages_that_are_empty_for_ever_are_asked_for_again_later() -> None:
    client = KinesisClient()
    (shard,) = client.by_id
    first = client.put("a", 1)
    client.empty_pages = FOR_EVER
    with pytest.raises(SourceUnavailable):
        reader(client).iterator(shard, "AFTER_SEQUENCE_NUMBER", first)


def test_what_errors_mean() -> None:
    client = KinesisClient()
    source = reader(client)
    (shard,) = client.by_id
    for code, meaning in {
        "ExpiredIteratorException": IteratorExpired,
        "ProvisionedThroughputExceededException": SourceUnavailable,
        "LimitExceededException": SourceUnavailable,
        "ResourceInUseException": SourceUnavailable,
        "ExpiredNextTokenException": SourceUnavailable,
        "KMSThrottlingException": SourceUnavailable,
        "KMSAccessDeniedException": AccessDenied,
    }.items():
        iterator = source.iterator(shard, "TRIM_HORIZON")
        client.fail = lambda operation, call, code=code: client_error(code, operation)  # type: ignore[misc]
        with pytest.raises(meaning):
            source.read(iterator, 10)
        with pytest.raises(meaning):
            source.shards()
        del client.fail
    client.exists = False
    with pytest.raises(TargetMissing, match=KINESIS_ARN):
        source.iterator(shard, "LATEST")
    client.exists, client.denied = True, True
    with pytest.raises(AccessDenied, match="kinesis:ListShards"):
        source.shards()
