"""How far the bridge is behind the stream, as it is reported to a reconciliation: true, or a lie."""

from __future__ import annotations

from bridge.errors import SourceUnavailable
from tests.simulation.recovery.options import LagLie
from tests.simulation.simulation import Simulation

_FAR_S = 7 * 3600.0


class ReportedLag:
    """``lie`` as long as it is set. ``stale`` reports what was true when the lie began."""

    def __init__(self, simulation: Simulation) -> None:
        self.lie: LagLie = "none"
        self._simulation = simulation
        self._then_s = 0.0

    def begin(self, lie: LagLie) -> None:
        self.lie = lie
        self._then_s = self._simulation.lag_s()

    @property
    def may_be_too_small(self) -> bool:
        """What is in flight may look missed: then it is published twice, under two ids."""
        return self.lie in ("small", "stale")

    def lag_s(self) -> float | None:
        if self.lie != "none":
            self._simulation.world.note(f"the lag lies: {self.lie}")
        match self.lie:
            case "small":
                return 0.0
            case "large":
                return _FAR_S
            case "missing":
                return None
            case "unreadable":
                raise SourceUnavailable("the metric could not be read")
            case "stale":
                return self._then_s
        return self._simulation.lag_s()
