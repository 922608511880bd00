"""Items as they are now: every key is answered, or the time was up."""

from __future__ import annotations

import random
from typing import Any

import pytest

from bridge.core.records.lambda_record import to_lambda_record
from bridge.delivery.backoff import Backoff
from bridge.edges.dynamodb.fetcher import TableFetcher
from bridge.errors import AccessDenied, TargetMissing
from bridge.ports.clock import Deadline
from tests.builders.records import STREAM_ARN, item, record
from tests.fakes.clients.batch_peer import client_error
from tests.fakes.clients.table import TableClient, throttled
from tests.fakes.clock import FakeClock


def keys(*ids: Any) -> dict[str, Any]:
    return {f"k-{each}": item({"id": each}) for each in ids}


def fetch(client: TableClient, wanted: dict[str, Any], *, clock: FakeClock, seconds: float = 60) -> Any:
    fetcher = TableFetcher(client, Backoff(random.Random(7)))
    return fetcher.fetch("Users", wanted, Deadline.after(clock, seconds))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def test_each_key_gets_its_item_and_a_key_without_item_gets_none(clock: FakeClock) -> None:
    client = TableClient({"id": "a", "n": 1}, {"id": "b", "n": 2})
    assert fetch(client, keys("b", "gone", "a"), clock=clock) == {
        "k-a": item({"id": "a", "n": 1}),
        "k-b": item({"id": "b", "n": 2}),
        "k-gone": None,
    }
    assert client.calls["BatchGetItem"] == 1


def test_a_hundred_keys_go_into_a_call(clock: FakeClock) -> None:
    client = TableClient()
    assert len(fetch(client, keys(*range(250)), clock=clock)) == 250
    assert [len(call) for call in client.asked] == [100, 100, 50]


def test_keys_that_were_not_processed_are_asked_for_again_at_once(clock: FakeClock) -> None:
    """They are no sign of trouble: the answer was full."""
    client = TableClient(*({"id": n} for n in range(10)))
    client.takes = lambda call: 4
    found = fetch(client, keys(*range(10)), clock=clock)
    assert None not in found.values()
    assert len(found) == 10
    assert clock.slept == []


def test_a_throttled_call_is_repeated_after_a_pause(clock: FakeClock) -> None:
    client = TableClient({"id": "a"})
    client.fail = lambda operation, call: throttled() if call < 2 else None
    client.takes = lambda call: 0 if call == 2 else 100
    assert fetch(client, keys("a"), clock=clock) == {"k-a": item({"id": "a"})}
    assert client.calls["BatchGetItem"] == 4
    assert len(clock.slept) == 3


def test_what_could_not_be_read_in_half_the_time_is_left_out(clock: FakeClock) -> None:
    client = TableClient({"id": "a"}, {"id": "b"})
    client.takes = lambda call: 1 if call == 0 else 0
    assert fetch(client, keys("a", "b"), clock=clock, seconds=10) == {"k-a": item({"id": "a"})}
    assert sum(clock.slept) == pytest.approx(5)


def test_without_time_nothing_is_asked(clock: FakeClock) -> None:
    client = TableClient({"id": "a"})
    assert fetch(client, keys("a"), clock=clock, seconds=0) == {}
    assert client.asked == []


def test_a_binary_key_is_found_although_lambda_writes_it_as_text(clock: FakeClock) -> None:
    client = TableClient({"id": b"\x00\xff", "n": 1})
    from_lambda = to_lambda_record(record(key={"id": b"\x00\xff"}), STREAM_ARN)["dynamodb"]["Keys"]
    assert fetch(client, {"k": from_lambda}, clock=clock) == {"k": item({"id": b"\x00\xff", "n": 1})}


def test_access_denied_and_a_missing_table_fail_the_batch(clock: FakeClock) -> None:
    client = TableClient()
    client.denied = True
    with pytest.raises(AccessDenied, match="dynamodb:BatchGetItem"):
        fetch(client, keys("a"), clock=clock)
    client.denied, client.exists = False, False
    with pytest.raises(TargetMissing, match="table Users"):
        fetch(client, keys("a"), clock=clock)


def test_a_failed_answer_of_the_service_is_tried_again(clock: FakeClock) -> None:
    client = TableClient({"id": "a"})
    client.lose = lambda operation, call: (
        client_error("InternalServerError", operation, 500) if not call else None
    )
    assert fetch(client, keys("a"), clock=clock) == {"k-a": item({"id": "a"})}
