"""Stopping: the batch in hand is finished, the rest is left for the next start."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from typing import Any

import pytest

from bridge.errors import SourceUnavailable, TargetMissing
from bridge.ports.clock import limit_here
from bridge.stream import runner as module
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


def test_an_idle_time_ends_at_exactly_its_length() -> None:
    rig = Rig()
    runner = rig.runner(pace=Pace(poll_s=0.25))
    runner.step()
    rig.clock.advance(29.75)
    runner.step()
    rig.clock.advance(0.25)
    assert runner._over("stopped", 30.0)
    assert not runner._over("stopped", 30.001)


def test_a_record_that_comes_begins_the_idle_time_anew() -> None:
    rig = Rig()
    began_s = rig.clock.monotonic()
    wrote: list[float] = []

    def write_once(shard_id: str) -> None:
        if rig.clock.monotonic() - began_s > 20 and not wrote:
            wrote.append(rig.clock.monotonic())
            rig.write(1)

    rig.stream.before_read = write_once
    rig.runner().run(max_idle_s=30)
    assert rig.clock.monotonic() - wrote[0] >= 30


def test_a_report_and_a_log_line_say_which_records_how_often_and_how_long() -> None:
    rig = Rig()
    written = rig.write(2)

    def slow(sequences: list[str]) -> Any:
        rig.clock.advance(1.5)
        return raising(sequences) if len(rig.function.calls) < 3 else None

    rig.function.always = slow
    rig.run()
    assert [report.invocation for report in rig.reports] == [1, 2, 3]
    assert [report.duration_ms for report in rig.reports] == [1_500] * 3
    assert {(report.first, report.last, report.records) for report in rig.reports} == {
        (written[0], written[1], 2)
    }
    logged = [fields for level, _, fields in rig.notes.lines if level == "warning"]
    assert [fields["error"] for fields in logged] == ["RuntimeError"] * 2


def test_a_batch_that_comes_again_without_an_error_is_logged_without_one() -> None:
    rig = Rig()
    rig.write(2)
    rig.function.next_answers.append(
        lambda sequences: {"batchItemFailures": [{"itemIdentifier": sequences[0]}]}
    )
    rig.run()
    (fields,) = [fields for level, _, fields in rig.notes.lines if level == "warning"]
    assert "error" not in fields


def test_a_destination_that_is_down_is_logged_as_an_error_with_its_text() -> None:
    class Down(MemoryFailureDestination):
        failing = 1

        def send(self, info: Any, payload: Any) -> None:
            if self.failing:
                self.failing = 0
                raise SourceUnavailable("no queue")
            super().send(info, payload)

    rig = Rig(destination=Down())
    rig.write(1)
    rig.function.always = raising
    rig.run(max_retries=0)
    (fields,) = [fields for _, text, fields in rig.notes.lines if "did not take a batch" in text]
    assert "no queue" in str(fields["error"])


def test_request_ids_are_random_uuids_of_all_bits() -> None:
    rig = Rig()
    rig.write(40)
    rig.runner(batch_size=1).run(until="caught_up")
    ids = [uuid.UUID(context.aws_request_id) for context in rig.function.contexts]
    assert len(set(ids)) == 40
    assert {each.version for each in ids} == {4}
    assert {each.variant for each in ids} == {uuid.RFC_4122}
    assert any(each.int >> 127 for each in ids), "the first bit is drawn too"


def test_a_rest_is_at_least_so_long_that_every_clock_moves() -> None:
    rig = Rig()
    runner = rig.runner(pace=Pace(poll_s=0.000_001))
    runner.step()
    pauses = [runner.step() for _ in range(3)]
    assert min(pause for pause in pauses if pause) >= 0.001


def test_an_exception_that_is_no_error_ends_the_run_also_from_another_thread() -> None:
    class Interrupt(BaseException):
        """Such as a KeyboardInterrupt."""

    rig = Rig()
    rig.write(1)

    def interrupt(sequences: list[str]) -> Any:
        raise Interrupt

    rig.function.always = interrupt
    with ThreadPoolExecutor(1) as executor, pytest.raises(Interrupt):
        rig.runner(executor=executor).run(until="caught_up")


def test_an_error_in_the_loop_waits_for_the_batches_in_work_and_counts_them() -> None:
    rig = Rig()
    rig.write(1)
    go_on = threading.Event()

    def finish_late(sequences: list[str]) -> Any:
        assert go_on.wait(20)

    def fail(shard_id: str) -> None:
        if rig.function.calls:
            threading.Timer(0.05, go_on.set).start()
            raise TargetMissing("no stream")

    rig.function.always = finish_late
    rig.stream.before_read = fail
    with ThreadPoolExecutor(1) as executor:
        runner = rig.runner(executor=executor)
        with pytest.raises(TargetMissing):
            runner.run()
        assert runner.stats().done == 1


def test_while_a_batch_is_in_work_it_rests_until_the_batch_or_the_next_round(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It neither sleeps past an answer nor asks without a pause."""
    rig, waits = Rig(), []
    rig.write(1)
    go_on = threading.Event()

    def waiting(futures: Any, timeout: float | None = None, **how: Any) -> Any:
        if timeout is not None:
            waits.append(timeout)
            rig.clock.advance(timeout)
            if len(waits) == 3:
                go_on.set()
                timeout = 20.0
        return wait_for(futures, 0.0 if timeout is not None and len(waits) < 3 else timeout, **how)

    monkeypatch.setattr(module, "wait", waiting)
    rig.function.always = lambda sequences: None if go_on.wait(20) else raising(sequences)
    with ThreadPoolExecutor(1) as executor:
        assert rig.runner(executor=executor).run(until="caught_up").done == 1
    assert len(waits) >= 3
    assert 0 < max(waits) <= 0.5
