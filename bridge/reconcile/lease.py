"""The right to work on a table: the rules that every run store follows, and how a run keeps its right."""

from __future__ import annotations

from dataclasses import replace
from threading import Lock
from typing import Any, Final

from bridge.errors import CheckpointBroken, LeaseHeld, LeaseLost, LeaseReleased, Superseded
from bridge.ports.clock import Clock
from bridge.ports.run_store import Document, Lease, RunStore

LEASE_S = 600.0
"""Longer than one step can take: reads wait out throttling for five minutes before they give up."""

_RENEWALS: Final = 3


def next_lease(
    held: Lease | None, table: str, owner: str, ttl_s: float, now_s: float, *, force: bool
) -> Lease:
    """Raises ``LeaseHeld`` while ``held`` is valid, unless ``force``."""
    if held is not None and held.until_s > now_s and not force:
        error = LeaseHeld(
            f"{held.owner} is working on table {table}",
            hint=f"wait for it. The lease of a dead run ends by itself in {held.until_s - now_s:.0f} s, "
            "or at once with --take-over",
        )
        error.owner = held.owner
        raise error
    return Lease(table, owner, 1 if held is None else held.token + 1, now_s + ttl_s)


RELEASED_S: Final = 0.0
"""The end of a lease that its owner gave back. Nothing is written under it any more: a call of the same run
that is still at work must not make it valid again, because nobody would give it back a second time."""


def released(lease: Lease) -> Lease:
    return replace(lease, until_s=RELEASED_S)


def check_lease(held: Lease | None, lease: Lease) -> None:
    """Raises ``LeaseLost`` if the store holds another lease (``held``) than ``lease``, or a released one."""
    if held is None or held.token != lease.token:
        raise lease_lost(lease, "nobody" if held is None else held.owner)
    if held.until_s == RELEASED_S:
        raise LeaseReleased(
            f"the lease on table {lease.table} was given back; this call has stopped",
            hint="`reconcile status` shows how the run ended",
        )


def lease_lost(lease: Lease, to: str) -> LeaseLost:
    return LeaseLost(
        f"the lease on table {lease.table} went to {to}; this run has stopped",
        hint="`reconcile status` shows the state of the other run",
    )


def lease_document(lease: Lease) -> dict[str, Any]:
    return {"table": lease.table, "owner": lease.owner, "token": lease.token, "until_s": lease.until_s}


def read_lease(document: Document, where: str) -> Lease:
    """Raises ``CheckpointBroken``."""
    try:
        table, owner = str(document["table"]), str(document["owner"])
        return Lease(table, owner, int(document["token"]), float(document["until_s"]))
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointBroken(
            f"the lease {where} cannot be read", hint="remove it once no run of the table is alive"
        ) from error


class LeaseKeeper:
    """Renews the lease in good time. Ask for ``current`` before each write, from any thread."""

    def __init__(self, store: RunStore, lease: Lease, clock: Clock, ttl_s: float = LEASE_S) -> None:
        self._store = store
        self._lease = lease
        self._clock = clock
        self._ttl_s = ttl_s
        self._lock = Lock()

    @property
    def current(self) -> Lease:
        """Raises ``LeaseLost`` if another run took over."""
        with self._lock:
            if self._lease.until_s - self._clock.now() < self._ttl_s * 2 / 3:
                self._renew()
            return self._lease

    def confirm(self) -> None:
        """Ask the store whether this run still holds the lease. Call it before something is sent."""
        with self._lock:
            self._renew()

    def _renew(self) -> None:
        """Again where the answer came so late that the lease has ended, or soon does."""
        for _ in range(_RENEWALS):
            now_s = self._clock.now()
            self._lease = self._store.renew(self._lease, self._ttl_s, now_s)
            if self._clock.now() - now_s < self._ttl_s / 3:
                return

    def release(self) -> None:
        self._store.release(self._lease)


class ClaimKeeper(LeaseKeeper):
    """Keeps the lease of a distributed run, and allows one worker at a time on each part of it.

    A state machine calls a step at least once: it repeats a call whose answer was lost, while the first call
    may still be at work. The later call claims the part, and the earlier one stops before its next write. The
    claim may change between the check and the write. Then one page is written twice, which loses nothing.

    ``name`` is the claim's name in the run store, ``by`` a text that no other call has.
    """

    def __init__(
        self, store: RunStore, lease: Lease, clock: Clock, ttl_s: float, *, name: str, by: str
    ) -> None:
        super().__init__(store, lease, clock, ttl_s)
        self._name = name
        self._by = by
        store.put(name, {"by": by}, super().current)

    @property
    def current(self) -> Lease:
        """Raises ``LeaseLost`` if another run took over, ``Superseded`` if another call did."""
        _ = super().current
        self._check()
        return super().current  # the check may have taken long

    def confirm(self) -> None:
        super().confirm()
        self._check()

    def _check(self) -> None:
        claim = self._store.get(self._name)
        if claim is None or claim.get("by") != self._by:
            raise Superseded(
                f"a later call of the same step works on {self._name}", hint="this call has stopped"
            )
