"""Reading current items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bridge.core.change import TypedItem
from bridge.ports.clock import Deadline


class Fetcher(Protocol):
    """Reads current items."""

    def fetch(
        self, table: str, keys: Mapping[str, TypedItem], deadline: Deadline
    ) -> Mapping[str, TypedItem | None]:
        """The items of ``keys`` (typed keys by any name), each read once and consistently; None where the
        item does not exist. A missing name could not be read before the deadline. Raises ``BatchError`` where
        the table is missing or denies access."""
        ...
