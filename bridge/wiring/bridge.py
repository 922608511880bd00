"""The composition root of a bridge.yaml: its configuration, sinks, stores and relay.

A new sink costs one line in ``_sink``.
"""

from __future__ import annotations

import os
import random
import secrets
import sys
from collections.abc import Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from bridge.core.events.translate import Table
from bridge.delivery.backoff import Backoff
from bridge.delivery.dispatch import Dispatcher
from bridge.edges.local.clock import SystemClock
from bridge.edges.local.ledgers import MemoryLedger, NoLedger
from bridge.edges.local.memory import MemoryClaimCheck, MemoryQuarantine, MemorySink
from bridge.edges.local.quarantine import DirectoryQuarantine
from bridge.edges.local.stdout import StdoutSink
from bridge.limits import SNS_BYTES
from bridge.ports.claim_check import ClaimCheck
from bridge.ports.clock import Clock
from bridge.ports.fetcher import Fetcher
from bridge.ports.ledger import Ledger
from bridge.ports.quarantine import Quarantine, QuarantineReader
from bridge.ports.registry import RegistryAddress
from bridge.ports.sink import Sink
from bridge.ports.telemetry import NoTracer, Silence, Telemetry, Tracer
from bridge.relay.breaker import Breaker
from bridge.relay.relay import Relay
from bridge.relay.watch import TargetWatch
from bridge.schemas.documents.schema_set import SchemaSet, Validators
from bridge.schemas.registries.remarks import Remark
from bridge.settings import Settings, load_settings
from bridge.settings.compiling.tables import compile_tables
from bridge.settings.sinks import (
    EventBridgeSettings,
    EventBridgeV2Settings,
    SinkSettings,
    SnsSettings,
    StdoutSettings,
)
from bridge.settings.stores import (
    BucketQuarantineSettings,
    DirectoryQuarantineSettings,
    DynamoDbLedgerSettings,
    KeepingLedgerSettings,
    MemoryLedgerSettings,
)
from bridge.wiring.clients import ClientFactory, client_factory

if TYPE_CHECKING:
    from bridge.edges.cloudwatch.telemetry import PowertoolsTelemetry

