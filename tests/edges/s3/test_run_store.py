"""Runs in S3: many workers at once, lost answers, late writers, and what people get to read."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import count
from typing import Any

import orjson
import pytest

from bridge.delivery.backoff import Backoff
from bridge.edges.s3.run_store import S3RunStore
from bridge.errors import (
    AccessDenied,
    CheckpointBroken,
    CheckpointUnavailable,
    LeaseHeld,
    LeaseLost,
    LeaseReleased,
    TargetMissing,
)
from tests.fakes.clients.batch_peer import client_error, timeout
from tests.fakes.clients.s3 import S3Client
from tests.fakes.clock import FakeClock
from tests.fakes.faults import acts

_NUMBERS = count()


def store_of(peer: S3Client, **settings: Any) -> S3RunStore:
    return S3RunStore(
        peer,
        "store",
        "runs",
        settings.pop("clock", FakeClock()),
        Backoff(random.Random(1)),
        nonce=lambda: f"n{next(_NUMBERS)}",
        **settings,
    )


def before_call(peer: S3Client, operation: str, number: int, act: Any) -> None:
    """``act`` happens just before the given call of ``operation``, once."""

    def once(name: str, call: int) -> bool:
        if (name, call) != (operation, number):
            return False
        del peer.fail
        act()
        return True

    peer.fail = acts(once)


def test_of_two_who_ask_for_a_table_at_once_one_gets_it() -> None:
    peer = S3Client("store")
    one, two = store_of(peer), store_of(peer)
    before_call(peer, "PutObject", 0, lambda: two.acquire("T", "two", 60, 0))
    with pytest.raises(LeaseHeld) as held:
        one.acquire("T", "one", 60, 0)
    assert "two" in held.value.message


def test_a_lease_whose_answer_was_lost_is_ours_all_the_same() -> None:
    peer = S3Client("store")
    peer.lose = lambda operation, call: timeout() if operation == "PutObject" and call == 0 else None
    assert store_of(peer).acquire("T", "one", 60, 0).token == 1


def test_workers_of_one_run_renew_at_once_and_none_shortens_the_lease() -> None:
    peer = S3Client("store")
    one, two = store_of(peer), store_of(peer)
    lease = one.acquire("T", "run", 60, 0)
    before_call(peer, "PutObject", peer.calls["PutObject"], lambda: two.renew(lease, 60, 100))
    assert one.renew(lease, 60, 90).until_s == 160
    one.release(lease)


def test_a_document_whose_answer_was_lost_is_written_once_more_and_is_no_conflict() -> None:
    peer = S3Client("store")
    store = store_of(peer)
    lease = store.acquire("T", "one", 60, 0)
    peer.lose = lambda operation, call: timeout() if operation == "PutObject" and call == 1 else None
    store.put("T/run", {"n": 1}, lease)
    assert store.get("T/run") == {"n": 1}


@pytest.mark.parametrize("known", [False, True], ids=["new to it", "its own before"])
def test_a_late_write_never_replaces_what_a_later_lease_has_written(known: bool) -> None:
    """The lease is lost after it was looked at, while the write is on its way."""
    peer = S3Client("store")
    late, now = store_of(peer), store_of(peer)
    old = late.acquire("T", "one", 60, 0)
    if known:
        late.put("T/run", {"by": "one"}, old)

    def take_over() -> None:
        now.put("T/run", {"by": "two"}, now.acquire("T", "two", 60, 61))

    before_call(peer, "PutObject", peer.calls["PutObject"], take_over)
    with pytest.raises(LeaseLost):
        late.put("T/run", {"by": "one, late"}, old)
    assert now.get("T/run") == {"by": "two"}


def test_a_write_that_another_call_overtook_is_not_made_once_that_call_released_the_table() -> None:
    peer = S3Client("store")
    slow, fast = store_of(peer), store_of(peer)
    lease = slow.acquire("T", "run", 60, 0)
    slow.put("T/run", {"phase": "table"}, lease)

    def end_the_run() -> None:
        fast.put("T/run", {"phase": "done"}, lease)
        fast.release(lease)

    before_call(peer, "PutObject", peer.calls["PutObject"], end_the_run)
    with pytest.raises(LeaseReleased):
        slow.put("T/run", {"phase": "ledger"}, lease)
    assert fast.get("T/run") == {"phase": "done"}


def test_conflicts_of_conditional_writes_are_tried_again_but_not_for_ever() -> None:
    conflict = client_error("ConditionalRequestConflict", "PutObject", 409)
    peer = S3Client("store")
    store = store_of(peer)
    lease = store.acquire("T", "one", 60, 0)
    peer.fail = lambda operation, call: conflict if operation == "PutObject" and call < 5 else None
    store.put("T/run", {"n": 1}, lease)
    peer.fail = lambda operation, call: conflict if operation == "PutObject" else None
    with pytest.raises(CheckpointUnavailable) as contended:
        store.put("T/run", {"n": 2}, lease)
    assert "s3://store/runs/T/run" in contended.value.message


def test_a_slow_bucket_is_waited_for_and_then_reported() -> None:
    slow = client_error("SlowDown", "PutObject", 503)
    peer, clock = S3Client("store"), FakeClock()
    store = store_of(peer, clock=clock)
    peer.fail = lambda operation, call: slow if call < 4 else None
    lease = store.acquire("T", "one", 60, 0)
    assert clock.slept
    peer.fail = lambda operation, call: slow
    began_s = clock.now()
    with pytest.raises(CheckpointUnavailable):
        store.put("T/run", {}, lease)
    assert 20 <= clock.now() - began_s < 40


def test_a_thousand_documents_and_more_are_removed() -> None:
    peer = S3Client("store", page=400)
    store = store_of(peer)
    lease = store.acquire("T", "one", 60, 0)
    for number in range(1_001):
        store.put(f"T/runs/r/{number:05d}", {}, lease)
    store.remove("T/runs/", lease)
    assert list(peer.objects) == ["runs/T/lease"]
    assert peer.calls["DeleteObjects"] == 2


def test_a_step_of_a_run_costs_two_requests() -> None:
    """One asks for the lease, one writes; what was written here before need not be read."""
    peer = S3Client("store")
    store = store_of(peer)
    lease = store.acquire("T", "one", 60, 0)
    peer.calls.clear()
    for number in range(10):
        store.put("T/runs/r/look/table-0000", {"n": number}, lease)
    assert peer.calls == {"GetObject": 10, "PutObject": 10}


def test_a_bucket_that_does_not_exist_is_reported() -> None:
    peer = S3Client("store")
    peer.exists = False
    calls: tuple[Callable[[S3RunStore], object], ...] = (
        S3RunStore.check,
        lambda store: store.get("T/run"),
        lambda store: store.acquire("T", "me", 60, 0),
    )
    for act in calls:
        with pytest.raises(TargetMissing) as missing:
            act(store_of(peer))
        assert "bucket store" in missing.value.message


def test_a_denied_action_is_named() -> None:
    peer = S3Client("store")
    peer.denied = True
    with pytest.raises(AccessDenied) as denied:
        store_of(peer).get("T/run")
    assert "s3:GetObject" in denied.value.message
    assert "s3:ListBucket" in denied.value.hint


@pytest.mark.parametrize("content", [{"format": 2, "document": {}}, {"format": 1, "document": 7}, {"n": 1}])
def test_a_document_of_a_newer_format_is_reported_with_its_uri(content: Any) -> None:
    peer = S3Client("store")
    peer.put_object(Bucket="store", Key="runs/T/run", Body=orjson.dumps(content))
    with pytest.raises(CheckpointBroken) as broken:
        store_of(peer).get("T/run")
    assert "s3://store/runs/T/run is not of format 1" in broken.value.message


def test_a_lease_of_a_newer_version_is_not_taken() -> None:
    peer = S3Client("store")
    peer.put_object(Bucket="store", Key="runs/T/lease", Body=b'{"format": 2}')
    with pytest.raises(CheckpointBroken) as broken:
        store_of(peer).acquire("T", "me", 60, 0, force=True)
    assert "another version" in broken.value.hint


def test_objects_are_encrypted_with_the_key_that_is_given() -> None:
    peer = S3Client("store")
    store = store_of(peer, kms_key="alias/runs")
    store.put("T/run", {}, store.acquire("T", "me", 60, 0))
    assert {kept.kms_key for kept in peer.objects.values()} == {"alias/runs"}


def test_who_loses_every_race_for_a_table_waits_between_its_tries_and_is_told() -> None:
    peer, clock = S3Client("store"), FakeClock()
    one, two = store_of(peer, clock=clock), store_of(peer)
    racing = False

    def race(name: str, call: int) -> bool:
        nonlocal racing
        if name != "PutObject" or racing:
            return False
        racing = True
        two.release(two.acquire("T", "two", 60, 0))
        racing = False
        return True

    peer.fail = acts(race)
    with pytest.raises(CheckpointUnavailable, match="written by others all the time"):
        one.acquire("T", "one", 60, 0)
    assert len(clock.slept) == 16
    assert min(clock.slept) > 0
