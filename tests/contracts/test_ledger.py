"""What every ledger promises. A new ledger is one entry in ``RIGS``."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Protocol

import pytest

from bridge.core.change import Position
from bridge.core.keys import key_token
from bridge.delivery.backoff import Backoff
from bridge.edges.dynamodb.ledger import PAGE_ROWS, DynamoDbLedger
from bridge.edges.dynamodb.ledger_row import partition_key
from bridge.edges.local.ledgers import MemoryLedger
from bridge.errors import AccessDenied, BatchError, LedgerUnavailable, TargetMissing
from bridge.limits import LEDGER_REMOVED_TTL_S
from bridge.ports.clock import Deadline
from bridge.ports.ledger import GONE, Announced, Ledger, LedgerScan, Row
from tests.builders.aws import Aws
from tests.builders.records import item
from tests.fakes.clients.batch_peer import client_error, throttling, timeout
from tests.fakes.clients.dynamodb import DynamoDbClient
from tests.fakes.clock import FakeClock
from tests.fakes.executor import InlineExecutor
from tests.fakes.faults import acts

LABEL = "2026-11-01T10:00:00.000"


class Store(Ledger, LedgerScan, Protocol):
    """Both sides of a ledger."""


@dataclass
class Rig:
    store: Store
    peer: DynamoDbClient | None = None


def ledger_on(client: Any, table: str = "ledger", **options: Any) -> DynamoDbLedger:
    clock = options.pop("clock", None) or FakeClock()
    return DynamoDbLedger(client, table, clock, Backoff(random.Random(1)), **options)


def _memory(_: pytest.FixtureRequest) -> Rig:
    return Rig(MemoryLedger(page_rows=3))


def _dynamodb(_: pytest.FixtureRequest) -> Rig:
    peer = DynamoDbClient()
    return Rig(ledger_on(peer), peer)


def _embedded(request: pytest.FixtureRequest) -> Rig:
    aws: Aws = request.getfixturevalue("aws")
    client, name = aws.client("dynamodb"), aws.name("ledger")
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    request.addfinalizer(lambda: client.delete_table(TableName=name))
    client.get_waiter("table_exists").wait(TableName=name)
    return Rig(ledger_on(client, name))


RIGS: dict[str, Callable[[pytest.FixtureRequest], Rig]] = {
    "memory": _memory,
    "dynamodb": _dynamodb,
    "embedded": _embedded,
}


@pytest.fixture(params=["memory", "dynamodb", pytest.param("embedded", marks=pytest.mark.embedded)])
def rig(request: pytest.FixtureRequest) -> Rig:
    return RIGS[request.param](request)


@pytest.fixture
def peer() -> DynamoDbClient:
    return DynamoDbClient()


def token(key: str, table: str = "Users") -> str:
    return key_token(table, item({"id": key}))


def row(key: str = "a", number: int = 1, *, table: str = "Users", **fields: Any) -> Row:
    given: dict[str, Any] = {"live": True, "item_key": item({"id": key}), "fingerprint": "f" * 32}
    given |= {"as_of": "2026-11-01T12:00:00.000000Z"}
    return Row(token(key, table), Position(LABEL, number), table=table, **(given | fields))


FULL = row(
    settled_by="reconcile",
    recent=(f"{LABEL}/{1:040}", f"{LABEL}/{0:040}"),
    fields={"id": "00112233", "naïve 東京": "44556677", "": "00000000"},
    image={"id": {"S": "a"}, "n": {"N": "1.0"}, "set": {"SS": ["a", "b"]}, "m": {"M": {"x": {"NULL": True}}}},
    gap=True,
    gap_names=("n",),
    fingerprint_version="01234567",
    entity="order",
)


def test_what_is_settled_is_read_back_whole(rig: Rig) -> None:
    rig.store.check()
    assert rig.store.settle([FULL]) == set()
    assert rig.store.read([FULL.key]) == {FULL.key: FULL}


@pytest.mark.parametrize("seen", ["", GONE, "another-fingerprint"])
@pytest.mark.parametrize("published", ["", f"{LABEL}/0000000000000000000000000000000000000001"])
def test_what_was_seen_and_what_was_published_are_kept_apart(rig: Rig, seen: str, published: str) -> None:
    apart = replace(row(number=7), seen=seen, published=published)
    rig.store.settle([apart])
    assert rig.store.read([apart.key]) == {apart.key: apart}


def announced(id: str = "a", number: int = 5, table: str = "Users") -> Announced:
    return Announced(token(id, table), Position(LABEL, number), table, item({"id": id}))


def announcements(rig: Rig, table: str = "Users", segments: int = 3) -> list[Announced]:
    pages = [page for n in range(segments) for page in rig.store.rows(table, n, segments)]
    return sorted((each for page in pages for each in page.announced), key=lambda each: each.key)


def test_an_announced_change_is_in_the_scan_of_its_table_until_it_is_retracted(rig: Rig) -> None:
    first, second, other = announced("a"), announced("b", 6), announced("a", 7, "Orders")
    rig.store.settle([row("a")])
    names = rig.store.announce([first, second, other])
    assert announcements(rig) == [first, second]
    assert announcements(rig, "Orders") == [other]
    assert [each.key for page in rig.store.rows("Users") for each in page.rows] == [token("a")]
    rig.store.retract(names)
    assert announcements(rig) == announcements(rig, "Orders") == []
    assert rig.store.read([token("a")]) == {token("a"): row("a")}


def test_the_same_changes_are_announced_once_and_retracted_by_either(rig: Rig) -> None:
    names = rig.store.announce([announced()])
    assert rig.store.announce([announced()]) == names
    assert announcements(rig) == [announced()]
    rig.store.retract(names)
    assert announcements(rig) == []


def test_a_batch_of_any_size_is_announced_whole(rig: Rig) -> None:
    changes = [announced(f"{'x' * 900}{number:04d}", number) for number in range(1, 600)]
    names = rig.store.announce(changes)
    assert announcements(rig) == changes
    rig.store.retract(names)
    assert announcements(rig) == []


def test_an_announcement_that_could_not_be_written_fails_and_one_that_stays_does_no_harm() -> None:
    peer = DynamoDbClient()
    ledger = ledger_on(peer)
    names = ledger.announce([announced()])
    peer.fail = lambda operation, call: throttling(operation)
    ledger.retract(names)
    assert len(peer.items) == 1
    with pytest.raises(LedgerUnavailable):
        ledger.announce([announced("b")])


def test_a_key_without_a_row_is_not_answered(rig: Rig) -> None:
    rig.store.settle([row("a")])
    assert set(rig.store.read([token("a"), token("b")])) == {token("a")}
    assert rig.store.read([]) == {}


def test_a_newer_row_replaces_an_older_one_and_what_it_held(rig: Rig) -> None:
    rig.store.settle([FULL])
    rig.store.settle([row(number=2, live=False, fingerprint="")])
    assert rig.store.read([FULL.key]) == {FULL.key: row(number=2, live=False, fingerprint="")}


def test_the_same_key_of_two_tables_has_two_rows(rig: Rig) -> None:
    rig.store.settle([row("a"), row("a", 7, table="Orders")])
    assert rig.store.read([token("a"), token("a", "Orders")]) == {
        token("a"): row("a"),
        token("a", "Orders"): row("a", 7, table="Orders"),
    }


@pytest.mark.parametrize("key", ["x" * 2048, "a#b", "a\x1fb", "\x00", "東京", "\ud800"])
def test_every_key_has_a_row(rig: Rig, key: str) -> None:
    rig.store.settle([row(key)])
    assert rig.store.read([token(key)]) == {token(key): row(key)}


def test_sequence_numbers_of_any_length_come_back_exactly(rig: Rig) -> None:
    kinesis = Position("2026-11-01T10:00:00.123456", int("4959" + "1" * 52))
    rig.store.settle([replace(row("a"), position=kinesis)])
    assert rig.store.read([token("a")])[token("a")].position == kinesis


def test_more_rows_than_a_call_takes_are_all_written_and_read(rig: Rig) -> None:
    rows = [row(f"k{n}", n) for n in range(1, 231)]
    assert rig.store.settle(rows) == set()
    assert rig.store.read([each.key for each in rows]) == {each.key: each for each in rows}


# --- the conditional write ------------------------------------------------------------------------


def test_a_conditional_write_needs_the_row_that_was_read(rig: Rig) -> None:
    assert rig.store.settle_if(row(number=1), None)
    assert rig.store.settle_if(row(number=2), row(number=1))
    assert not rig.store.settle_if(row(number=3), row(number=1))
    assert not rig.store.settle_if(row(number=3), None)
    assert rig.store.read([token("a")]) == {token("a"): row(number=2)}


@pytest.mark.parametrize(
    "other",
    [
        {"fingerprint": "0" * 32},
        {"live": False},
        {"as_of": "2026-11-01T12:00:01.000000Z"},
        {"recent": ("x/1",)},
        {"number": 2},
    ],
    ids=lambda other: next(iter(other)),
)
def test_a_live_event_that_wins_the_race_is_never_overwritten(rig: Rig, other: dict[str, Any]) -> None:
    rig.store.settle([row(**other)])
    assert not rig.store.settle_if(row(number=9), row())
    assert rig.store.read([token("a")]) == {token("a"): row(**other)}


def test_repeating_a_conditional_write_that_succeeded_succeeds(rig: Rig) -> None:
    assert rig.store.settle_if(row(number=2), None)
    assert rig.store.settle_if(row(number=2), None)


# --- the scan --------------------------------------------------------------------------------------


def scanned(store: Store, table: str = "Users", segments: int = 1) -> list[str]:
    return [
        row.key
        for segment in range(segments)
        for page in store.rows(table, segment, segments)
        for row in page.rows
    ]


def test_a_scan_finds_every_live_row_of_its_table_once(rig: Rig) -> None:
    live = [row(f"k{n}", n) for n in range(1, 20)]
    others = [row("gone", 20, live=False), row("other", 1, table="Orders"), row("u", 1, table="U")]
    rig.store.settle([*live, *others])
    for segments in (1, 4):
        assert sorted(scanned(rig.store, segments=segments)) == sorted(each.key for each in live)


def test_a_scan_that_stopped_goes_on_behind_the_last_page(rig: Rig) -> None:
    rig.store.settle([row(f"k{n}", n) for n in range(1, 12)])
    pages = iter(rig.store.rows("Users"))
    first = next(pages)
    rest = list(rig.store.rows("Users", start=first.next)) if first.next else []
    keys = [each.key for page in (first, *rest) for each in page.rows]
    assert sorted(keys) == sorted(token(f"k{n}") for n in range(1, 12))
    assert not rest or rest[-1].next == ""


def test_an_empty_ledger_has_one_empty_page(rig: Rig) -> None:
    assert [(list(page.rows), page.next) for page in rig.store.rows("Users")] == [([], "")]


# --- DynamoDB's own trouble -----------------------------------------------------------------------


def test_a_batch_costs_one_read_for_100_keys_and_one_write_for_25_rows(peer: DynamoDbClient) -> None:
    ledger = ledger_on(peer)
    rows = [row(f"k{n}", n) for n in range(1, 251)]
    ledger.read([each.key for each in rows])
    ledger.settle(rows)
    assert peer.calls == {"BatchGetItem": 3, "BatchWriteItem": 10}


def test_calls_side_by_side_are_no_more_calls_and_give_the_same(peer: DynamoDbClient) -> None:
    ledger = ledger_on(peer, pool=InlineExecutor())
    rows = [row(f"k{n}", n) for n in range(1, 1_051)]
    assert ledger.settle(rows) == set()
    assert ledger.read([each.key for each in rows]) == {each.key: each for each in rows}
    assert peer.calls == {"BatchGetItem": 11, "BatchWriteItem": 42}


def test_side_by_side_what_is_left_unprocessed_is_asked_for_again_in_full_calls(
    peer: DynamoDbClient,
) -> None:
    ledger = ledger_on(peer, pool=InlineExecutor())
    rows = [row(f"k{n}", n) for n in range(1, 101)]
    peer.unprocessed = lambda operation, call: 5 if operation == "BatchWriteItem" and call < 4 else 0
    assert ledger.settle(rows) == set()
    assert peer.calls["BatchWriteItem"] == 5
    assert len(ledger.read([each.key for each in rows])) == 100


def test_of_concurrent_calls_one_that_is_denied_is_raised(peer: DynamoDbClient) -> None:
    peer.fail = lambda operation, call: peer.denial_of(operation) if call == 2 else None
    with pytest.raises(AccessDenied):
        ledger_on(peer, pool=InlineExecutor()).read([token(f"k{n}") for n in range(400)])


def test_threads_of_a_pool_read_and_write_everything_once(aws: Aws, request: pytest.FixtureRequest) -> None:
    rig = _embedded(request)
    with ThreadPoolExecutor(4) as pool:
        assert isinstance(rig.store, DynamoDbLedger)
        ledger = ledger_on(rig.store._target.client, aws.name("ledger"), pool=pool)
        rows = [row(f"k{n}", n) for n in range(1, 331)]
        assert ledger.settle(rows) == set()
        assert ledger.read([each.key for each in rows]) == {each.key: each for each in rows}


def test_reading_ends_with_the_time_that_the_caller_has(peer: DynamoDbClient) -> None:
    clock = FakeClock()
    peer.fail = lambda operation, call: throttling(operation)
    with pytest.raises(LedgerUnavailable):
        ledger_on(peer, clock=clock).read([token("a")], Deadline.after(clock, 0.7))
    assert sum(clock.slept) == pytest.approx(0.7)


def test_writing_ends_with_the_time_that_the_caller_has_but_is_tried_once(peer: DynamoDbClient) -> None:
    clock = FakeClock()
    ledger = ledger_on(peer, clock=clock)
    over = Deadline.after(clock, 0.0)
    assert ledger.settle([row()], over) == set()
    peer.fail = lambda operation, call: throttling(operation)
    assert ledger.settle([row("b")], over) == {token("b")}
    assert clock.slept == []


def test_a_slow_batch_gives_up_what_is_not_written_when_time_is_over(peer: DynamoDbClient) -> None:
    clock = FakeClock()

    def slow(operation: str, call: int) -> None:
        clock.advance(1.0)

    peer.fail = acts(slow)
    rows = [row(f"k{n}", n) for n in range(1, 101)]
    unwritten = ledger_on(peer, clock=clock).settle(rows, Deadline.after(clock, 1.5))
    assert unwritten == {each.key for each in rows[50:]}


def test_what_dynamodb_leaves_unprocessed_is_asked_for_again_and_nothing_else(peer: DynamoDbClient) -> None:
    ledger = ledger_on(peer)
    rows = [row(f"k{n}", n) for n in range(1, 51)]
    peer.unprocessed = lambda operation, call: 10 if call == 0 else 0
    assert ledger.settle(rows) == set()
    assert peer.calls["BatchWriteItem"] == 3  # 25, then 10 left and 15 more, then the last 10
    assert len(ledger.read([each.key for each in rows])) == 50


def test_throttling_is_waited_out_with_growing_pauses(peer: DynamoDbClient) -> None:
    clock = FakeClock()
    ledger = ledger_on(peer, clock=clock)
    peer.fail = lambda operation, call: throttling(operation) if call < 3 else None
    assert ledger.settle([row()]) == set()
    assert len(clock.slept) == 3
    assert ledger.read([token("a")]) == {token("a"): row()}


def test_a_read_that_is_throttled_for_good_says_that_the_ledger_is_unavailable(peer: DynamoDbClient) -> None:
    clock = FakeClock()
    peer.unprocessed = lambda operation, call: 100
    with pytest.raises(LedgerUnavailable) as caught:
        ledger_on(peer, clock=clock, patience_s=3).read([token("a")])
    assert not caught.value.permanent
    assert 3 <= sum(clock.slept) < 3.5


def test_rows_that_cannot_be_written_are_named_and_the_others_are_there(peer: DynamoDbClient) -> None:
    ledger = ledger_on(peer)
    peer.unprocessed = lambda operation, call: 20 if call == 0 else 25
    rows = [row(f"k{n}", n) for n in range(1, 26)]
    unwritten = ledger.settle(rows)
    assert unwritten == {each.key for each in rows[:20]}
    del peer.unprocessed
    assert set(ledger.read([each.key for each in rows])) == {each.key for each in rows[20:]}


def test_a_conditional_write_whose_answer_was_lost_is_known_to_have_succeeded(peer: DynamoDbClient) -> None:
    peer.lose = lambda operation, call: timeout() if (operation, call) == ("PutItem", 0) else None
    assert ledger_on(peer).settle_if(row(), None)


def test_a_throttled_scan_goes_on_and_a_dead_one_says_so(peer: DynamoDbClient) -> None:
    ledger = ledger_on(peer)
    ledger.settle([row(f"k{n}", n) for n in range(1, 8)])
    peer.fail = lambda operation, call: throttling(operation) if call == 1 else None
    assert len(scanned(ledger)) == 7
    peer.fail = lambda operation, call: throttling(operation)
    with pytest.raises(LedgerUnavailable):
        scanned(ledger)


def test_a_scan_reports_its_read_units(peer: DynamoDbClient) -> None:
    ledger = ledger_on(peer)
    ledger.settle([row(f"k{n}", n) for n in range(1, 8)])
    assert sum(page.units for page in ledger.rows("Users")) == 3.5


def test_a_page_of_a_scan_is_bounded_by_its_rows(peer: DynamoDbClient) -> None:
    peer.page = 10_000
    ledger = ledger_on(peer)
    ledger.settle([row(f"k{n}", n) for n in range(1, PAGE_ROWS + 21)])
    assert [len(page.rows) for page in ledger.rows("Users")] == [PAGE_ROWS, 20]


def test_a_missing_table_is_named_with_the_command_that_makes_it(peer: DynamoDbClient) -> None:
    ledger = ledger_on(peer)
    peer.exists = False
    for act in (ledger.check, lambda: ledger.read([token("a")]), lambda: ledger.settle([row()])):
        with pytest.raises(TargetMissing, match="aws dynamodb create-table --table-name ledger"):
            act()


def test_a_table_of_another_shape_is_refused_at_start_up() -> None:
    with pytest.raises(BatchError, match="its key is id HASH S, not pk HASH S"):
        ledger_on(DynamoDbClient(key="id")).check()
    numbered = DynamoDbClient()
    numbered.key_type = "N"
    with pytest.raises(BatchError, match="pk HASH N"):
        ledger_on(numbered).check()


def test_access_denied_names_the_action(peer: DynamoDbClient) -> None:
    ledger = ledger_on(peer)
    peer.denied = True
    with pytest.raises(AccessDenied, match="dynamodb:BatchGetItem"):
        ledger.read([token("a")])
    with pytest.raises(AccessDenied, match="dynamodb:BatchWriteItem"):
        ledger.settle([row()])
    with pytest.raises(AccessDenied, match="dynamodb:PutItem"):
        ledger.settle_if(row(), None)


def test_a_row_of_a_newer_format_is_never_guessed_at(peer: DynamoDbClient) -> None:
    ledger = ledger_on(peer)
    ledger.settle([row()])
    peer.items[partition_key(token("a"))]["v"] = {"N": "2"}
    with pytest.raises(BatchError, match="is of format 2; this version reads format 1"):
        ledger.read([token("a")])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("s", {"S": "nonsense"}),
        ("k", {"S": "{"}),
        ("l", None),
        ("i", {"B": b"x"}),
        ("b", {"S": "?"}),
        ("v", None),
    ],
)
def test_a_row_that_makes_no_sense_is_named_and_not_shown(
    peer: DynamoDbClient, name: str, value: dict[str, Any] | None
) -> None:
    ledger = ledger_on(peer)
    ledger.settle([row("s3cret", image={})])
    stored = peer.items[partition_key(token("s3cret"))]
    del stored[name]
    if value is not None:
        stored[name] = value
    with pytest.raises(BatchError, match="ledger table ledger, row Users#") as caught:
        ledger.read([token("s3cret")])
    assert "s3cret" not in str(caught.value)


def test_only_rows_of_removed_items_expire(peer: DynamoDbClient) -> None:
    ledger = ledger_on(peer, clock=FakeClock(1_000.0))
    ledger.settle([row("a"), row("gone", live=False)])
    assert "ttl" not in peer.items[partition_key(token("a"))]
    assert peer.items[partition_key(token("gone"))]["ttl"] == {"N": str(1_000 + LEDGER_REMOVED_TTL_S)}


def test_a_row_never_outgrows_dynamodb_and_keeps_what_it_cannot_do_without(peer: DynamoDbClient) -> None:
    noise = random.Random(1).randbytes(400_000).hex()
    fields = {f"a{n}": "00112233" for n in range(30_000)}
    large = row(image={"x": {"S": noise}}, fields=fields)
    ledger = ledger_on(peer)
    assert ledger.settle([large]) == set()
    assert ledger.read([large.key]) == {large.key: replace(large, image=None, fields=None)}


def test_a_lookup_of_the_same_key_twice_is_one_key_of_the_call(peer: DynamoDbClient) -> None:
    ledger_on(peer).read([token("a"), token("a")])
    assert peer.calls["BatchGetItem"] == 1


def test_a_validation_message_of_dynamodb_is_never_repeated(peer: DynamoDbClient) -> None:
    peer.fail = lambda operation, call: client_error("ValidationException", operation, 400, "Value 's3cret'")
    with pytest.raises(BatchError, match="ValidationException") as caught:
        ledger_on(peer).read([token("a")])
    assert "s3cret" not in str(caught.value)
