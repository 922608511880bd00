"""The runs of reconciliations on one machine, in a folder."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson

from bridge.errors import CheckpointBroken, CheckpointUnavailable
from bridge.ports.run_store import Document, Lease
from bridge.reconcile.lease import check_lease, lease_document, next_lease, read_lease, released
from bridge.reconcile.state import read_document
from bridge.settings.durable_file import write_durably


class DirectoryRunStore:
    """One file for each document, replaced in one durable step: a kill -9 leaves the old one or the new one.
    Files hold item keys, so only their owner may read them.

    Leases are files too, compared and written under a lock of the operating system: for processes of one
    machine, or of several on a file system with such locks.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

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
                self._write_lease(released(lease))

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
    def _held(self, lease: Lease) -> Iterator[None]:
        with self._locked(lease.table):
            check_lease(self._lease(lease.table), lease)
            yield

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
