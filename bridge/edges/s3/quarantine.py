"""Quarantine in an S3 bucket: one object a record.

The key is the prefix and the entry's name, so a record that is put again replaces its object. Neither key
nor metadata tells anything of the item: what there is to filter by is read from the object. The object is
encrypted as the bucket's default says, or with a KMS key; who may read the bucket may read whole records, so
the bucket is closed. In a bucket with versioning the older reasons stay as older versions.

Needs ``s3:PutObject`` and ``s3:ListBucket``; for reading also ``s3:GetObject``, for removing
``s3:DeleteObject``; with a KMS key ``kms:GenerateDataKey`` and, for reading, ``kms:Decrypt``.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import timedelta
from typing import Any, Final

from bridge.edges.answers.errors import AWS_ERRORS, AwsTarget, code_of
from bridge.edges.s3.objects import encryption, folder
from bridge.errors import BridgeError, EntryMissing, QuarantineUnavailable
from bridge.ports.quarantine import EVERYTHING, Found, Quarantined, Selection
from bridge.ports.quarantine_entry import decode, encode, entries_of, name_of, scan_names

DEFAULT_PREFIX: Final = "quarantine/"

# S3 refuses requests whose clock is further off than this (docs: RequestTimeTooSkewed), so an object cannot
# be older than the time in its entry by more.
_CLOCKS_APART: Final = timedelta(minutes=15)


class S3Quarantine:
    """``client`` is boto3's ``s3``. Its own retries are welcome: putting an entry twice leaves one."""

    def __init__(
        self, client: Any, bucket: str, prefix: str = DEFAULT_PREFIX, *, kms_key: str | None = None
    ) -> None:
        """``kms_key`` is the id, ARN or alias of a KMS key; None means the bucket's default encryption."""
        self._client = client
        self._bucket = bucket
        self._prefix = folder(prefix)
        self._encryption = encryption(kms_key)
        self._target = AwsTarget(
            "s3", f"bucket {bucket}", unavailable=QuarantineUnavailable, too_large=QuarantineUnavailable
        )

    def check(self) -> None:
        """Raises ``TargetMissing``, ``AccessDenied`` or ``QuarantineUnavailable``."""
        try:
            self._client.head_bucket(Bucket=self._bucket)
        except AWS_ERRORS as error:
            raise self._target.translate(error) from error

    def put(self, entry: Quarantined) -> None:
        """Durable when it returns; see ``ports.Quarantine.put``."""
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=self._prefix + name_of(entry),
                Body=encode(entry),
                ContentType="application/json",
                **self._encryption,
            )
        except AWS_ERRORS as error:
            raise self._target.translate(error) from error

    def names(self, selection: Selection = EVERYTHING) -> Iterator[str]:
        """The names of the entries, by position within each stream; of ``selection`` only ``since`` can be
        told from the list."""
        since = selection.since - _CLOCKS_APART if selection.since is not None else None
        query: dict[str, str] = {"Bucket": self._bucket, "Prefix": self._prefix}
        while True:
            try:
                page = self._client.list_objects_v2(**query)
            except AWS_ERRORS as error:
                raise self._target.translate(error) from error
            for found in page.get("Contents") or ():
                name = found["Key"].removeprefix(self._prefix)
                if (
                    name.endswith(".json")
                    and "/" not in name
                    and (since is None or found["LastModified"] >= since)
                ):
                    yield name
            if not page.get("IsTruncated"):
                return
            query["ContinuationToken"] = page["NextContinuationToken"]

    def load(self, name: str) -> Quarantined:
        """One entry. Raises ``EntryMissing``, and ``BridgeError`` where the object is no entry."""
        try:
            data = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)["Body"].read()
        except AWS_ERRORS as error:
            if code_of(error) == "NoSuchKey":
                text = f"bucket {self._bucket} has no {self._prefix}{name}, or not any more"
                raise EntryMissing(text) from error
            raise self._target.translate(error) from error
        try:
            return decode(data)
        except BridgeError as error:
            raise BridgeError(
                f"bucket {self._bucket}, {name}: {error.message}", stage="quarantine"
            ) from error

    def entries(self, selection: Selection = EVERYTHING) -> Iterator[Quarantined]:
        """The entries selected. Each is fetched as it is asked for, since the key tells neither reason nor
        type; ``since`` spares fetching what is older."""
        return entries_of(self.scan(selection))

    def scan(self, selection: Selection = EVERYTHING) -> Generator[Found]:
        """See ``ports.QuarantineReader.scan``; a name is the object's key without the prefix."""
        return scan_names(self.names(selection), self.load, selection)

    def remove(self, name: str) -> None:
        """See ``ports.QuarantineReader.remove``; with versioning the record stays as an older version."""
        try:
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name)
        except AWS_ERRORS as error:
            raise self._target.translate(error) from error
