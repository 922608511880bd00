"""Retries, splitting, record age, and where a batch goes when they are used up."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from bridge.errors import AccessDenied, ConfigurationError, DestinationUnavailable
from bridge.stream.runner import MappingSettings, Pace
from tests.stream.rig import Rig, drive, failures, raising, returning, sizes


def poison(*bad: str) -> Callable[[list[str]], Any]:
    """Raises whenever one of these records is in the batch."""

    def answer(sequences: list[str]) -> Any:
        if set(bad) & set(sequences):
            raise RuntimeError
        return None

    return answer


def test_retries_never_end_by_default() -> None:
    rig = Rig()
    rig.write(1)
    rig.function.next_answers.extend([raising] * 200)
    stats = rig.run()
    assert stats.done == 1
    assert stats.retried == 200


def test_after_max_retries_the_batch_is_sent_away_and_the_shard_goes_on() -> None:
    rig = Rig()
    written = rig.write(4)
    rig.function.always = poison(written[0])
    stats = rig.run(batch_size=2, max_retries=3)
    assert rig.function.calls == [written[:2]] * 4 + [written[2:]]
    assert (stats.done, stats.given_up, stats.dropped) == (2, 2, 0)
    ((info, payload),) = rig.kept.sent
    assert info["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert info["requestContext"]["approximateInvokeCount"] == 4
    assert payload == rig.function.events[0]
    assert rig.saved() == {"shard-1": written[-1]}


def test_zero_retries_means_one_try() -> None:
    rig = Rig()
    rig.write(1)
    rig.function.always = raising
    assert rig.run(max_retries=0).batches == 1
    assert len(rig.kept.sent) == 1


def test_the_invocation_record_has_lambdas_shape() -> None:
    rig = Rig()
    first = rig.write(1)[0]
    rig.clock.advance(2)
    last = rig.write(1)[0]
    rig.function.always = raising
    rig.run(max_retries=0)
    info = dict(rig.kept.sent[0][0])
    request = info.pop("requestContext")
    assert request.pop("requestId")
    assert request == {
        "functionArn": "arn:aws:lambda:eu-central-1:123456789012:function:stream-bridge",
        "condition": "RetryAttemptsExhausted",
        "approximateInvokeCount": 1,
    }
    assert info == {
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": "2026-11-01T12:00:02.000Z",
        "DDBStreamBatchInfo": {
            "shardId": "shard-1",
            "startSequenceNumber": first,
            "endSequenceNumber": last,
            "approximateArrivalOfFirstRecord": "2026-11-01T12:00:00Z",
            "approximateArrivalOfLastRecord": "2026-11-01T12:00:02Z",
            "batchSize": 2,
            "streamArn": rig.stream.arn,
        },
    }


def test_only_what_was_not_done_is_given_up() -> None:
    rig = Rig()
    written = rig.write(4)
    rig.function.always = lambda sequences: failures(s for s in sequences if s == written[2])
    stats = rig.run(max_retries=1)
    ((info, _),) = rig.kept.sent
    assert info["DDBStreamBatchInfo"]["startSequenceNumber"] == written[2]
    assert info["DDBStreamBatchInfo"]["endSequenceNumber"] == written[3]
    assert info["responseContext"]["functionError"] is None
    assert (stats.done, stats.given_up) == (2, 2)


def test_a_checkpoint_that_moves_starts_the_retries_afresh() -> None:
    rig = Rig()
    rig.write(6)
    rig.function.next_answers.extend([raising, returning(1), raising, returning(2), raising])
    stats = rig.run(max_retries=1)
    assert stats.done == 6
    assert rig.kept.sent == []


def test_bisect_finds_one_poison_record_among_a_hundred() -> None:
    rig = Rig()
    written = rig.write(100)
    rig.function.always = poison(written[37])
    stats = rig.run(bisect=True, max_retries=0)
    assert (stats.done, stats.given_up) == (99, 1)
    assert [info["DDBStreamBatchInfo"]["startSequenceNumber"] for info, _ in rig.kept.sent] == [written[37]]


def test_splitting_uses_up_no_retries() -> None:
    rig = Rig()
    written = rig.write(8)
    rig.function.always = poison(written[0])
    rig.run(bisect=True, max_retries=2)
    assert sizes(rig.function.calls) == [8, 4, 2, 1, 1, 1, 1, 2, 4]


def test_without_bisect_a_batch_is_not_split() -> None:
    rig = Rig()
    written = rig.write(8)
    rig.function.always = poison(written[0])
    rig.run(max_retries=2)
    assert sizes(rig.function.calls) == [8, 8, 8]


def test_with_bisect_a_partial_response_splits_at_the_returned_number_and_uses_up_no_retry() -> None:
    rig = Rig()
    written = rig.write(8)
    rig.function.next_answers.append(returning(5))
    rig.run(bisect=True, max_retries=0)
    assert rig.function.calls == [written, written[5:]]
    assert rig.kept.sent == []


def test_with_bisect_a_returned_first_record_splits_the_batch_in_halves() -> None:
    rig = Rig()
    written = rig.write(4)
    rig.function.next_answers.append(returning(0))
    rig.run(bisect=True)
    assert rig.function.calls == [written, written[:2], written[2:]]


def test_records_older_than_the_limit_are_never_sent() -> None:
    rig = Rig()
    old = rig.write(2)
    rig.clock.advance(61)
    new = rig.write(2)
    stats = rig.run(max_record_age_s=60)
    assert rig.function.calls == [new]
    ((info, _),) = rig.kept.sent
    assert info["requestContext"]["condition"] == "RecordAgeExceeded"
    assert info["requestContext"]["approximateInvokeCount"] == 0
    assert info["responseContext"] is None
    assert info["DDBStreamBatchInfo"]["endSequenceNumber"] == old[-1]
    assert (stats.done, stats.given_up) == (2, 2)


def test_a_record_that_grows_too_old_while_it_is_retried_is_given_up() -> None:
    rig = Rig()
    rig.write(1)
    rig.function.always = raising
    stats = rig.run(max_record_age_s=60)
    assert stats.given_up == 1
    assert stats.batches > 1
    assert rig.kept.sent[0][0]["requestContext"]["condition"] == "RecordAgeExceeded"


class Broken:
    """A destination that refuses the first calls."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.sent: list[Mapping[str, Any]] = []

    def send(self, info: Mapping[str, Any], payload: Mapping[str, Any]) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.sent.append(info)


