"""A distributed reconciliation says and does what one machine does, however its workers end."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from bridge.errors import (
    AccessDenied,
    BatchError,
    BridgeError,
    CheckpointUnavailable,
    ConfigurationError,
    Problem,
    ReconcileStopped,
    SourceUnavailable,
    TargetMissing,
)
from bridge.reconcile.distributed import LEASE_S
from tests.fakes.state_machine import Execution
from tests.lambdas.reconcile.rig import Distributed, Fate
from tests.reconcile.rig import Rig, lossy, opts

OF_THE_RUN = ("run", "started", "ended", "duration_s", "cost", "last_complete", "history", "limits")
SEEDS = range(6)


def findings(report: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in report.items() if name not in OF_THE_RUN}


def published(rig: Rig) -> set[tuple[str, str, str]]:
    return {
        (event["type"], event["subject"], json.dumps(event["data"], sort_keys=True)) for event in rig.events
    }


def check_ids(rig: Rig) -> None:
    """An event that came twice is the same event."""
    by_id: dict[str, Any] = {}
    for event in rig.events:
        assert by_id.setdefault(event["id"], event) == event


def alone(segments: int) -> tuple[dict[str, Any], set[tuple[str, str, str]]]:
    rig = lossy()
    return findings(rig.execute(segments=segments)), published(rig)


# --- the same as on one machine ------------------------------------------------------------------


@pytest.mark.parametrize("segments", [1, 4, 32])
def test_the_report_and_the_events_are_those_of_one_machine(segments: int) -> None:
    report, events = alone(segments)
    ours = Distributed(lossy(), opts(segments=segments))
    done = ours.run()
    assert done.status == "SUCCEEDED", (done.error, done.cause)
    assert findings(ours.report) == report
    assert published(ours.rig) == events
    assert len(ours.rig.events) == 30
    assert ours.telemetry.counts["ReconciliationsCompleted"] == 1
    assert ours.telemetry.counts["ChangesReemitted"] == 30
    again = ours.run()
    assert (again.status, ours.report["differing"], len(ours.rig.events)) == ("SUCCEEDED", 0, 30)


@pytest.mark.parametrize("segments", [1, 4, 32])
@pytest.mark.parametrize("seed", SEEDS)
def test_so_they_are_when_workers_are_killed_cut_short_and_called_twice(segments: int, seed: int) -> None:
    report, events = alone(segments)
    fate = Fate(seed, chance=0.4)
    ours = Distributed(
        lossy(), opts(segments=segments), fate, time_is_short=seed % 2 == 1, doubled=0.2 if seed % 3 else 0.0
    )
    done = ours.start().finish()
    for _ in range(50):
        if done.status == "SUCCEEDED":
            break
        done = again(ours, done, seed)
    assert done.status == "SUCCEEDED", (done.error, done.cause)
    assert fate.kills > 0
    assert findings(ours.report) == report
    assert published(ours.rig) == events
    check_ids(ours.rig)
    fate.chance = 0.0
    ours.run()
    assert (ours.report["differing"], published(ours.rig)) == (0, events)


def again(ours: Distributed, done: Execution, seed: int) -> Execution:
    """A person redrives, or starts anew once the lease of a dead one is over."""
    if seed % 2:
        return done.redrive().finish()
    ours.rig.clock.advance(4_000)
    return ours.run()


# --- stopping, starting again, redriving ---------------------------------------------------------


def test_a_machine_that_is_stopped_anywhere_is_redriven_or_started_again_and_goes_on_with_the_same_run() -> (
    None
):
    report, events = alone(4)
    whole = sum(1 for _ in steps_of(Distributed(lossy(), opts(segments=4))))
    runs = []
    for at in range(2, whole, 3):
        ours = Distributed(lossy(), opts(segments=4))
        stopped = ours.start()
        for _ in range(at):
            stopped.step()
        stopped.stop()
        state = ours.rig.reconciler.status()
        assert state is not None
        if at % 2:
            done = stopped.redrive().finish()
        else:
            assert ours.run().visited[-1] == "Held", "the lease of the stopped one lasts"
            done = ours.run(take_over=True)
        assert done.status == "SUCCEEDED", (at, done.error, done.cause)
        assert findings(ours.report) == report
        assert ours.report["run"] == state.run
        assert (len(ours.rig.events), published(ours.rig)) == (30, events)
        runs.append(state.run)
    assert len(runs) > 3


def steps_of(ours: Distributed) -> Iterator[None]:
    going = ours.start()
    while going.status == "RUNNING":
        going.step()
        yield


def test_what_failed_for_want_of_a_service_goes_on_when_it_is_redriven() -> None:
    report, events = alone(4)
    ours = Distributed(lossy(), opts(segments=4))
    down = True
    ours.rig.source.fail = lambda operation, call: (
        SourceUnavailable("throttled") if down and operation == "read" and call > 5 else None
    )
    done = ours.run()
    assert (done.status, done.visited[-1]) == ("FAILED", "Stop")
    assert done.error == "ReconcileStopped"
    assert "interrupted" in done.cause
    assert ours.report["stopped"] == "interrupted"
    assert ours.report["complete"] is False
    run = ours.report["run"]
    down = False
    assert done.redrive().finish().status == "SUCCEEDED"
    assert findings(ours.report) == report
    assert (ours.report["run"], published(ours.rig)) == (run, events)
    assert ours.telemetry.counts["ReconciliationsStopped"] == 1


@pytest.mark.parametrize("step", ["plan", "look", "looked", "confirm", "emit", "report"])
@pytest.mark.parametrize(
    "error",
    [
        TargetMissing("event bus stream-bridge does not exist"),
        AccessDenied("events:DescribeEventBus is denied"),
        ConfigurationError([Problem("bridge.yaml", 1, 1, "version", "is no version")]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_worker_that_can_never_start_is_not_asked_again_for_minutes(step: str, error: BridgeError) -> None:
    """Its bus is gone, its role lacks an action, its configuration is broken: from ``step`` on it does not
    come as far as the step, and neither does ``stop``."""
    ours = Distributed(lossy(), opts(segments=2), concurrency=1)
    invoke, calls, broken = ours.invoke, Counter[str](), False

    def worker(event: Any) -> Any:
        nonlocal broken
        broken = broken or event["step"] == step
        calls[event["step"]] += broken
        if broken:
            raise error
        return invoke(event)

    going = ours.start()
    going.invoke = worker
    began_s = ours.rig.clock.now()
    done = going.finish()
    assert done.status == "FAILED"
    assert (done.error, done.cause) == (type(error).__name__, str(error))
    assert +calls == ({"plan": 1} if step == "plan" else {step: 1, "stop": 1})
    assert ours.rig.clock.now() - began_s <= opts().grace_s
    broken, step = False, ""
    assert done.redrive().finish().status == "SUCCEEDED", "redriven once it is fixed"
    assert len(ours.rig.events) == 30


def test_a_run_that_is_a_day_old_is_begun_anew() -> None:
    ours = Distributed(lossy(), opts(segments=4))
    stopped = ours.start()
    for _ in range(8):
        stopped.step()
    stopped.stop()
    state = ours.rig.reconciler.status()
    ours.rig.clock.advance(21 * 3_600)
    assert ours.run().status == "SUCCEEDED"
    assert state is not None
    assert ours.report["run"] != state.run
    assert len(ours.rig.events) == 30


# --- two at once ---------------------------------------------------------------------------------


@pytest.mark.parametrize("at", [2, 4, 12, 20])
def test_a_schedule_that_fires_twice_starts_one_that_works_and_one_that_says_who_does(at: int) -> None:
    _, events = alone(4)
    ours = Distributed(lossy(), opts(segments=4))
    first, second = ours.start(), ours.start()
    for _ in range(at):
        first.step()
    second.finish()
    assert (second.status, second.visited) == ("SUCCEEDED", ["Plan", "Begin", "Held"])
    assert "execution-1" in second.output["message"]
    assert first.finish().status == "SUCCEEDED"
    assert (len(ours.rig.events), published(ours.rig)) == (30, events)


def test_the_lease_lasts_while_a_long_grace_is_waited_for() -> None:
    ours = Distributed(lossy(), opts(segments=4, grace_s=4 * 3_600.0))
    first, others = ours.start(), []

    def wait(seconds: float) -> None:
        ours.rig.clock.advance(seconds - 60)
        others.append(ours.run())
        ours.rig.clock.advance(60)

    first.sleep = wait
    assert first.finish().status == "SUCCEEDED"
    assert [each.visited[-1] for each in others] == ["Held"]
    assert len(ours.rig.events) == 30


@pytest.mark.parametrize("at", [4, 12, 20])
def test_an_execution_that_another_took_over_from_ends_without_a_failure_and_without_harm(at: int) -> None:
    _, events = alone(4)
    ours = Distributed(lossy(), opts(segments=4))
    first = ours.start()
    for _ in range(at):
        first.step()
    assert ours.run(take_over=True).status == "SUCCEEDED"
    first.finish()
    assert (first.status, first.visited[-1]) == ("SUCCEEDED", "Held")
    assert (len(ours.rig.events), published(ours.rig)) == (30, events)


def test_of_two_calls_for_one_segment_the_earlier_stops_before_its_next_write() -> None:
    rig = lossy()
    ours = Distributed(rig, opts(segments=1))
    ticket = ours.steps.plan("one", {})["ticket"]
    event = {"step": "look", "ticket": ticket, "phase": "table", "segment": 0}
    pages = 0

    def later_call() -> None:
        nonlocal pages
        pages += 1
        if pages == 1:
            assert ours.invoke(event) == {"outcome": "done"}

    page = rig.source.page

    def slow_page(segment: int, segments: int, start: Any, *, consistent: bool = False) -> Any:
        read = page(segment, segments, start, consistent=consistent)
        later_call()
        return read

    rig.source.page = slow_page  # type: ignore[method-assign]
    assert ours.invoke(event) == {"outcome": "more"}
    assert ours.invoke({"step": "looked", "ticket": ticket, "phase": "table"}) == {"outcome": "done"}
    assert ours.invoke(event) == {"outcome": "done"}


# --- stops ---------------------------------------------------------------------------------------


def test_a_table_that_its_ledger_never_saw_is_reported_and_nothing_is_sent() -> None:
    rig = Rig()
    for number in range(20):
        rig.live(f"u{number}", {"name": "x"}, lost=True)
    ours = Distributed(rig, opts(segments=4))
    done = ours.run()
    assert (done.status, done.error) == ("FAILED", "ReconcileStopped")
    assert "first_contact" in done.cause
    assert "stream-bridge seed" in done.cause
    assert (ours.report["stopped"], rig.events) == ("first_contact", [])
    rig.execute("seed")
    assert ours.run().status == "SUCCEEDED"
    assert ours.report["matching"] == 20


def test_after_a_stop_that_resuming_cannot_fix_the_next_execution_compares_everything_again() -> None:
    rig = Rig()
    for number in range(20):
        rig.live(f"u{number}", {"name": "x"}, lost=True)
    ours = Distributed(rig, opts(segments=4))
    assert ours.run().status == "FAILED"
    for number in range(20):
        rig.live(f"u{number}", {"name": "x"})
    assert ours.run().status == "SUCCEEDED"
    assert (ours.report["matching"], rig.events) == (20, [])


@pytest.mark.parametrize("phase", ["table", "ledger"])
def test_of_a_scan_that_is_not_complete_nothing_is_concluded(phase: str) -> None:
    ours = Distributed(lossy(), opts(segments=2), time_is_short=True)
    ticket = ours.steps.plan("one", {})["ticket"]

    def call(step: str, phase: str, **more: int) -> str:
        return str(ours.invoke({"step": step, "ticket": ticket, "phase": phase, **more})["outcome"])

    if phase == "ledger":
        for segment in range(2):
            while call("look", "table", segment=segment) == "more":
                pass
        assert call("looked", "table") == "done"
    while call("look", phase, segment=0) == "more":
        pass
    assert call("look", phase, segment=1) == "more"
    assert call("looked", phase) == "stopped"
    assert ours.invoke({"step": "confirm", "ticket": ticket}) == {"outcome": "done"}
    state = ours.rig.reconciler.status()
    assert state is not None
    assert state.phase == phase


@pytest.mark.parametrize("limit", [{"max_emit": 29}, {"max_removes": 9}])
def test_over_a_limit_nothing_is_sent_until_somebody_allows_it(limit: dict[str, int]) -> None:
    ours = Distributed(lossy(), opts(segments=4, **limit))
    done = ours.run()
    assert done.status == "FAILED"
    assert "too_much_to_emit" in done.cause
    assert ours.rig.events == []
    run, looks = ours.report["run"], ours.calls.count("look")
    assert ours.run(max_emit=30, max_removes=10).status == "SUCCEEDED"
    assert len(ours.rig.events) == 30
    assert (ours.report["run"], ours.calls.count("look")) == (run, looks), "it was not scanned again"


def test_a_stream_that_lags_is_waited_for_and_then_the_run_stops() -> None:
    ours = Distributed(lossy(), opts(segments=4))
    ours.rig.lag.value_s = 3_000.0
    began_s = ours.rig.clock.now()
    done = ours.run()
    assert done.status == "FAILED"
    assert "stream_behind" in done.cause
    assert 3_600 < ours.rig.clock.now() - began_s < 2 * 3_600
    assert ours.rig.events == []
    ours.rig.lag.value_s = 0.0
    assert done.redrive().finish().status == "SUCCEEDED"
    assert len(ours.rig.events) == 30


def test_a_change_that_the_stream_brings_within_the_grace_is_not_re_emitted() -> None:
    ours = Distributed(lossy(), opts(segments=4, grace_s=900.0))
    going = ours.start()
    while "Confirm" not in going.visited:
        going.step()
    ours.rig.live("u00", {"name": "changed"})
    assert going.finish().status == "SUCCEEDED"
    assert (ours.report["in_flight"], len(ours.rig.events)) == (1, 29)


def looked(ours: Distributed) -> dict[str, Any]:
    """The ticket of a run of one segment that has compared everything."""
    ticket: dict[str, Any] = ours.steps.plan("one", {})["ticket"]
    for phase in ("table", "ledger"):
        while ours.invoke(look(ticket, phase))["outcome"] == "more":
            pass
        ours.invoke({"step": "looked", "ticket": ticket, "phase": phase})
    return ticket


def look(ticket: Any, phase: str) -> dict[str, Any]:
    return {"step": "look", "ticket": ticket, "phase": phase, "segment": 0}


def stop(ticket: Any) -> dict[str, Any]:
    return {"step": "stop", "execution": {}, "at": {"ticket": ticket, "error": {"Error": "Timeout"}}}


def ended(ours: Distributed, tickets: list[Any] | None = None) -> tuple[dict[str, Any], Any]:
    """The ticket of a run that has ended, and the answer of its report."""
    ticket = looked(ours)
    if tickets is not None:
        tickets.append(ticket)
    ours.rig.clock.advance(opts().grace_s + 1)
    for step in ("confirm", "emit"):
        while (answer := ours.invoke({"step": step, "ticket": ticket}))["outcome"] != "done":
            ours.rig.clock.advance(answer.get("wait_s", 0))
    return ticket, ours.invoke({"step": "report", "ticket": ticket})


def test_a_report_that_is_asked_for_twice_counts_its_metrics_once() -> None:
    ours = Distributed(lossy(), opts(segments=1))
    ticket, first = ended(ours)
    assert ours.invoke({"step": "report", "ticket": ticket}) == first
    assert first["outcome"] == "done"
    names = ("ReconciliationsCompleted", "ChangesReemitted", "ChangesMissed")
    assert [ours.telemetry.counts[name] for name in names] == [1, 30, 30]


def test_a_report_that_fails_while_it_cleans_up_has_counted_its_metrics_once() -> None:
    ours = Distributed(lossy(), opts(segments=1))
    remove, failures = ours.rig.store.remove, [CheckpointUnavailable("throttled")]
    tickets: list[Any] = []

    def failing(prefix: str, lease: Any) -> None:
        if prefix.endswith("/look/") and failures:
            raise failures.pop()
        remove(prefix, lease)

    ours.rig.store.remove = failing  # type: ignore[method-assign]
    with pytest.raises(CheckpointUnavailable):
        ended(ours, tickets)
    assert ours.invoke({"step": "report", "ticket": tickets[0]})["outcome"] == "done"
    assert ours.telemetry.counts["ReconciliationsCompleted"] == 1


def test_a_stop_after_the_end_leaves_a_complete_run_complete() -> None:
    ours = Distributed(lossy(), opts(segments=1))
    ticket, first = ended(ours)
    assert ours.invoke(stop(ticket)) == first
    assert (ours.report["complete"], ours.report["stopped"]) == (True, "")
    state = ours.rig.reconciler.status()
    assert state is not None
    assert state.stopped == ""
    assert ours.telemetry.counts.get("ReconciliationsStopped", 0) == 0


def test_a_stop_that_is_repeated_fails_the_execution_again_and_counts_once() -> None:
    ours = Distributed(lossy(), opts(segments=1))
    ticket = looked(ours)
    for _ in range(2):
        with pytest.raises(ReconcileStopped, match="interrupted"):
            ours.invoke(stop(ticket))
    assert ours.telemetry.counts["ReconciliationsStopped"] == 1


def meanwhile(ours: Distributed, name: str, act: Callable[[], Any]) -> list[Any]:
    """``act`` happens just before the document ``name`` is written, once; its results."""
    put = ours.rig.store.put
    results: list[Any] = []

    def slow(written: str, document: Any, lease: Any) -> None:
        if written.endswith(name) and not results:
            results.append(None)
            results[:] = [act()]
        put(written, document, lease)

    ours.rig.store.put = slow  # type: ignore[method-assign, assignment]
    return results


@pytest.mark.parametrize("name", ["/stop", "/run", "/report"])
def test_a_stop_that_runs_twice_at_once_fails_the_execution_in_both_calls_and_counts_once(name: str) -> None:
    ours = Distributed(lossy(), opts(segments=1))
    ticket = looked(ours)

    def other() -> None:
        with pytest.raises(ReconcileStopped, match="interrupted: Timeout"):
            ours.invoke(stop(ticket))

    happened = meanwhile(ours, name, other)
    with pytest.raises(ReconcileStopped, match="interrupted: Timeout"):
        ours.invoke(stop(ticket))
    assert happened
    assert ours.telemetry.counts["ReconciliationsStopped"] == 1


@pytest.mark.parametrize("name", ["/run", "/report"])
def test_a_report_that_runs_twice_at_once_is_answered_in_both_calls_and_counts_once(name: str) -> None:
    ours = Distributed(lossy(), opts(segments=1))
    ticket = looked(ours)
    ours.rig.clock.advance(opts().grace_s + 1)
    for step in ("confirm", "emit"):
        while (answer := ours.invoke({"step": step, "ticket": ticket}))["outcome"] != "done":
            ours.rig.clock.advance(answer.get("wait_s", 0))
    report = {"step": "report", "ticket": ticket}
    happened = meanwhile(ours, name, lambda: ours.invoke(report))
    assert [ours.invoke(report)] == happened
    assert happened[0]["outcome"] == "done"
    assert ours.telemetry.counts["ReconciliationsCompleted"] == 1


def test_a_look_in_flight_does_not_hold_the_table_after_the_run_was_stopped() -> None:
    ours = Distributed(lossy(), opts(segments=1))
    ticket = ours.steps.plan("one", {})["ticket"]
    page = ours.rig.source.page
    stopped: list[bool] = []

    def slow_page(*given: Any, **more: Any) -> Any:
        read = page(*given, **more)
        if not stopped:
            stopped.append(True)
            ours.rig.clock.advance(LEASE_S / 2)  # the lease would be renewed now
            with pytest.raises(ReconcileStopped, match="interrupted: Timeout"):
                ours.invoke(stop(ticket))
        return read

    ours.rig.source.page = slow_page  # type: ignore[method-assign]
    assert ours.invoke(look(ticket, "table"))["outcome"] == "held"
    assert ours.run().status == "SUCCEEDED", "the next execution begins at once"


def test_a_plan_sends_nothing() -> None:
    ours = Distributed(lossy(), opts(segments=4))
    assert ours.run(mode="plan").status == "SUCCEEDED"
    assert (ours.rig.events, sum(ours.report["missed"].values())) == ([], 30)


@pytest.mark.parametrize(
    ("given", "published"),
    [
        ({"max_emits": 3}, "max_emits is not one of"),
        ({"max_emit": "3"}, "max_emit is a whole number"),
        ({"mode": "backfill"}, "mode is plan or run"),
        ({"take_over": 1}, "take_over is true or false"),
        ({"table": "orders"}, "is for table orders, this function for users"),
    ],
)
def test_an_input_that_is_not_understood_fails_before_anything_is_done(
    given: dict[str, Any], published: str
) -> None:
    ours = Distributed(lossy())
    done = ours.run(**given)
    assert (done.status, done.visited) == ("FAILED", ["Plan"])
    assert published in done.cause
    assert ours.calls == ["plan"], "nor is it tried again"
    assert ours.rig.reconciler.status() is None


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ({}, "names no step"),
        ([], "names no step"),
        ({"step": 3}, "names no step"),
        ({"step": "dance", "ticket": None}, "holds no ticket"),
    ],
)
def test_another_event_is_refused(event: Any, why: str) -> None:
    with pytest.raises((BatchError, ReconcileStopped), match=why):
        Distributed(lossy()).invoke(event)


# --- large -----------------------------------------------------------------------------------------


def test_between_states_goes_little_however_many_segments_and_suspects_there_are() -> None:
    ours = Distributed(lossy(), opts(segments=256), concurrency=40)
    done = ours.run()
    assert done.status == "SUCCEEDED"
    assert max(done.payloads) < 4_000


@pytest.mark.parametrize(("segments", "concurrency", "each"), [(8, 4, 50.0), (2, 4, 100.0), (8, 1, 200.0)])
def test_segments_that_are_read_side_by_side_share_the_rate(
    segments: int, concurrency: int, each: float
) -> None:
    """A page of a thousand units, at 200 a second for all of them."""
    ours = Distributed(lossy(), opts(segments=segments, max_rcu=200.0))
    planned = ours.steps.plan("one", {}, concurrency)
    page = ours.rig.source.page
    ours.rig.source.page = lambda *at, **how: replace(page(*at, **how), units=1_000.0, next=None)  # type: ignore[method-assign]
    began_s = ours.rig.clock.now()
    ours.invoke({"step": "look", "ticket": planned["ticket"], "phase": "table", "segment": 0})
    assert ours.rig.clock.now() - began_s == pytest.approx(1_000 / each - 1)


def test_a_function_that_is_cut_off_in_every_call_gets_on_all_the_same() -> None:
    """Lambda ends each call for the only segment somewhere in its first pages."""
    report, events = alone(1)
    ours = Distributed(lossy(), opts(segments=1), Fate(3, chance=1.0, within=60), mortal_step="look")
    done = ours.start().finish()
    for _ in range(200):
        if done.status == "SUCCEEDED":
            break
        done = done.redrive().finish()
    assert done.status == "SUCCEEDED"
    assert ours.fate.kills >= 10
    assert findings(ours.report) == report
    assert published(ours.rig) == events
