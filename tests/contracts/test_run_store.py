"""What every store of runs promises. A new one is one entry in ``RIGS``."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from bridge.delivery.backoff import Backoff
from bridge.edges.local.run_store import DirectoryRunStore
from bridge.edges.s3.run_store import S3RunStore
from bridge.errors import CheckpointBroken, LeaseHeld, LeaseLost
from bridge.ports.run_store import RunStore
from tests.fakes.clients.s3 import S3Client
from tests.fakes.clock import FakeClock
from tests.fakes.stores import MemoryRunStore


@dataclass
class Rig:
    """``store()`` opens it anew, as another process does; ``break_document`` overwrites what is kept."""

    store: Callable[[], RunStore]
    break_document: Callable[[str, bytes], None]


def _memory(_: Path) -> Rig:
    store = MemoryRunStore()
    return Rig(lambda: store, store.documents.__setitem__)


def _directory(folder: Path) -> Rig:
    return Rig(lambda: DirectoryRunStore(folder), lambda name, data: _write(folder / f"{name}.json", data))


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _s3(_: Path) -> Rig:
    peer, numbers = S3Client("store"), count()

    def open_() -> RunStore:
        backoff = Backoff(random.Random(1))
        return S3RunStore(peer, "store", "runs", FakeClock(), backoff, nonce=lambda: f"n{next(numbers)}")

    def break_document(name: str, data: bytes) -> None:
        peer.put_object(Bucket="store", Key=f"runs/{name}", Body=data)

    return Rig(open_, break_document)


RIGS: dict[str, Callable[[Path], Rig]] = {"memory": _memory, "directory": _directory, "s3": _s3}


@pytest.fixture(params=RIGS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Rig:
    return RIGS[request.param](tmp_path)


# --- documents ------------------------------------------------------------------------------------


def test_what_is_put_is_read_back_by_another_process(rig: Rig) -> None:
    store = rig.store()
    lease = store.acquire("T", "me", 60, 0)
    document = {"n": 1, "suspects": [[{"id": {"S": "ö"}}, None]], "deep": {"a": [1.5, True]}}
    store.put("T/runs/r/look/table-0000", document, lease)
    assert rig.store().get("T/runs/r/look/table-0000") == document
    assert rig.store().get("T/runs/r/look/table-0001") is None


def test_a_document_is_replaced_also_by_another_process_of_the_same_run(rig: Rig) -> None:
    first, second = rig.store(), rig.store()
    lease = first.acquire("T", "me", 60, 0)
    first.put("T/run", {"n": 1}, lease)
    second.put("T/run", {"n": 2}, lease)
    first.put("T/run", {"n": 3}, lease)
    assert second.get("T/run") == {"n": 3}


def test_a_document_may_be_larger_than_an_item_of_dynamodb(rig: Rig) -> None:
    store = rig.store()
    lease = store.acquire("T", "me", 60, 0)
    document = {"suspects": [[{"id": {"S": f"{n:040d}"}}, "f" * 32] for n in range(8_000)]}
    store.put("T/runs/r/look/table-0000/00000000", document, lease)
    assert rig.store().get("T/runs/r/look/table-0000/00000000") == document


def test_names_come_in_order_and_only_from_below_the_prefix(rig: Rig) -> None:
    store = rig.store()
    lease = store.acquire("T", "me", 60, 0)
    names = [f"T/runs/r/look/table-{segment:04d}/{n:08d}" for segment in range(3) for n in range(4)]
    names += [f"T/runs/r/look/table-{segment:04d}" for segment in range(3)]
    for name in reversed(names):
        store.put(name, {}, lease)
    store.put("T/runs/other/look/table-0000", {}, lease)
    assert list(store.names("T/runs/r/look/")) == sorted(names)
    assert list(store.names("T/runs/none/")) == []


def test_what_is_removed_is_gone_and_the_rest_stays(rig: Rig) -> None:
    store = rig.store()
    lease = store.acquire("T", "me", 60, 0)
    for name in ("T/run", "T/runs/a/look/x", "T/runs/a/confirm", "T/runs/b/confirm"):
        store.put(name, {}, lease)
    store.remove("T/runs/a/", lease)
    assert list(store.names("T/runs/")) == ["T/runs/b/confirm"]
    assert store.get("T/run") == {}
    store.put("T/runs/a/confirm", {"again": True}, lease)
    assert store.get("T/runs/a/confirm") == {"again": True}
    store.remove("T/runs/nothing/", lease)


@pytest.mark.parametrize("data", [b"{", b"[]", b"\x00"])
def test_a_broken_document_is_reported_and_may_be_replaced(rig: Rig, data: bytes) -> None:
    store = rig.store()
    lease = store.acquire("T", "me", 60, 0)
    store.put("T/run", {"n": 1}, lease)
    rig.break_document("T/run", data)
    with pytest.raises(CheckpointBroken) as broken:
        rig.store().get("T/run")
    assert "T/run" in broken.value.message
    assert "start a new run" in broken.value.hint
    store.put("T/run", {"n": 2}, lease)
    assert store.get("T/run") == {"n": 2}


# --- leases ---------------------------------------------------------------------------------------


def test_a_table_is_given_to_one_owner_until_the_lease_ends(rig: Rig) -> None:
    lease = rig.store().acquire("T", "one", 60, 1_000)
    assert lease.until_s == 1_060
    with pytest.raises(LeaseHeld) as held:
        rig.store().acquire("T", "two", 60, 1_059)
    assert "one" in held.value.message
    assert "1 s" in held.value.hint
    assert rig.store().acquire("T", "two", 60, 1_060).token > lease.token


def test_leases_of_two_tables_have_nothing_to_do_with_each_other(rig: Rig) -> None:
    rig.store().acquire("T", "one", 60, 0)
    assert rig.store().acquire("U", "two", 60, 0).owner == "two"


def test_a_renewed_lease_lasts_longer(rig: Rig) -> None:
    store = rig.store()
    lease = store.acquire("T", "one", 60, 1_000)
    assert rig.store().renew(lease, 60, 1_050).until_s == 1_110
    with pytest.raises(LeaseHeld):
        store.acquire("T", "two", 60, 1_100)


def test_a_released_table_is_free_at_once(rig: Rig) -> None:
    store = rig.store()
    lease = store.acquire("T", "one", 60, 1_000)
    rig.store().release(lease)
    store.release(lease)
    assert store.acquire("T", "two", 60, 1_001).token > lease.token


def test_a_released_lease_is_not_renewed_by_a_call_that_is_still_at_work(rig: Rig) -> None:
    store = rig.store()
    lease = store.acquire("T", "one", 60, 1_000)
    rig.store().release(lease)
    with pytest.raises(LeaseLost, match="given back"):
        store.renew(lease, 1_800, 1_001)
    with pytest.raises(LeaseLost):
        store.put("T/run", {"n": 1}, lease)
    with pytest.raises(LeaseLost):
        store.remove("T/", lease)
    assert rig.store().acquire("T", "two", 60, 1_002).token > lease.token


def test_under_a_lease_that_is_over_nothing_is_written_removed_renewed_or_released(rig: Rig) -> None:
    store = rig.store()
    old = store.acquire("T", "one", 60, 1_000)
    store.put("T/run", {"n": 1}, old)
    new = rig.store().acquire("T", "two", 60, 1_001, force=True)
    with pytest.raises(LeaseLost):
        store.put("T/run", {"n": 2}, old)
    with pytest.raises(LeaseLost):
        store.remove("T/", old)
    with pytest.raises(LeaseLost):
        store.renew(old, 60, 1_002)
    store.release(old)
    assert store.get("T/run") == {"n": 1}
    with pytest.raises(LeaseHeld):
        store.acquire("T", "three", 60, 1_003)
    rig.store().put("T/run", {"n": 3}, new)
