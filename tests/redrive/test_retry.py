"""Quarantined records after a fix: out they go, marked, and their entries only then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bridge.core.event import Event
from bridge.core.records.dialect import STREAM, Dialect
from bridge.core.records.kinesis import KINESIS
from bridge.edges.local.ledgers import MemoryLedger
from bridge.edges.local.memory import MemoryQuarantine
from bridge.edges.sqs.quarantine import SqsQuarantine
from bridge.errors import BridgeError, EntryMissing, EventInvalid, SinkUnavailable
from bridge.ports.clock import Deadline
from bridge.ports.quarantine import Quarantined, Selection
from bridge.redrive import KeptEntry, Retried, Retry
from bridge.relay.breaker import Breaker
from tests.builders.bridges import relay, rule, table
from tests.builders.records import lambda_record
from tests.fakes.clients.sqs import SqsClient
from tests.fakes.sink import ScriptedSink


@dataclass
class Rig:
    """Five inserts, of which the odd ones were quarantined by the live walk."""

    store: Any = field(default_factory=MemoryQuarantine)
    refused: Callable[[str], bool] = lambda key: int(key[1:]) % 2 == 1

    def __post_init__(self) -> None:
        self.sink = ScriptedSink()
        self.ledger = MemoryLedger()

        def refuse(data: dict[str, Any]) -> None:
            if self.refused(data["key"]["id"]):
                raise EventInvalid("/after/id: no", hint="fix it")

        self.tables = [table(rule(validate=refuse))]
        live = relay(self.sink, ledger=self.ledger, tables=self.tables, quarantine=self.store)
        records = [
            lambda_record(key={"id": f"k{n}"}, after={"id": f"k{n}"}, seq=n, event_id=f"e{n}")
            for n in range(5)
        ]
        live.handle(records, Deadline.after(live.clock, 30))
        self.sink.accepted.clear()

    def retry(self, *, dry: bool = False) -> Retry:
        kept = KeptEntry()
        bridge = relay(
            self.sink, ledger=self.ledger, tables=self.tables, quarantine=kept, breaker=Breaker(share=1.0)
        )
        return Retry(bridge, kept, self.store, lambda: Deadline.after(bridge.clock, 30), dry=dry)

    def run(self, selection: Selection | None = None, **options: Any) -> list[Retried]:
        return list(self.retry(**options).selected(selection or Selection()))

    @property
    def waiting(self) -> list[str]:
        return [entry.record_id for entry in self.store.entries()]


def queue() -> SqsQuarantine:
    client = SqsClient()
    return SqsQuarantine(client, client.url)


@pytest.fixture(params=[MemoryQuarantine, queue])
def rig(request: pytest.FixtureRequest) -> Rig:
    return Rig(request.param())


def test_after_a_fix_every_entry_is_published_once_marked_and_removed(rig: Rig) -> None:
    assert rig.waiting == ["e1", "e3"]
    rig.refused = lambda key: False
    assert [(done.record_id, done.end, done.removed) for done in rig.run()] == [
        ("e1", "published", True),
        ("e3", "published", True),
    ]
    assert [b'"redriven":true' in event.body for event in rig.sink.accepted] == [True, True]
    assert rig.waiting == []
    assert rig.run() == []


@pytest.mark.parametrize("dialect", [STREAM, KINESIS])
def test_a_retry_reads_a_record_as_its_way_in_did_whatever_the_record_looks_like(dialect: Dialect) -> None:
    """The shape of a malformed record says nothing about where it came from."""
    store = MemoryQuarantine()
    record = lambda_record(key={"id": "a"}, after={"id": "a"}) | (
        {"kinesis": {}} if dialect is STREAM else {}
    )
    live = relay(ScriptedSink(), quarantine=store, tables=[table(rule(validate=no_event))])
    live.handle([record], Deadline.after(live.clock, 30), dialect=dialect)
    ((name, entry),) = [(found.name, found.entry) for found in store.scan()]
    assert entry is not None
    assert entry.way == dialect.name
    kept = KeptEntry()
    bridge = relay(ScriptedSink(), quarantine=kept, breaker=Breaker(share=1.0))
    (done,) = Retry(bridge, kept, store, lambda: Deadline.after(bridge.clock, 30)).named(name)
    assert (done.end == "published") == (dialect is STREAM)


def no_event(data: dict[str, Any]) -> None:
    raise EventInvalid("/after/id: no")


def test_what_fails_again_stays_as_it_is_and_says_why(rig: Rig) -> None:
    before = list(rig.store.entries())
    rig.refused = lambda key: key == "k3"
    first, second = rig.run()
    assert (first.end, second.end, second.removed) == ("published", "quarantined", False)
    assert second.again is not None
    assert (second.again.message, second.again.hint) == ("/after/id: no", "fix it")
    assert list(rig.store.entries()) == before[1:]


def test_many_that_fail_again_do_not_block_the_fixed_ones() -> None:
    rig = Rig()
    for n in range(100, 140):
        rig.store.put(entry(f"k{n}"))
    rig.refused = lambda key: key != "k3"
    ends = [done.end for done in rig.run()]
    assert (ends.count("published"), ends.count("quarantined")) == (1, 41)


def test_a_sink_that_is_down_keeps_the_entry(rig: Rig) -> None:
    rig.refused = lambda key: False

    def down(event: Event) -> BridgeError | None:
        return SinkUnavailable("throttled")

    rig.sink.fails = down
    assert [done.end for done in rig.run()] == ["returned"] * 2
    assert rig.waiting == ["e1", "e3"]


def test_a_dry_run_shows_how_it_would_end_and_removes_nothing(rig: Rig) -> None:
    rig.refused = lambda key: key == "k3"
    assert [(done.end, done.removed) for done in rig.run(dry=True)] == [
        ("published", False),
        ("quarantined", False),
    ]
    assert rig.waiting == ["e1", "e3"]


def test_a_table_that_the_configuration_does_not_have_keeps_its_entries(rig: Rig) -> None:
    rig.tables = [table(name="Others")]
    assert [(done.why, done.removed) for done in rig.run()] == [("unknown_table", False)] * 2
    assert rig.waiting == ["e1", "e3"]


def test_entries_are_chosen_by_reason_or_by_either_of_their_ids(rig: Rig) -> None:
    rig.refused = lambda key: False
    assert rig.run(Selection(reason="mapping_failed")) == []
    assert [done.record_id for done in rig.retry().named("e3")] == ["e3"]
    (name,) = [found.name for found in rig.store.scan()]
    assert [done.record_id for done in rig.retry().named(name)] == ["e1"]
    with pytest.raises(EntryMissing):
        list(rig.retry().named("e1"))
    assert rig.waiting == []


def test_a_record_that_a_queue_holds_twice_is_published_once_and_both_entries_go() -> None:
    rig = Rig(queue())
    for each in list(rig.store.entries()):
        rig.store.put(each)
    rig.refused = lambda key: False
    assert [done.record_id for done in rig.run()] == ["e1", "e3"]
    assert len(rig.sink.accepted) == 2
    assert rig.waiting == []


def entry(key: str) -> Quarantined:
    record = lambda_record(key={"id": key}, after={"id": key}, seq=int(key[1:]), event_id=f"e{key[1:]}")
    return Quarantined(
        record=record,
        record_id=record["eventID"],
        table="Users",
        reason="event_invalid",
        stage="validate",
        message="",
        hint="",
        time="2026-11-01T12:00:00Z",
        version="0.1.0",
    )


def test_what_fails_again_leaves_the_row_as_a_reconciliation_settled_it(rig: Rig) -> None:
    """Found by the simulation, seed 48: it was published once more after each retry."""
    (row,) = [
        row for page in rig.ledger.rows("Users") for row in page.rows if row.item_key["id"] == {"S": "k1"}
    ]
    published = replace(row, live=True, doubt=False, fingerprint="published", settled_by="reconcile")
    assert rig.ledger.settle_if(published, row)
    rig.run()
    assert rig.ledger.read([row.key])[row.key] == published
