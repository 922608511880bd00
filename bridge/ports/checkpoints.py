"""The runner's progress in the shards of a stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Checkpoints(Protocol):
    """Durable progress: for each shard the last sequence number that is done."""

    def load(self, stream_arn: str) -> Mapping[str, str]: ...

    def save(self, stream_arn: str, progress: Mapping[str, str]) -> None:
        """Durable when it returns: it survives ``kill -9``."""
        ...
