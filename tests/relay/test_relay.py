"""The pipeline for one batch: every record ends in exactly one way, and none is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.event import Event
from bridge.edges.local.ledgers import MemoryLedger, NoLedger
from bridge.edges.local.memory import MemoryQuarantine
from bridge.errors import (
    AccessDenied,
    BatchError,
    BridgeError,
    EventInvalid,
    EventRefused,
    LedgerUnavailable,
    QuarantineUnavailable,
    SinkUnavailable,
)
from bridge.ports.ledger import Row
from bridge.ports.quarantine import Quarantined
from bridge.relay.breaker import Breaker
from bridge.relay.relay import Relay
from tests.builders.bridges import handle, relay, rule, table
from tests.builders.records import lambda_record
from tests.fakes.faults import acts
from tests.fakes.sink import ScriptedSink
from tests.fakes.telemetry import KeptTelemetry


def put(key: str, seq: int, **after: Any) -> dict[str, Any]:
    return lambda_record(op="insert", key={"id": key}, after={"id": key, **after}, seq=seq)


def poison(key: str, seq: int) -> dict[str, Any]:
    record = put(key, seq)
    record["dynamodb"]["NewImage"]["bad"] = {"X": "?"}
    return record


def unavailable(*sequences: int) -> Callable[[Event], BridgeError | None]:
    """Throttles the events whose stream position is one of ``sequences``."""

    def fails(event: Event) -> BridgeError | None:
        return SinkUnavailable("throttled") if int(event.sequence.split("/")[1]) in sequences else None

    return fails


def kept(bridge: Relay) -> KeptTelemetry:
    assert isinstance(bridge.telemetry, KeptTelemetry)
    return bridge.telemetry


class BrokenQuarantine(MemoryQuarantine):
    def put(self, entry: Quarantined) -> None:
        raise QuarantineUnavailable("disk full")


def test_a_change_is_published_and_settled_once() -> None:
    sink = ScriptedSink()
    bridge = relay(sink)
    assert handle(bridge, put("a", 1)).published == 1
    again = handle(bridge, put("a", 1))
    assert (again.without_event, again.reasons) == (1, {"without_event": {"duplicate": 1}})
    assert [event.id for event in sink.accepted] == ["event-1:com.example.user.changed.v1"]


def test_positions_compare_as_numbers_not_as_text() -> None:
    sink = ScriptedSink()
    bridge = relay(sink)
    handle(bridge, put("a", 9))
    assert handle(bridge, put("a", 10)).published == 1


def test_a_re_enabled_stream_is_newer_whatever_its_numbers() -> None:
    bridge = relay()
    handle(bridge, put("a", 500))
    newer = lambda_record(
        op="insert",
        key={"id": "a"},
        after={"id": "a"},
        seq=1,
        stream_arn="arn:aws:dynamodb:eu-central-1:123456789012:table/Users/stream/2026-11-02T10:00:00.000",
    )
    assert handle(bridge, newer).published == 1


def test_a_poison_record_among_a_hundred_good_ones_is_quarantined_and_the_rest_is_published() -> None:
    bridge = relay()
    batch = [put(f"k{n}", n) for n in range(1, 101)]
    batch.insert(50, poison("k50", 1000))
    outcome = handle(bridge, *batch)
    assert (outcome.received, outcome.published, outcome.quarantined) == (101, 100, 1)
    assert isinstance(bridge.quarantine, MemoryQuarantine)
    (entry,) = bridge.quarantine.entries()
    assert entry.record == batch[50]
    assert (entry.stage, entry.reason) == ("decode", "malformed_record")


def test_a_quarantined_change_does_not_stop_its_key() -> None:
    sink = ScriptedSink()
    outcome = handle(relay(sink), put("a", 1), poison("a", 2), put("a", 3))
    assert (outcome.published, outcome.quarantined) == (2, 1)
    assert [event.record_id for event in sink.accepted] == ["event-1", "event-3"]


def test_after_a_failed_change_its_key_is_held_back_and_other_keys_go_on() -> None:
    sink = ScriptedSink(fails=unavailable(2))
    outcome = handle(relay(sink), put("a", 1), put("b", 2), put("a", 3), put("b", 4), put("c", 5))
    assert outcome.answer() == {"batchItemFailures": [{"itemIdentifier": "2"}, {"itemIdentifier": "4"}]}
    assert outcome.reasons["returned"] == {"sink_unavailable": 1, "held_back": 1}
    assert [event.record_id for event in sink.accepted] == ["event-1", "event-3", "event-5"]


def test_what_was_held_back_is_published_when_the_stream_sends_it_again() -> None:
    sink = ScriptedSink(fails=unavailable(2))
    bridge = relay(sink)
    batch = [put("a", 1), put("b", 2), put("a", 3), put("b", 4)]
    handle(bridge, *batch)
    del sink.fails
    outcome = handle(bridge, *batch[1:])
    assert (outcome.published, outcome.without_event) == (2, 1)
    assert [event.record_id for event in sink.accepted] == ["event-1", "event-3", "event-2", "event-4"]


def test_a_change_without_event_is_not_settled_past_a_returned_change() -> None:
    sink = ScriptedSink(fails=unavailable(1))
    bridge = relay(sink, tables=[table(rule(operations=frozenset({"insert"})))])
    unrouted = lambda_record(op="remove", key={"id": "a"}, before={"id": "a"}, seq=2)
    assert handle(bridge, put("a", 1), unrouted).returned_numbers == ("1", "2")
    del sink.fails
    assert handle(bridge, put("a", 1), unrouted).published == 1


def test_without_a_ledger_the_first_failure_returns_everything_after_it() -> None:
    bridge = relay(ScriptedSink(fails=unavailable(2)), ledger=NoLedger())
    outcome = handle(bridge, put("a", 1), put("b", 2), put("c", 3), poison("d", 4))
    assert outcome.returned_numbers == ("2", "3", "4")


def test_what_can_never_succeed_is_in_quarantine_before_anything_is_published() -> None:
    """Where the quarantine is away, nothing behind the record goes out again and again."""
    sink = ScriptedSink()
    good = [put(f"k{number}", number) for number in range(3, 92)]
    for ledger in (NoLedger(), MemoryLedger()):
        bridge = relay(sink, ledger=ledger, quarantine=BrokenQuarantine())
        for _ in range(3):
            handle(bridge, put("a", 1), poison("b", 2), *good)
        published = [event.record_id for event in sink.accepted]
        behind = [record_id for record_id in published if record_id != "event-1"]
        assert len(behind) == (0 if isinstance(ledger, NoLedger) else 89)
        sink.accepted.clear()


@pytest.mark.parametrize("later", ["crash", "quarantine away"])
def test_a_refused_change_never_goes_out_late_when_the_deployment_is_repaired(
    later: str,
) -> None:
    """A1 is refused by this deployment, A2 is not. Then the process dies before it settles, or the quarantine
    is away; both come again, and by then A1 is accepted."""
    sink, ledger = ScriptedSink(), FailingLedger()

    def refuse_the_first(data: dict[str, Any]) -> None:
        if data["after"]["n"] == "1":
            raise EventInvalid("/n: too small")

    def deployment(validate: Callable[[dict[str, Any]], None]) -> Relay:
        away = later == "quarantine away" and validate is refuse_the_first
        store = BrokenQuarantine() if away else MemoryQuarantine()
        return relay(sink, tables=[table(rule(validate=validate))], ledger=ledger, quarantine=store)

    batch = [put("a", 1, n="1"), put("a", 2, n="2")]
    ledger.failing = later == "crash"
    handle(deployment(refuse_the_first), *batch)
    ledger.failing = False
    handle(deployment(lambda data: None), *batch)
    numbers = [event.record_id for event in sink.accepted]
    assert numbers == sorted(numbers)


def test_a_refused_change_is_settled_after_the_earlier_changes_of_its_key_and_before_the_later_ones() -> None:
    ledger = MemoryLedger()
    settled: list[int] = []
    published: list[str] = []
    settle = ledger.settle

    def noting(rows: Any, deadline: Any = None) -> set[str]:
        settled.extend(row.position.number for row in rows)
        published.append("settled")
        return settle(rows, deadline)

    ledger.settle = noting  # type: ignore[method-assign]
    sink = ScriptedSink(fails=acts(lambda event: published.append(event.record_id)))
    handle(relay(sink, ledger=ledger), put("a", 1), poison("a", 2), put("a", 3), poison("a", 4), put("a", 5))
    assert settled == [2, 4, 5]
    assert published == ["event-1", "settled", "event-3", "settled", "event-5", "settled"]


def test_what_a_sink_refuses_for_good_holds_later_changes_of_its_key_back_until_it_is_settled() -> None:
    def refuse(event: Event) -> BridgeError | None:
        return EventRefused("malformed detail") if event.record_id == "event-1" else None

    first, second = ScriptedSink("domain", fails=refuse), ScriptedSink("second")
    bridge = relay(first, second, tables=[table(rule(sinks=("domain", "second")))])
    batch = [put("a", 1), put("a", 2), put("b", 3)]
    outcome = handle(bridge, *batch)
    assert (outcome.quarantined, outcome.returned_numbers, outcome.published) == (1, ("2",), 1)
    assert [event.record_id for event in second.accepted] == ["event-3"]
    assert handle(bridge, *batch).published == 1


def test_a_refusal_says_which_events_of_the_same_change_are_out_already() -> None:
    def refuse(event: Event) -> BridgeError | None:
        return EventRefused("malformed detail") if "older" in event.type else None

    rules = (rule("com.example.user.newer"), rule("com.example.user.older"))
    bridge = relay(ScriptedSink(fails=refuse), tables=[table(*rules)])
    assert handle(bridge, put("a", 1)).quarantined == 1
    assert isinstance(bridge.quarantine, MemoryQuarantine)
    (entry,) = bridge.quarantine.entries()
    assert entry.event_type == "com.example.user.older.v1"
    assert entry.message.endswith("published before that: com.example.user.newer.v1")
    (line,) = [fields for _, message, fields in kept(bridge).lines if message == "record quarantined"]
    assert line["published"] == ["com.example.user.newer.v1"]


def test_when_time_runs_out_the_rest_is_returned() -> None:
    outcome = handle(relay(), put("a", 1), put("b", 2), seconds=0)
    assert (outcome.returned, outcome.returned_numbers) == (2, ("1", "2"))


def test_an_unavailable_quarantine_returns_the_record() -> None:
    outcome = handle(relay(quarantine=BrokenQuarantine()), put("a", 1), poison("b", 2))
    assert (outcome.published, outcome.returned_numbers) == (1, ("2",))


def test_a_record_that_can_neither_be_quarantined_nor_named_fails_the_batch() -> None:
    bridge = relay(quarantine=BrokenQuarantine())
    with pytest.raises(BatchError, match="without a SequenceNumber"):
        handle(bridge, {"eventID": "x", "eventName": "INSERT"})


@pytest.mark.parametrize("nonsense", [None, 7, "text", [], {}, {"dynamodb": None}, {"dynamodb": {"Keys": 1}}])
def test_anything_that_is_not_a_record_is_quarantined_and_not_lost(nonsense: Any) -> None:
    bridge = relay()
    assert handle(bridge, nonsense, put("a", 1)).quarantined == 1


def test_access_denied_fails_the_batch_and_settles_nothing() -> None:
    bridge = relay(ScriptedSink())

    def denied(event: Event) -> BridgeError | None:
        raise AccessDenied("events:PutEvents is not allowed")

    bridge.sinks["domain"].fails = denied  # type: ignore[attr-defined]
    with pytest.raises(AccessDenied):
        handle(bridge, put("a", 1), poison("b", 2))
    assert isinstance(bridge.quarantine, MemoryQuarantine)
    assert [entry.record_id for entry in bridge.quarantine.entries()] == ["event-2"]  # it never succeeds
    assert handle(relay(ledger=bridge.ledger), put("a", 1), poison("b", 2)).reasons.keys() == {
        "published",
        "quarantined",
    }, "nothing of the failed batch is settled"


def test_an_event_the_sink_refuses_for_good_is_quarantined_whole() -> None:
    sink = ScriptedSink(fails=lambda event: EventRefused("malformed detail"))
    outcome = handle(relay(sink), put("a", 1))
    assert outcome.reasons == {"quarantined": {"event_refused": 1}}


def test_an_event_over_the_sinks_limit_is_quarantined_and_never_sent() -> None:
    sink = ScriptedSink(max_bytes=1000)
    outcome = handle(relay(sink), put("a", 1, text="x" * 1000), put("b", 2))
    assert (outcome.published, outcome.reasons["quarantined"]) == (1, {"event_too_large": 1})
    assert [event.record_id for event in sink.accepted] == ["event-2"]


def test_one_invalid_event_keeps_all_events_of_its_record_back() -> None:
    def refuse(data: dict[str, Any]) -> None:
        raise EventInvalid("/plan: not in enum")

    sink = ScriptedSink()
    rules = (rule("com.example.user.good"), rule("com.example.user.bad", validate=refuse))
    bridge = relay(sink, tables=[table(*rules)])
    assert handle(bridge, put("a", 1)).quarantined == 1
    assert sink.accepted == []
    assert isinstance(bridge.quarantine, MemoryQuarantine)
    assert bridge.quarantine.entries()[0].event_type == "com.example.user.bad.v1"


def test_a_table_that_is_not_configured_is_settled_without_event_and_logged_once() -> None:
    bridge = relay(tables=[table(name="Orders")])
    outcome = handle(bridge, put("a", 1), put("b", 2))
    handle(bridge, put("c", 3))
    assert outcome.reasons == {"without_event": {"unknown_table": 2}}
    published = [fields for level, _, fields in kept(bridge).lines if level == "warning"]
    assert [fields["table"] for fields in published] == ["Users"]


def test_changes_that_match_no_type_are_settled_without_event() -> None:
    bridge = relay(
        tables=[
            table(
                rule(operations=frozenset({"modify"})),
                ignore=(("updatedAt",),),
                accepts=lambda record: record["dynamodb"]["Keys"]["id"]["S"] != "filtered",
            )
        ]
    )
    touched = lambda_record(
        op="modify",
        key={"id": "a"},
        before={"id": "a", "updatedAt": 1},
        after={"id": "a", "updatedAt": 2},
        seq=2,
    )
    outcome = handle(bridge, put("a", 1), touched, put("filtered", 3))
    assert outcome.reasons == {
        "without_event": {"no_matching_type": 1, "unchanged": 1, "filtered": 1},
    }


def test_what_failed_at_one_sink_is_not_sent_to_the_next() -> None:
    first, second = ScriptedSink("domain", fails=unavailable(1)), ScriptedSink("billing")
    bridge = relay(first, second, tables=[table(rule(sinks=("domain", "billing")))])
    outcome = handle(bridge, put("a", 1), put("a", 2), put("b", 3))
    assert outcome.returned == 2
    assert [event.record_id for event in second.accepted] == ["event-3"]


# --- ledger -------------------------------------------------------------------------------------


class FailingLedger(MemoryLedger):
    failing = True

    def settle(self, rows: Any, deadline: Any = None) -> set[str]:
        return {row.key for row in rows} if self.failing else super().settle(rows, deadline)


def test_a_change_that_cannot_be_settled_is_returned() -> None:
    outcome = handle(relay(ledger=FailingLedger()), put("a", 1))
    assert (outcome.published, outcome.reasons) == (0, {"returned": {"not_settled": 1}})


class UnreadableLedger(MemoryLedger):
    def read(self, keys: Any, deadline: Any = None) -> dict[str, Row]:
        raise LedgerUnavailable("throttled")


def test_a_ledger_that_cannot_be_read_fails_the_batch_before_anything_is_published() -> None:
    sink = ScriptedSink()
    with pytest.raises(LedgerUnavailable):
        handle(relay(sink, ledger=UnreadableLedger()), put("a", 1))
    assert sink.accepted == []


# --- logs ---------------------------------------------------------------------------------------


def test_logs_name_the_key_by_its_hash_and_never_a_value() -> None:
    bridge = relay(ScriptedSink(fails=unavailable(1)))
    handle(bridge, put("secret-key", 1, name="secret-name"), poison("secret-key-2", 2))
    published = repr(kept(bridge).lines)
    assert "secret" not in published
    warnings = [fields for level, _, fields in kept(bridge).lines if level == "warning"]
    assert len(warnings) == 2
    assert {"key_hash" in fields or "record_id" in fields for fields in warnings} == {True}


# --- always --------------------------------------------------------------------------------------

BATCHES = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["good", "good", "poison", "throttled", "refused"])),
    max_size=12,
)


@given(BATCHES, st.booleans(), st.booleans())
def test_every_record_ends_in_exactly_one_way_and_everything_ends_well_in_the_end(
    plan: list[tuple[str, str]], scoped: bool, quarantine_down: bool
) -> None:
    """Redelivery from the lowest returned number on, until nothing is returned, publishes every good
    record, in order per key as far as first deliveries go, and quarantines every bad one."""
    records = [
        poison(key, seq) if kind == "poison" else put(key, seq) for seq, (key, kind) in enumerate(plan, 1)
    ]
    throttled = {f"event-{seq}" for seq, (_, kind) in enumerate(plan, 1) if kind == "throttled"}
    refused = {f"event-{seq}" for seq, (_, kind) in enumerate(plan, 1) if kind == "refused"}

    def fails(event: Event) -> BridgeError | None:
        if event.record_id in throttled:
            throttled.discard(event.record_id)
            return SinkUnavailable("throttled")
        return EventRefused("refused") if event.record_id in refused else None

    sink = ScriptedSink(fails=fails)
    quarantine: MemoryQuarantine = BrokenQuarantine() if quarantine_down else MemoryQuarantine()
    bridge = relay(
        sink,
        ledger=MemoryLedger() if scoped else NoLedger(),
        quarantine=quarantine,
        breaker=Breaker(at_least=1000),
    )
    left = records
    for _ in range(len(plan) + 2):
        outcome = handle(bridge, *left)
        ends = outcome.published + outcome.without_event + outcome.quarantined + outcome.returned
        assert outcome.received == ends == len(left)
        if outcome.returned_numbers:
            lowest = min(map(int, outcome.returned_numbers))
            left = [each for each in left if int(each["dynamodb"]["SequenceNumber"]) >= lowest]
        elif left:
            left = []
        if quarantine_down:
            quarantine = MemoryQuarantine()
            bridge = relay(sink, ledger=bridge.ledger, quarantine=quarantine, breaker=Breaker(at_least=1000))
            quarantine_down = False
    assert left == []
    good = {f"event-{seq}" for seq, (_, kind) in enumerate(plan, 1) if kind in ("good", "throttled")}
    assert {event.record_id for event in sink.accepted} == good
    assert {entry.record_id for entry in quarantine.entries()} == {
        f"event-{seq}" for seq, (_, kind) in enumerate(plan, 1) if kind in ("poison", "refused")
    }
    first_arrivals: dict[str, list[str]] = {}
    for event in sink.accepted:
        arrived = first_arrivals.setdefault(event.key, [])
        if event.sequence not in arrived:
            arrived.append(event.sequence)
    assert all(arrived == sorted(arrived) for arrived in first_arrivals.values()) or not scoped


@pytest.mark.parametrize("refused", ["com.example.user.changed.v1", "com.example.user.other.v1"])
def test_without_a_ledger_a_record_is_quarantined_although_another_of_its_events_was_not_sent(
    refused: str,
) -> None:
    """Otherwise it comes again for ever, and the shard stops."""
    sink = ScriptedSink(fails=lambda event: EventRefused("no") if event.type == refused else None)
    quarantine = MemoryQuarantine()
    bridge = relay(
        sink,
        tables=[table(rule(), rule("com.example.user.other"))],
        ledger=NoLedger(),
        quarantine=quarantine,
    )
    outcome = handle(
        bridge, lambda_record(op="modify", before={"id": "a", "n": 1}, after={"id": "a", "n": 2})
    )
    assert (outcome.quarantined, outcome.returned) == (1, 0)
    assert [entry.reason for entry in quarantine.entries()] == ["event_refused"]
