"""The ledger: rows that say what was settled for each item, and reading, writing and scanning them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final, Literal, Protocol

from bridge.core.change import Position
from bridge.ports.clock import Deadline

ID_BYTES: Final = 8

SettledBy = Literal["stream", "reconcile", "snapshot"]


GONE: Final = "gone"
"""What ``Row.seen`` says of an item that did not exist."""

NEVER: Final = Position("", 0).sequence
"""What ``Row.published`` says where nothing was ever published; it sorts before every sequence."""


def record_name(record_id: str) -> str:
    """A record's id in ``Row.ids``: a short hash."""
    return blake2b(record_id.encode("utf-8", "surrogatepass"), digest_size=ID_BYTES).hexdigest()


@dataclass(frozen=True, slots=True)
class Row:
    """What was last settled for one item key.

    ``position`` is the newest settled change. ``live`` and ``fingerprint`` (:mod:`bridge.core.fingerprint`)
    are what subscribers have: whether the item exists, and what it looks like, empty where that is not known.
    ``seen`` is what the item looked like after the newest change, published or not: a fingerprint, ``GONE``,
    or empty where it is what was published. Gaps are found with ``seen``, missed changes with
    ``fingerprint``. ``published`` is the sequence of the newest change that changed what subscribers have,
    empty where it is the one at ``position``. ``as_of`` is when the state was true: the change's time, or
    when a reconciliation first read the item. ``recent`` are the last few settled sequences, newest first,
    which distinguish a redriven change from a settled one. ``fields`` (short keyed hashes by attribute) and
    ``image`` (typed JSON) are kept on request. ``gap``: a change before this one was never settled.
    ``gap_names`` are the attributes in which the last published state differed from the next change's before
    image, None where they are not known. ``fingerprint_version`` identifies how the fingerprint, the hashes
    and the image were made (:func:`bridge.core.fingerprint.fingerprint_version_of`), empty where it was not
    recorded. ``doubt``: the item is not live as far as is known, but a change was quarantined after that, so
    that subscribers may have the item nevertheless. ``ids`` name the last few settled records, for streams
    that may repeat a record under another number (:func:`record_name`). ``refreshed``: a seed wrote the row
    again and nothing was published, so it suppresses nothing. ``entity`` names the entity that the item had
    in what was published last: ``*`` if none selected it, "" in a table without entities. ``ends`` are other
    entities in which subscribers may still have the item, because a change of entity was lost, quarantined or
    redriven: a reconciliation publishes its end there. Where the item is not live, it is in doubt then.
    ``stored`` is the row as the ledger holds it, where it was changed after it was read; that is never
    recorded.
    """

    key: str
    position: Position
    live: bool
    table: str = ""
    item_key: Mapping[str, Any] = field(default_factory=dict)  # typed
    fingerprint: str = ""
    seen: str = ""
    published: str = ""
    settled_by: SettledBy = "stream"
    as_of: str = ""  # ISO 8601, UTC
    recent: tuple[str, ...] = ()
    fields: Mapping[str, str] | None = None
    image: Mapping[str, Any] | None = None
    gap: bool = False
    gap_names: tuple[str, ...] | None = None
    doubt: bool = False
    fingerprint_version: str = ""
    ids: tuple[str, ...] = ()
    refreshed: bool = False
    entity: str = ""
    ends: tuple[str, ...] = ()
    stored: Row | None = None

    @property
    def seen_state(self) -> str:
        """``seen`` in full; empty where it is not known."""
        if self.seen:
            return self.seen
        if self.live:
            return self.fingerprint
        return "" if self.doubt else GONE

    @property
    def published_sequence(self) -> str:
        return self.published or self.position.sequence

    @property
    def stamp(self) -> tuple[str, str, str, bool, tuple[str, ...]]:
        """Distinguishes two states of one row; a conditional write compares it."""
        if self.stored is not None:
            return self.stored.stamp
        return (self.position.sequence, self.as_of, self.fingerprint, self.live, self.recent)


Keep = Literal["position", "fingerprint", "fields", "image"]
"""How much of an item's state a ledger keeps beside its position; all but ``position`` keep a fingerprint."""


@dataclass(frozen=True, slots=True)
class Announced:
    """A change whose events are about to be published. Until its key is settled at this position or a newer
    one, subscribers may have its events although no row says so."""

    key: str
    position: Position
    table: str
    item_key: Mapping[str, Any]  # typed


class Ledger(Protocol):
    """One row per item key. ``scoped``: a failure holds back only its key. A ledger that keeps nothing
    (``none``) is not scoped, because it cannot suppress the repeats after records are returned by position.
    ``keep``: how much of an item's state its rows hold."""

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
        """Record rows, at most one for each key, and return the keys that could *not* be written. Rows that
        are not recorded at ``deadline`` are given up. Raises ``BatchError`` where the ledger is missing or
        denies access.

        The caller makes sure that each row is at least as new as the row that ``read`` returned, because a
        batch write has no conditions. An older row may overwrite what another invocation settles for the same
        key between this read and this write. Nothing is lost: an older row suppresses less, so at worst a
        change is published again, a gap is reported that does not exist, or a reconciliation publishes a
        state once more.
        """
        ...

    def announce(self, changes: Sequence[Announced], deadline: Deadline | None = None) -> Sequence[str]:
        """Record, durably and before anything is sent, that the events of these changes are about to be
        published. Returns the names of what was recorded, for ``retract``; the same changes have the same
        names. A process that dies between publishing and settling leaves the announcement behind: a
        reconciliation reads it (:attr:`RowPage.announced`), also where the record itself is lost. Raises as
        ``read`` does; then nothing may be published."""
        ...

    def retract(self, names: Sequence[str], deadline: Deadline | None = None) -> None:
        """Forget announcements whose keys are all settled. One that could not be forgotten costs a
        reconciliation a look at its keys and changes nothing, so a failure is not raised."""
        ...

    def settle_if(self, row: Row, expected: Row | None) -> bool:
        """Record one row only if the ledger still holds ``expected`` (None: no row), and return whether it is
        recorded now. Repeating a write whose answer was lost is no failure. Raises as ``read`` does."""
        ...


@dataclass(frozen=True, slots=True)
class RowPage:
    """Some rows of a scan. ``next`` is where to continue, "" after the last page; ``units`` are the read
    capacity units of the page. ``announced``: changes that were announced and not retracted, settled or not.
    """

    rows: Sequence[Row]
    next: str = ""
    units: float = 0.0
    announced: Sequence[Announced] = ()


class LedgerScan(Protocol):
    """The scan that a reconciliation uses beside reads of single rows."""

    def rows(self, table: str, segment: int = 0, segments: int = 1, start: str = "") -> Iterable[RowPage]:
        """The rows of a table's live items, page by page on request; ``segment`` is one of ``segments`` that
        can be read in parallel. A scan that stopped continues with ``start`` = the last page's ``next``.
        Raises ``LedgerUnavailable``; the pages before the error are valid."""
        ...
