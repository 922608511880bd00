"""A distributed reconciliation says and does what one machine does, however its workers end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fakes.state_machine import Execution
from tests.lambdas.reconcile_rig import Distributed, Fate
from tests.reconcile.rig import Rig, opts

OF_THE_RUN = ("run", "started", "ended", "duration_s", "cost", "last_complete", "history", "limits")
SEEDS = range(6)


def lossy(**parts: Any) -> Rig:
    """Forty-two items, thirty lost changes, three of them types that nobody can make."""
    rig = Rig(**parts)
    for number in range(42):
        rig.live(f"u{number:02d}", {"name": "x"})
    for number in range(10):
        rig.live(f"u{number:02d}", {"name": "changed"}, lost=True)
        rig.live(f"u{number + 10:02d}", None, lost=True)
        rig.live(f"new{number}", {"name": "new"}, lost=True)
    return rig


def findings(report: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in report.items() if name not in OF_THE_RUN}


def told(rig: Rig) -> set[tuple[str, str, str]]:
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
    return findings(rig.execute(segments=segments)), told(rig)


# --- the same as on one machine ------------------------------------------------------------------


@pytest.mark.parametrize("segments", [1, 4, 32])
def test_the_report_and_the_events_are_those_of_one_machine(segments: int) -> None:
    report, events = alone(segments)
    ours = Distributed(lossy(), opts(segments=segments))
    done = ours.run()
    assert done.status == "SUCCEEDED", (done.error, done.cause)
    assert findings(ours.report) == report
    assert told(ours.rig) == events
    assert len(ours.rig.events) == 30
    assert ours.telemetry.counts["ReconciliationsCompleted"] == 1
    assert ours.telemetry.counts["ChangesRetold"] == 30
    again = ours.run()
    assert (again.status, ours.report["suspects"], len(ours.rig.events)) == ("SUCCEEDED", 0, 30)


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
    assert told(ours.rig) == events
    check_ids(ours.rig)
    fate.chance = 0.0
    ours.run()
    assert (ours.report["suspects"], told(ours.rig)) == (0, events)


def again(ours: Distributed, done: Execution, seed: int) -> Execution:
    """A person redrives, or starts anew once the lease of a dead one is over."""
    if seed % 2:
        return done.redrive().finish()
    ours.rig.clock.advance(4_000)
    return ours.run()
