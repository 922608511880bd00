"""Records from Kinesis: repeats and changed order lose nothing; foreign records are quarantined."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.core.records.kinesis import KINESIS
from bridge.edges.local.ledgers import MemoryLedger, NoLedger
from bridge.edges.local.memory import MemoryQuarantine
from bridge.errors import BatchError, BreakerTripped, SinkUnavailable
from bridge.ports.clock import Deadline
from bridge.relay.accounts import Outcome
from bridge.relay.relay import Relay
from bridge.wiring.functions import StreamHandler
from tests.builders.bridges import relay, table
from tests.builders.kinesis_records import FIRST_NUMBER, START_MS, kinesis_bytes, kinesis_record
from tests.contracts.test_ledger import ledger_on
from tests.fakes.clients.dynamodb import DynamoDbClient
from tests.fakes.context import LambdaContext
from tests.fakes.sink import ScriptedSink


def put(key: str, number: int, *, at: int = 0, **parts: Any) -> dict[str, Any]:
    """The change of ``key`` that happened ``at`` ms after the start and came as record ``number``."""
    return kinesis_record(
        after={"id": key, "at": at},
        key={"id": key},
        at=START_MS + at,
        number=number,
        event_id=f"{key}-{at}",
        **parts,
    )


def handle(bridge: Relay, *records: Any) -> Outcome:
    return bridge.handle(records, Deadline.after(bridge.clock, 60), dialect=KINESIS)


def failing(*record_ids: str) -> ScriptedSink:
    return ScriptedSink(
        fails=lambda event: SinkUnavailable("throttled") if event.record_id in record_ids else None
    )


def published(sink: ScriptedSink) -> list[str]:
    return [event.record_id for event in sink.accepted]


def test_a_change_delivered_again_as_the_same_kinesis_record_is_not_published_again() -> None:
    sink = ScriptedSink()
    bridge = relay(sink)
    handle(bridge, put("a", 1, at=1))
    assert handle(bridge, put("a", 1, at=1)).reasons == {"without_event": {"duplicate": 1}}
    assert published(sink) == ["a-1"]


@pytest.mark.parametrize("ledger", [MemoryLedger(), ledger_on(DynamoDbClient()), NoLedger()])
def test_a_change_that_kinesis_holds_twice_in_one_batch_is_published_once(ledger: Any) -> None:
    sink = ScriptedSink()
    outcome = handle(relay(sink, ledger=ledger), put("a", 1, at=1), put("a", 2, at=1))
    assert outcome.reasons["without_event"] == {"duplicate": 1}
    assert published(sink) == ["a-1"]


def same_instant(name: str, number: int, value: int) -> dict[str, Any]:
    """A change of item a within one millisecond; ``name`` is its id, ``number`` its Kinesis number."""
    return kinesis_record(
        after={"id": "a", "v": value}, key={"id": "a"}, at=START_MS, number=number, event_id=name
    )


@pytest.mark.parametrize("redriven", [False, True])
@pytest.mark.parametrize("split", [1, 2])
@pytest.mark.parametrize("ledger", [MemoryLedger, lambda: ledger_on(DynamoDbClient())])
def test_a_repeat_never_wins_over_a_newer_change_of_the_same_instant(
    ledger: Any, split: int, redriven: bool
) -> None:
    """Kinesis gives the repeat a number after that of the newer change."""
    sink = ScriptedSink()
    bridge = relay(sink, ledger=ledger())
    records = [same_instant("C1", 1, 1), same_instant("C2", 2, 2)]
    handle(bridge, *records[:split])
    handle(bridge, *records[split:])
    deadline = Deadline.after(bridge.clock, 60)
    repeat = bridge.handle([same_instant("C1", 3, 1)], deadline, dialect=KINESIS, redriven=redriven)
    assert repeat.reasons == {"without_event": {"duplicate": 1}}
    assert max(sink.accepted, key=lambda event: event.sequence).record_id == "C2"


def test_a_late_repeat_of_an_earlier_instant_is_suppressed_or_sorts_where_it_belongs() -> None:
    sink = ScriptedSink()
    bridge = relay(sink)
    handle(bridge, put("a", 1, at=1), put("a", 2, at=2))
    assert handle(bridge, put("a", 3, at=1)).published == 0
    handle(bridge, *(put("a", 10 + later, at=10 + later) for later in range(8)))
    assert handle(bridge, put("a", 30, at=2)).published == 1, "only the last eight are known"
    assert max(sink.accepted, key=lambda event: event.sequence).record_id == "a-17"


def test_a_change_that_comes_late_is_published_and_its_sequence_shows_it() -> None:
    """With a table's own stream an older change has been settled before; here it may be new."""
    sink = ScriptedSink()
    bridge = relay(sink)
    handle(bridge, put("a", 1, at=2))
    assert handle(bridge, put("a", 2, at=1)).published == 1
    newer, late = sink.accepted
    assert (newer.record_id, late.record_id) == ("a-2", "a-1")
    assert late.sequence < newer.sequence


