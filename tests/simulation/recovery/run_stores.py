"""Where reconciliations keep their runs: in memory, or in a bucket through the product's own run store.

Both remember who holds the table, so that a process that goes on without its lease is seen.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from itertools import count
from random import Random

from botocore.exceptions import ReadTimeoutError

from bridge.delivery.backoff import Backoff
from bridge.edges.s3.run_store import S3RunStore
from bridge.errors import CheckpointUnavailable
from bridge.ports.clock import Clock
from bridge.ports.run_store import Document, Lease, RunStore
from tests.fakes.clients.batch_peer import client_error
from tests.fakes.clients.s3 import S3Client
from tests.fakes.stores import MemoryRunStore
from tests.simulation.faults import Crash, Faults
from tests.simulation.judge import Violation
from tests.simulation.recovery.nonsense import Nonsense

BUCKET = "runs"
_PATIENCE_S = 8.0


class SimulatedRunStore(MemoryRunStore):
    def __init__(self, faults: Faults) -> None:
        super().__init__()
        self._faults = faults

    def put(self, name: str, document: Document, lease: Lease) -> None:
        fault = self._faults.before(f"runs.put {name.rpartition('/')[2]}")
        if fault not in ("none", "unheard"):
            raise CheckpointUnavailable("the run store did not take a document")
        super().put(name, document, lease)
        self._faults.after("runs.put")
        if fault == "unheard":
            raise CheckpointUnavailable("the run store did not answer")

    def release(self, lease: Lease) -> None:
        if not is_killed():
            super().release(lease)


class SimulatedS3(S3Client):
    """A bucket that throttles, fails, and answers too late; the process dies before and after every call.
    ``edge`` is the bucket's name among the edges."""

    def __init__(self, bucket: str, faults: Faults, edge: str) -> None:
        super().__init__(bucket, now=faults.world.clock.now, page=5)
        self._faults = faults
        self._edge = edge
        self._fault = "none"

    def begin(self, operation: str, parameters: dict[str, object]) -> None:
        self.calls[operation] += 1  # parameters are held against botocore's model in the contract suite
        what = str(parameters.get("Key", "")).rpartition("/")[2]
        self._fault = self._faults.before(f"{self._edge}.{operation} {what}".rstrip())
        if self._fault in ("throttled", "partial"):
            raise client_error("SlowDown", operation, 503)
        if self._fault == "failed":
            raise client_error("InternalError", operation, 500)

    def end(self, operation: str) -> None:
        fault = self._fault
        self._faults.after(f"{self._edge}.{operation}")
        if fault == "unheard":
            raise ReadTimeoutError(endpoint_url="https://s3.example.com")


class SimulatedS3RunStore(S3RunStore):
    def release(self, lease: Lease) -> None:
        if not is_killed():
            super().release(lease)


def is_killed() -> bool:
    """Who is killed gives nothing back."""
    return isinstance(sys.exc_info()[1], Crash)


def run_stores(kind: str, faults: Faults, rng: Random, client: Nonsense) -> Callable[[], RunStore]:
    """Makes the store of each process. What they keep is the same; ``client`` is of a bucket."""
    if kind == "memory":
        store = SimulatedRunStore(faults)
        return lambda: store
    nonces = count(1)

    def make() -> RunStore:
        clock, backoff = faults.world.clock, Backoff(rng)
        return SimulatedS3RunStore(
            client,
            BUCKET,
            "reconcile",
            clock,
            backoff,
            nonce=lambda: f"nonce-{next(nonces)}",
            patience_s=_PATIENCE_S,
        )

    return make


class Held:
    """Who holds the table, seen from outside: when each holder began its last write, and under which lease
    each document was written. One for all processes."""

    def __init__(self) -> None:
        self.token = 0
        self.wrote_s: dict[int, float] = {}
        self.documents: dict[str, int] = {}


class WatchedStore:
    """A run store of one process. Raises ``Violation`` where the table is given away under a holder at work,
    and where an earlier lease overwrites what a later one has written."""

    def __init__(self, store: RunStore, held: Held, clock: Clock) -> None:
        self._store = store
        self._held = held
        self._clock = clock

    def acquire(self, table: str, owner: str, ttl_s: float, now_s: float, *, force: bool = False) -> Lease:
        lease = self._store.acquire(table, owner, ttl_s, now_s, force=force)
        held = self._held
        before_s = held.wrote_s.get(held.token)
        held.token = max(held.token, lease.token)
        if not force and before_s is not None and now_s - before_s < ttl_s / 2:
            raise Violation(
                f"{owner} got the table, whose holder had written {now_s - before_s:.0f} s before"
            )
        return lease

    def renew(self, lease: Lease, ttl_s: float, now_s: float) -> Lease:
        return self._store.renew(lease, ttl_s, now_s)

    def release(self, lease: Lease) -> None:
        self._held.wrote_s.pop(lease.token, None)  # whether it is heard or not: nobody is at work any more
        self._store.release(lease)

    def get(self, name: str) -> Document | None:
        return self._store.get(name)

    def put(self, name: str, document: Document, lease: Lease) -> None:
        began_s, held = self._clock.now(), self._held
        self._store.put(name, document, lease)
        if held.documents.get(name, 0) > lease.token:
            raise Violation(f"{name} of lease {held.documents[name]} was overwritten under {lease.token}")
        held.documents[name] = lease.token
        held.wrote_s[lease.token] = began_s

    def names(self, prefix: str) -> Iterator[str]:
        return self._store.names(prefix)

    def remove(self, prefix: str, lease: Lease) -> None:
        self._store.remove(prefix, lease)
        for name in [name for name in self._held.documents if name.startswith(prefix)]:
            del self._held.documents[name]
