"""What reading a stream on one machine needs from outside, and what becomes of a batch that was given up.

Every implementation passes the contract suite of its port in ``tests/contracts``.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from bridge.ports.relay import Record

IteratorKind = Literal["TRIM_HORIZON", "LATEST", "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"]


@dataclass(frozen=True, slots=True)
class Shard:
    """A shard as DescribeStream or ListShards tells it; ``ending`` is None while it is open."""

    id: str
    parent: str | None
    starting: str | None = None
    ending: str | None = None
    adjacent_parent: str | None = None  # of a shard that two were merged into

    @classmethod
    def read_from(cls, described: Mapping[str, Any]) -> Shard:
        """Of ``Shards`` in either service's answer."""
        numbers = described.get("SequenceNumberRange", {})
        return cls(
            id=described["ShardId"],
            parent=described.get("ParentShardId") or None,
            starting=numbers.get("StartingSequenceNumber"),
            ending=numbers.get("EndingSequenceNumber"),
            adjacent_parent=described.get("AdjacentParentShardId") or None,
        )


@dataclass(frozen=True, slots=True)
class Page:
    """One GetRecords answer: records in the API's own shape; ``next`` None = the shard is drained.
    ``behind_ms``: how far this page is from the tip of the shard; None where the service does not tell."""

    records: Sequence[Record]
    next: str | None = None
    behind_ms: int | None = None


class StreamSource(Protocol):
    """One stream, read shard by shard."""

    arn: str

    def shards(self) -> Sequence[Shard]: ...

    def iterator(
        self,
        shard_id: str,
        kind: IteratorKind,
        sequence_number: str | None = None,
    ) -> str:
        """Raises ``PositionTrimmed`` where the position is older than the stream keeps."""
        ...

    def read(self, iterator: str, limit: int) -> Page:
        """Raises ``IteratorExpired``, ``PositionTrimmed``, ``SourceUnavailable``. An empty page of an open
        shard means nothing: it is not "caught up"."""
        ...


class Checkpoints(Protocol):
    """Durable progress of the runner: for each shard the last sequence number that is done."""

    def load(self, stream_arn: str) -> Mapping[str, str]: ...

    def save(self, stream_arn: str, progress: Mapping[str, str]) -> None:
        """Durable when it returns: survives a kill -9."""
        ...


@dataclass(frozen=True, slots=True)
class Parked:
    """A batch that was given up, as its on-failure destination keeps it. ``content`` is Lambda's invocation
    record, as JSON; ``receipt`` is the store's own."""

    name: str
    content: bytes
    receipt: str = ""


class FailureSource(Protocol):
    """The other side of an on-failure destination. Reading removes nothing."""

    def batches(self) -> Generator[Parked]:
        """What is parked, one by one as it is asked for, each once. Raises ``DestinationUnavailable`` and
        ``BatchError``. Close it when the reading ends early: what it kept from others is given back."""
        ...

    def hold(self, parked: Parked) -> None:
        """Keep it from others for some minutes more, where the store shows a batch to one reader only."""
        ...

    def remove(self, parked: Parked) -> None:
        """Forget it, for good when it returns; one that is gone already is no error."""
        ...


class FailureDestination(Protocol):
    """Where the runner sends a batch it gave up on (Lambda's on-failure destination)."""

    def send(self, info: Mapping[str, Any], payload: Mapping[str, Any]) -> None:
        """``info`` is Lambda's invocation record with ``DDBStreamBatchInfo``; SQS keeps only that, S3 also
        keeps ``payload``, the event that failed."""
        ...
