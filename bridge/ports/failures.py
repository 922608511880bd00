"""Batches that were given up: where they are sent, and where they are read from."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import orjson


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """A batch that was given up, as its on-failure destination stores it. ``content`` is Lambda's invocation
    record, as JSON; ``receipt`` is the store's own."""

    name: str
    content: bytes
    receipt: str = ""


class FailureSource(Protocol):
    """The other side of an on-failure destination. Reading removes nothing."""

    def batches(self) -> Generator[StoredBatch]:
        """The batches waiting for redrive, each once, read one by one on request. Raises
        ``DestinationUnavailable`` and ``BatchError``. Close the generator when you stop early: it releases
        the batches that it hid from other readers."""
        ...

    def hold(self, stored: StoredBatch) -> None:
        """Hide the batch from other readers for some more minutes, in a store that shows a batch to one
        reader at a time."""
        ...

    def remove(self, stored: StoredBatch) -> None:
        """Remove the batch, durably when it returns; a batch that is already gone is no error."""
        ...


class FailureDestination(Protocol):
    """Where the runner sends a batch that it gave up (Lambda's on-failure destination)."""

    def send(self, info: Mapping[str, Any], payload: Mapping[str, Any]) -> None:
        """``info`` is Lambda's invocation record with ``DDBStreamBatchInfo``. SQS keeps only ``info``; S3
        also keeps ``payload``, the event that failed."""
        ...


def object_key(info: Mapping[str, Any], mapping_id: str) -> str:
    """``aws/lambda/<mapping>/<shard>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<request id>``, Lambda's own layout."""
    at = datetime.fromisoformat(info["timestamp"])
    shard_id = (info.get("DDBStreamBatchInfo") or info["KinesisBatchInfo"])["shardId"]
    request_id = info["requestContext"]["requestId"]
    return f"aws/lambda/{mapping_id}/{shard_id}/{at:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{request_id}"


def with_payload(info: Mapping[str, Any], payload: Mapping[str, Any]) -> bytes:
    """The invocation record with the failed event as text: the event's own bytes, quoted."""
    return orjson.dumps({**info, "payload": orjson.dumps(payload).decode()})
