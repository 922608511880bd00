"""Stopping: the batch in hand is finished, the rest is left for the next start."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bridge.errors import SourceUnavailable
from bridge.ports.clock import limit_here
from bridge.stream.runner import Pace
from tests.fakes.stores import MemoryFailureDestination
from tests.stream.rig import Rig, raising


def test_a_stop_in_mid_batch_finishes_that_batch_and_begins_no_other() -> None:
    rig = Rig()
    written = rig.write(6)
    runner = rig.runner(batch_size=2)

    def stop(sequences: list[str]) -> Any:
        runner.stop()
        return None

    rig.function.next_answers.extend([lambda sequences: None, stop])
    stats = runner.run()
    assert rig.function.calls == [written[:2], written[2:4]]
    assert (stats.done, stats.pending) == (4, 2)
    assert rig.saved() == {"shard-1": written[3]}


def test_after_a_stop_no_other_shard_begins_a_batch() -> None:
    rig = Rig()
    rig.stream.split("shard-1")
    rig.write(40)
    runner = rig.runner(batch_size=2)

    def stop_in_second_round(sequences: list[str]) -> Any:
        if len(rig.function.calls) == 3:
            runner.stop()
        return None

    rig.function.always = stop_in_second_round
    stats = runner.run()
    assert len(rig.function.calls) == 3
    assert (stats.done, stats.pending) == (6, 34)


def test_a_stop_waits_for_batches_on_other_threads_and_saves_them() -> None:
    rig = Rig()
    written = rig.write(2)
    go_on = threading.Event()
    runners: list[Any] = []

    def stopping(sequences: list[str]) -> Any:
        runners[0].stop()
        assert go_on.wait(20)
        return None

    rig.function.always = stopping
    with ThreadPoolExecutor(1) as executor:
        runners.append(rig.runner(executor=executor))
        loop = threading.Thread(target=runners[0].run)
        loop.start()
        go_on.set()
        loop.join(20)
    assert not loop.is_alive()
    assert rig.saved() == {"shard-1": written[1]}


def test_a_stop_does_not_wait_for_retries() -> None:
    rig = Rig()
    rig.write(1)
    runner = rig.runner()

    def stop(sequences: list[str]) -> Any:
        if len(rig.function.calls) == 3:
            runner.stop()
        return raising(sequences)

    rig.function.always = stop
    stats = runner.run()
    assert (stats.batches, stats.done, stats.pending) == (3, 0, 1)
    assert "shard-1" not in rig.saved()


def test_without_an_end_it_runs_until_it_has_been_idle_for_the_given_time() -> None:
    rig = Rig()
    rig.write(2)
    began_s = rig.clock.monotonic()
    stats = rig.runner().run(max_idle_s=30)
    assert stats.done == 2
    assert rig.clock.monotonic() - began_s == pytest.approx(30, abs=1)


def test_a_rest_is_never_so_long_that_a_stop_goes_unseen() -> None:
    rig = Rig()
    rig.run()
    rig.runner(window_s=300).run(max_idle_s=20)
    assert max(rig.clock.slept) <= 0.5


def test_caught_up_means_seen_twice_at_the_end_and_no_shard_unknown() -> None:
    rig = Rig()
    rig.write(1)
    runner = rig.runner()
    (child,) = rig.stream.split("shard-1", into=1)
    rig.write(1)
    runner.run(until="caught_up")
    assert rig.stream.reads.count(child) >= 3
    assert runner.caught_up
    rig.write(1)
    assert runner.run(until="caught_up").done == 3


def test_the_counts_agree_with_each_other() -> None:
    rig = Rig()
    written = rig.write(9)

    def fail_one(sequences: list[str]) -> Any:
        return raising(sequences) if written[4] in sequences else None

    rig.function.always = fail_one
    stats = rig.run(
        batch_size=2, max_retries=1, filters=[lambda shaped: shaped["dynamodb"]["Keys"]["id"]["S"] != "k1"]
    )
    assert stats.records_read == stats.filtered + stats.done + stats.given_up + stats.pending == 9
    assert rig.notes.counts["runner_done"] == stats.done
    assert rig.notes.counts["runner_given_up"] == stats.given_up
    assert stats.positions == rig.saved()
    assert sum(report.done for report in rig.reports) == stats.done


def test_a_read_that_hangs_ends_with_its_time_and_is_tried_again() -> None:
    """Four tries of ten seconds, as botocore makes them, are longer than a stop may take."""
    rig, limits = Rig(), []

    def read(iterator: str, limit: int) -> Any:
        until = limit_here()
        limits.append(None if until is None else until.remaining_s())
        raise SourceUnavailable("no answer in the time that was left")

    rig.stream.read = read  # type: ignore[method-assign]
    runner = rig.runner(pace=Pace(read_timeout_s=8.0))
    runner.step()
    rig.clock.advance(60)
    runner.step()
    assert limits == [8.0, 8.0]
    assert limit_here() is None


def test_the_on_failure_destination_has_the_time_of_the_function() -> None:
    limits = []

    class Destination(MemoryFailureDestination):
        def send(self, info: Any, payload: Any) -> None:
            limit = limit_here()
            limits.append(None if limit is None else limit.remaining_s())
            super().send(info, payload)

    rig = Rig(destination=Destination())
    rig.write(1)
    rig.function.always = raising
    rig.runner(max_retries=0, pace=Pace(function_timeout_s=20.0)).run(until="caught_up")
    assert limits == [20.0]
