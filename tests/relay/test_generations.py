"""``generation`` of a table: what is published sorts after everything before, and settled stays settled."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.core.change import Position
from bridge.core.generation import GENERATION_MAX, bare_label, generation_of, lifted, lifted_sequence
from bridge.edges.local.ledgers import MemoryLedger
from bridge.errors import BatchError
from bridge.ports.clock import Deadline
from bridge.relay.relay import Relay
from tests.builders.bridges import handle, relay, table
from tests.builders.records import lambda_record
from tests.contracts.test_ledger import ledger_on
from tests.fakes.clients.dynamodb import DynamoDbClient
from tests.fakes.sink import ScriptedSink

LABEL = "2026-11-01T10:00:00.000"


def in_generation(bridge: Relay, generation: int) -> Relay:
    return replace(bridge, tables={"Users": replace(table(), generation=generation)})


def change(seq: int) -> dict[str, object]:
    return lambda_record(op="insert", key={"id": "a"}, after={"id": "a", "n": seq}, seq=seq)


def test_generations_sort_as_text_after_every_label_and_keep_the_order_within_one() -> None:
    places = [
        Position("", 0),
        Position(LABEL, 9),
        Position(LABEL, 10),
        Position("2999-01-01T00:00:00.000", 1),
    ]
    sequences = [
        (lifted(place, generation) if generation else place).sequence
        for generation in (0, 1, 2, 10, GENERATION_MAX)
        for place in places
    ]
    assert sequences == sorted(sequences)
    assert len(set(sequences)) == len(sequences)


@pytest.mark.parametrize("label", ["", LABEL, "2026-11-01T10:00:00.000001"])
def test_a_generation_is_read_from_a_label_and_replaced_by_a_higher_one_only(label: str) -> None:
    once = lifted(Position(label, 5), 7)
    assert (generation_of(once.label), bare_label(once.label)) == (7, label)
    assert lifted(once, 3) == once
    assert bare_label(lifted(once, 8).label) == label
    assert lifted_sequence(Position(label, 5).sequence, 7) == once.sequence
    assert lifted_sequence("", 7) == ""
    assert Position.of(once.sequence) == once


def test_without_a_generation_a_sequence_is_as_it_always_was() -> None:
    sink = ScriptedSink()
    handle(in_generation(relay(sink), 0), change(5))
    assert sink.accepted[0].sequence == f"{LABEL}/{5:040}"


@pytest.mark.parametrize("redriven", [False, True])
@pytest.mark.parametrize("ledger", [MemoryLedger, lambda: ledger_on(DynamoDbClient())])
def test_what_was_settled_stays_settled_when_the_generation_is_raised(ledger: object, redriven: bool) -> None:
    sink = ScriptedSink()
    bridge = relay(sink, ledger=ledger())  # type: ignore[operator]
    handle(bridge, change(5))
    lifted_bridge = in_generation(bridge, 1)
    deadline = Deadline.after(bridge.clock, 60)
    again = lifted_bridge.handle([change(5)], deadline, redriven=redriven)
    assert again.reasons == {"without_event": {"duplicate": 1}}
    assert lifted_bridge.handle([change(6)], deadline, redriven=redriven).published == 1
    assert [event.sequence for event in sink.accepted] == [f"{LABEL}/{5:040}", f"r0001/{LABEL}/{6:040}"]
    assert lifted_bridge.handle([change(6)], deadline).reasons == {"without_event": {"duplicate": 1}}


def test_a_lower_generation_than_the_ledgers_fails_the_batch_before_anything_is_published() -> None:
    sink = ScriptedSink()
    bridge = relay(sink)
    handle(in_generation(bridge, 2), change(5))
    with pytest.raises(BatchError, match=r"positions of generation 2, bridge\.yaml has 0") as refused:
        handle(bridge, change(6))
    assert "raised, never lowered" in refused.value.hint
    assert len(sink.accepted) == 1
