"""Quarantine in an S3 bucket: one object for each record.

The key is the prefix and the entry's name, so a record that is put again replaces its object. Neither key nor
metadata says anything about the item: filters read the object. The object is encrypted by the bucket's
default, or with a KMS key. Whoever may read the bucket may read whole records, so access to the bucket must
be restricted. In a bucket with versioning, the earlier reasons remain as older versions.

Needs ``s3:PutObject`` and ``s3:ListBucket``; for reading also ``s3:GetObject``, for removing
``s3:DeleteObject``; with a KMS key ``kms:GenerateDataKey`` and, for reading, ``kms:Decrypt``.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import timedelta
from typing import Any, Final

from bridge.edges.answers.errors import AwsTarget
from bridge.edges.s3.objects import Objects
from bridge.errors import BridgeError, EntryMissing, QuarantineUnavailable
from bridge.ports.quarantine import EVERYTHING, Found, Quarantined, Selection
from bridge.ports.quarantine_entry import decode, encode, entries_of, name_of, scan_names

DEFAULT_PREFIX: Final = "quarantine/"

# S3 refuses requests whose clock is further off than this (docs: RequestTimeTooSkewed), so an object cannot
# be older than the time in its entry by more.
_CLOCKS_APART: Final = timedelta(minutes=15)


class S3Quarantine:
    """``client`` is boto3's ``s3``, with its own retries: putting an entry twice leaves one."""

    def __init__(
        self, client: Any, bucket: str, prefix: str = DEFAULT_PREFIX, *, kms_key: str | None = None
    ) -> None:
        """``kms_key`` as :class:`bridge.edges.s3.objects.Objects` takes it."""
        target = AwsTarget(
            client,
            "s3",
            f"bucket {bucket}",
            unavailable=QuarantineUnavailable,
            too_large=QuarantineUnavailable,
        )
        self._objects = Objects(target, bucket, prefix, kms_key=kms_key)

    def check(self) -> None:
        """Raises ``TargetMissing``, ``AccessDenied`` or ``QuarantineUnavailable``."""
        self._objects.check()

    def put(self, entry: Quarantined) -> None:
        """Durable when it returns; see ``ports.Quarantine.put``."""
        self._objects.put(name_of(entry), encode(entry))

    def names(self, selection: Selection = EVERYTHING) -> Iterator[str]:
        """The names of the entries, by position within each stream. Of ``selection`` the list can apply only
        ``since``."""
        since = selection.since - _CLOCKS_APART if selection.since is not None else None
        for name, modified in self._objects.names():
            if name.endswith(".json") and "/" not in name and (since is None or modified >= since):
                yield name

    def load(self, name: str) -> Quarantined:
        """One entry. Raises ``EntryMissing``, and ``BridgeError`` where the object is not an entry."""
        stored, bucket = self._objects.get(name), self._objects.bucket
        if stored is None:
            text = f"bucket {bucket} has no {self._objects.prefix}{name}, or does not have it any more"
            raise EntryMissing(text)
        try:
            return decode(stored.data)
        except BridgeError as error:
            raise BridgeError(f"bucket {bucket}, {name}: {error.message}", stage="quarantine") from error

    def entries(self, selection: Selection = EVERYTHING) -> Iterator[Quarantined]:
        """The selected entries. Each is read when it is needed, because the key contains neither reason nor
        type; ``since`` avoids reading older ones."""
        return entries_of(self.scan(selection))

    def hold(self) -> None:
        """Everybody can read an entry."""

    def scan(self, selection: Selection = EVERYTHING) -> Generator[Found]:
        """See ``ports.QuarantineReader.scan``; a name is the object's key without the prefix."""
        return scan_names(self.names(selection), self.load, selection)

    def remove(self, name: str) -> None:
        """See ``ports.QuarantineReader.remove``; with versioning the record remains as an older version."""
        self._objects.delete(name)
