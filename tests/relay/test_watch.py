"""The targets are looked at again while the process works."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bridge.edges.local.ledgers import MemoryLedger
from bridge.errors import BridgeError, LedgerUnavailable, TargetMissing
from bridge.relay.relay import Relay
from bridge.relay.watch import LOOK_EVERY_S, SUSPICIOUS_EVERY_S, TargetWatch
from bridge.stream.runners import Runners
from tests.builders.bridges import handle
from tests.fakes.clock import FakeClock
from tests.fakes.sink import ScriptedSink
from tests.fakes.telemetry import KeptTelemetry
from tests.relay.test_settling import bridge, change, published, row_of


class Target:
    """Accepts everything, also while it is missing, as PutEvents does; only its check shows."""

    def __init__(self) -> None:
        self.error: BridgeError | None = None
        self.looks = 0

    def check(self) -> None:
        self.looks += 1
        if self.error is not None:
            raise self.error


class Rig:
    def __init__(self) -> None:
        self.clock, self.telemetry = FakeClock(1_793_534_400.0), KeptTelemetry()
        self.bus, self.store = Target(), Target()
        self.sink, self.ledger = ScriptedSink(), MemoryLedger()
        self.watch = TargetWatch(
            [self.bus.check], [self.store.check], self.ledger, self.clock, self.telemetry
        )
        made = bridge(self.sink, published(), ledger=self.ledger)
        self.relay: Relay = replace(made, watch=self.watch, telemetry=self.telemetry, clock=self.clock)
        self.watch.begin()

    def lost(self) -> list[dict[str, Any]]:
        return [line[2] for line in self.telemetry.lines if line[0] == "error" and "may be lost" in line[1]]


def test_a_bus_deleted_while_running_fails_the_batch_and_what_was_settled_since_is_named_and_marked() -> None:
    rig = Rig()
    handle(rig.relay, change(1, None, 1))
    rig.clock.advance(LOOK_EVERY_S)
    handle(rig.relay, change(2, 1, 2))  # looks, and all is well
    before = row_of(rig.relay)
    handle(rig.relay, change(3, 2, 3))
    rig.bus.error = TargetMissing("event bus orders does not exist")
    handle(rig.relay, change(4, 3, 4), change(5, None, 1, key="b"))
    assert rig.lost() == [], "not yet"
    rig.clock.advance(LOOK_EVERY_S)
    with pytest.raises(TargetMissing):
        handle(rig.relay, change(6, 4, 5))
    (line,) = rig.lost()
    assert (line["table"], line["changes"], line["marked_as_missed"]) == ("Users", 3, 2)
    assert line["first"].endswith("03")
    assert line["last"].endswith("05")
    assert "reconcile run" in line["hint"]
    assert row_of(rig.relay).fingerprint == before.fingerprint, "what subscribers have"
    assert not row_of(rig.relay, "b").live, "they never got it"


def test_while_a_target_is_missing_nothing_is_published_and_when_it_is_back_work_goes_on() -> None:
    rig = Rig()
    rig.bus.error = TargetMissing("event bus orders does not exist")
    rig.clock.advance(LOOK_EVERY_S)
    for _ in range(2):
        with pytest.raises(TargetMissing):
            handle(rig.relay, change(1, None, 1))
    assert len(rig.sink.accepted) == 1, "the first batch, which was then not settled"
    rig.bus.error = None
    assert handle(rig.relay, change(1, None, 1)).published == 1


def test_a_store_that_is_missing_fails_the_batch_and_marks_nothing() -> None:
    rig = Rig()
    handle(rig.relay, change(1, None, 1))
    rig.store.error = TargetMissing("bucket quarantine does not exist")
    rig.clock.advance(LOOK_EVERY_S)
    with pytest.raises(TargetMissing):
        handle(rig.relay, change(2, 1, 2))
    (line,) = rig.lost()
    assert line["marked_as_missed"] == 0
    assert row_of(rig.relay).live


def test_looks_are_minutes_apart_and_come_at_once_after_a_suspicious_sign() -> None:
    rig = Rig()
    for seq in range(1, 30):
        handle(rig.relay, change(seq, seq, seq + 1))
        rig.clock.advance(1)
    assert rig.bus.looks == 0
    rig.watch.suspect()
    handle(rig.relay, change(40, 1, 2))
    assert rig.bus.looks == 1
    rig.watch.suspect()
    handle(rig.relay, change(41, 2, 3))
    assert rig.bus.looks == 1, f"not more often than every {SUSPICIOUS_EVERY_S} s"


def test_when_run_ends_it_looks_once_more() -> None:
    rig = Rig()
    handle(rig.relay, change(1, None, 1))
    rig.bus.error = TargetMissing("event bus orders does not exist")
    with pytest.raises(TargetMissing):
        Runners({}, watch=rig.watch).stats()
    assert rig.lost()[0]["changes"] == 1


def test_while_no_changes_come_run_looks_too_and_does_not_end_for_it() -> None:
    rig = Rig()
    handle(rig.relay, change(1, None, 1))
    rig.bus.error = TargetMissing("event bus orders does not exist")
    rig.clock.advance(LOOK_EVERY_S)
    runners = Runners({}, watch=rig.watch)
    runners.look()
    assert rig.lost()[0]["changes"] == 1


def test_a_look_without_an_answer_fails_nothing_and_is_repeated() -> None:
    rig = Rig()
    rig.store.error = LedgerUnavailable("throttled")
    rig.clock.advance(LOOK_EVERY_S)
    for seq in (1, 2):
        assert handle(rig.relay, change(seq, seq, seq + 1)).published == 1
    assert rig.store.looks == 2
