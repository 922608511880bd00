"""The claim check in an S3 bucket: the data of events that are too large for a sink.

An object's key is ``<prefix><type>/<SHA-256 of the data>.json``, so the same data is one object however often
its change is redelivered: the upload carries ``If-None-Match: *`` and S3 answers 412 where it is there
(docs: "Conditional writes"). A change whose publication failed after the upload finds its object again;
what is never referred to in the end is removed by the bucket's lifecycle.

Expiry counts from an object's last write. Data that comes back long after (an item set to an earlier state)
would be referred to by a new event shortly before it expires: an object older than a day is therefore written
again, which starts its life anew. A day, because the stream brings nothing again that is older.

Needs ``s3:PutObject``, ``s3:GetObject`` (for HEAD) and ``s3:ListBucket``; with a KMS key
``kms:GenerateDataKey``. Subscribers need ``s3:GetObject``, and ``kms:Decrypt`` with a KMS key.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from bridge.core.events.claim_check import Claim
from bridge.edges.answers.errors import AWS_ERRORS, AwsTarget, code_of
from bridge.edges.s3.objects import encryption, folder
from bridge.errors import ClaimCheckUnavailable
from bridge.limits import STREAM_RETENTION_S
from bridge.ports.clock import Clock

DEFAULT_PREFIX: Final = "claim-check/"


class S3ClaimCheck:
    """``client`` is boto3's ``s3``. Its own retries are welcome: storing twice leaves one object."""

    def __init__(
        self,
        client: Any,
        bucket: str,
        clock: Clock,
        *,
        prefix: str = DEFAULT_PREFIX,
        kms_key: str | None = None,
        rewrite_after_s: float = STREAM_RETENTION_S,
    ) -> None:
        """``kms_key`` is the id, ARN or alias of a KMS key; None means the bucket's default encryption."""
        self._client = client
        self._bucket = bucket
        self._clock = clock
        self._prefix = folder(prefix)
        self._encryption = encryption(kms_key)
        self._rewrite_after_s = rewrite_after_s
        self._target = AwsTarget("s3", f"claim check bucket {bucket}", unavailable=ClaimCheckUnavailable)

    def check(self) -> None:
        """Raises ``TargetMissing``, ``AccessDenied`` or ``ClaimCheckUnavailable``."""
        try:
            self._client.head_bucket(Bucket=self._bucket)
        except AWS_ERRORS as error:
            raise self._target.translate(error) from error

    def locate(self, claim: Claim) -> str:
        """``s3://<bucket>/<key>``, percent-encoded where a URI must be."""
        return f"s3://{self._bucket}/{quote(self._key(claim))}"

    def store(self, claim: Claim) -> None:
        """See ``ports.ClaimCheck.store``."""
        try:
            if not self._put(claim, IfNoneMatch="*") and self._is_old(claim):
                self._put(claim)
        except AWS_ERRORS as error:
            raise self._target.translate(error) from error

    def _put(self, claim: Claim, **condition: str) -> bool:
        """False where the condition does not hold."""
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=self._key(claim),
                Body=claim.data,
                ContentType="application/json",
                **self._encryption,
                **condition,
            )
        except AWS_ERRORS as error:
            if code_of(error) != "PreconditionFailed":
                raise
            return False
        return True

    def _is_old(self, claim: Claim) -> bool:
        try:
            found = self._client.head_object(Bucket=self._bucket, Key=self._key(claim))
        except AWS_ERRORS as error:
            if code_of(error) not in ("404", "NoSuchKey", "NotFound"):
                raise
            return True  # it expired between the two calls
        age_s: float = self._clock.now() - found["LastModified"].timestamp()
        return age_s >= self._rewrite_after_s

    def _key(self, claim: Claim) -> str:
        return self._prefix + claim.name
