"""A process works only under a lease that still runs."""

from __future__ import annotations

from bridge.ports.run_store import Document, Lease
from bridge.reconcile.lease import ClaimKeeper, LeaseKeeper
from tests.fakes.clock import FakeClock
from tests.fakes.stores import MemoryRunStore

_TTL_S = 60.0


class SlowStore(MemoryRunStore):
    """``waits_s``: how long each of the next renewals takes; ``read_s``: how long each read does."""

    def __init__(self, clock: FakeClock, waits_s: list[float], read_s: float = 0.0) -> None:
        super().__init__()
        self._clock = clock
        self.waits_s = waits_s
        self.read_s = read_s
        self.until_s = 0.0

    def renew(self, lease: Lease, ttl_s: float, now_s: float) -> Lease:
        renewed = super().renew(lease, ttl_s, now_s)
        self.until_s = renewed.until_s
        self._clock.advance(self.waits_s.pop(0) if self.waits_s else 0.0)
        return renewed

    def get(self, name: str) -> Document | None:
        self._clock.advance(self.read_s)
        return super().get(name)


def test_a_lease_that_ended_while_it_was_renewed_is_renewed_again() -> None:
    clock = FakeClock()
    store = SlowStore(clock, [1000.0])
    keeper = LeaseKeeper(store, store.acquire("T", "me", _TTL_S, clock.now()), clock, _TTL_S)
    clock.advance(_TTL_S / 2)
    assert keeper.current.until_s == clock.now() + _TTL_S
    assert store.waits_s == []


def test_nothing_is_sent_under_a_lease_that_ended_while_it_was_confirmed() -> None:
    clock = FakeClock()
    store = SlowStore(clock, [1000.0])
    keeper = LeaseKeeper(store, store.acquire("T", "me", _TTL_S, clock.now()), clock, _TTL_S)
    keeper.confirm()
    assert store.until_s == clock.now() + _TTL_S


def test_a_lease_is_renewed_once_where_the_answer_comes_in_time() -> None:
    clock = FakeClock()
    store = SlowStore(clock, [1.0, 1.0])
    keeper = LeaseKeeper(store, store.acquire("T", "me", _TTL_S, clock.now()), clock, _TTL_S)
    keeper.confirm()
    assert store.waits_s == [1.0]


def test_a_store_that_is_always_slow_is_not_asked_for_ever() -> None:
    clock = FakeClock()
    store = SlowStore(clock, [1000.0] * 10)
    keeper = LeaseKeeper(store, store.acquire("T", "me", _TTL_S, clock.now()), clock, _TTL_S)
    keeper.confirm()
    assert len(store.waits_s) == 7


def test_a_lease_that_ended_while_the_claim_was_read_is_renewed() -> None:
    clock = FakeClock()
    store = SlowStore(clock, [])
    lease = store.acquire("T", "me", _TTL_S, clock.now())
    keeper = ClaimKeeper(store, lease, clock, _TTL_S, name="T/claim", by="me")
    store.read_s = 100.0
    assert keeper.current.until_s > clock.now()
