"""What the Lambda functions share: a handler that is built once, and the relay of a stream's batches."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from bridge.core.event import Trace
from bridge.core.events.trace import read_trace
from bridge.core.records.dialect import STREAM, Dialect
from bridge.edges.cloudwatch.telemetry import PowertoolsTelemetry
from bridge.edges.local.clock import SystemClock
from bridge.errors import BatchError
from bridge.ports.clock import Clock, Deadline, time_limit
from bridge.ports.quarantine import Record
from bridge.ports.telemetry import Telemetry
from bridge.relay.relay import Relay
from bridge.schemas.registries.remarks import report
from bridge.wiring.bridge import (
    Configuration,
    build_fetcher,
    build_relay,
    build_sinks,
    build_telemetry,
    build_tracer,
    check_targets,
)
from bridge.wiring.bridge import load_configuration as load
from bridge.wiring.clients import client_factory, refused_to

RESERVE_S = 2.0
"""Reserved from the invocation's time: to quarantine, settle and answer after the last publication."""


ANSWER_S = 0.5
"""Kept back from the invocation's time after every call, to answer."""


class Handler(Protocol):
    """Translates an event of Lambda into records, and their outcome into the answer."""

    def handle(self, event: Any, context: Any) -> Any: ...


class StreamHandler:
    """For an event source mapping: takes an event with ``Records``, returns Lambda's partial batch
    response."""

    def __init__(
        self, relay: Relay, clock: Clock, *, dialect: Dialect = STREAM, reserve_s: float = RESERVE_S
    ) -> None:
        self._relay = relay
        self._clock = clock
        self._dialect = dialect
        self._reserve_s = reserve_s

    def handle(self, event: Mapping[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
        """Raises ``BatchError`` for a batch that must fail as a whole."""
        deadline = deadline_of(context, self._clock, self._reserve_s)
        found = event.get("Records") if isinstance(event, Mapping) else None
        records = list_of(found, "the event has no list of Records", "the event source mapping of a stream")
        outcome = self._relay.handle(records, deadline, dialect=self._dialect, trace=trace_here())
        return outcome.answer()


def deadline_of(context: Any, clock: Clock, reserve_s: float = RESERVE_S) -> Deadline:
    """When the work of this invocation must be done. ``context`` is Lambda's."""
    return Deadline.after(clock, context.get_remaining_time_in_millis() / 1000 - reserve_s)


def trace_here() -> Trace | None:
    """The trace of this invocation: Lambda's runtime sets the variable for each one."""
    return read_trace(os.environ.get("_X_AMZN_TRACE_ID", ""))


def list_of(records: Any, problem: str, handler: str) -> Sequence[Record]:
    """The records of an event. Raises ``BatchError`` for anything but a list."""
    if not isinstance(records, list):
        raise BatchError(problem, hint=f"this handler is for {handler}", stage="decode")
    return records


class Function:
    """A Lambda function: the first invocation builds its handler, which is kept while the process lives."""

    def __init__(self, open_handler: Callable[[Configuration, Telemetry], Handler]) -> None:
        self._open_handler = open_handler
        self._handler: Handler | None = None
        self._telemetry: PowertoolsTelemetry | None = None

    def __call__(self, event: Any, context: Any) -> Any:
        left_s = context.get_remaining_time_in_millis() / 1000
        with time_limit(Deadline.after(SystemClock(), left_s - min(ANSWER_S, left_s / 4))):
            return self._handled(event, context)

    def _handled(self, event: Any, context: Any) -> Any:
        if self._handler is None or self._telemetry is None:
            configuration = load_configuration()
            self._telemetry = build_telemetry(configuration.settings)
            report(configuration.remarks, self._telemetry)
            self._handler = self._open_handler(configuration, self._telemetry)
            # Objects made at start live as long as the process: the collector need not visit them again.
            gc.collect()
            gc.freeze()
        try:
            return self._handler.handle(event, context)
        finally:
            self._telemetry.flush()


def load_configuration() -> Configuration:
    """From ``BRIDGE_CONFIG`` and the environment variables that the file names."""
    return load(Path(os.environ.get("BRIDGE_CONFIG", "bridge.yaml")), os.environ)


def open_stream(configuration: Configuration, telemetry: Telemetry, dialect: Dialect) -> StreamHandler:
    """The handler for the event source mapping of a stream, with the sinks of bridge.yaml."""
    client = client_factory(on_refused=refused_to(telemetry))
    sinks = build_sinks(configuration.settings, client, telemetry)
    relay = build_relay(
        configuration,
        sinks,
        telemetry,
        tracer=build_tracer(configuration.settings),
        fetcher=build_fetcher(configuration, client),
        client=client,
    )
    check_targets(relay)
    return StreamHandler(relay, relay.clock, dialect=dialect)
