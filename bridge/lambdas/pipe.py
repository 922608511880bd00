"""The handler for EventBridge Pipes: ``bridge.lambdas.pipe.handler`` is the enrichment of a pipe whose source
is a table's stream. It takes a list of records and returns the list of their events, which the pipe
publishes.

Environment as for ``bridge.lambdas.stream``, and ``STREAM_ARN``, the source of the pipe. docs/sources.md says
what this source promises.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from bridge.core.change import StreamRef
from bridge.core.event import Event
from bridge.core.records.decode import stream_ref
from bridge.edges.local.ledgers import NoLedger
from bridge.edges.local.memory import MemorySink
from bridge.errors import BatchError, MalformedRecord, Unavailable
from bridge.limits import INVOCATION_PAYLOAD_BYTES
from bridge.ports.quarantine import Record
from bridge.ports.telemetry import Telemetry
from bridge.relay.relay import Relay
from bridge.wiring.bridge import (
    Configuration,
    build_fetcher,
    build_relay,
    build_tracer,
    check_targets,
    memory_sinks,
)
from bridge.wiring.clients import client_factory, refused_to
from bridge.wiring.functions import Function, deadline_of, list_of, trace_here

STREAM_VARIABLE: Final = "STREAM_ARN"


class PipeHandler:
    """``relay`` publishes to ``sinks``, which keep events in memory. It must have no ledger: the events have
    not reached the pipe's target yet, and a settled change would not be published again by the pipe's
    retry."""

    def __init__(
        self,
        relay: Relay,
        sinks: Mapping[str, MemorySink],
        *,
        stream: StreamRef | None = None,
        max_bytes: int = INVOCATION_PAYLOAD_BYTES,
    ) -> None:
        self._relay = relay
        self._sinks = sinks
        self._stream = stream
        self._max_bytes = max_bytes

    def handle(self, event: Any, context: Any) -> list[dict[str, Any]]:
        """The events in the order of their records, each once. A record that can never become its events is
        quarantined and has no events in the answer.

        An answer cannot return single records for retry, so the whole batch fails and the pipe retries it:
        ``Unavailable`` where a record cannot be processed just now, ``BatchError`` where nothing can succeed,
        or where the answer is larger than Lambda returns.
        """
        handler = "the enrichment of a pipe from a DynamoDB stream"
        given = list_of(event, "the event is not a list of records", handler)
        records = [self._with_stream(record) for record in given]
        try:
            outcome = self._relay.handle(records, deadline_of(context, self._relay.clock), trace=trace_here())
            if outcome.returned:
                raise Unavailable(
                    f"{outcome.returned} of {outcome.received} records could not be processed: "
                    + ", ".join(sorted(outcome.reasons["returned"])),
                    hint="the batch is failed as a whole, the pipe sends it again",
                )
            return self._answer(records)
        finally:
            for sink in self._sinks.values():
                sink.events.clear()

    def _with_stream(self, record: Record) -> Record:
        """The record with the ARN of its stream. The documentation of Pipes shows records with the ARN of the
        table; without the stream's label they would have another order than the same records from elsewhere.
        Raises ``BatchError``."""
        arn = record.get("eventSourceARN") if isinstance(record, Mapping) else None
        if not isinstance(arn, str) or ":table/" not in arn or "/stream/" in arn:
            return record
        if self._stream is None:
            raise BatchError(
                "the records name their table and not its stream, so their place in the order is not known",
                hint=f"set the environment variable {STREAM_VARIABLE} of this function to the ARN of the "
                "pipe's source (infra/pipe.yaml does); nothing is lost, the pipe sends the batch again",
                stage="decode",
            )
        if self._stream.table_arn != arn:
            raise BatchError(
                f"the records are of table {arn}, and {STREAM_VARIABLE} names a stream of another table",
                hint=f"set {STREAM_VARIABLE} to the ARN of the pipe's source",
                stage="decode",
            )
        return {**record, "eventSourceARN": self._stream.arn}

    def _answer(self, records: Sequence[Record]) -> list[dict[str, Any]]:
        taken: dict[str, Event] = {}
        for sink in self._sinks.values():
            for event in sink.events:
                known = taken.setdefault(event.id, event)
                if len(event.body) < len(known.body):  # with a claim check: the form that every sink takes
                    taken[event.id] = event
        ids = [record.get("eventID") if isinstance(record, Mapping) else None for record in records]
        ordered = sorted(taken.values(), key=lambda event: ids.index(event.record_id))
        answer = [orjson.loads(event.body) for event in ordered]
        # Escaped and with spaces, as the oldest of Lambda's Python runtimes writes it: never too small.
        size = len(json.dumps(answer))
        if size > self._max_bytes:
            raise BatchError(
                f"the events of {len(records)} records are {size} bytes, Lambda answers at most "
                f"{self._max_bytes}",
                hint="lower the batch size of the pipe's source, or map less into the events' data; "
                "no record is lost, the pipe sends the batch again",
            )
        return answer


def source_stream(environ: Mapping[str, str]) -> StreamRef | None:
    """The source of the pipe, from the environment. Raises ``BatchError`` for what is not a stream's ARN."""
    arn = environ.get(STREAM_VARIABLE, "")
    try:
        return stream_ref(arn) if arn else None
    except MalformedRecord as error:
        raise BatchError(
            f"the environment variable {STREAM_VARIABLE} is not the ARN of a DynamoDB stream",
            hint=error.hint,
            stage="configure",
        ) from error


def _open(configuration: Configuration, telemetry: Telemetry) -> PipeHandler:
    sinks = memory_sinks(configuration.settings)
    tracer = build_tracer(configuration.settings)
    client = client_factory(on_refused=refused_to(telemetry))
    fetcher = build_fetcher(configuration, client)
    relay = build_relay(
        configuration,
        sinks,
        telemetry,
        ledger=NoLedger(),
        tracer=tracer,
        fetcher=fetcher,
        client=client,
    )
    check_targets(relay)
    return PipeHandler(relay, sinks, stream=source_stream(os.environ))


_function = Function(_open)


def handler(event: list[dict[str, Any]], context: Any) -> list[dict[str, Any]]:
    """Lambda's entry point."""
    answer: list[dict[str, Any]] = _function(event, context)
    return answer
