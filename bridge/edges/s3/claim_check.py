"""The claim check in an S3 bucket: the data of events that are too large for a sink.

An object's key is ``<prefix><type>/<SHA-256 of the data>.json``, so the same data is one object however often
its change is redelivered: the upload carries ``If-None-Match: *``, and S3 answers 412 where the object exists
(docs: "Conditional writes"). A change whose publication failed after the upload finds its object again. The
bucket's lifecycle removes an object that no event refers to in the end.

Expiry counts from an object's last write. Data that comes back long after (an item set to an earlier state)
would be referred to by a new event shortly before it expires: an object older than a day is therefore written
again, which starts its life anew. A day is enough, because the stream brings no older change again.

Needs ``s3:PutObject``, ``s3:GetObject`` (for HEAD) and ``s3:ListBucket``; with a KMS key
``kms:GenerateDataKey``. Subscribers need ``s3:GetObject``, and ``kms:Decrypt`` with a KMS key.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from bridge.core.events.claim_check import Claim
from bridge.edges.answers.errors import AwsTarget
from bridge.edges.s3.objects import Objects
from bridge.errors import BridgeError, ClaimCheckUnavailable
from bridge.limits import STREAM_RETENTION_S
from bridge.ports.clock import Clock

DEFAULT_PREFIX: Final = "claim-check/"


class S3ClaimCheck:
    """``client`` is boto3's ``s3``, with its own retries: storing twice leaves one object."""

    def __init__(
        self,
        client: Any,
        bucket: str,
        clock: Clock,
        *,
        prefix: str = DEFAULT_PREFIX,
        kms_key: str | None = None,
    ) -> None:
        """``kms_key`` as :class:`bridge.edges.s3.objects.Objects` takes it."""
        target = AwsTarget(client, "s3", f"claim check bucket {bucket}", unavailable=ClaimCheckUnavailable)
        self._objects = Objects(target, bucket, prefix, kms_key=kms_key)
        self._clock = clock

    def check(self) -> None:
        """Raises ``TargetMissing``, ``AccessDenied`` or ``ClaimCheckUnavailable``."""
        self._objects.check()

    def locate(self, claim: Claim) -> str:
        """``s3://<bucket>/<key>``, percent-encoded where a URI must be."""
        return f"s3://{self._objects.bucket}/{quote(self._objects.prefix + claim.name)}"

    def store(self, claim: Claim) -> None:
        """See ``ports.ClaimCheck.store``."""
        try:
            self._objects.put(claim.name, claim.data, IfNoneMatch="*")
        except BridgeError as error:
            if error.code != "PreconditionFailed":
                raise
            if self._is_old(claim):
                self._objects.put(claim.name, claim.data)

    def _is_old(self, claim: Claim) -> bool:
        modified = self._objects.modified(claim.name)
        if modified is None:
            return True  # it expired between the two calls
        return self._clock.now() - modified.timestamp() >= STREAM_RETENTION_S
