"""One worker at a time on each part of a distributed run.

A state machine calls a step at least once: a call whose answer was lost is repeated while the first may still
be at work. The later call claims the part, and the earlier one stops before its next write. Between asking
and writing the claim may still change hands: then one page is written twice, by which nothing is lost.
"""

from __future__ import annotations

from bridge.errors import Superseded
from bridge.ports.clock import Clock
from bridge.ports.run_store import Lease, RunStore
from bridge.reconcile.lease import LeaseKeeper


class ClaimKeeper(LeaseKeeper):
    """Keeps the run's lease, and asks before each write whether the part is still ours. ``name`` is the
    claim's in the run store, ``by`` a text that no other call has."""

    def __init__(
        self, store: RunStore, lease: Lease, clock: Clock, ttl_s: float, *, name: str, by: str
    ) -> None:
        super().__init__(store, lease, clock, ttl_s)
        self._runs = store
        self._name = name
        self._by = by
        store.put(name, {"by": by}, super().current)

    @property
    def current(self) -> Lease:
        """Raises ``LeaseLost`` where another run took over, ``Superseded`` where another call did."""
        lease = super().current
        self._check()
        return lease

    def confirm(self) -> None:
        super().confirm()
        self._check()

    def _check(self) -> None:
        claim = self._runs.get(self._name)
        if claim is None or claim.get("by") != self._by:
            raise Superseded(
                f"{self._name} is worked on by a later call of the same step", hint="this one has stopped"
            )
