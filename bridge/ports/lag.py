"""The bridge's lag behind a stream."""

from __future__ import annotations

from typing import Protocol


class LagSource(Protocol):
    """Reads the bridge's lag behind the table's stream."""

    def lag_s(self) -> float | None:
        """Seconds; None where the lag is unknown. Raises ``StreamBehind`` where it is unknown for a reason
        that the error gives, ``SourceUnavailable`` or ``BatchError``."""
        ...
