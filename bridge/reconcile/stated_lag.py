"""The lag as a person states it, compared with what can be measured: a wrong one makes every change in flight
look missed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bridge.errors import BatchError, ReconcileStopped, StreamBehind, Unavailable
from bridge.ports.lag import LagSource

DIFFERS_S: Final = 60.0
"""How much more may be measured: CloudWatch's points are a minute apart."""


@dataclass(frozen=True, slots=True)
class StatedLag:
    """``measured`` has, by its name for people, every source of the table's lag that there is."""

    stated_s: float
    measured: Mapping[str, LagSource]

    def lag_s(self) -> float | None:
        """Raises ``StreamBehind`` where a source shows clearly more than what was stated. A source that
        cannot be read is no objection."""
        for name, source in self.measured.items():
            try:
                found_s = source.lag_s()
            except (Unavailable, BatchError, ReconcileStopped):
                continue
            if found_s is not None and found_s > self.stated_s + DIFFERS_S:
                raise StreamBehind(
                    f"--lag states {self.stated_s:g} s, but {name} shows {found_s:.0f} s",
                    hint="leave --lag out, and `reconcile resume` once the bridge has caught up. If what is "
                    "measured there no longer reads the table, remove it; give --stream-stopped if nothing "
                    "reads the stream",
                )
        return self.stated_s
