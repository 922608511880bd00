"""The store for whole records that can never succeed, and how people read it."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from bridge.errors import BridgeError

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A whole record that can never succeed, and the reason."""

    record: Record
    record_id: str
    table: str
    reason: str
    stage: str
    message: str
    hint: str
    time: str  # ISO 8601, when it was quarantined
    version: str  # of the bridge
    event_type: str = ""
    sequence: str = ""
    way: str = ""  # the way in: stream (a pipe's too) or kinesis; "" in entries of earlier versions
    entity: str = ""  # of its table; "" where the table has none, and in entries of earlier versions


class Quarantine(Protocol):
    """Takes whole records. Redelivery is normal: putting the same record twice leaves one entry, with the
    newest reason. Two stores cannot do exactly that: an SQS standard queue keeps both entries; an SQS FIFO
    queue keeps the first for five minutes, and both after that. A redrive therefore removes an entry only
    once its record has ended in another way than in quarantine.
    """

    def check(self) -> None:
        """Ask once, at start-up, whether the store exists and may be used. Raises ``TargetMissing``,
        ``AccessDenied``, ``QuarantineUnavailable``."""
        ...

    def put(self, entry: Quarantined) -> None:
        """Durable when it returns. Raises ``QuarantineUnavailable`` (the record is returned for retry), and
        ``BatchError`` where the store is missing or denies access."""
        ...


@dataclass(frozen=True, slots=True)
class Selection:
    """A selection of quarantined records; an empty member selects all.

    ``event_type`` is given with or without its major, ``entity`` with or
    without its table: ``app-main/order``. ``since`` and ``until`` limit the time of quarantine,
    inclusive; an entry whose time cannot be read always passes that limit.
    """

    reason: str = ""
    event_type: str = ""
    since: datetime | None = None
    until: datetime | None = None
    entity: str = ""

    def takes(self, entry: Quarantined) -> bool:
        if self.reason and entry.reason != self.reason:
            return False
        if self.entity and self.entity not in (entry.entity, f"{entry.table}/{entry.entity}"):
            return False
        types = (entry.event_type, entry.event_type.rpartition(".v")[0])
        if self.event_type and self.event_type not in types:
            return False
        try:
            at = datetime.fromisoformat(entry.time)
        except ValueError:
            return True
        at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
        return (self.since is None or at >= self.since) and (self.until is None or at <= self.until)


EVERYTHING = Selection()


@dataclass(frozen=True, slots=True)
class Found:
    """What a quarantine store has under a name: an entry, or the error why it is not one."""

    name: str
    entry: Quarantined | None = None
    error: BridgeError | None = None


class QuarantineReader(Protocol):
    """Reads a quarantine store for people. Reading removes nothing."""

    def scan(self, selection: Selection = EVERYTHING) -> Generator[Found]:
        """The selected entries, each with its name in the store, read on request; and everything in the store
        that is not an entry. Raises ``Unavailable`` and ``BatchError`` where the store cannot be read. Close
        the generator when you stop early."""
        ...

    def hold(self) -> None:
        """Hide what a scan has read and not yet yielded from other readers for some more time, in a store
        that shows an entry to one reader at a time."""
        ...

    def load(self, name: str) -> Quarantined:
        """One entry by its name. Raises ``EntryMissing``, and as ``entries`` does."""
        ...

    def entries(self, selection: Selection = EVERYTHING) -> Iterable[Quarantined]:
        """The selected entries, read on request. Raises ``BridgeError`` at something that is not a
        quarantined record."""
        ...

    def remove(self, name: str) -> None:
        """Remove the entry of that name, durably when it returns; an entry that is already gone is no error.
        May be called during a scan. Raises ``Unavailable`` and ``BatchError``."""
        ...
