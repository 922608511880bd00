"""The claim check in an S3 bucket: the data of events that are too large for a sink.

An object's key is ``<prefix><type>/<SHA-256 of the data>.json``, so the same data is one object however often
its change is redelivered: the upload carries ``If-None-Match: *``, and S3 answers 412 where the object exists
(docs: "Conditional writes"). A change whose publication failed after the upload finds its object again. The
bucket's lifecycle removes an object that no event refers to in the end.

Expiry counts from an object's last write. Data that comes back long after (an item set to an earlier state)
would be referred to by a new event shortly before it expires: an object older than a day is therefore written
again, which starts its life anew. A day is enough, because the stream brings no older change again.

An object that exists is read: if something else has overwritten it, it is written again.

Needs ``s3:PutObject``, ``s3:GetObject`` and ``s3:ListBucket``; with a KMS key ``kms:GenerateDataKey``, and
``kms:Decrypt`` so that an object that exists is compared and not simply written again. Subscribers need
``s3:GetObject``, and ``kms:Decrypt`` with a KMS key.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from bridge.core.events.claim_check import Claim
from bridge.edges.answers.errors import AwsTarget
from bridge.edges.s3.objects import Objects
from bridge.errors import AccessDenied, BridgeError, ClaimCheckUnavailable, ClaimContended
from bridge.limits import STREAM_RETENTION_S
from bridge.ports.clock import Clock

DEFAULT_PREFIX: Final = "claim-check/"

_TRIES: Final = 3
"""Against others that write the same object at the same moment (docs: "Conditional writes", 409)."""


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
        for tries in range(_TRIES):
            try:
                self._objects.put(claim.name, claim.data, IfNoneMatch="*")
                return
            except BridgeError as error:
                if error.code == "ConditionalRequestConflict" and tries + 1 < _TRIES:
                    continue
                if error.code == "ConditionalRequestConflict":
                    raise ClaimContended(error.message, hint=error.hint, code=error.code) from error
                if error.code != "PreconditionFailed":
                    raise
                break
        if not self._is_fresh(claim) or not self._holds(claim):
            self._objects.put(claim.name, claim.data)

    def _is_fresh(self, claim: Claim) -> bool:
        modified = self._objects.modified(claim.name)
        if modified is None:
            return False  # it expired between the two calls
        return self._clock.now() - modified.timestamp() < STREAM_RETENTION_S

    def _holds(self, claim: Claim) -> bool:
        """Whether the object is still the data: subscribers can do nothing with anything else."""
        try:
            stored = self._objects.get(claim.name)
        except AccessDenied:
            return False  # to its KMS key: what cannot be compared is written again
        return stored is not None and stored.data == claim.data