def test_changes_of_one_instant_are_all_published() -> None:
    sink = ScriptedSink()
    bridge = relay(sink)
    handle(bridge, same_instant("C1", 1, 1))
    assert handle(bridge, same_instant("C2", 2, 2)).published == 1
    first, second = sink.accepted
    assert first.sequence < second.sequence


def test_a_late_change_does_not_move_the_ledger_back() -> None:
    ledger = MemoryLedger()
    bridge = relay(ledger=ledger)
    handle(bridge, put("a", 1, at=2), put("a", 2, at=1))
    assert handle(bridge, put("a", 1, at=2)).reasons == {"without_event": {"duplicate": 1}}


def test_a_returned_record_is_named_by_its_kinesis_number_and_comes_again_without_loss() -> None:
    sink = failing("b-2")
    bridge = relay(sink)
    batch = [put("a", 1, at=1), put("b", 2, at=2), put("b", 3, at=3), put("a", 4, at=4)]
    outcome = handle(bridge, *batch)
    assert outcome.returned_numbers == (str(FIRST_NUMBER + 2), str(FIRST_NUMBER + 3))
    del sink.fails
    handle(bridge, *batch[1:])
    assert published(sink) == ["a-1", "a-4", "b-2", "b-3"]


NOT_DYNAMODBS = [
    kinesis_bytes(b"\xf3\x89\x9a\xc2\x0a\x00", number=7),
    kinesis_bytes(b"not json", number=8),
    kinesis_bytes(b'{"order": 1}', number=9),
]


def test_records_that_are_not_dynamodbs_are_quarantined_raw_and_the_others_go_on() -> None:
    bridge = relay()
    outcome = handle(bridge, put("a", 1), *NOT_DYNAMODBS, put("a", 10, at=1))
    assert (outcome.published, outcome.quarantined, outcome.returned) == (2, 3, 0)
    assert isinstance(bridge.quarantine, MemoryQuarantine)
    entries = bridge.quarantine.entries()
    assert [entry.record for entry in entries] == NOT_DYNAMODBS
    assert {(entry.stage, entry.reason) for entry in entries} == {("decode", "malformed_record")}
    assert len({entry.record_id for entry in entries}) == 3


def test_a_quarantined_change_goes_through_again_from_what_the_quarantine_kept() -> None:
    bridge = relay(ScriptedSink(max_bytes=10))
    assert handle(bridge, put("a", 1)).quarantined == 1
    assert isinstance(bridge.quarantine, MemoryQuarantine)
    (entry,) = bridge.quarantine.entries()
    assert (entry.table, entry.reason) == ("Users", "event_too_large")
    sink = ScriptedSink()
    assert handle(relay(sink), entry.record).published == 1
    assert published(sink) == ["a-0"]


def test_a_stream_of_foreign_records_trips_the_breaker_and_quarantines_nothing() -> None:
    bridge = relay()
    with pytest.raises(BreakerTripped):
        handle(bridge, *(kinesis_bytes(b"not json", number=number) for number in range(12)))
    assert isinstance(bridge.quarantine, MemoryQuarantine)
    assert bridge.quarantine.entries() == []


def test_several_tables_share_a_stream_and_each_keeps_its_filter() -> None:
    sink = ScriptedSink()
    bridge = relay(
        sink,
        tables=[
            table(accepts=lambda record: record["dynamodb"]["Keys"]["id"]["S"] != "unwanted"),
            table(name="Orders", subject="order/{$.key.id}"),
        ],
    )
    outcome = handle(bridge, put("a", 1), put("unwanted", 2), put("unwanted", 3, table="Orders"))
    assert outcome.reasons == {"published": {"accepted": 2}, "without_event": {"filtered": 1}}
    assert [event.table_arn.rpartition("/")[2] for event in sink.accepted] == ["Users", "Orders"]


def test_the_handler_answers_in_lambdas_shape() -> None:
    bridge = relay(failing("a-1"))
    handler = StreamHandler(bridge, bridge.clock, dialect=KINESIS)
    answer = handler.handle({"Records": [put("a", 1, at=1), put("b", 2, at=2)]}, LambdaContext())
    assert answer == {"batchItemFailures": [{"itemIdentifier": str(FIRST_NUMBER + 1)}]}


@pytest.mark.parametrize("event", [None, [], {}, {"Records": None}, "Records"])
def test_the_handler_refuses_what_is_not_a_batch(event: Any) -> None:
    bridge = relay()
    with pytest.raises(BatchError, match="no list of Records"):
        StreamHandler(bridge, bridge.clock, dialect=KINESIS).handle(event, LambdaContext())


def test_a_late_change_does_not_move_a_ledger_back_that_writes_without_conditions() -> None:
    ledger = ledger_on(DynamoDbClient())
    bridge = relay(ledger=ledger)
    handle(bridge, put("a", 1, at=2))
    handle(bridge, put("a", 2, at=1))
    for each in (put("a", 1, at=2), put("a", 2, at=1)):
        assert handle(bridge, each).reasons == {"without_event": {"duplicate": 1}}
