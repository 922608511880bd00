"""The limits of the event source mapping, each at exactly its value, one below and one above."""

from __future__ import annotations

from collections import deque
from contextlib import nullcontext
from dataclasses import replace

import pytest

from bridge.errors import CheckpointBroken
from bridge.limits import KINESIS_SEQUENCE_NUMBER_DIGITS
from bridge.ports.clock import Deadline
from bridge.ports.stream import Shard
from bridge.stream.mapping.batch import Answer, Batch, cut, judge, payload_bytes, split_by_age
from bridge.stream.mapping.intake import StreamRecord
from bridge.stream.mapping.invocation import InvocationContext, function_arn_for, iterator_age_ms
from bridge.stream.mapping.position import (
    check_position,
    is_sequence_number,
    read_checkpoint,
    start_at_latest,
)
from bridge.stream.mapping.settings import MappingSettings
from tests.fakes.clock import FakeClock
from tests.stream.rig import Rig


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


def test_a_time_in_a_checkpoint_has_eleven_digits_at_most() -> None:
    assert read_checkpoint("shard-1", "AT_TIMESTAMP:" + "9" * 11).since_s == 99_999_999_999
    with pytest.raises(CheckpointBroken, match="AT_TIMESTAMP: and a time"):
        read_checkpoint("shard-1", "AT_TIMESTAMP:" + "9" * 12)


def test_latest_begins_one_second_early_because_creation_times_are_rounded() -> None:
    assert start_at_latest(1_000.9).since_s == 999


@pytest.mark.parametrize(("ahead_s", "refused"), [(3_600, False), (3_601, True)])
def test_a_checkpoint_may_be_an_hour_ahead_of_this_clock(ahead_s: int, refused: bool) -> None:
    rig = Rig()
    rig.checkpoints.save(rig.stream.arn, {"shard-1": f"AT_TIMESTAMP:{int(rig.clock.now()) + ahead_s}"})
    with pytest.raises(CheckpointBroken, match="in the future") if refused else nullcontext():
        assert rig.runner().stats().pending == 0


@pytest.mark.parametrize(("later_s", "age_ms"), [(-5.0, 0), (0.0, 0), (0.0004, 0), (0.0006, 1), (2.5, 2_500)])
def test_the_age_of_a_batch_is_that_of_its_last_record_and_never_negative(
    later_s: float, age_ms: int
) -> None:
    batch = Batch((*records(1, created_s=1.0), *records(1, created_s=1_000.0)))
    assert iterator_age_ms(batch, 1_000.0 + later_s) == age_ms
    assert iterator_age_ms(Batch(tuple(records(1))), 1_000.0) == 0, "a record without a time has no age"


@pytest.mark.parametrize(("left_s", "left_ms"), [(0.5, 500), (0.0, 0), (-1.0, 0), (0.0009, 0)])
def test_a_function_sees_no_time_left_rather_than_less(left_s: float, left_ms: int) -> None:
    clock = FakeClock(1_000.0)
    context = InvocationContext("r", "arn:aws:lambda:::function:f", Deadline(clock, 1_000.0 + left_s))
    assert context.get_remaining_time_in_millis() == left_ms


def test_a_function_here_has_the_names_that_lambda_would_give_it() -> None:
    arn = function_arn_for("arn:aws:kinesis:eu-west-1:123456789012:stream/orders")
    assert arn == "arn:aws:lambda:eu-west-1:123456789012:function:stream-bridge"
    context = InvocationContext("request-1", arn, Deadline(FakeClock(), 0.0))
    assert context.log_group_name == "/aws/lambda/stream-bridge"
    assert context.log_stream_name == "request-1"
    assert (context.memory_limit_in_mb, context.function_version) == (1024, "$LATEST")


def test_a_stream_without_an_arn_of_aws_has_a_function_without_region_and_account() -> None:
    nowhere = "arn:aws:lambda:::function:stream-bridge"
    assert [function_arn_for(arn) for arn in ("", "x", "a:b:c:d")] == [nowhere] * 3
    assert function_arn_for("a:b:c:d:e") == "arn:aws:lambda:d:e:function:stream-bridge"
