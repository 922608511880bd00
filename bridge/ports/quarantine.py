"""Where a record that can never succeed is kept whole, and how people read it."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from bridge.errors import BridgeError

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A record that can never succeed, whole, and why."""

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


class Quarantine(Protocol):
    """Takes a record whole. Redelivery is normal: putting the same record twice leaves one entry, with the
    newest reason. Two stores cannot keep that to the letter: an SQS standard queue keeps both, an SQS FIFO
    queue keeps the first for five minutes, then both. Whoever puts a record through again therefore removes
    its entry only once the record has ended in another way than in quarantine.
    """

    def check(self) -> None:
        """Ask once, at start-up, whether the store exists and may be used. Raises ``TargetMissing``,
        ``AccessDenied``, ``QuarantineUnavailable``."""
        ...

    def put(self, entry: Quarantined) -> None:
        """Durable when it returns. Raises ``QuarantineUnavailable`` (the record is handed back), and
        ``BatchError`` where the store is missing or closed to us."""
        ...


@dataclass(frozen=True, slots=True)
class Selection:
    """Which quarantined records somebody asks for; what is left empty selects all.

    ``event_type`` with or without its major. ``since`` and ``until`` bound the time of quarantine, inclusive;
    an entry whose time cannot be read is never left out for its time.
    """

    reason: str = ""
    event_type: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def takes(self, entry: Quarantined) -> bool:
        if self.reason and entry.reason != self.reason:
            return False
        if self.event_type and self.event_type not in (
            entry.event_type,
            entry.event_type.rpartition(".v")[0],
        ):
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
    """What stands in a quarantine store under a name: an entry, or why it is none."""

    name: str
    entry: Quarantined | None = None
    error: BridgeError | None = None


class QuarantineReader(Protocol):
    """What a quarantine store offers to people. Reading removes nothing."""

    def scan(self, selection: Selection = EVERYTHING) -> Generator[Found]:
        """The entries selected, each under the name the store gives it, read as they are asked for; beside
        them whatever lies in the store without being an entry. Raises ``Unavailable`` and ``BatchError``
        where the store cannot be read. Close it when the reading ends early."""
        ...

    def load(self, name: str) -> Quarantined:
        """One entry by its name. Raises ``EntryMissing``, and as ``entries`` does."""
        ...

    def entries(self, selection: Selection = EVERYTHING) -> Iterable[Quarantined]:
        """The entries selected, read as they are asked for. Raises ``BridgeError`` at one that is no
        quarantined record."""
        ...

    def remove(self, name: str) -> None:
        """Forget the entry of that name, for good when it returns; one that is gone already is no error.
        May be called while a scan is under way. Raises ``Unavailable`` and ``BatchError``."""
        ...