LEDGER_THREADS: Final = 8
"""For batches that need several calls of the ledger. A thread starts only when there is work for it."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """bridge.yaml, read and compiled. ``tables`` is keyed by physical table name. ``remarks`` are about how
    the schemas were read, where a person should know it."""

    settings: Settings
    schemas: SchemaSet
    tables: Mapping[str, Table]
    remarks: tuple[Remark, ...] = ()


def load_configuration(
    path: Path,
    environ: Mapping[str, str] | None = None,
    *,
    client: ClientFactory | None = None,
    clock: Clock | None = None,
    validators: Validators = Validators.KEPT,
) -> Configuration:
    """Raises :class:`bridge.errors.ConfigurationError` with every problem found. Where the schemas are in a
    registry, it is read with ``client``, and ``RegistryUnavailable`` and ``BatchError`` may be raised too."""
    settings = load_settings(path, environ)
    address = settings.schemas
    if not isinstance(address, RegistryAddress):
        schemas = SchemaSet.load(address, validators)
        return Configuration(settings, schemas, compile_tables(settings, schemas))
    from bridge.wiring.registries import read_registry

    environ = os.environ if environ is None else environ
    client = client or client_factory(region=address.region)
    reading = read_registry(address, settings, environ, client, clock or SystemClock())
    tables = compile_tables(settings, reading.schemas)
    return Configuration(settings, reading.schemas, tables, reading.remarks)


def build_telemetry(settings: Settings) -> PowertoolsTelemetry:
    """Logs and metrics of a Lambda function."""
    from bridge.edges.cloudwatch.telemetry import PowertoolsTelemetry

    return PowertoolsTelemetry(service=settings.telemetry.service, level=settings.telemetry.level)


def build_tracer(settings: Settings) -> Tracer:
    if settings.telemetry.tracing == "none":
        return NoTracer()
    # Imported only where tracing is on: the SDK adds 55 ms to a cold start.
    from bridge.edges.xray.tracer import XRayTracer

    return XRayTracer(service=settings.telemetry.service)


def build_sinks(
    settings: Settings,
    client: ClientFactory,
    telemetry: Telemetry | None = None,
    *,
    executor: Executor | None = None,
    rng: random.Random | None = None,
) -> dict[str, Sink]:
    """The sinks of bridge.yaml, by name; makes no AWS call. ``executor`` makes their calls, in place of
    threads of their own; ``rng`` draws the waits between tries, so that a seeded run replays."""
    executor = executor or ThreadPoolExecutor(max_workers=_threads(settings), thread_name_prefix="sink")
    backoff = Backoff(rng or random.Random())  # noqa: S311 - jitter
    engine = _Engine(executor, backoff, telemetry or Silence())
    return {name: _sink(name, sink, client, engine) for name, sink in settings.sinks.items()}


def _threads(settings: Settings) -> int:
    return max([getattr(sink, "max_in_flight", 1) for sink in settings.sinks.values()])


def _sink(name: str, sink: SinkSettings, client: ClientFactory, engine: _Engine) -> Sink:
    # Imported where they are needed: a render or a check never loads botocore.
    match sink:
        case EventBridgeSettings():
            from bridge.edges.eventbridge.classic import EventBridgeSink

            dispatcher = engine.dispatcher(sink.max_in_flight)
            return EventBridgeSink(
                client("events"), sink.bus, dispatcher, name=name, max_bytes=sink.max_bytes
            )
        case EventBridgeV2Settings():
            from bridge.edges.eventbridge.v2 import EventBridgeV2Sink

            return EventBridgeV2Sink(
                client("eventbridgev2"),
                sink.bus,
                engine.dispatcher(sink.max_in_flight),
                name=name,
                raw=sink.raw,
                max_bytes=sink.max_bytes,
            )
        case SnsSettings():
            from bridge.edges.sns.topic import SnsSink

            dispatcher = engine.dispatcher(sink.max_in_flight)
            return SnsSink(client("sns"), sink.topic, dispatcher, name=name, max_bytes=sink.max_bytes)
        case StdoutSettings():
            return StdoutSink(sys.stdout.buffer, name=name)
        case _:
            return MemorySink(name=name)


@dataclass(frozen=True, slots=True)
class _Engine:
    """What the dispatchers of all batching sinks share."""

    executor: Executor
    backoff: Backoff
    telemetry: Telemetry

    def dispatcher(self, max_in_flight: int) -> Dispatcher:
        return Dispatcher(self.executor, self.backoff, max_in_flight=max_in_flight, telemetry=self.telemetry)


def memory_sinks(settings: Settings) -> dict[str, MemorySink]:
    """Every sink of bridge.yaml, replaced by one that keeps events in memory and has the same size limit."""
    return {name: _memory_sink(name, sink) for name, sink in settings.sinks.items()}


def _memory_sink(name: str, sink: SinkSettings) -> MemorySink:
    match sink:
        case EventBridgeSettings():
            from bridge.edges.eventbridge.classic import MAX_BYTES, entry_bytes

            return MemorySink(name=name, size_of=entry_bytes, max_bytes=sink.max_bytes or MAX_BYTES)
        case EventBridgeV2Settings():
            from bridge.edges.eventbridge.v2 import MAX_BYTES, entry_bytes, raw_entry_bytes

            size_of = raw_entry_bytes if sink.raw else entry_bytes
            return MemorySink(name=name, size_of=size_of, max_bytes=sink.max_bytes or MAX_BYTES)
        case SnsSettings():
            from bridge.edges.sns.topic import message_bytes

            return MemorySink(name=name, size_of=message_bytes, max_bytes=sink.max_bytes or SNS_BYTES)
        case _:
            return MemorySink(name=name)


def memory_claim_check(settings: Settings) -> MemoryClaimCheck | None:
    """Replaces the configured claim check in a dry run: events have their published content and size."""
    if settings.claim_check is None:
        return None
    from bridge.edges.s3.objects import whole_prefix

    return MemoryClaimCheck(
        base=f"s3://{settings.claim_check.bucket}/{whole_prefix(settings.claim_check.prefix)}"
    )


def build_relay(
    configuration: Configuration,
    sinks: Mapping[str, Sink],
    telemetry: Telemetry,
    *,
    clock: Clock | None = None,
    ledger: Ledger | None = None,
    quarantine: Quarantine | None = None,
    breaker: Breaker | None = None,
    tracer: Tracer | None = None,
    fetcher: Fetcher | None = None,
    claim_check: ClaimCheck | None = None,
    client: ClientFactory | None = None,
    watch: TargetWatch | None = None,
) -> Relay:
    """The relay of a configuration; ``ledger``, ``quarantine``, ``claim_check`` and ``breaker`` replace the
    configured ones. ``client`` makes the clients of stores in AWS; without it they have boto3's defaults."""
    settings = configuration.settings
    clock = clock or SystemClock()
    hash_key = settings.hash_key.get_secret_value().encode() if settings.hash_key else secrets.token_bytes(32)
    ledger = ledger if ledger is not None else build_ledger(settings, client, clock)
    quarantine = quarantine if quarantine is not None else build_quarantine(settings, client)
    claim_check = claim_check if claim_check is not None else build_claim_check(settings, client, clock)
    stores = [each.check for each in (ledger, quarantine, claim_check) if each is not None]
    checks = [sink.check for sink in sinks.values()]
    return Relay(
        tables=configuration.tables,
        sinks=sinks,
        ledger=ledger,
        heal=settings.ledger.heal if isinstance(settings.ledger, KeepingLedgerSettings) else "off",
        quarantine=quarantine,
        claim_check=claim_check,
        watch=watch or TargetWatch(checks, stores, ledger, clock, telemetry),
        telemetry=telemetry,
        clock=clock,
        breaker=breaker or Breaker(share=settings.breaker.share, at_least=settings.breaker.at_least),
        hash_key=hash_key,
        tracer=tracer or NoTracer(),
        fetcher=fetcher,
    )


