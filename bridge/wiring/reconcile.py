"""The composition root of reconciliation: a reconciler for one table of bridge.yaml, and its threads."""

from __future__ import annotations

import os
import queue
import random
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Final, Protocol

from bridge.core.records.dialect import STREAM
from bridge.core.records.kinesis import KINESIS
from bridge.delivery.backoff import Backoff
from bridge.edges.cloudwatch.lag import GivenLag, IteratorAgeLag
from bridge.edges.dynamodb.describe import find_stream, require_stream
from bridge.edges.dynamodb.scan import DynamoTable, parse_fast_without_binary
from bridge.edges.dynamodb.stream_reader import StreamReader
from bridge.edges.kinesis.reader import KinesisReader
from bridge.edges.local.checkpoints import FileCheckpoints
from bridge.edges.local.clock import SystemClock
from bridge.edges.local.run_store import DirectoryRunStore
from bridge.edges.setup.facts import list_mappings, read_mapping
from bridge.errors import ReconcileStopped
from bridge.limits import STREAM_RETENTION_S
from bridge.ports.claim_check import ClaimCheck
from bridge.ports.clock import Clock
from bridge.ports.lag import LagSource
from bridge.ports.ledger import Ledger, LedgerScan
from bridge.ports.run_store import RunStore
from bridge.ports.setup import MappingFacts
from bridge.ports.sink import Sink
from bridge.ports.stream import StreamSource
from bridge.reconcile import Comparer, Options, Price, Reconciler, Seen, Spread, Steps, take_turns
from bridge.reconcile.stated_lag import StatedLag
from bridge.settings import Settings
from bridge.settings.compiling.key_schema import require_whole_key
from bridge.settings.stores import DynamoDbLedgerSettings
from bridge.stream.mapping.behind import CheckpointLag
from bridge.stream.mapping.quiet import FunctionLag
from bridge.wiring.bridge import (
    Configuration,
    build_claim_check,
    build_ledger,
    build_sinks,
    memory_claim_check,
    memory_sinks,
)
from bridge.wiring.clients import ClientFactory

RUNS_FOLDER: Final = "reconcile"
S3_SCHEME: Final = "s3://"


def _log_nothing(_: str) -> None:
    """Where nobody reads it."""


class ScannableLedger(Ledger, LedgerScan, Protocol):
    """A ledger that can be read by key and scanned."""


def build_reconciler(
    configuration: Configuration,
    name: str,
    clients: Callable[[], ClientFactory],
    *,
    state: Path | str,
    lag: LagSource,
    dry: bool,
    stream_stopped: bool = False,
    price: Price | None = None,
    spread: Spread | None = None,
    clock: Clock | None = None,
) -> Reconciler:
    """``name`` is the table's in bridge.yaml. ``clients`` makes a factory: the table has a client of its own.
    With ``dry`` events are built and measured, but not published. ``state`` is where runs are kept: a folder,
    or ``s3://bucket/prefix``.

    Checks table, ledger and sinks. Raises ``ReconcileStopped`` without a ledger of kind dynamodb, and
    ``BatchError`` or ``Unavailable`` where one of them does not exist or may not be used.
    """
    settings = configuration.settings
    if not isinstance(settings.ledger, DynamoDbLedgerSettings):
        raise ReconcileStopped(
            f"ledger.kind is {settings.ledger.kind}: the table cannot be compared with anything",
            hint=f"give {settings.file} a ledger of kind dynamodb; seed or backfill follows",
        )
    clock = clock or SystemClock()
    client = clients()
    table = configuration.tables[settings.tables[name].name]
    backoff = Backoff(random.Random())  # noqa: S311 - jitter
    source = DynamoTable(clients()("dynamodb"), table.name, clock, backoff)
    facts = source.describe()
    require_whole_key(table, facts.key)
    if not stream_stopped and settings.tables[name].kinesis is None:
        require_stream(facts, "; or --stream-stopped to reconcile as it is")
    parse_fast_without_binary(client("dynamodb"))
    ledger: ScannableLedger = build_ledger(settings, client, clock)  # type: ignore[assignment]
    ledger.check()
    sinks: Mapping[str, Sink] = memory_sinks(settings) if dry else build_sinks(settings, client)
    claim_check: ClaimCheck | None = (
        memory_claim_check(settings) if dry else build_claim_check(settings, client, clock)
    )
    for sink in sinks.values():
        sink.check()
    hash_key = settings.hash_key.get_secret_value().encode() if settings.hash_key else b""
    rng = random.SystemRandom()
    return Reconciler(
        Comparer(table, facts, ledger.keep, hash_key),
        source,
        ledger,
        ledger,
        sinks,
        build_run_store(state, client, clock),
        lag,
        clock,
        new_run=lambda: (
            f"{datetime.fromtimestamp(clock.now(), UTC):%Y%m%dT%H%M%SZ}-{rng.getrandbits(24):06x}"
        ),
        owner=f"{socket.gethostname()} process {os.getpid()}",
        claim_check=claim_check,
        price=price or Price(),
        spread=spread or take_turns,
    )


