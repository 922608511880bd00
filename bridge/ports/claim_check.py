"""The store for the data of events that are too large for a sink."""

from __future__ import annotations

from typing import Protocol

from bridge.core.events.claim_check import Claim


class ClaimCheck(Protocol):
    """Keeps the data of events that are too large for a sink. Equal data is kept once.

    Stored data stays readable for at least the time that its owner promises to subscribers, counted from the
    latest ``store``, not from the first.
    """

    def check(self) -> None:
        """Ask once, at start-up, whether the store exists and may be used."""
        ...

    def locate(self, claim: Claim) -> str:
        """The URI of the claim's data; the same for equal claims. Makes no call."""
        ...

    def store(self, claim: Claim) -> None:
        """Durable when it returns, also where something else had overwritten the data.

        Raises ``ClaimCheckUnavailable`` (the change is returned for retry), and ``BatchError`` where the
        store is missing or denies access.
        """
        ...
