"""Reading one stream, shard by shard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from bridge.ports.quarantine import Record

IteratorKind = Literal["TRIM_HORIZON", "LATEST", "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"]


@dataclass(frozen=True, slots=True)
class Shard:
    """A shard as DescribeStream or ListShards describes it; ``ending`` is None while it is open."""

    id: str
    parent: str | None
    starting: str | None = None
    ending: str | None = None
    adjacent_parent: str | None = None  # the second parent of a merged shard

    @classmethod
    def read_from(cls, described: Mapping[str, Any]) -> Shard:
        """From a member of ``Shards`` in either service's answer."""
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
    ``behind_ms``: this page's distance from the tip of the shard; None where the service does not say."""

    records: Sequence[Record]
    next: str | None = None
    behind_ms: int | None = None


class StreamSource(Protocol):
    """One stream, read shard by shard."""

    arn: str

    def shards(self) -> Sequence[Shard]: ...

    def iterator(self, shard_id: str, kind: IteratorKind, sequence_number: str | None = None) -> str:
        """Raises ``PositionTrimmed`` where the position is older than the stream keeps."""
        ...

    def read(self, iterator: str, limit: int) -> Page:
        """Raises ``IteratorExpired``, ``PositionTrimmed``, ``SourceUnavailable``. An empty page of an open
        shard does not mean that the reader has caught up."""
        ...
