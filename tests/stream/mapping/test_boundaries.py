"""The limits of the event source mapping, each at exactly its value, one below and one above."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import pytest

from bridge.errors import CheckpointBroken
from bridge.limits import KINESIS_SEQUENCE_NUMBER_DIGITS
from bridge.ports.stream import Shard
from bridge.stream.mapping.batch import Answer, Batch, cut, judge, payload_bytes, split_by_age
from bridge.stream.mapping.intake import StreamRecord
from bridge.stream.mapping.position import check_position, is_sequence_number
from bridge.stream.mapping.settings import MappingSettings


def records(count: int, body: bytes = b"{}", created_s: float | None = None) -> list[StreamRecord]:
    return [StreamRecord(str(number), 0, created_s, 0.0, body, number) for number in range(count)]


@pytest.mark.parametrize(("more", "taken"), [(-1, 2), (0, 3), (1, 3)])
def test_a_batch_may_be_exactly_as_large_as_the_payload(more: int, taken: int) -> None:
    three = records(3, b'{"n":1}')
    settings = MappingSettings(max_payload_bytes=payload_bytes(three) + more)
    assert len(cut(deque([*three, *records(1)]), replace(settings, batch_size=3)).records) == taken


def test_a_batch_has_exactly_as_many_records_as_it_may() -> None:
    for size in (1, 2, 3, 4):
        assert len(cut(deque(records(3)), MappingSettings(batch_size=size)).records) == min(size, 3)


@pytest.mark.parametrize(("age_s", "given_up"), [(59.9, None), (60.0, None), (60.1, "RecordAgeExceeded")])
def test_a_record_of_exactly_the_largest_age_is_not_given_up(age_s: float, given_up: str | None) -> None:
    (batch,) = split_by_age(Batch(tuple(records(1, created_s=1_000.0))), 1_000.0 + age_s, 60)
    assert batch.given_up == given_up


@pytest.mark.parametrize(("retries", "given_up"), [(1, None), (2, "RetryAttemptsExhausted")])
def test_a_batch_is_given_up_after_exactly_its_retries(retries: int, given_up: str | None) -> None:
    failed = Batch(tuple(records(1)), retries=retries)
    ((again),) = judge(failed, Answer(0), MappingSettings(max_retries=2)).again
    assert again.given_up == given_up


def test_a_checkpoint_may_be_the_last_number_of_its_shard_and_none_behind_it() -> None:
    shard = Shard("shard-1", None, "100", "200")
    for number in ("199", "200", "0200"):
        check_position(shard, number)
    with pytest.raises(CheckpointBroken, match="beyond the end of its shard"):
        check_position(shard, "201")


def test_a_checkpoint_has_one_digit_more_than_the_first_number_at_most() -> None:
    shard = Shard("shard-1", None, "1" * 30, None)
    for digits in (29, 30, 31):
        check_position(shard, "9" * digits)
    with pytest.raises(CheckpointBroken, match="more than any position"):
        check_position(shard, "9" * 32)


@pytest.mark.parametrize(("more", "is_one"), [(-1, True), (0, True), (1, False)])
def test_a_sequence_number_has_a_largest_length(more: int, is_one: bool) -> None:
    assert is_sequence_number("7" * (KINESIS_SEQUENCE_NUMBER_DIGITS + more)) is is_one
