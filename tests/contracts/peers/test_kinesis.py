"""What the Kinesis peer refuses. Codes and limits: botocore's model; the text of messages is [k]."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from tests.builders.kinesis_records import FIRST_NUMBER, KINESIS_ARN
from tests.fakes.clients.kinesis import ITERATOR_LIFETIME_S, TOKEN_LIFETIME_S, KinesisClient
from tests.fakes.clock import FakeClock

SHARD = "shardId-000000000000"


def refusal(call: Callable[..., Any], **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return str(caught.value.response["Error"]["Code"])


def iterator(client: KinesisClient, kind: str = "TRIM_HORIZON", **more: Any) -> str:
    answer = client.get_shard_iterator(StreamARN=KINESIS_ARN, ShardId=SHARD, ShardIteratorType=kind, **more)
    return str(answer["ShardIterator"])


def test_an_iterator_lasts_five_minutes_from_when_it_was_given_out() -> None:
    clock = FakeClock()
    client = KinesisClient(clock=clock)
    first = iterator(client)
    clock.advance(ITERATOR_LIFETIME_S)
    next_one = client.get_records(ShardIterator=first)["NextShardIterator"]
    clock.advance(1)
    assert refusal(client.get_records, ShardIterator=first) == "ExpiredIteratorException"
    client.get_records(ShardIterator=next_one)
    assert refusal(client.get_records, ShardIterator="another") == "InvalidArgumentException"


@pytest.mark.parametrize("limit", [0, 10_001])
def test_get_records_takes_1_to_10000(limit: int) -> None:
    client = KinesisClient()
    with pytest.raises((ParamValidationError, ClientError), match=r"[Ll]imit"):
        client.get_records(ShardIterator=iterator(client), Limit=limit)
    client.get_records(ShardIterator=iterator(client), Limit=10_000)


def test_an_answer_has_at_most_10_mib() -> None:
    client = KinesisClient()
    for _ in range(12):
        client.write(b"x" * 1_000_000)
    answer = client.get_records(ShardIterator=iterator(client))
    assert len(answer["Records"]) == 10
    assert len(client.get_records(ShardIterator=answer["NextShardIterator"])["Records"]) == 2


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("AT_SEQUENCE_NUMBER", {}),
        ("AFTER_SEQUENCE_NUMBER", {}),
        ("TRIM_HORIZON", {"StartingSequenceNumber": str(FIRST_NUMBER)}),
        ("AT_TIMESTAMP", {}),
        ("AFTER_SEQUENCE_NUMBER", {"StartingSequenceNumber": "7"}),
        ("AFTER_SEQUENCE_NUMBER", {"StartingSequenceNumber": str(FIRST_NUMBER * 2)}),
    ],
)
def test_an_iterator_needs_what_its_kind_needs_and_a_number_of_the_shard(kind: str, more: Any) -> None:
    parameters = {"StreamARN": KINESIS_ARN, "ShardId": SHARD, "ShardIteratorType": kind, **more}
    assert refusal(KinesisClient().get_shard_iterator, **parameters) == "InvalidArgumentException"


def test_a_shard_or_a_stream_that_is_not_there_is_not_found() -> None:
    client = KinesisClient()
    parameters = {"StreamARN": KINESIS_ARN, "ShardIteratorType": "LATEST"}
    call = client.get_shard_iterator
    assert refusal(call, **parameters, ShardId="shardId-000000000009") == "ResourceNotFoundException"
    other = {"StreamARN": KINESIS_ARN + "-other", "ShardIteratorType": "LATEST"}
    assert refusal(call, **other, ShardId=SHARD) == "ResourceNotFoundException"


def test_a_token_stands_for_the_stream_and_lasts_five_minutes() -> None:
    clock = FakeClock()
    client = KinesisClient(shards_a_page=1, clock=clock)
    client.split(SHARD)
    token = client.list_shards(StreamARN=KINESIS_ARN)["NextToken"]
    call = client.list_shards
    assert refusal(call, NextToken=token, StreamARN=KINESIS_ARN) == "InvalidArgumentException"
    assert refusal(call, NextToken="another") == "InvalidArgumentException"
    clock.advance(TOKEN_LIFETIME_S)
    client.list_shards(NextToken=token)
    clock.advance(1)
    assert refusal(call, NextToken=token) == "ExpiredNextTokenException"


def test_put_records_takes_500_records_and_10_mib_together() -> None:
    client = KinesisClient()
    records = [{"Data": b"x", "PartitionKey": str(n)} for n in range(501)]
    answer = client.put_records(StreamARN=KINESIS_ARN, Records=records[:500])
    assert len({each["SequenceNumber"] for each in answer["Records"]}) == 500
    assert refusal(client.put_records, StreamARN=KINESIS_ARN, Records=records) == "ValidationException"
    large = [{"Data": b"x" * 2_000_000, "PartitionKey": "k"}] * 6
    assert refusal(client.put_records, StreamARN=KINESIS_ARN, Records=large) == "InvalidArgumentException"
    keys = [{"Data": b"x", "PartitionKey": "k" * 257}]
    assert refusal(client.put_records, StreamARN=KINESIS_ARN, Records=keys) == "ValidationException"
