"""Keeping the right to work on a table while a run goes on."""

from __future__ import annotations

from threading import Lock

from bridge.ports.clock import Clock
from bridge.ports.run_store import Lease, RunStore

LEASE_S = 600.0
"""Longer than one step can take: reads wait out throttling for five minutes before they give up."""


class LeaseKeeper:
    """Renews in good time; ``current`` is asked for before each write and may be asked by several threads."""

    def __init__(self, store: RunStore, lease: Lease, clock: Clock, ttl_s: float = LEASE_S) -> None:
        self._store = store
        self._lease = lease
        self._clock = clock
        self._ttl_s = ttl_s
        self._lock = Lock()

    @property
    def current(self) -> Lease:
        """Raises ``LeaseLost`` where another run took over."""
        with self._lock:
            now_s = self._clock.now()
            if self._lease.until_s - now_s < self._ttl_s * 2 / 3:
                self._lease = self._store.renew(self._lease, self._ttl_s, now_s)
            return self._lease

    def confirm(self) -> None:
        """Ask the store whether the lease is still ours; before something is sent."""
        with self._lock:
            self._lease = self._store.renew(self._lease, self._ttl_s, self._clock.now())

    def release(self) -> None:
        self._store.release(self._lease)