@pytest.mark.parametrize(
    "error", [DestinationUnavailable("down"), AccessDenied("s3:PutObject"), OSError("disk")]
)
def test_a_destination_that_fails_never_loses_the_batch(error: Exception) -> None:
    destination = Broken(*[error] * 5)
    rig = Rig(destination=destination)
    written = rig.write(3)
    rig.function.always = poison(written[0])
    runner = rig.runner(batch_size=1, max_retries=0)
    runner.step()
    assert "shard-1" not in rig.saved()
    stats = runner.run(until="caught_up")
    assert [info["DDBStreamBatchInfo"]["startSequenceNumber"] for info in destination.sent] == [written[0]]
    assert rig.function.handled == written
    assert (stats.destination_failed, stats.given_up, stats.done) == (5, 1, 2)


def test_without_a_destination_a_batch_is_dropped_counted_and_logged_as_an_error() -> None:
    rig = Rig()
    rig.destination = None
    written = rig.write(2)
    rig.function.always = poison(written[0])
    stats = rig.run(batch_size=1, max_retries=0)
    assert (stats.done, stats.given_up, stats.dropped) == (1, 1, 1)
    assert any("dropped" in line for line in rig.notes.at("error"))
    assert rig.notes.counts["runner_dropped"] == 1


def test_retries_wait_longer_and_longer_but_never_longer_than_the_cap() -> None:
    rig = Rig()
    rig.write(1)
    sent_at: list[float] = []

    def note(sequences: list[str]) -> Any:
        sent_at.append(rig.clock.monotonic())
        raise RuntimeError

    rig.function.next_answers.extend([note] * 60)
    rig.runner(pace=Pace(backoff_base_s=1, backoff_cap_s=8)).run(until="caught_up")
    waits = [later - earlier for earlier, later in itertools.pairwise(sent_at)]
    assert waits[0] <= 1
    assert max(waits) > 4
    assert max(waits) <= 8.001


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("batch_size", 0),
        ("batch_size", 10_001),
        ("window_s", -1),
        ("window_s", 301),
        ("parallelization_factor", 0),
        ("parallelization_factor", 11),
        ("max_retries", -2),
        ("max_retries", 10_001),
        ("max_record_age_s", 59),
        ("max_record_age_s", 604_801),
        ("max_payload_bytes", 6 * 1024 * 1024 + 1),
        ("starting_position", "AT_TIMESTAMP"),
    ],
)
def test_settings_that_lambda_would_refuse_are_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match=name):
        MappingSettings(**{name: value})  # type: ignore[arg-type]


def test_all_bad_settings_are_named_at_once_and_minus_one_means_without_end() -> None:
    with pytest.raises(ConfigurationError) as caught:
        MappingSettings(batch_size=0, window_s=301)
    assert len(caught.value.problems) == 2
    settings = MappingSettings(max_retries=-1, max_record_age_s=-1)
    assert settings.max_retries is None
    assert settings.max_record_age_s is None


def test_what_is_given_up_is_what_the_function_was_sent() -> None:
    rig = Rig()
    rig.stream.write("a", text="ü", amount=7)
    rig.function.always = raising
    rig.run(max_retries=0)
    assert json.loads(json.dumps(rig.kept.sent[0][1])) == rig.function.events[0]
    drive(rig.runner(), rig.clock, steps=2)
    assert len(rig.kept.sent) == 1
