"""Where reconciliations keep their runs when many machines share them: one S3 object a document.

Every object holds the token of the lease it was written under, and is only ever replaced on the condition
that it is still the one that was looked at (``If-Match`` with its ETag, ``If-None-Match: *`` where there was
none). So what a later lease has written is never overwritten by an earlier one, however late its request
arrives. S3 answers 412 where the condition does not hold, 409 where another conditional write of the key is
under way, 404 where an object to match is gone (docs: "How to prevent object overwrites with conditional
writes"); reads and lists show every write that has ended (docs: "Amazon S3 data consistency model").

Leases end by the clocks of those who ask, so the clocks of all workers must agree to much less than a lease
lasts.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

import orjson

from bridge.delivery.backoff import Backoff
from bridge.edges.answers.errors import AWS_ERRORS, AwsTarget, code_of
from bridge.edges.s3.objects import encryption, folder
from bridge.errors import AccessDenied, BridgeError, CheckpointBroken, CheckpointUnavailable
from bridge.limits import S3_DELETE_MAX
from bridge.ports.clock import Clock, Deadline
from bridge.ports.run_store import Document, Lease
from bridge.reconcile.lease import check_lease, lease_document, lease_lost, next_lease, read_lease
from bridge.reconcile.state import broken, read_document

FORMAT: Final = 1
PATIENCE_S: Final = 20.0
"""How long throttling and outages are waited out. After that the run stops and can be resumed."""

_TRIES: Final = 16
_ETAGS: Final = 1024
_CONDITION_FAILED: Final = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"}


@dataclass(frozen=True, slots=True)
class _Stored:
    data: bytes
    etag: str


class S3RunStore:
    """A ``RunStore`` through a boto3 ``s3`` client. ``nonce`` gives a text that is new each time: it tells a
    lease of ours, whose answer was lost, from another's. Threads may share it.

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
        self._client = client
        self._bucket = bucket
        self._prefix = folder(prefix)
        self._clock = clock
        self._backoff = backoff
        self._nonce = nonce
        self._encryption = encryption(kms_key)
        self._patience_s = patience_s
        self._target = AwsTarget("s3", f"bucket {bucket}", unavailable=CheckpointUnavailable)
        self._etags: OrderedDict[str, str] = OrderedDict()  # of what was written here last
        self._lock = Lock()

    def check(self) -> None:
        """Raises ``TargetMissing``, ``AccessDenied`` or ``CheckpointUnavailable``."""
        self._call(self._client.head_bucket, Bucket=self._bucket)

    # --- leases --------------------------------------------------------------------------------------

    def acquire(self, table: str, owner: str, ttl_s: float, now_s: float, *, force: bool = False) -> Lease:
        nonce = self._nonce()
        for _ in self._tries():
            held, etag, by = self._held(table)
            if held is not None and by == nonce:
                return held  # our own, whose answer was lost on the way
            lease = next_lease(held, table, owner, ttl_s, now_s, force=force)
            if self._write_lease(lease, etag, nonce):
                return lease
        raise self._contended(f"{table}/lease")

    def renew(self, lease: Lease, ttl_s: float, now_s: float) -> Lease:
        """Several workers of one run may do so: the lease lasts as long as the last of them said."""
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
            if self._write_lease(Lease(lease.table, lease.owner, lease.token, 0.0), etag, by):
                return

    # --- documents -----------------------------------------------------------------------------------

    def get(self, name: str) -> Document | None:
        stored = self._read(self._key(name))
        if stored is None:
            return None
        where = self._uri(name)
        content = read_document(stored.data, where)
        document = content.get("document")
        if content.get("format") != FORMAT or not isinstance(document, dict):
            raise broken(where, f"is not of format {FORMAT}, which this version writes")
        return document

    def put(self, name: str, document: Document, lease: Lease) -> None:
        held, _, _ = self._held(lease.table)
        check_lease(held, lease)
        key = self._key(name)
        data = orjson.dumps({"format": FORMAT, "token": lease.token, "document": document})
        with self._lock:
            etag = self._etags.get(key)
        for _ in self._tries():
            written = self._write(key, data, etag)
            if written is not None:
                self._remember(key, written)
                return
            stored = self._read(key)
            if stored is not None and _token_of(stored.data) > lease.token:
                raise lease_lost(lease, "a later run")
            etag = None if stored is None else stored.etag
        raise self._contended(name)

    def names(self, prefix: str) -> Iterator[str]:
        """Page by page, as they are asked for."""
        for key in self._keys(self._prefix + prefix):
            yield key.removeprefix(self._prefix)

    def remove(self, prefix: str, lease: Lease) -> None:
        held, _, _ = self._held(lease.table)
        check_lease(held, lease)
        batch: list[str] = []
        for key in self._keys(self._prefix + prefix):
            batch.append(key)
            if len(batch) == S3_DELETE_MAX:
                self._delete(batch)
                batch = []
        if batch:
            self._delete(batch)

    def _tries(self) -> Iterator[int]:
        """Against others who write the same object at the same moment; a little later each time."""
        for tries in range(_TRIES):
            yield tries
            self._clock.sleep(self._backoff.delay_s(self._backoff.draw(), tries))

    # --- objects -------------------------------------------------------------------------------------

    def _key(self, name: str) -> str:
        # Without a suffix keys sort as names do: S3 lists them in the order of their bytes.
        return self._prefix + name

    def _uri(self, name: str) -> str:
        return f"s3://{self._bucket}/{self._key(name)}"

    def _held(self, table: str) -> tuple[Lease | None, str | None, str]:
        """The lease, the ETag of its object, and the nonce of who took it."""
        name = f"{table}/lease"
        stored = self._read(self._key(name))
        if stored is None:
            return None, None, ""
        content = read_document(stored.data, self._uri(name))
        if content.get("format") != FORMAT:
            raise CheckpointBroken(
                f"the lease {self._uri(name)} is not of format {FORMAT}, which this version writes",
                hint="another version works on this table: use that one, or another prefix",
            )
        return read_lease(content, self._uri(name)), stored.etag, str(content.get("nonce", ""))

    def _write_lease(self, lease: Lease, etag: str | None, nonce: str) -> bool:
        content = {"format": FORMAT, **lease_document(lease), "nonce": nonce}
        return self._write(self._key(f"{lease.table}/lease"), orjson.dumps(content), etag) is not None

    def _read(self, key: str) -> _Stored | None:
        try:
            answer = self._call(self._client.get_object, Bucket=self._bucket, Key=key)
        except _Refused as refused:
            if refused.code == "NoSuchKey":
                return None
            raise
        return _Stored(*answer)

    def _write(self, key: str, data: bytes, etag: str | None) -> str | None:
        """The new ETag; None where the object is not the one of ``etag`` (None: there is one)."""
        condition = {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}
        try:
            answer = self._call(
                self._client.put_object,
                Bucket=self._bucket,
                Key=key,
                Body=data,
                ContentType="application/json",
                **condition,
                **self._encryption,
            )
        except _Refused:
            return None
        return str(answer["ETag"])

    def _keys(self, prefix: str) -> Iterator[str]:
        request: dict[str, Any] = {"Bucket": self._bucket, "Prefix": prefix}
        while True:
            answer = self._call(self._client.list_objects_v2, **request)
            for each in answer.get("Contents", ()):
                yield str(each["Key"])
            if not answer.get("IsTruncated"):
                return
            request["ContinuationToken"] = answer["NextContinuationToken"]

    def _delete(self, keys: list[str]) -> None:
        objects = {"Objects": [{"Key": key} for key in keys], "Quiet": True}
        answer = self._call(self._client.delete_objects, Bucket=self._bucket, Delete=objects)
        for each in answer.get("Errors", ()):
            raise self._target.entry_error(str(each.get("Code", "")), "DeleteObjects")
        with self._lock:
            for key in keys:
                self._etags.pop(key, None)

    def _remember(self, key: str, etag: str) -> None:
        with self._lock:
            self._etags[key] = etag
            self._etags.move_to_end(key)
            if len(self._etags) > _ETAGS:
                self._etags.popitem(last=False)

    def _call(self, operation: Callable[..., Any], **request: Any) -> Any:
        """Of an object its content and ETag, else the answer. Raises ``_Refused`` where a condition did not
        hold or there is no such object; repeats what may pass, with backoff."""
        until = Deadline.after(self._clock, self._patience_s)
        tries = 0
        while True:
            try:
                answer: Mapping[str, Any] = operation(**request)
                # A body may break off while it is read, and is then asked for again.
                return (answer["Body"].read(), str(answer["ETag"])) if "Body" in answer else answer
            except AWS_ERRORS as error:
                if code_of(error) in _CONDITION_FAILED:
                    raise _Refused(code_of(error)) from error
                translated = self._translate(error)
                left_s = until.remaining_s()
                if translated.permanent or left_s <= 0:
                    raise translated from error
                self._clock.sleep(min(left_s, self._backoff.delay_s(self._backoff.draw(), tries)))
                tries += 1

    def _translate(self, error: Exception) -> BridgeError:
        translated = self._target.translate(error)
        if isinstance(translated, AccessDenied):
            translated.hint += "; without s3:ListBucket an object that is not there yet looks forbidden"
        return translated

    def _contended(self, name: str) -> CheckpointUnavailable:
        return CheckpointUnavailable(
            f"{self._uri(name)} is being written by others all the time",
            hint="are there several runs of one table? `reconcile status` tells who holds it",
        )


class _Refused(Exception):
    """S3 says that a condition does not hold, or that there is no such object."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _token_of(data: bytes) -> int:
    """Under which lease a document was written; 0 where it cannot be read: then it may be replaced."""
    try:
        return int(orjson.loads(data)["token"])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return 0
