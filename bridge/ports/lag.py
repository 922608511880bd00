"""How far the bridge is behind a stream."""

from __future__ import annotations

from typing import Protocol


class LagSource(Protocol):
    """How far the bridge is behind the table's stream."""

    def lag_s(self) -> float | None:
        """Seconds; None: cannot be known. Raises ``StreamBehind`` where it cannot and there is more to say of
        why, ``SourceUnavailable`` or ``BatchError``."""
        ...
