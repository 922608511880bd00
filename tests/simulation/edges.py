"""The outside, as peers in memory that outlive every process and fail as :mod:`faults` says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from bridge.edges.local.ledgers import MemoryLedger
from bridge.edges.local.memory import MemoryQuarantine
from bridge.errors import (
    AccessDenied,
    CheckpointUnavailable,
    DestinationUnavailable,
    IteratorExpired,
    LedgerUnavailable,
    QuarantineUnavailable,
    SourceUnavailable,
)
from bridge.ports.checkpoints import Checkpoints
from bridge.ports.clock import Deadline
from bridge.ports.ledger import Announced, Keep, Row
from bridge.ports.quarantine import Quarantined
from bridge.ports.stream import Page, Shard, StreamSource
from bridge.wiring.bridge import QuarantineStore
from tests.fakes.stores import MemoryCheckpoints
from tests.simulation.faults import Faults


class SimulatedLedger:
    """A ledger table behind ``kept``. ``writes``: ``newer`` never moves a row back; ``last`` keeps what was
    written last, as a batch write without conditions does."""

    scoped = True

    def __init__(
        self,
        faults: Faults,
        on_row: Callable[[Row], None],
        *,
        keep: Keep,
        writes: Literal["newer", "last"],
    ) -> None:
        self.keep: Keep = keep
        self._on_row = on_row
        self.kept: MemoryLedger = MemoryLedger(keep=keep)
        self.reads = 0
        self.settles = 0
        self._faults = faults
        self._writes = writes

    def check(self) -> None:
        """Always there."""

    def read(self, keys: Iterable[str], deadline: Deadline | None = None) -> Mapping[str, Row]:
        self.reads += 1
        # Answered before the wait: what another invocation settles meanwhile is not in this answer.
        rows = dict(self.kept.read(keys))
        fault = self._faults.before("ledger.read")
        if fault == "denied":
            raise AccessDenied("the role may not read the ledger")
        if fault != "none":
            raise LedgerUnavailable("the ledger was not read")
        return rows

    def settle(self, rows: Sequence[Row], deadline: Deadline | None = None) -> set[str]:
        self.settles += 1
        fault = self._faults.before("ledger.settle")
        if fault == "denied":
            raise AccessDenied("the role may not write the ledger")
        if fault in ("throttled", "failed"):
            return {row.key for row in rows}
        written = [row for row in rows if fault != "partial" or self._faults.coin()]
        for row in written:
            self._on_row(row)
        if self._writes == "newer":
            self.kept.settle(written)
        else:
            for row in written:
                self.kept.settle_if(row, self.kept.read([row.key]).get(row.key))
        self._faults.after("ledger.settle")
        if fault == "unheard":
            return {row.key for row in rows}
        return {row.key for row in rows} - {row.key for row in written}

    def announce(self, changes: Sequence[Announced], deadline: Deadline | None = None) -> Sequence[str]:
        fault = self._faults.before("ledger.announce")
        if fault == "denied":
            raise AccessDenied("the role may not write the ledger")
        if fault not in ("none", "unheard"):
            raise LedgerUnavailable("the ledger was not written")
        names = self.kept.announce(changes)
        self._faults.after("ledger.announce")
        if fault == "unheard":
            raise LedgerUnavailable("the ledger did not answer")
        return names

    def retract(self, names: Sequence[str], deadline: Deadline | None = None) -> None:
        if self._faults.before("ledger.retract") == "none":
            self.kept.retract(names)
        self._faults.after("ledger.retract")

    def settle_if(self, row: Row, expected: Row | None) -> bool:
        fault = self._faults.before("ledger.settle_if")
        if fault not in ("none", "unheard"):
            raise LedgerUnavailable("the ledger was not written")
        self._on_row(row)
        written = self.kept.settle_if(row, expected)
        self._faults.after("ledger.settle_if")
        if fault == "unheard":
            raise LedgerUnavailable("the ledger did not answer")
        return written

    def rows(self, table: str, segment: int = 0, segments: int = 1, start: str = "") -> Any:
        self._faults.before("ledger.rows")
        return self.kept.rows(table, segment, segments, start)


class SimulatedQuarantine:
    def __init__(self, faults: Faults, on_put: Callable[[Quarantined], None]) -> None:
        self.kept: QuarantineStore = MemoryQuarantine()
        self._faults = faults
        self._on_put = on_put

    def check(self) -> None:
        """Always there."""

    def put(self, entry: Quarantined) -> None:
        fault = self._faults.before("quarantine.put")
        if fault == "denied":
            raise AccessDenied("the role may not write the quarantine")
        if fault not in ("none", "unheard"):
            raise QuarantineUnavailable("the quarantine did not take the record")
        self.kept.put(entry)
        self._on_put(entry)
        self._faults.after("quarantine.put")
        if fault == "unheard":
            raise QuarantineUnavailable("the quarantine did not answer")


class SimulatedCheckpoints:
    def __init__(self, faults: Faults) -> None:
        self.kept: Checkpoints = MemoryCheckpoints()
        self._faults = faults

    def load(self, stream_arn: str) -> Mapping[str, str]:
        return self.kept.load(stream_arn)

    def save(self, stream_arn: str, progress: Mapping[str, str]) -> None:
        fault = self._faults.before("checkpoints.save")
        if fault not in ("none", "unheard"):
            raise CheckpointUnavailable("the checkpoint was not written")
        self.kept.save(stream_arn, progress)
        self._faults.after("checkpoints.save")
        if fault == "unheard":
            raise CheckpointUnavailable("the checkpoint store did not answer")


class SimulatedDestination:
    """The on-failure destination: keeps the invocation record and, as S3 does, the payload."""

    def __init__(self, faults: Faults) -> None:
        self.sent: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = []
        self._faults = faults

    def send(self, info: Mapping[str, Any], payload: Mapping[str, Any]) -> None:
        fault = self._faults.before("destination.send")
        if fault not in ("none", "unheard"):
            raise DestinationUnavailable("the destination did not take the batch")
        self.sent.append((info, payload))
        self._faults.after("destination.send")
        if fault == "unheard":
            raise DestinationUnavailable("the destination did not answer")


class SimulatedSource:
    """The way to the stream, as a bad network has it."""

    def __init__(self, stream: StreamSource, faults: Faults) -> None:
        self.arn = stream.arn
        self._stream = stream
        self._faults = faults

    def shards(self) -> Sequence[Shard]:
        self._fail("source.shards")
        return self._stream.shards()

    def iterator(self, shard_id: str, kind: Any, sequence_number: str | None = None) -> str:
        self._fail(f"source.iterator {shard_id}")
        return self._stream.iterator(shard_id, kind, sequence_number)

    def read(self, iterator: str, limit: int) -> Page:
        fault = self._fail("source.read")
        if fault == "unheard":
            raise IteratorExpired("the iterator is too old")
        if fault == "partial":
            return Page((), iterator)
        return self._stream.read(iterator, limit)

    def _fail(self, edge: str) -> str:
        fault = self._faults.before(edge)
        if fault in ("throttled", "failed", "denied"):
            raise SourceUnavailable("the stream could not be read")
        return fault
