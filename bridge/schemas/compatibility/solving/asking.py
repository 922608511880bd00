"""What the parts of the search ask each other: the values below a place are a question of the same kind."""

from __future__ import annotations

from typing import Any, Protocol

from bridge.schemas.compatibility.solving.signed import Conjunction, Found, Pool


class Asking(Protocol):
    """The search as its parts see it."""

    @property
    def pool(self) -> Pool: ...

    def solve(self, conjunction: Conjunction, want: int) -> Found:
        """Up to about ``want`` values that satisfy all of it."""

    def key(self, value: Any) -> str:
        """One text for all values that are equal."""
