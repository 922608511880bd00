"""The runs of reconciliations on one machine: in a folder, or in memory."""

from __future__ import annotations

import fcntl
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import RLock

import orjson

from bridge.errors import CheckpointBroken, CheckpointUnavailable
from bridge.ports.run_store import Document, Lease
from bridge.reconcile.lease import check_lease, lease_document, next_lease, read_lease
from bridge.reconcile.state import read_document
from bridge.settings.durable_file import write_durably


class _LockedRunStore(ABC):
    """A run store whose leases are compared and written under a lock."""

    def acquire(self, table: str, owner: str, ttl_s: float, now_s: float, *, force: bool = False) -> Lease:
        with self._locked(table):
            lease = next_lease(self._lease(table), table, owner, ttl_s, now_s, force=force)
            self._write_lease(lease)
            return lease

    def renew(self, lease: Lease, ttl_s: float, now_s: float) -> Lease:
        with self._held(lease):
            renewed = Lease(lease.table, lease.owner, lease.token, now_s + ttl_s)
            self._write_lease(renewed)
            return renewed

    def release(self, lease: Lease) -> None:
        with self._locked(lease.table):
            held = self._lease(lease.table)
            if held is not None and held.token == lease.token:
                self._write_lease(Lease(lease.table, lease.owner, lease.token, 0.0))

    @contextmanager
    def _held(self, lease: Lease) -> Iterator[None]:
        with self._locked(lease.table):
            check_lease(self._lease(lease.table), lease)
            yield

    @abstractmethod
    def _locked(self, table: str) -> AbstractContextManager[object]: ...

    @abstractmethod
    def _lease(self, table: str) -> Lease | None: ...

    @abstractmethod
    def _write_lease(self, lease: Lease) -> None: ...


class MemoryRunStore(_LockedRunStore):
    """Lives as long as the process; ``puts`` counts. Documents go through JSON, as in the other stores."""

    def __init__(self) -> None:
        self.documents: dict[str, bytes] = {}
        self.leases: dict[str, Lease] = {}
        self.puts = 0
        self._lock = RLock()

    def get(self, name: str) -> Document | None:
        data = self.documents.get(name)
        return None if data is None else read_document(data, name)

    def put(self, name: str, document: Document, lease: Lease) -> None:
        with self._held(lease):
            self.documents[name] = orjson.dumps(document)
            self.puts += 1

    def names(self, prefix: str) -> Iterator[str]:
        return iter(sorted(name for name in list(self.documents) if name.startswith(prefix)))

    def remove(self, prefix: str, lease: Lease) -> None:
        with self._held(lease):
            for name in self.names(prefix):
                del self.documents[name]

    def _locked(self, table: str) -> AbstractContextManager[object]:
        return self._lock

    def _lease(self, table: str) -> Lease | None:
        return self.leases.get(table)

    def _write_lease(self, lease: Lease) -> None:
        self.leases[lease.table] = lease


class DirectoryRunStore(_LockedRunStore):
    """One file for each document, replaced in one durable step: a kill -9 leaves the old one or the new one.
    Files hold item keys, so only their owner may read them.

    Leases are files too, compared and written under a lock of the operating system: for processes of one
    machine, or of several on a file system with such locks.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, name: str) -> Document | None:
        path = self._path(name)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CheckpointBroken(
                f"the checkpoint {path} cannot be read: {error.strerror}", hint="make it readable"
            ) from error
        return read_document(data, str(path))

    def put(self, name: str, document: Document, lease: Lease) -> None:
        with self._held(lease):
            self._write(self._path(name), orjson.dumps(document))

    def names(self, prefix: str) -> Iterator[str]:
        folder = self._folder / prefix
        if not folder.is_dir():
            return iter(())
        found = (str(path.relative_to(self._folder))[: -len(".json")] for path in folder.rglob("*.json"))
        return iter(sorted(found))

    def remove(self, prefix: str, lease: Lease) -> None:
        with self._held(lease):
            shutil.rmtree(self._folder / prefix, ignore_errors=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _write(self, path: Path, data: bytes) -> None:
        try:
            write_durably(path, data)
        except OSError as error:
            raise CheckpointUnavailable(
                f"the checkpoint {path} cannot be written: {error.strerror}",
                hint="check free space and permissions of its folder",
            ) from error

    def _lease(self, table: str) -> Lease | None:
        document = self.get(f"{table}/lease")
        return None if document is None else read_lease(document, str(self._path(f"{table}/lease")))

    def _write_lease(self, lease: Lease) -> None:
        self._write(self._path(f"{lease.table}/lease"), orjson.dumps(lease_document(lease)))

    @contextmanager
    def _locked(self, table: str) -> Iterator[None]:
        path = self._folder / table / "lease.lock"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("w")
        except OSError as error:
            raise CheckpointUnavailable(
                f"the folder {path.parent} cannot be used: {error.strerror}", hint="check its permissions"
            ) from error
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
