"""The runs of reconciliations that several machines share: one S3 object for each document.

Every object holds the token of the lease under which it was written. It is only replaced on the condition
that it is still the one that was read (``If-Match`` with its ETag, ``If-None-Match: *`` where it did not
exist). So an earlier lease never overwrites what a later lease has written, however late its request arrives.
S3 answers 412 where the condition does not hold, 409 while another conditional write of the key is in
progress, 404 where the object to match is gone (docs: "How to prevent object overwrites with conditional
writes"). Reads and lists show every write that has ended (docs: "Amazon S3 data consistency model").

Each worker compares a lease's end with its own clock, so the clocks of all workers must agree to much less
than the length of a lease.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from threading import Lock
from typing import Any, Final

import orjson

from bridge.delivery.backoff import Backoff
from bridge.delivery.patience import Patience
from bridge.edges.answers.errors import AwsTarget
from bridge.edges.s3.objects import Objects
from bridge.errors import BridgeError, CheckpointBroken, CheckpointUnavailable
from bridge.limits import S3_DELETE_MAX
from bridge.ports.clock import Clock
from bridge.ports.run_store import Document, Lease
from bridge.reconcile.lease import check_lease, lease_document, lease_lost, next_lease, read_lease, released
from bridge.reconcile.state import broken, read_document

FORMAT: Final = 1
PATIENCE_S: Final = 20.0
"""How long a call is repeated during throttling and outages. Then the run stops; it can be resumed."""

_TRIES: Final = 16
_ETAGS: Final = 1024
_CONDITION_FAILED: Final = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"}


class S3RunStore:
    """A ``RunStore`` through a boto3 ``s3`` client. ``nonce`` returns a new text each time: by it the store
    recognises its own lease whose answer was lost. Threads may share it.

    Needs ``s3:GetObject``, ``s3:PutObject``, ``s3:DeleteObject`` and ``s3:ListBucket``.
    """

    def __init__(
        self,
        client: Any,
        bucket: str,
        prefix: str,
        clock: Clock,
        backoff: Backoff,
        *,
        nonce: Callable[[], str],
        kms_key: str | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        target = AwsTarget(
            client,
            "s3",
            f"bucket {bucket}",
            unavailable=CheckpointUnavailable,
            by_code={"ConditionalRequestConflict": _conflict},
            denied_hint="without s3:ListBucket an object that does not exist yet looks forbidden",
        )
        self._objects = Objects(target, bucket, prefix, kms_key=kms_key)
        self._clock = clock
        self._backoff = backoff
        self._nonce = nonce
        self._patiently = Patience(clock, backoff, call_s=patience_s).call
        self._etags: OrderedDict[str, str] = OrderedDict()  # of the last writes, by name
        self._lock = Lock()

    def check(self) -> None:
        """Raises ``TargetMissing``, ``AccessDenied`` or ``CheckpointUnavailable``."""
        self._patiently(self._objects.check)

    # --- leases --------------------------------------------------------------------------------------

    def acquire(self, table: str, owner: str, ttl_s: float, now_s: float, *, force: bool = False) -> Lease:
        nonce = self._nonce()
        for _ in self._tries():
            held, etag, by = self._held(table)
            if held is not None and by == nonce:
                return held  # this store's own, whose answer was lost
            lease = next_lease(held, table, owner, ttl_s, now_s, force=force)
            if self._write_lease(lease, etag, nonce):
                return lease
        raise self._contended(f"{table}/lease")

    def renew(self, lease: Lease, ttl_s: float, now_s: float) -> Lease:
        """Several workers of one run may renew: the latest time that one of them sets is the lease's end."""
        for _ in self._tries():
            held, etag, by = self._held(lease.table)
            check_lease(held, lease)
            until_s = max(now_s + ttl_s, held.until_s if held is not None else 0.0)
            renewed = Lease(lease.table, lease.owner, lease.token, until_s)
            if self._write_lease(renewed, etag, by):
                return renewed
        raise self._contended(f"{lease.table}/lease")

    def release(self, lease: Lease) -> None:
        for _ in self._tries():
            held, etag, by = self._held(lease.table)
            if held is None or held.token != lease.token:
                return
            if self._write_lease(released(lease), etag, by):
                return

    # --- documents -----------------------------------------------------------------------------------

    def get(self, name: str) -> Document | None:
        stored = self._patiently(lambda: self._objects.get(name))
        if stored is None:
            return None
        where = self._objects.uri(name)
        content = read_document(stored.data, where)
        document = content.get("document")
        if content.get("format") != FORMAT or not isinstance(document, dict):
            raise broken(where, f"is not of format {FORMAT}, which this version writes")
        return document

    def put(self, name: str, document: Document, lease: Lease) -> None:
        data = orjson.dumps({"format": FORMAT, "token": lease.token, "document": document})
        with self._lock:
            etag = self._etags.get(name)
        for _ in self._tries():
            held, _, _ = self._held(lease.table)
            check_lease(held, lease)  # each time: who wrote meanwhile may have released the lease, too
            written = self._write(name, data, etag)
            if written is not None:
                self._remember(name, written)
                return
            stored = self._patiently(lambda: self._objects.get(name))
            if stored is not None and _token_of(stored.data) > lease.token:
                raise lease_lost(lease, "a later run")
            etag = None if stored is None else stored.etag
        raise self._contended(name)

    def names(self, prefix: str) -> Iterator[str]:
        """In the order of their bytes; a page is read when it is needed."""
        start = ""
        while True:
            found, start = self._patiently(partial(self._objects.page, prefix, start))
            yield from (name for name, _ in found)
            if not start:
                return

    def remove(self, prefix: str, lease: Lease) -> None:
        held, _, _ = self._held(lease.table)
        check_lease(held, lease)
        names = self.names(prefix)
        while batch := list(islice(names, S3_DELETE_MAX)):
            self._patiently(partial(self._objects.delete_all, batch))
            with self._lock:
                for name in batch:
                    self._etags.pop(name, None)

    def _tries(self) -> Iterator[int]:
        """Against others who write the same object at the same moment; a little later each time."""
        for tries in range(_TRIES):
            yield tries
            self._clock.sleep(self._backoff.delay_s(self._backoff.draw(), tries))

    # --- objects -------------------------------------------------------------------------------------

    def _held(self, table: str) -> tuple[Lease | None, str | None, str]:
        """The lease, the ETag of its object, and the nonce of its owner."""
        name, where = f"{table}/lease", self._objects.uri(f"{table}/lease")
        stored = self._patiently(lambda: self._objects.get(name))
        if stored is None:
            return None, None, ""
        content = read_document(stored.data, where)
        if content.get("format") != FORMAT:
            raise CheckpointBroken(
                f"the lease {where} is not of format {FORMAT}, which this version writes",
                hint="another version works on this table: use that one, or another prefix",
            )
        return read_lease(content, where), stored.etag, str(content.get("nonce", ""))

    def _write_lease(self, lease: Lease, etag: str | None, nonce: str) -> bool:
        content = {"format": FORMAT, **lease_document(lease), "nonce": nonce}
        return self._write(f"{lease.table}/lease", orjson.dumps(content), etag) is not None

    def _write(self, name: str, data: bytes, etag: str | None) -> str | None:
        """The new ETag; None where the object is not the one of ``etag`` (None: where it exists)."""
        condition = {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}
        try:
            return self._patiently(lambda: self._objects.put(name, data, **condition))
        except BridgeError as error:
            if error.code in _CONDITION_FAILED:
                return None
            raise

    def _remember(self, name: str, etag: str) -> None:
        with self._lock:
            self._etags[name] = etag
            self._etags.move_to_end(name)
            if len(self._etags) > _ETAGS:
                self._etags.popitem(last=False)

    def _contended(self, name: str) -> CheckpointUnavailable:
        return CheckpointUnavailable(
            f"{self._objects.uri(name)} is being written by others all the time",
            hint="check whether one table has several runs; `reconcile status` shows who holds the lease",
        )


def _conflict(code: str) -> BridgeError:
    """Not unavailable: the same conditional write is not repeated, what is stored is read again first."""
    return BridgeError("another write of the same object is under way", code=code)


def _token_of(data: bytes) -> int:
    """The token of the lease under which a document was written; 0 where it cannot be read: then the document
    may be replaced."""
    try:
        return int(orjson.loads(data)["token"])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return 0
