"""What a reconciliation needs from the outside world beside ledger and sinks, as narrow protocols."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from bridge.core.change import StreamView, TypedItem

Document = Mapping[str, Any]
"""What a run store keeps: one JSON object."""


@dataclass(frozen=True, slots=True)
class TableFacts:
    """A table as DescribeTable tells it. ``key`` maps key attributes to their types, partition key first;
    ``stream_arn`` is empty without a stream; ``about_items`` is up to six hours old."""

    name: str
    arn: str
    key: Mapping[str, str]
    stream_arn: str = ""
    view: StreamView = "NEW_AND_OLD_IMAGES"
    about_items: int = 0


@dataclass(frozen=True, slots=True)
class ItemPage:
    """One page of a scan, typed JSON. ``next`` is where to go on, None after the last page; ``units`` the
    read capacity units it took."""

    items: Sequence[TypedItem]
    next: TypedItem | None = None
    units: float = 0.0


@dataclass(frozen=True, slots=True)
class ItemsRead:
    """Answer of :meth:`TableSource.read`: None where there is no such item."""

    items: Mapping[str, TypedItem | None] = field(default_factory=dict)
    units: float = 0.0


class TableSource(Protocol):
    """One table, read in segments and by key. Throttling is waited out for minutes inside; then, and for
    whatever else may pass, ``SourceUnavailable``; ``BatchError`` where the table is missing or closed to us.
    """

    def describe(self) -> TableFacts: ...

    def page(self, segment: int, segments: int, start: TypedItem | None) -> ItemPage:
        """One page, eventually consistent. Binary values are bytes or base64 text."""
        ...

    def read(self, keys: Mapping[str, TypedItem]) -> ItemsRead:
        """All items of at most 100 ``keys`` (typed, by any name), read consistently."""
        ...


class LagSource(Protocol):
    """How far the bridge is behind the table's stream."""

    def lag_s(self) -> float | None:
        """Seconds; None: cannot be known. Raises ``StreamBehind`` where it cannot and there is more to say of
        why, ``SourceUnavailable`` or ``BatchError``."""
        ...


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on one table's runs. ``token`` grows with each lease, so that a late writer is
    told from the present one."""

    table: str
    owner: str
    token: int
    until_s: float  # on clock.now


class RunStore(Protocol):
    """Keeps what runs must remember: small JSON documents by name, and one lease a table.

    A name is ``<table>/<part>/…``. Raises ``CheckpointUnavailable``; a document that cannot be read raises
    ``CheckpointBroken``. Suspects are kept here page by page, so that a run's memory does not grow.
    """

    def acquire(self, table: str, owner: str, ttl_s: float, now_s: float, *, force: bool = False) -> Lease:
        """Raises ``LeaseHeld`` while another owner's lease lasts, unless ``force``."""
        ...

    def renew(self, lease: Lease, ttl_s: float, now_s: float) -> Lease:
        """Raises ``LeaseLost`` where a later lease was given."""
        ...

    def release(self, lease: Lease) -> None:
        """The table is free again; nothing where the lease is not ours any more."""
        ...

    def get(self, name: str) -> Document | None: ...

    def put(self, name: str, document: Document, lease: Lease) -> None:
        """Durable when it returns. Raises ``LeaseLost``: nothing is written under a lease that is over."""
        ...

    def names(self, prefix: str) -> Iterator[str]:
        """The names that begin with ``prefix`` (which ends at a ``/``), in order."""
        ...

    def remove(self, prefix: str, lease: Lease) -> None:
        """Forget what begins with ``prefix``. Raises ``LeaseLost``."""
        ...
