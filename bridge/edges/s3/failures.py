"""Failed batches in a bucket, under the keys that Lambda gives them: put there by ``run``, read by a redrive.

Docs: "Retaining discarded records for a DynamoDB event source".
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any, Final

from bridge.edges.answers.errors import AwsTarget
from bridge.edges.s3.objects import Objects
from bridge.errors import DestinationUnavailable
from bridge.ports.failures import StoredBatch, object_key, with_payload

PREFIX: Final = "aws/lambda/"  # Lambda's own


def _target(client: Any, bucket: str) -> AwsTarget:
    return AwsTarget(client, "s3", f"bucket {bucket}", unavailable=DestinationUnavailable)


class S3FailureDestination:
    """One object for each batch, under the key that Lambda would choose. ``mapping_id`` takes the place of
    the event source mapping's UUID. Needs ``s3:PutObject`` and ``s3:ListBucket``."""

    def __init__(self, client: Any, bucket: str, mapping_id: str) -> None:
        self._objects = Objects(_target(client, bucket), bucket)
        self._mapping_id = mapping_id

    def check(self) -> None:
        """Whether the bucket exists and may be used."""
        self._objects.check()

    def send(self, info: Mapping[str, Any], payload: Mapping[str, Any]) -> None:
        self._objects.put(object_key(info, self._mapping_id), with_payload(info, payload))


class S3FailureSource:
    """``client`` is boto3's ``s3``. Keys sort by mapping, shard and time, so the batches of a shard come in
    its order. Needs ``s3:ListBucket``, ``s3:GetObject`` and ``s3:DeleteObject``."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._objects = Objects(_target(client, bucket), bucket)

    def batches(self) -> Generator[StoredBatch]:
        for key, _ in self._objects.names(PREFIX):
            stored = self.load(key)
            if stored is not None:
                yield stored

    def load(self, key: str) -> StoredBatch | None:
        """One object; None where it does not exist: somebody else has redriven it."""
        stored = self._objects.get(key)
        return None if stored is None else StoredBatch(key, stored.data)

    def hold(self, stored: StoredBatch) -> None:
        """Everybody can read an object; the ledger prevents that two redrives publish its changes twice."""

    def remove(self, stored: StoredBatch) -> None:
        self._objects.delete(stored.name)
