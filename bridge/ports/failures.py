"""Batches that were given up: where they are sent, and where they are read again."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """A batch that was given up, as its on-failure destination keeps it. ``content`` is Lambda's invocation
    record, as JSON; ``receipt`` is the store's own."""

    name: str
    content: bytes
    receipt: str = ""


class FailureSource(Protocol):
    """The other side of an on-failure destination. Reading removes nothing."""

    def batches(self) -> Generator[StoredBatch]:
        """What is parked, one by one as it is asked for, each once. Raises ``DestinationUnavailable`` and
        ``BatchError``. Close it when the reading ends early: what it kept from others is given back."""
        ...

    def hold(self, stored: StoredBatch) -> None:
        """Keep it from others for some minutes more, where the store shows a batch to one reader only."""
        ...

    def remove(self, stored: StoredBatch) -> None:
        """Forget it, for good when it returns; one that is gone already is no error."""
        ...


class FailureDestination(Protocol):
    """Where the runner sends a batch it gave up on (Lambda's on-failure destination)."""

    def send(self, info: Mapping[str, Any], payload: Mapping[str, Any]) -> None:
        """``info`` is Lambda's invocation record with ``DDBStreamBatchInfo``; SQS keeps only that, S3 also
        keeps ``payload``, the event that failed."""
        ...
