"""What one batch's calls of a sink amounted to, told in one go when they are over."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.ports.telemetry import Telemetry


class Traffic:
    """``calls`` (the entries of each, by index) and ``latencies_ms`` are added to from the threads that make
    the calls; a call that never began is in neither."""

    __slots__ = ("accepted_bytes", "calls", "failed", "latencies_ms")

    def __init__(self) -> None:
        self.calls: list[Sequence[int]] = []
        self.latencies_ms: list[float] = []
        self.failed = 0
        self.accepted_bytes = 0

    def report(self, telemetry: Telemetry, sink: str) -> None:
        if not self.calls:
            return
        sent = [index for call in self.calls for index in call]
        telemetry.count("SinkCalls", len(self.calls), sink=sink)
        telemetry.count("SinkRetries", len(sent) - len(set(sent)), sink=sink)
        telemetry.count("SinkEntriesFailed", self.failed, sink=sink)
        telemetry.count("SinkBytes", self.accepted_bytes, sink=sink)
        for latency_ms in self.latencies_ms:
            telemetry.measure("PublishLatency", latency_ms, sink=sink)
