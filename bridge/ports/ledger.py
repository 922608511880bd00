"""What was settled for each item: the rows of a ledger, and how it is read, written and scanned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from bridge.core.change import Position
from bridge.ports.clock import Deadline

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
    ``fingerprint_version`` is what the fingerprint, the hashes and the image were made by
    (:func:`bridge.core.fingerprint.fingerprint_version_of`), empty where nobody noted it.
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
    fingerprint_version: str = ""

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
