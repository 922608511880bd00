"""Reads that a promise rests on are consistent, take 100 keys a call, and wait longer each time."""

from __future__ import annotations

import random
from typing import Any

import pytest

from bridge.core.change import Position
from bridge.core.keys import key_token
from bridge.delivery.backoff import Backoff
from bridge.edges.dynamodb.fetcher import TableFetcher
from bridge.edges.dynamodb.ledger import DynamoDbLedger
from bridge.edges.dynamodb.scan import DynamoTable
from bridge.errors import LedgerUnavailable
from bridge.limits import BATCH_GET_MAX, BATCH_WRITE_MAX
from bridge.ports.clock import Deadline
from bridge.ports.ledger import Row
from tests.builders.records import item
from tests.edges.dynamodb.test_scan import Client, a_page
from tests.fakes.clients.batch_peer import throttling, timeout
from tests.fakes.clients.dynamodb import DynamoDbClient
from tests.fakes.clients.shapes import service_model
from tests.fakes.clients.table import TableClient, throttled
from tests.fakes.clock import FakeClock

LABEL = "2026-11-01T10:00:00.000"
LIMITS = [BATCH_GET_MAX - 1, BATCH_GET_MAX, BATCH_GET_MAX + 1, 2 * BATCH_GET_MAX, 2 * BATCH_GET_MAX + 1]


class Longest(random.Random):
    """Draws the end of every interval, so that a delay is the most it can be."""

    def random(self) -> float:
        return 1.0


