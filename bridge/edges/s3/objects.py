"""The objects under one prefix of a bucket: the S3 conversation that every S3 edge shares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bridge.edges.answers.errors import AwsTarget
from bridge.errors import BridgeError


@dataclass(frozen=True, slots=True)
class Stored:
    """The content of an object, and its ETag."""

    data: bytes
    etag: str


class Objects:
    """Each ``name`` is an object's key without the prefix.

    Every method raises ``TargetMissing``, ``AccessDenied`` and what the target's ``unavailable`` says.
    """

    def __init__(
        self, target: AwsTarget, bucket: str, prefix: str = "", *, kms_key: str | None = None
    ) -> None:
        """``kms_key`` is the id, ARN or alias of a KMS key, used with one data key for the bucket instead of
        one request for each object.

        Without a key the bucket's default encryption applies: S3 has encrypted every object since 2023, and a
        request for AES256 would take an object out of a bucket's SSE-KMS (docs: "Setting default server-side
        encryption behavior").
        """
        self.target = target
        self.bucket = bucket
        self.prefix = whole_prefix(prefix)
        self._encryption: dict[str, Any] = {}
        if kms_key is not None:
            self._encryption = {
                "ServerSideEncryption": "aws:kms",
                "SSEKMSKeyId": kms_key,
                "BucketKeyEnabled": True,
            }

    def uri(self, name: str) -> str:
        return f"s3://{self.bucket}/{self.prefix}{name}"

    def check(self) -> None:
        """Whether the bucket exists and may be used (``s3:ListBucket``)."""
        self.target.call("HeadBucket", Bucket=self.bucket)

    def put(self, name: str, data: bytes, **condition: str) -> str:
        """The new object's ETag. ``condition`` is ``IfMatch`` or ``IfNoneMatch``; where it does not hold, the
        error's code is ``PreconditionFailed``."""
        answer = self.target.call(
            "PutObject",
            Bucket=self.bucket,
            Key=self.prefix + name,
            Body=data,
            ContentType="application/json",
            **self._encryption,
            **condition,
        )
        return str(answer["ETag"])

    def get(self, name: str) -> Stored | None:
        """None where there is no such object."""
        try:
            answer = self.target.call("GetObject", Bucket=self.bucket, Key=self.prefix + name)
            return Stored(self.target.body(answer["Body"]), str(answer["ETag"]))
        except BridgeError as error:
            if error.code == "NoSuchKey":
                return None
            raise

    def modified(self, name: str) -> datetime | None:
        """When the object was last written; None where there is no such object."""
        try:
            answer = self.target.call("HeadObject", Bucket=self.bucket, Key=self.prefix + name)
        except BridgeError as error:
            if error.code in ("404", "NoSuchKey", "NotFound"):
                return None
            raise
        found: datetime = answer["LastModified"]
        return found

    def page(self, below: str = "", start: str = "") -> tuple[list[tuple[str, datetime]], str]:
        """One page of the names that begin with ``below``, in the order of their bytes, with the time that
        each was last written; and where the next page starts, "" after the last."""
        more = {"ContinuationToken": start} if start else {}
        answer = self.target.call("ListObjectsV2", Bucket=self.bucket, Prefix=self.prefix + below, **more)
        found = [
            (str(each["Key"]).removeprefix(self.prefix), each["LastModified"])
            for each in answer.get("Contents") or ()
        ]
        return found, answer["NextContinuationToken"] if answer["IsTruncated"] else ""

    def names(self, below: str = "") -> Iterator[tuple[str, datetime]]:
        """What all pages of :meth:`page` have; a page is read when it is needed."""
        start = ""
        while True:
            found, start = self.page(below, start)
            yield from found
            if not start:
                return

    def delete(self, name: str) -> None:
        """Nothing happens where there is no such object."""
        self.target.call("DeleteObject", Bucket=self.bucket, Key=self.prefix + name)

    def delete_all(self, names: Sequence[str]) -> None:
        """At most ``S3_DELETE_MAX`` objects. Raises the error of the first that is not deleted."""
        objects = {"Objects": [{"Key": self.prefix + name} for name in names], "Quiet": True}
        answer: Mapping[str, Any] = self.target.call("DeleteObjects", Bucket=self.bucket, Delete=objects)
        for each in answer.get("Errors", ()):
            raise self.target.entry_error(str(each.get("Code", "")), "DeleteObjects")


def whole_prefix(prefix: str) -> str:
    """The prefix with one slash at its end, so that keys of two prefixes are never the same; "" stays the
    root."""
    trimmed = prefix.strip("/")
    return f"{trimmed}/" if trimmed else ""
