"""What the walk needs from the outside world, as narrow protocols.

Every implementation of a port passes the contract suite of that port in ``tests/contracts``.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from bridge.core.change import Position, TypedItem
from bridge.core.event import Event, Trace
from bridge.core.events.claim_check import Claim
from bridge.errors import BridgeError

Record = Mapping[str, Any]


class Clock(Protocol):
    """Time as an argument. The core never asks the time."""

    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump, for deadlines and durations."""
        ...

    def sleep(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment (on ``clock.monotonic``) by which work must have ended."""

    clock: Clock
    at_s: float

    @classmethod
    def after(cls, clock: Clock, seconds: float) -> Deadline:
        return cls(clock, clock.monotonic() + seconds)

    def remaining_s(self) -> float:
        return self.at_s - self.clock.monotonic()


@dataclass(frozen=True, slots=True)
class EntryResult:
    """What became of one event at one sink.

    ``accepted``: the sink acknowledged it. ``failed``: it did not; ``error.permanent`` decides between
    quarantine and handing back. ``skipped``: it was never sent (time ran out, an earlier change of its
    key failed, or the call was told to halt at the first failure); hand it back.
    """

    status: Literal["accepted", "failed", "skipped"]
    error: BridgeError | None = None


ACCEPTED = EntryResult("accepted")
SKIPPED = EntryResult("skipped")


class Sink(Protocol):
    """Where events go.

    ``publish`` answers one result per event, in the order given. It sends the events of one key in the
    order given and never lets a later change of a key reach the sink before an earlier one: a call
    carries at most one change (``record_id``) of a key, and once one has failed for good or time is up, the
    later changes of that key are ``skipped``. Repeats are possible (a timeout after success is sent
    again): subscribers drop them by event id. Failed entries are retried inside the deadline, accepted ones
    never. Raises :class:`bridge.errors.BatchError` when nothing can be published at all (access denied,
    target missing); events accepted before that are published again by the redelivery.
    """

    name: str
    max_bytes: int
    """The largest single entry, in bytes as ``size_of`` counts them."""

    def check(self) -> None:
        """Ask once, at start-up, whether the target exists and may be used."""
        ...

    def size_of(self, event: Event) -> int:
        """What this event counts against ``max_bytes``, by the target's own rule."""
        ...

    def publish(
        self, events: Sequence[Event], deadline: Deadline, *, halt_on_failure: bool = False
    ) -> list[EntryResult]: ...


SettledBy = Literal["stream", "reconcile", "snapshot"]


@dataclass(frozen=True, slots=True)
class Row:
    """What the ledger last settled for one item key.

    ``position`` is the newest settled change; ``live`` whether the item was there after it. ``fingerprint``
    is that of its after image (:mod:`bridge.core.fingerprint`), empty where there was none to see.
    ``as_of`` is when the state was true: the change's time, or when a reconciliation read the item first.
    ``recent`` are the last few settled sequences, newest first, so that a redriven change can be told from
    a settled one. ``fields`` (short keyed hashes by attribute) and ``image`` (typed JSON) are kept on
    request. ``gap`` notes that a change before this one was never settled; ``gap_names`` are the attributes
    in which what was told differed from what the next change found, None where that is not known.
    ``recipe`` is what the fingerprint, the hashes and the image were made by
    (:func:`bridge.core.fingerprint.recipe_of`), empty where nobody noted it.
    ``doubt``: not live as far as is known, but a change was quarantined after that, so that subscribers may
    have the item all the same.
    """

    key: str
    position: Position
    live: bool
    table: str = ""
    item_key: Mapping[str, Any] = field(default_factory=dict)  # typed
    fingerprint: str = ""
    settled_by: SettledBy = "stream"
    as_of: str = ""  # ISO 8601, UTC
    recent: tuple[str, ...] = ()
    fields: Mapping[str, str] | None = None
    image: Mapping[str, Any] | None = None
    gap: bool = False
    gap_names: tuple[str, ...] | None = None
    doubt: bool = False
    recipe: str = ""

    @property
    def stamp(self) -> tuple[str, str, str, bool, tuple[str, ...]]:
        """Tells two states of one row apart: what a conditional write compares."""
        return (self.position.sequence, self.as_of, self.fingerprint, self.live, self.recent)


Keep = Literal["position", "fingerprint", "fields", "image"]
"""How much a ledger keeps of an item's state beside its position; all but the first keep a fingerprint."""


class Ledger(Protocol):
    """One row per item key. ``scoped`` tells whether failures can be scoped to a key: a ledger that
    remembers nothing (``none``) cannot suppress the repeats that hand-back by position brings. ``keep``
    tells how much of an item's state its rows should hold."""

    scoped: bool
    keep: Keep

    def check(self) -> None:
        """Ask once, at start-up, whether the ledger exists, has the right shape and may be used. Raises
        ``BatchError`` or ``LedgerUnavailable``."""
        ...

    def read(self, keys: Iterable[str], deadline: Deadline | None = None) -> Mapping[str, Row]:
        """The rows that exist among ``keys`` (:func:`bridge.core.keys.key_token`), read consistently. Raises
        ``LedgerUnavailable``, at ``deadline`` at the latest, and ``BatchError`` for a row that this version
        cannot read."""
        ...

    def settle(self, rows: Sequence[Row], deadline: Deadline | None = None) -> set[str]:
        """Record rows, at most one of a key; what is not recorded at ``deadline`` is given up.
        Answers the keys that could *not* be written. Raises
        ``BatchError`` where the ledger is missing or closed to us.

        Each row is at least as new as the one that ``read`` answered; that is the caller's care, because a
        batch write has no conditions. What another invocation settles for the same key between this read and
        this write may be overwritten by an older row. Nothing is lost by it: an older row suppresses less, so
        at worst a change is published again, a gap is seen where there is none, or a reconciliation tells a
        state once more.
        """
        ...

    def settle_if(self, row: Row, expected: Row | None) -> bool:
        """Record one row only if the ledger still holds ``expected`` (None: no row). Whether it is recorded
        now; a repeat of a write that succeeded unheard is no failure. Raises as ``read`` does."""
        ...


@dataclass(frozen=True, slots=True)
class RowPage:
    """Some rows of a scan. ``next`` is where to go on, "" after the last page; ``units`` the read capacity
    units that the page took."""

    rows: Sequence[Row]
    next: str = ""
    units: float = 0.0


class LedgerScan(Protocol):
    """What a reconciliation reads beside single rows."""

    def rows(self, table: str, segment: int = 0, segments: int = 1, start: str = "") -> Iterable[RowPage]:
        """The rows of a table's live items, page by page as they are asked for; ``segment`` is one of
        ``segments`` that can be read side by side. A scan that stopped goes on with ``start`` = the last
        page's ``next``. Raises ``LedgerUnavailable``; the pages before that hold."""
        ...


class Fetcher(Protocol):
    """Reads items as they are now."""

    def fetch(
        self, table: str, keys: Mapping[str, TypedItem], deadline: Deadline
    ) -> Mapping[str, TypedItem | None]:
        """The items of ``keys`` (typed keys by any name), read consistently and each once; None: there is no
        such item. A name left out could not be read in the time there was. Raises ``BatchError`` where the
        table is missing or closed to us."""
        ...


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


class ClaimCheck(Protocol):
    """Keeps the data of events that are too large for a sink. The same data is kept once.

    What is stored stays readable for at least as long as its owner promises to subscribers, counted from the
    latest ``store``, not from the first.
    """

    def check(self) -> None:
        """Ask once, at start-up, whether the store exists and may be used."""
        ...

    def locate(self, claim: Claim) -> str:
        """The URI at which the data will be found; the same for the same claim. Asks nobody."""
        ...

    def store(self, claim: Claim) -> None:
        """Durable when it returns. Raises ``ClaimCheckUnavailable`` (the change is handed back), and
        ``BatchError`` where the store is missing or closed to us."""
        ...


class Telemetry(Protocol):
    """Counts and structured log lines. Never an image, never a value of an item.

    ``name`` is one of :mod:`bridge.metrics`, of kind ``count`` for ``count`` and ``sample`` for ``measure``;
    ``dimensions`` are the ones it has there. May be called from several threads. Nothing here raises for what
    a text holds: a lone surrogate is shown escaped.
    """

    def count(self, name: str, value: float = 1, **dimensions: str) -> None: ...

    def measure(self, name: str, value: float, **dimensions: str) -> None: ...

    def wants(self, level: str) -> bool:
        """Whether a line of this level would be written, for those whose lines take work to make."""
        ...

    def log(self, level: str, message: str, **fields: object) -> None: ...


Annotation = str | int | float | bool


class Span(Protocol):
    """A stretch of work that a tracer records."""

    def annotate(self, **annotations: Annotation) -> None:
        """Counts and names of ours; never a value of an item."""
        ...


class Tracer(Protocol):
    """Records where an invocation spends its time. It never fails or delays the work."""

    def batch(self, trace: Trace | None) -> AbstractContextManager[Trace | None]:
        """Around one batch. Gives the trace that its events continue: ``trace`` (the handler's) where there
        is one, else a new one where the tracer begins it."""
        ...

    def span(self, name: str, **annotations: Annotation) -> AbstractContextManager[Span]:
        """Around one step of a batch, on the batch's thread."""
        ...
