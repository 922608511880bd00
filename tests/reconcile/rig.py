"""A table, its ledger and a reconciler over both, with a clock that only moves when asked."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

from bridge.core.change import Position
from bridge.core.events.translate import Table
from bridge.core.fingerprint import compile_field_hashes, compile_fingerprint
from bridge.core.healing import time_text
from bridge.core.pointer import Segments
from bridge.edges.local.ledgers import MemoryLedger
from bridge.ports.ledger import Keep, Row
from bridge.ports.run_store import RunStore
from bridge.reconcile import Comparer, Mode, Options, Progress, Reconciler
from tests.builders.bridges import table as users_table
from tests.fakes.clock import FakeClock
from tests.fakes.sink import ScriptedSink
from tests.fakes.stores import MemoryRunStore
from tests.fakes.table_source import FakeTable

SECRET = b"test"
LABEL = "2026-11-01T10:00:00.000"
START_S = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()


class GivenLag:
    """Returns the given lag; counts how often it was called."""

    def __init__(self, lag_s: float | None = 0.0) -> None:
        self.value_s = lag_s
        self.asked = 0

    def lag_s(self) -> float | None:
        self.asked += 1
        return self.value_s


@dataclass
class Rig:
    """``live`` does what the stream does: changes the item, and settles it unless it is ``lost``."""

    source: FakeTable = field(default_factory=FakeTable)
    rules: Table = field(default_factory=users_table)
    keep: Keep = "fingerprint"
    ignore: tuple[Segments, ...] = ()
    sink: ScriptedSink = field(default_factory=ScriptedSink)
    store: RunStore = field(default_factory=MemoryRunStore)
    lag: GivenLag = field(default_factory=GivenLag)
    clock: FakeClock = field(default_factory=lambda: FakeClock(START_S))

    def __post_init__(self) -> None:
        self.ledger = MemoryLedger(keep=self.keep, page_rows=3)
        self.rules = replace(
            self.rules,
            fingerprint=compile_fingerprint(SECRET, self.ignore),
            field_hashes=compile_field_hashes(SECRET, self.ignore),
        )
        self.numbers = count(1)
        self.runs = count(1)

    @property
    def comparer(self) -> Comparer:
        return Comparer(self.rules, self.source.facts, self.keep, SECRET)

    @property
    def reconciler(self) -> Reconciler:
        return Reconciler(
            self.comparer,
            self.source,
            self.ledger,
            self.ledger,
            {"domain": self.sink},
            self.store,
            self.lag,
            self.clock,
            new_run=lambda: f"run-{next(self.runs)}",
        )

    def live(self, id: str, values: dict[str, Any] | None, *, lost: bool = False) -> None:
        """``values`` None removes the item."""
        if values is None:
            self.source.delete(id)
        else:
            self.source.put(id=id, **values)
        number = next(self.numbers)
        if not lost:
            self.settle(id, Position(LABEL, number))

    def settle(self, id: str, position: Position) -> None:
        token = self.source.token(id)
        item = self.source.items.get(token)
        image = None if item is None else self.comparer.redacted(item)
        fields = self.rules.field_hashes(image) if image and self.keep == "fields" else None  # type: ignore[misc]
        row = Row(
            token,
            position,
            live=item is not None,
            table="Users",
            item_key={"id": {"S": id}},
            fingerprint="" if image is None else self.comparer.fingerprint_of(image),
            as_of=time_text(datetime.fromtimestamp(self.clock.now(), UTC)),
            recent=(position.sequence,),
            fields=fields,
            image=image if self.keep == "image" else None,
        )
        self.ledger.settle([row])

    def settled(self, *ids: str) -> None:
        for id in ids:
            self.live(id, {"name": id})

    def execute(self, mode: Mode = "run", **options: Any) -> dict[str, Any]:
        return self.reconciler.execute(mode, opts(**options))

    def resume(self, **options: Any) -> dict[str, Any]:
        return self.reconciler.execute("run", opts(**options), resume=True)

    def steps(self, count: int, mode: Mode = "run", **options: Any) -> list[Progress]:
        """The first steps of a run that then dies: its lease lasts, nothing is tidied up."""
        going = self.reconciler.steps(mode, opts(**options))
        self._dead = getattr(self, "_dead", [])
        self._dead.append(going)  # kept, so that its `finally` never runs
        return [progress for _, progress in zip(range(count), going, strict=False)]

    def row(self, id: str) -> Row | None:
        token = self.source.token(id)
        return self.ledger.read([token]).get(token)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(event.body) for event in self.sink.accepted]


def lossy(**parts: Any) -> Rig:
    """Forty-two items, and then thirty lost changes: ten each of items changed, removed and new."""
    rig = Rig(**parts)
    for number in range(42):
        rig.live(f"u{number:02d}", {"name": "x"})
    for number in range(10):
        rig.live(f"u{number:02d}", {"name": "changed"}, lost=True)
        rig.live(f"u{number + 10:02d}", None, lost=True)
        rig.live(f"new{number}", {"name": "new"}, lost=True)
    return rig


def opts(**given: Any) -> Options:
    return Options(**{"segments": 2, "grace_s": 60.0, "max_rcu": 1e9, **given})
