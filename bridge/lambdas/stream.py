"""The door for Lambda's event source mapping: ``bridge.lambdas.stream.handler``.

Environment: ``BRIDGE_CONFIG`` (path of bridge.yaml, default ``bridge.yaml`` beside the code), the
variables that bridge.yaml names, and ``AWS_ENDPOINT_URL`` where the target is not AWS.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bridge.edges.telemetry import PowertoolsTelemetry
from bridge.errors import BatchError
from bridge.ports import Clock, Deadline
from bridge.relay import Relay
from bridge.wiring import build_relay, build_sinks, check_targets, client_factory, load_configuration

RESERVE_S = 2.0
"""Kept back from the invocation's time: to quarantine, settle and answer after the last publication."""


class StreamDoor:
    """Translates Lambda's world into ``records in → outcome out``, and back."""

    def __init__(self, relay: Relay, clock: Clock, *, reserve_s: float = RESERVE_S) -> None:
        self._relay = relay
        self._clock = clock
        self._reserve_s = reserve_s

    def handle(self, event: Mapping[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
        """Lambda's partial batch response. Raises for a batch that must fail as a whole."""
        remaining_s = context.get_remaining_time_in_millis() / 1000 - self._reserve_s
        outcome = self._relay.handle(_records(event), Deadline.after(self._clock, remaining_s))
        return outcome.answer()


def _records(event: Any) -> Sequence[Mapping[str, Any]]:
    records = event.get("Records") if isinstance(event, Mapping) else None
    if not isinstance(records, list):
        raise BatchError(
            "the event has no list of Records",
            hint="this handler is for a DynamoDB stream's event source mapping",
            stage="decode",
        )
    return records


_door: StreamDoor | None = None
_telemetry: PowertoolsTelemetry | None = None


def handler(event: Mapping[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Lambda's entry point. The relay is made at the first invocation and kept while the process lives."""
    global _door, _telemetry
    if _telemetry is None:
        _telemetry = PowertoolsTelemetry()
    if _door is None:
        _door = _open(_telemetry)
    try:
        return _door.handle(event, context)
    finally:
        _telemetry.flush()


def _open(telemetry: PowertoolsTelemetry) -> StreamDoor:
    configuration = load_configuration(Path(os.environ.get("BRIDGE_CONFIG", "bridge.yaml")), os.environ)
    sinks = build_sinks(configuration.settings, client_factory())
    relay = build_relay(configuration, sinks, telemetry)
    check_targets(relay)
    # What start-up made lives as long as the process: the collector need not look at it again.
    gc.collect()
    gc.freeze()
    return StreamDoor(relay, relay.clock)
