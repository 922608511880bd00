"""Trouble that lasts is logged: not before two seconds, then every ten, and anew after calls succeeded."""

from __future__ import annotations

from bridge.delivery.trouble import AGAIN_S, SILENT_S, Trouble
from bridge.errors import SinkUnavailable
from tests.fakes.clock import FakeClock
from tests.fakes.telemetry import KeptTelemetry


def test_the_moments_of_the_lines_are_exact() -> None:
    telemetry, clock = KeptTelemetry(), FakeClock(0.0)
    trouble = Trouble(telemetry, clock, "sink domain")
    error = SinkUnavailable("no answer", code="Throttling")

    def failed_at(moment_s: float) -> int:
        clock.advance(moment_s - clock.monotonic())
        trouble.failed(error)
        return len(telemetry.lines)

    assert [failed_at(0.0), failed_at(SILENT_S - 0.1), failed_at(SILENT_S)] == [0, 0, 1]
    assert [failed_at(SILENT_S + AGAIN_S - 0.1), failed_at(SILENT_S + AGAIN_S)] == [1, 2]
    level, _, fields = telemetry.lines[-1]
    assert level == "warning"
    assert fields == {"target": "sink domain", "seconds": 12.0, "error": error.message, "code": "Throttling"}
    trouble.ended()
    assert [failed_at(30.0), failed_at(31.9), failed_at(32.0)] == [2, 2, 3]
    assert telemetry.lines[-1][2]["seconds"] == 2.0