def build_steps(
    configuration: Configuration,
    name: str,
    clients: Callable[[], ClientFactory],
    *,
    bucket: str,
    function: str,
    mapping_id: str = "",
    report: Callable[[str], None] = _log_nothing,
) -> Steps:
    """The same for many workers under a state machine, whose runs are kept in ``bucket``. ``function`` is the
    Lambda function whose lag counts. ``mapping_id`` is the event source mapping that distinguishes a quiet
    stream from a dead one; without it, a stream without a reported lag does not count as quiet. Raises as
    :func:`build_reconciler` does."""
    clock = SystemClock()
    client = clients()
    lag = build_lag(None, function, client, clock)
    if function and mapping_id:
        lag = build_function_lag(
            configuration, name, function, client, mapping_id=mapping_id, report=report, clock=clock
        )
    reconciler = build_reconciler(
        configuration,
        name,
        clients,
        state=f"{S3_SCHEME}{bucket}",
        lag=lag,
        dry=False,
        clock=clock,
    )
    options = options_of(configuration.settings, name)
    return Steps.over(reconciler, options, new_claim=lambda: secrets.token_hex(8))


def options_of(settings: Settings, name: str, entities: Sequence[str] = ()) -> Options:
    """The options that bridge.yaml gives for a table, or for one entity of it alone."""
    table = settings.tables[name]
    if len(entities) == 1:
        table = next(each.settings for each in settings.kinds() if each[:2] == (name, entities[0]))
    return Options(**dict(table.reconcile))


def build_run_store(state: Path | str, client: ClientFactory, clock: Clock | None = None) -> RunStore:
    """A folder, for runs of one machine; or ``s3://bucket/prefix``, which any number of workers share.

    Checks the bucket. Raises ``ReconcileStopped`` where ``state`` names no bucket, ``BatchError`` or
    ``Unavailable`` where the bucket does not exist or may not be used.
    """
    if not is_shared(state):
        return DirectoryRunStore(Path(state) / RUNS_FOLDER)
    from bridge.edges.s3.run_store import S3RunStore

    bucket, _, prefix = str(state).removeprefix(S3_SCHEME).partition("/")
    if not bucket:
        raise ReconcileStopped(f"{state} names no bucket", hint="write s3://bucket/prefix")
    store = S3RunStore(
        client("s3"),
        bucket,
        f"{prefix}/{RUNS_FOLDER}",
        clock or SystemClock(),
        Backoff(random.Random()),  # noqa: S311 - jitter
        nonce=lambda: secrets.token_hex(8),
    )
    store.check()
    return store


def is_shared(state: Path | str) -> bool:
    return isinstance(state, str) and state.startswith(S3_SCHEME)


def build_lag(
    lag_s: float | None, function: str | None, client: ClientFactory, clock: Clock | None = None
) -> LagSource:
    """The lag as given, else as CloudWatch reports it for ``function``, else unknown."""
    if lag_s is None and function:
        return IteratorAgeLag(client("cloudwatch"), function, clock or SystemClock())
    return GivenLag(lag_s)


