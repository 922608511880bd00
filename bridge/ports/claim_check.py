"""Where the data of events is kept that are too large for a sink."""

from __future__ import annotations

from typing import Protocol

from bridge.core.events.claim_check import Claim


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
