"""Small histories of one item, played on the real relay and the real reconciliation.

A history is text, one letter a step:

=  ==============================================================================
w  write another value (or write the item again after a remove)
d  remove the item
s  deliver the oldest waiting record, and settle it
c  deliver it, and crash after publishing, before settling: it waits again
l  lose it, as a stream does with a record that is too old
g  give it up: it waits for redrive
v  redrive what was given up first
x  switch the stream off and on: what waits is lost, later records have a new label
r  reconcile (only while nothing waits: it refuses while the stream lags)
e  seed; if the ledger has no row, subscribers load the table and forget what they held
b  backfill
k  the ledger is lost: the generation is raised, and everything is backfilled
=  ==============================================================================

At the end everything that waits is delivered, and two reconciliations run.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from bridge.core.fingerprint import compile_field_hashes, compile_fingerprint
from bridge.edges.local.ledgers import MemoryLedger
from bridge.edges.local.memory import MemoryQuarantine
from bridge.ports.clock import Deadline
from bridge.ports.ledger import Row
from bridge.reconcile import Comparer, Mode, Reconciler
from bridge.relay.breaker import Breaker
from bridge.relay.relay import Relay
from bridge.relay.settling import Heal
from tests.builders.bridges import rule, table
from tests.builders.records import lambda_record
from tests.fakes.clock import FakeClock
from tests.fakes.sink import ScriptedSink
from tests.fakes.stores import MemoryRunStore
from tests.fakes.table_source import FACTS, FakeTable
from tests.fakes.telemetry import KeptTelemetry
from tests.reconcile.rig import SECRET, START_S, GivenLag, opts

STEPS = "wdscl"
TABLE_ARN = FACTS.arn


class Impossible(Exception):
    """The history has a step that cannot happen where it is."""


class Crash(Exception):
    pass


class CrashingLedger(MemoryLedger):
    """``crash``: the process dies before it settles anything."""

    crash = False

    def settle(self, rows: Any, deadline: Any = None) -> set[str]:
        if self.crash:
            raise Crash
        return super().settle(rows, deadline)

    def settle_if(self, row: Row, expected: Row | None) -> bool:
        if self.crash:
            raise Crash
        return super().settle_if(row, expected)


@dataclass
class World:
    heal: Heal = "report"
    keep: Any = "image"
    pause_s: float = 5.0
    value: int | None = None
    waiting: list[dict[str, Any]] = field(default_factory=list)
    given_up: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = FakeClock(START_S)
        self.source = FakeTable()
        self.ledger = CrashingLedger(keep=self.keep)
        self.sink = ScriptedSink()
        snapshots = rule("com.example.user.snapshot", operations=frozenset({"snapshot"}))
        self.rules = replace(
            table(rule(), snapshots),
            fingerprint=compile_fingerprint(SECRET),
            field_hashes=compile_field_hashes(SECRET),
        )
        self.relay = Relay(
            {"Users": self.rules},
            {"domain": self.sink},
            self.ledger,
            MemoryQuarantine(),
            KeptTelemetry(),
            self.clock,
            Breaker(),
            heal=self.heal,
            hash_key=SECRET,
        )
        self.numbers = 0
        self.streams = 0
        self.runs = 0
        self.loaded: tuple[int, int | None] = (0, None)
        """How many events there were when subscribers loaded the table, and what they loaded."""

    # --- steps -----------------------------------------------------------------------------------

    def step(self, letter: str) -> None:
        self.clock.sleep(self.pause_s)
        match letter:
            case "w":
                self._write(1 if self.value != 1 else 2)
            case "d":
                if self.value is None:
                    raise Impossible
                self._write(None)
            case "s" | "c":
                self._deliver(self._oldest(), crash=letter == "c")
            case "l":
                self.waiting.remove(self._oldest())
            case "g":
                self.given_up.append(self.waiting.pop(self.waiting.index(self._oldest())))
            case "v":
                self._redrive()
            case "x":
                self.waiting.clear()
                self.streams += 1
            case "r":
                if self.waiting:
                    raise Impossible
                self.reconcile()
            case "e":
                first_contact = not self.ledger.read([self.source.token("a")])
                self.reconcile("seed")
                if first_contact:
                    self.loaded = (len(self.sink.accepted), self.value)
            case "b":
                self.reconcile("backfill")
            case "k":
                self.rules = replace(self.rules, generation=self.rules.generation + 1)
                self.ledger = CrashingLedger(keep=self.keep)
                self.relay = replace(self.relay, ledger=self.ledger, tables={"Users": self.rules})
                self.loaded = (self.loaded[0], None)  # what the new generation does not send again is gone
                self.reconcile("backfill")

    def finish(self) -> None:
        while self.waiting:
            self._deliver(self.waiting[0])
        for _ in range(2):
            self.clock.sleep(100)
            self.reconcile()

    def reconcile(self, mode: Mode = "run") -> dict[str, Any]:
        self.runs += 1
        self.clock.sleep(0.01)  # a run takes some time
        run = f"run-{self.runs}"
        reconciler = Reconciler(
            Comparer(self.rules, self.source.facts, self.keep, SECRET),
            self.source,
            self.ledger,
            self.ledger,
            {"domain": self.sink},
            MemoryRunStore(),
            GivenLag(),
            self.clock,
            new_run=lambda: run,
        )
        return reconciler.execute(mode, opts(segments=1, trust_ledger=True))

    @staticmethod
    def state_in(event: dict[str, Any]) -> int | None:
        """The value of the item after an event."""
        value: int | None = (event["data"].get("after") or {}).get("v")
        return value

    # --- what came of it -------------------------------------------------------------------------

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(event.body) for event in self.sink.accepted]

    # --- parts -----------------------------------------------------------------------------------

    def _write(self, value: int | None) -> None:
        old, self.value = self.value, value
        self.numbers += 1
        if value is None:
            self.source.delete("a")
        else:
            self.source.put(id="a", v=value)
        self.waiting.append(self.record(old, value))

    def record(self, old: int | None, value: int | None) -> dict[str, Any]:
        return lambda_record(
            stream_arn=self.stream_arn,
            op=operation(old, value),
            key={"id": "a"},
            before=image(old),
            after=image(value),
            seq=100000000000000000000 + self.numbers,
            time=self.clock.now(),
        )

    @property
    def stream_arn(self) -> str:
        return f"{TABLE_ARN}/stream/2026-11-0{self.streams + 1}T10:00:00.000"

    def _oldest(self) -> dict[str, Any]:
        if not self.waiting:
            raise Impossible
        return self.waiting[0]

    def _deliver(self, record: dict[str, Any], *, crash: bool = False) -> None:
        self.ledger.crash = crash
        try:
            self.handle(record)
        except Crash:
            return
        finally:
            self.ledger.crash = False
        self.waiting.remove(record)

    def _redrive(self) -> None:
        if not self.given_up:
            raise Impossible
        self.handle(self.given_up.pop(0), redriven=True)

    def handle(self, record: dict[str, Any], *, redriven: bool = False) -> None:
        self.relay.handle([record], Deadline.after(self.clock, 60), redriven=redriven)


def operation(old: int | None, value: int | None) -> Any:
    return "insert" if old is None else "remove" if value is None else "modify"


def image(value: int | None) -> dict[str, Any] | None:
    return None if value is None else {"id": "a", "v": value}


def play(history: str, kind: type[World] = World, **parts: Any) -> World | None:
    """The world after a history, or None for one that cannot happen."""
    world = kind(**parts)
    try:
        for letter in history:
            world.step(letter)
    except Impossible:
        return None
    world.finish()
    return world
