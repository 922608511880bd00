"""Reading items as they are now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bridge.core.change import TypedItem
from bridge.ports.clock import Deadline


class Fetcher(Protocol):
    """Reads items as they are now."""

    def fetch(
        self, table: str, keys: Mapping[str, TypedItem], deadline: Deadline
    ) -> Mapping[str, TypedItem | None]:
        """The items of ``keys`` (typed keys by any name), read consistently and each once; None: there is no
        such item. A name left out could not be read in the time there was. Raises ``BatchError`` where the
        table is missing or closed to us."""
        ...
