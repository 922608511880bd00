"""Small compiled tables and relays for tests, without files or AWS."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bridge.core.diff.fields import compile_diff
from bridge.core.diff.view import default_data
from bridge.core.events.envelope import Envelope
from bridge.core.events.route import Route
from bridge.core.events.rules import EventRule, Version
from bridge.core.events.translate import Table
from bridge.core.mapping.project import Projection
from bridge.core.mapping.subject import compile_subject
from bridge.core.pointer import Wanted
from bridge.core.redact import RedactRule, compile_redaction
from bridge.edges.local.ledgers import MemoryLedger
from bridge.edges.local.memory import MemoryQuarantine
from bridge.ports.clock import Deadline
from bridge.ports.ledger import Ledger
from bridge.ports.quarantine import Quarantine
from bridge.ports.sink import Sink
from bridge.relay.accounts import Outcome
from bridge.relay.breaker import Breaker
from bridge.relay.relay import Relay
from tests.fakes.clock import FakeClock
from tests.fakes.sink import ScriptedSink
from tests.fakes.telemetry import KeptTelemetry

Operations = frozenset({"insert", "modify", "remove"})


def rule(
    type: str = "com.example.user.changed",
    *,
    operations: frozenset[str] = Operations,
    changed: Sequence[str] = (),
    project: Projection = default_data,
    validate: Callable[[dict[str, Any]], None] = lambda data: None,
    sinks: tuple[str, ...] = ("domain",),
) -> EventRule:
    envelope = Envelope(
        source="com.example.accounts",
        type=f"{type}.v1",
        dataschema=f"https://schemas.example.com/{type}/1.0.0.json",
        sinks=sinks,
    )
    route = Route(operations, tuple(map(Wanted, changed)))
    return EventRule(type, route, (Version(envelope, project, validate),))


def table(
    *rules: EventRule,
    name: str = "Users",
    ignore: tuple[tuple[str, ...], ...] = (),
    redact: tuple[RedactRule, ...] = (),
    accepts: Callable[[Mapping[str, Any]], bool] | None = None,
    subject: str = "user/{$.key.id}",
) -> Table:
    return Table(
        name=name,
        subject=compile_subject(subject),
        diff=compile_diff(ignore=ignore),
        rules=rules or (rule(),),
        redact=compile_redaction(redact),
        accepts=accepts,
    )


def relay(
    *sinks: Sink,
    tables: Sequence[Table] | None = None,
    ledger: Ledger | None = None,
    quarantine: Quarantine | None = None,
    breaker: Breaker | None = None,
) -> Relay:
    return Relay(
        tables={each.name: each for each in tables or (table(),)},
        sinks={sink.name: sink for sink in sinks or (ScriptedSink(),)},
        ledger=MemoryLedger() if ledger is None else ledger,
        quarantine=MemoryQuarantine() if quarantine is None else quarantine,
        telemetry=KeptTelemetry(),
        clock=FakeClock(),
        breaker=breaker or Breaker(),
        hash_key=b"test",
    )


def handle(bridge: Relay, *records: Any, seconds: float = 60, **options: Any) -> Outcome:
    """The outcome of one batch."""
    return bridge.handle(records, Deadline.after(bridge.clock, seconds), **options)