def build_function_lag(
    configuration: Configuration,
    name: str,
    function: str,
    client: ClientFactory,
    *,
    mapping_id: str = "",
    report: Callable[[str], None] = _log_nothing,
    clock: Clock | None = None,
) -> LagSource:
    """How far the Lambda ``function`` is behind the stream of table ``name``, as CloudWatch reports it.
    Without data there, Lambda is asked about the event source mapping: ``mapping_id``, or the mappings of the
    table's stream. ``report`` gets a line about a quiet stream."""
    clock = clock or SystemClock()
    table = configuration.settings.tables[name]

    def source_arn() -> str:
        if table.kinesis is not None:
            return table.kinesis
        return find_stream(client("dynamodb"), table.name).stream_arn

    def mappings(arn: str) -> Sequence[MappingFacts]:
        if mapping_id:
            return [read_mapping(client("lambda"), mapping_id)]
        return list_mappings(client("lambda"), source_arn=arn)

    metrics = IteratorAgeLag(client("cloudwatch"), function, clock)
    return FunctionLag(function, metrics, source_arn, mappings, clock, report)


def build_checkpoint_lag(
    configuration: Configuration,
    name: str,
    checkpoints: Path,
    client: ClientFactory,
    clock: Clock | None = None,
) -> LagSource:
    """How far the runner with these ``checkpoints``, a folder, is behind the stream of table ``name``.

    Raises ``ReconcileStopped`` where they do not include that stream, ``CheckpointBroken`` and
    ``BatchError``.
    """
    table = configuration.settings.tables[name]
    source: StreamSource
    if table.kinesis is not None:
        source, dialect = KinesisReader(client("kinesis"), table.kinesis), KINESIS
    else:
        arn = find_stream(client("dynamodb"), table.name).stream_arn
        source, dialect = StreamReader(client("dynamodbstreams"), arn), STREAM
    lag = CheckpointLag(
        source, FileCheckpoints(checkpoints), dialect, clock or SystemClock(), str(checkpoints)
    )
    lag.check()
    return lag


def build_stated_lag(
    configuration: Configuration,
    name: str,
    lag_s: float,
    function: str | None,
    checkpoints: Path,
    client: ClientFactory,
) -> LagSource:
    """The lag that somebody states, compared with that of ``function`` and with that of the runner whose
    ``checkpoints`` are in a folder, if it was at work in the time for which the stream keeps records."""
    measured: dict[str, LagSource] = {}
    if function:
        measured[f"function {function}"] = build_function_lag(configuration, name, function, client)
    clock = SystemClock()
    written_s = max((path.stat().st_mtime for path in checkpoints.glob("*.json")), default=0.0)
    if clock.now() - written_s < STREAM_RETENTION_S:
        with suppress(ReconcileStopped):  # another table's
            measured[f"the runner of {checkpoints}"] = build_checkpoint_lag(
                configuration, name, checkpoints, client, clock
            )
    return StatedLag(lag_s, measured)


def side_by_side(segments: Sequence[Iterator[Seen]]) -> Iterator[Seen]:
    """Reads each segment in a thread. An error of one thread is raised here after the others have finished
    their current page. Closing this iterator also waits for that."""
    seen: queue.SimpleQueue[Seen | None] = queue.SimpleQueue()
    stop = Event()

    def drain(segment: Iterator[Seen]) -> None:
        whole = False
        try:
            for each in segment:
                seen.put(each)
                if stop.is_set():
                    return
            whole = True
        finally:
            if not whole:
                stop.set()
            seen.put(None)

    with ThreadPoolExecutor(len(segments), thread_name_prefix="segment") as threads:
        running = [threads.submit(drain, segment) for segment in segments]
        try:
            left = len(running)
            while left:
                each = seen.get()
                if each is None:
                    left -= 1
                else:
                    yield each
        finally:
            stop.set()
        for future in running:
            future.result()
