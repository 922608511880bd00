"""The state of reconciliation runs: documents by name, and one lease for each table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

Document = Mapping[str, Any]
"""One JSON object."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on one table's runs. ``token`` grows with each lease, which distinguishes a late
    writer from the current one."""

    table: str
    owner: str
    token: int
    until_s: float  # on clock.now


class RunStore(Protocol):
    """Keeps the state of runs: small JSON documents by name, and one lease for each table.

    A name is ``<table>/<part>/…``. Raises ``CheckpointUnavailable``; a document that cannot be read raises
    ``CheckpointBroken``. Suspects are kept here page by page, so that a run's memory does not grow.
    """

    def acquire(self, table: str, owner: str, ttl_s: float, now_s: float, *, force: bool = False) -> Lease:
        """Raises ``LeaseHeld`` while another owner's lease lasts, unless ``force``."""
        ...

    def renew(self, lease: Lease, ttl_s: float, now_s: float) -> Lease:
        """Raises ``LeaseLost`` where a later lease was granted."""
        ...

    def release(self, lease: Lease) -> None:
        """Free the table; does nothing where another owner has the lease by now."""
        ...

    def get(self, name: str) -> Document | None: ...

    def put(self, name: str, document: Document, lease: Lease) -> None:
        """Durable when it returns. Raises ``LeaseLost``: nothing is written under a lease that is over."""
        ...

    def names(self, prefix: str) -> Iterator[str]:
        """The names that begin with ``prefix`` (which ends at a ``/``), in order."""
        ...

    def remove(self, prefix: str, lease: Lease) -> None:
        """Remove the documents whose names begin with ``prefix``. Raises ``LeaseLost``."""
        ...