def build_dry_relay(
    configuration: Configuration,
    telemetry: Telemetry,
    clock: Clock,
    *,
    sinks: Mapping[str, Sink] | None = None,
    ledger: Ledger | None = None,
    quarantine: Quarantine | None = None,
    breaker: Breaker | None = None,
) -> Relay:
    """A relay with memory in place of everything: no verb that uses it can reach a bus or a store. The ledger
    is kept in memory as bridge.yaml says it is kept, so that repeats in one batch end as they will."""
    settings = configuration.settings
    keeps = isinstance(settings.ledger, KeepingLedgerSettings)
    remembered: Ledger = MemoryLedger(keep=settings.ledger.keep) if keeps else NoLedger()  # type: ignore[union-attr]
    return build_relay(
        configuration,
        memory_sinks(settings) if sinks is None else sinks,
        telemetry,
        clock=clock,
        ledger=remembered if ledger is None else ledger,
        quarantine=nowhere() if quarantine is None else quarantine,
        claim_check=memory_claim_check(settings),
        breaker=breaker,
    )


class QuarantineStore(Quarantine, QuarantineReader, Protocol):
    """Both sides of a quarantine store."""


def build_quarantine(settings: Settings, client: ClientFactory | None = None) -> QuarantineStore:
    """The quarantine of bridge.yaml; makes no AWS call."""
    store = settings.quarantine
    if isinstance(store, DirectoryQuarantineSettings):
        return DirectoryQuarantine(store.path)
    client = client or client_factory()
    if isinstance(store, BucketQuarantineSettings):
        from bridge.edges.s3.quarantine import S3Quarantine

        return S3Quarantine(client("s3"), store.bucket, store.prefix, kms_key=store.kms_key)
    from bridge.edges.sqs.quarantine import SqsQuarantine

    return SqsQuarantine(client("sqs"), store.queue)


def build_claim_check(
    settings: Settings, client: ClientFactory | None = None, clock: Clock | None = None
) -> ClaimCheck | None:
    """The claim check of bridge.yaml; None where it has none. Makes no AWS call."""
    store = settings.claim_check
    if store is None:
        return None
    from bridge.edges.s3.claim_check import S3ClaimCheck

    s3 = (client or client_factory())("s3")
    return S3ClaimCheck(s3, store.bucket, clock or SystemClock(), prefix=store.prefix, kms_key=store.kms_key)


def build_fetcher(configuration: Configuration, client: ClientFactory) -> Fetcher | None:
    """Reads the current items of tables and entities with ``fetch: current``; None where none has it."""
    if not any(table.fetches for table in configuration.tables.values()):
        return None
    from bridge.edges.dynamodb.fetcher import TableFetcher

    return TableFetcher(client("dynamodb"), Backoff(random.Random()))  # noqa: S311 - jitter


def build_ledger(
    settings: Settings, client: ClientFactory | None = None, clock: Clock | None = None
) -> Ledger:
    """The ledger of bridge.yaml; makes no AWS call."""
    ledger = settings.ledger
    match ledger:
        case MemoryLedgerSettings():
            return MemoryLedger(keep=ledger.keep)
        case DynamoDbLedgerSettings():
            from bridge.edges.dynamodb.ledger import DynamoDbLedger

            dynamodb = (client or client_factory())("dynamodb")
            backoff = Backoff(random.Random())  # noqa: S311 - jitter
            pool = ThreadPoolExecutor(max_workers=LEDGER_THREADS, thread_name_prefix="ledger")
            clock = clock or SystemClock()
            return DynamoDbLedger(dynamodb, ledger.table, clock, backoff, keep=ledger.keep, pool=pool)
        case _:
            return NoLedger()


def check_targets(relay: Relay) -> None:
    """Checks once that sinks, ledger, quarantine and claim check exist and may be used.

    Raises :class:`bridge.errors.BatchError` or ``Unavailable``.
    """
    for sink in relay.sinks.values():
        sink.check()
    relay.ledger.check()
    relay.quarantine.check()
    if relay.claim_check is not None:
        relay.claim_check.check()
    if relay.watch is not None:
        relay.watch.begin()


def nowhere() -> MemoryQuarantine:
    """A quarantine for dry runs: shows what would be quarantined, and stores nothing."""
    return MemoryQuarantine()