class Recording(DynamoDbClient):
    """Keeps every request."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[dict[str, Any]] = []
        self.writes: list[int] = []

    def batch_get_item(self, **parameters: Any) -> dict[str, Any]:
        self.reads.append(parameters["RequestItems"][self.table])
        return super().batch_get_item(**parameters)

    def batch_write_item(self, **parameters: Any) -> dict[str, Any]:
        self.writes.append(len(parameters["RequestItems"][self.table]))
        return super().batch_write_item(**parameters)


def ledger(client: DynamoDbClient, clock: FakeClock | None = None) -> DynamoDbLedger:
    return DynamoDbLedger(client, "ledger", clock or FakeClock(), Backoff(Longest()))


def rows(count: int) -> list[Row]:
    keys = [{"id": {"S": f"k{number}"}} for number in range(count)]
    return [Row(key_token("Users", key), Position(LABEL, 1), True, "Users", key, "f") for key in keys]


def source(answer: Any, clock: FakeClock) -> DynamoTable:
    return DynamoTable(Client(answer), "Things", clock, Backoff(Longest()))


def keys(count: int) -> dict[str, Any]:
    return {f"t{number}": {"id": {"S": f"k{number}"}} for number in range(count)}


# --- consistent -------------------------------------------------------------------------------------


def test_the_ledger_is_read_consistently() -> None:
    client = Recording()
    ledger(client).read([row.key for row in rows(150)])
    assert [read["ConsistentRead"] for read in client.reads] == [True, True]


def test_a_conditional_write_whose_answer_was_lost_is_looked_up_consistently() -> None:
    client, (row,) = Recording(), rows(1)
    client.lose = lambda operation, call: timeout() if (operation, call) == ("PutItem", 0) else None
    assert ledger(client).settle_if(row, None)
    assert [read["ConsistentRead"] for read in client.reads] == [True]


def test_a_table_is_read_by_key_consistently_and_by_pages_where_asked() -> None:
    asked: list[Any] = []

    def answer(operation: str, call: int, request: dict[str, Any]) -> Any:
        if "RequestItems" not in request:
            asked.append(request.get("ConsistentRead", False))
            return a_page([])
        asked.append(request["RequestItems"]["Things"]["ConsistentRead"])
        return {"Responses": {"Things": []}, "UnprocessedKeys": {}, "ConsumedCapacity": []}

    things = source(answer, FakeClock())
    things.read(keys(1))
    things.page(0, 1, None, consistent=True)
    things.page(0, 1, None)
    assert asked == [True, True, False]


# --- slices -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", LIMITS)
def test_a_call_reads_at_most_a_hundred_keys(count: int) -> None:
    slices: list[int] = []

    def answer(operation: str, call: int, request: dict[str, Any]) -> Any:
        slices.append(len(request["RequestItems"]["Things"]["Keys"]))
        return {"Responses": {"Things": []}, "UnprocessedKeys": {}, "ConsumedCapacity": []}

    assert len(source(answer, FakeClock()).read(keys(count)).items) == count
    client, fetched = Recording(), TableClient()
    ledger(client).read([row.key for row in rows(count)])
    wanted = {name: item({"id": name}) for name in keys(count)}
    TableFetcher(fetched, Backoff(Longest())).fetch("Users", wanted, Deadline.after(FakeClock(), 60))
    whole, rest = divmod(count, 100)
    expected = [100] * whole + [rest] * (rest > 0)
    assert slices == expected
    assert [len(read["Keys"]) for read in client.reads] == expected
    assert [len(call) for call in fetched.asked] == expected


@pytest.mark.parametrize("count", [BATCH_WRITE_MAX - 1, BATCH_WRITE_MAX, BATCH_WRITE_MAX + 1])
def test_a_call_writes_at_most_25_rows(count: int) -> None:
    client = Recording()
    assert ledger(client).settle(rows(count)) == set()
    assert client.writes == [24] if count == 24 else client.writes == [25, 1][: count - 24]


# --- waits ------------------------------------------------------------------------------------------


def test_waits_for_a_throttled_table_grow_to_their_cap_and_begin_again_with_the_next_call() -> None:
    clock = FakeClock()

    def answer(operation: str, call: int, request: dict[str, Any]) -> Any:
        if call not in (8, 10):
            raise throttling(operation)
        return a_page([])

    things = source(answer, clock)
    things.page(0, 1, None)
    things.page(0, 1, None)
    doubled = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    assert clock.slept == pytest.approx([0.05 + each for each in (*doubled, 0.1)])


def test_waits_for_keys_that_are_not_processed_grow_until_one_is() -> None:
    clock = FakeClock()

    def answer(operation: str, call: int, request: dict[str, Any]) -> Any:
        asked = request["RequestItems"]["Things"]["Keys"]
        left = {0: asked, 1: asked, 2: asked[1:], 3: asked}.get(call, [])
        unprocessed = {"Things": {"Keys": left}} if left else {}
        return {"Responses": {"Things": []}, "UnprocessedKeys": unprocessed, "ConsumedCapacity": []}

    source(answer, clock).read(keys(2))
    assert clock.slept == pytest.approx([0.15, 0.25, 0.15])


def test_waits_for_rows_that_are_not_processed_grow_until_one_is() -> None:
    clock, client = FakeClock(), Recording()
    client.unprocessed = lambda operation, call: {0: 2, 1: 2, 2: 1, 3: 1}.get(call, 0)
    ledger(client, clock).read([row.key for row in rows(2)])
    assert [len(read["Keys"]) for read in client.reads] == [2, 2, 2, 1, 1]
    assert clock.slept == pytest.approx([0.1, 0.2, 0.1])


def test_waits_for_items_of_a_throttled_table_grow() -> None:
    clock, client = FakeClock(), TableClient({"id": "a"})
    client.fail = lambda operation, call: throttled() if call < 4 else None
    fetcher = TableFetcher(client, Backoff(Longest()))
    fetcher.fetch("Users", {"a": item({"id": "a"})}, Deadline.after(clock, 60))
    assert clock.slept == pytest.approx([0.1, 0.2, 0.4, 0.8])


# --- the ledger's table -----------------------------------------------------------------------------

STATUSES = service_model("dynamodb").shape_for("TableStatus").enum
READY = ("ACTIVE", "UPDATING")


@pytest.mark.parametrize("status", STATUSES)
def test_a_ledger_table_serves_in_two_of_all_its_statuses(status: str) -> None:
    class Table(DynamoDbClient):
        def describe_table(self, **parameters: Any) -> dict[str, Any]:
            answer = super().describe_table(**parameters)
            answer["Table"]["TableStatus"] = status
            return answer

    store = ledger(Table())
    if status in READY:
        store.check()
        assert store.read([]) == {}
    else:
        with pytest.raises(LedgerUnavailable, match=f"ledger table ledger is {status}"):
            store.check()


def test_the_statuses_that_serve_are_statuses() -> None:
    assert set(READY) < set(STATUSES)
