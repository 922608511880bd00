"""Stores that live as long as the process: runs, checkpoints and the on-failure destination."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from threading import RLock
from typing import Any

import orjson

from bridge.ports.run_store import Document, Lease
from bridge.reconcile.lease import check_lease, next_lease, released
from bridge.reconcile.state import read_document


class MemoryRunStore:
    """Lives as long as the process; ``puts`` counts. Documents go through JSON, as in the other stores."""

    def __init__(self) -> None:
        self.documents: dict[str, bytes] = {}
        self.leases: dict[str, Lease] = {}
        self.puts = 0
        self._lock = RLock()

    def acquire(self, table: str, owner: str, ttl_s: float, now_s: float, *, force: bool = False) -> Lease:
        with self._lock:
            lease = next_lease(self.leases.get(table), table, owner, ttl_s, now_s, force=force)
            self.leases[table] = lease
            return lease

    def renew(self, lease: Lease, ttl_s: float, now_s: float) -> Lease:
        with self._lock:
            check_lease(self.leases.get(lease.table), lease)
            renewed = Lease(lease.table, lease.owner, lease.token, now_s + ttl_s)
            self.leases[lease.table] = renewed
            return renewed

    def release(self, lease: Lease) -> None:
        with self._lock:
            held = self.leases.get(lease.table)
            if held is not None and held.token == lease.token:
                self.leases[lease.table] = released(lease)

    def get(self, name: str) -> Document | None:
        data = self.documents.get(name)
        return None if data is None else read_document(data, name)

    def put(self, name: str, document: Document, lease: Lease) -> None:
        with self._lock:
            check_lease(self.leases.get(lease.table), lease)
            self.documents[name] = orjson.dumps(document)
            self.puts += 1

    def names(self, prefix: str) -> Iterator[str]:
        return iter(sorted(name for name in list(self.documents) if name.startswith(prefix)))

    def remove(self, prefix: str, lease: Lease) -> None:
        with self._lock:
            check_lease(self.leases.get(lease.table), lease)
            for name in self.names(prefix):
                del self.documents[name]


class MemoryCheckpoints:
    """Checkpoints that live as long as the process; ``saves`` counts."""

    def __init__(self) -> None:
        self.streams: dict[str, dict[str, str]] = {}
        self.saves = 0

    def load(self, stream_arn: str) -> Mapping[str, str]:
        return dict(self.streams.get(stream_arn, {}))

    def save(self, stream_arn: str, progress: Mapping[str, str]) -> None:
        self.streams[stream_arn] = dict(progress)
        self.saves += 1


class MemoryFailureDestination:
    """Keeps what it is sent, in order."""

    def __init__(self) -> None:
        self.sent: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = []

    def send(self, info: Mapping[str, Any], payload: Mapping[str, Any]) -> None:
        self.sent.append((info, payload))
