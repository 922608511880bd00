"""Batches: how many records, how many bytes, how long they wait, and which records never come."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from bridge.core.records.dialect import STREAM
from bridge.stream.mapping.batch import payload_bytes
from bridge.stream.mapping.intake import Intake
from tests.builders.records import STREAM_ARN, record
from tests.stream.rig import Rig, drive, sizes


def test_a_batch_has_at_most_batch_size_records() -> None:
    rig = Rig()
    rig.write(7)
    rig.run(batch_size=3)
    assert sizes(rig.function.calls) == [3, 3, 1]


def test_without_a_window_what_is_there_goes_at_once() -> None:
    rig = Rig()
    rig.write(2)
    rig.runner(batch_size=100).step()
    assert sizes(rig.function.calls) == [2]


def test_with_a_window_records_wait_for_a_full_batch_or_the_end_of_the_window() -> None:
    rig = Rig()
    runner = rig.runner(batch_size=4, window_s=10)
    rig.write(2)
    runner.step()
    rig.clock.advance(9)
    rig.write(1)
    runner.step()
    assert rig.function.calls == []
    rig.clock.advance(1)
    runner.step()
    assert sizes(rig.function.calls) == [3]
    rig.write(4)
    rig.clock.advance(0.5)
    runner.step()
    assert sizes(rig.function.calls) == [3, 4]


def test_a_drained_shard_does_not_wait_for_the_window() -> None:
    rig = Rig()
    rig.write(2)
    rig.stream.close("shard-1")
    runner = rig.runner(batch_size=100, window_s=300)
    runner.step()
    runner.step()  # the end is read a second time before it is believed
    assert sizes(rig.function.calls) == [2]


def test_a_runner_with_a_window_says_when_it_wants_to_be_called_again() -> None:
    rig = Rig()
    rig.write(1)
    runner = rig.runner(window_s=5)
    began_s = rig.clock.monotonic()
    pause_s = runner.step()
    while not rig.function.calls:
        rig.clock.advance(pause_s)
        pause_s = runner.step()
    assert rig.clock.monotonic() - began_s == pytest.approx(5)


def test_the_payload_never_exceeds_its_limit() -> None:
    rig = Rig()
    for index in range(20):
        rig.stream.write(f"k{index}", text="x" * (index * 37 % 300))
    rig.run(max_payload_bytes=2_000)
    assert len(rig.function.calls) > 1
    for event in rig.function.events:
        assert len(json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()) <= 2_000


def test_the_payload_is_measured_as_it_is_sent() -> None:
    records = [record(after={"id": "a", "text": "äöü€", "b": b"\x00\xff"}, seq=seq) for seq in (9, 10, 11)]
    intake = Intake(STREAM, STREAM_ARN, "shard-1")
    ready = [intake.take(intake.shape(one), read_s=0) for one in records]
    event = {"Records": [intake.shape(one) for one in records]}
    assert payload_bytes(ready) == len(json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode())
    assert payload_bytes([]) == len(b'{"Records":[]}')


def test_a_batch_may_fill_the_payload_to_the_last_byte() -> None:
    rig = Rig()
    rig.write(2)
    runner = rig.runner()
    runner.step()
    exact = len(json.dumps(rig.function.events[0], separators=(",", ":")).encode())
    rig.checkpoints.streams.clear()
    rig.run(max_payload_bytes=exact)
    rig.checkpoints.streams.clear()
    rig.run(max_payload_bytes=exact - 1)
    assert sizes(rig.function.calls) == [2, 2, 1, 1]


def test_a_record_over_the_payload_limit_goes_alone_instead_of_being_lost() -> None:
    rig = Rig()
    expected = [rig.stream.write("a"), rig.stream.write("b", text="x" * 3_000), rig.stream.write("c")]
    rig.run(max_payload_bytes=1_000)
    assert rig.function.calls == [[sequence] for sequence in expected]


def test_records_that_no_filter_wants_never_reach_the_function_and_count_as_done() -> None:
    rig = Rig()
    written = rig.write(6)

    def only(key: str) -> object:
        return lambda shaped: shaped["dynamodb"]["Keys"]["id"] == {"S": key}

    stats = rig.run(filters=[only("k1"), only("k4")])
    assert rig.function.handled == [written[1], written[4]]
    assert (stats.filtered, stats.done, stats.records_read) == (4, 2, 6)
    assert rig.saved() == {"shard-1": written[-1]}


def test_filtered_records_do_not_fill_a_batch() -> None:
    rig = Rig()
    rig.write(10)
    rig.run(batch_size=5, filters=[lambda shaped: shaped["dynamodb"]["Keys"]["id"]["S"] in ("k0", "k9")])
    assert sizes(rig.function.calls) == [2]


def test_filters_see_the_record_as_lambda_shapes_it() -> None:
    rig = Rig()
    rig.stream.append(record(after={"id": "a", "b": b"\x01"}))
    seen: list[Mapping[str, Any]] = []

    def look(shaped: Mapping[str, Any]) -> bool:
        seen.append(shaped)
        return True

    rig.run(filters=[look])
    assert seen == rig.function.events[0]["Records"]
    assert seen[0]["dynamodb"]["NewImage"]["b"] == {"B": "AQ=="}


def test_each_invocation_reports_the_age_of_its_newest_record() -> None:
    rig = Rig()
    rig.write(1)
    rig.clock.advance(30)
    rig.write(1)
    rig.clock.advance(5)
    stats = rig.run()
    assert [report.iterator_age_ms for report in rig.reports] == [5_000]
    assert stats.iterator_age_ms == 5_000


def test_the_function_gets_a_context_that_counts_down() -> None:
    rig = Rig()
    rig.write(1)
    drive(rig.runner(), rig.clock, steps=1)
    (context,) = rig.function.contexts
    assert context.get_remaining_time_in_millis() == 900_000
    rig.clock.advance(899.5)
    assert context.get_remaining_time_in_millis() == 500
    assert context.invoked_function_arn == "arn:aws:lambda:eu-central-1:123456789012:function:stream-bridge"
    assert context.function_name == "stream-bridge"
    assert context.aws_request_id
