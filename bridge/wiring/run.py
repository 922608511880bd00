"""The composition root of the event source mapping on one machine: a runner for each table of bridge.yaml."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from bridge.core.events.translate import Table
from bridge.core.pattern.matching import compile_filters
from bridge.core.records.dialect import STREAM, Dialect
from bridge.core.records.kinesis import KINESIS
from bridge.edges.dynamodb.describe import find_stream
from bridge.edges.dynamodb.stream_reader import StreamReader
from bridge.edges.kinesis.reader import KinesisReader
from bridge.edges.local.checkpoints import FileCheckpoints
from bridge.edges.local.clock import SystemClock
from bridge.edges.local.failures import DirectoryFailureDestination
from bridge.edges.local.state_lock import state_lock
from bridge.edges.s3.failures import S3FailureDestination
from bridge.edges.sqs.failures import SqsFailureDestination
from bridge.errors import TargetMissing
from bridge.ports.failures import FailureDestination
from bridge.ports.sink import Sink
from bridge.ports.stream import StreamSource
from bridge.ports.telemetry import Telemetry
from bridge.relay.watch import TargetWatch
from bridge.settings import Settings
from bridge.settings.compiling.key_schema import require_whole_key
from bridge.settings.derived_filter import mapping_filter
from bridge.settings.mapping import BucketDestination, DirectoryDestination, QueueDestination
from bridge.stream.mapping.settings import MappingSettings, Pace
from bridge.stream.mapping.stats import BatchReport
from bridge.stream.runner import Runner
from bridge.stream.runners import Runners
from bridge.wiring.bridge import (
    Configuration,
    build_claim_check,
    build_fetcher,
    build_ledger,
    build_quarantine,
    build_relay,
    build_tracer,
    check_targets,
)
from bridge.wiring.clients import ClientFactory
from bridge.wiring.functions import StreamHandler

RUN_PACE = Pace(function_timeout_s=20.0, read_timeout_s=8.0)
"""Lambda grants up to 900 s. Here a stop waits for the current batch and the current read, and whoever stops
the process does not wait long: Kubernetes gives 30 s by default. A record that is not published by then is
returned for retry."""


def hold_state(
    folder: Path, wait_s: float, on_wait: Callable[[str], None] = lambda holder: None
) -> AbstractContextManager[None]:
    """One ``run`` to a state folder; see :mod:`bridge.edges.local.state_lock`."""
    return state_lock(folder, SystemClock(), wait_s, on_wait)


def build_runners(
    configuration: Configuration,
    sinks: Mapping[str, Sink],
    client: ClientFactory,
    telemetry: Telemetry,
    *,
    state: Path,
    tables: Sequence[str] = (),
    pace: Pace = RUN_PACE,
    on_batch: Callable[[str, BatchReport], None] = lambda table, report: None,
) -> Runners:
    """A runner for each of ``tables`` (names of bridge.yaml or of DynamoDB; none = all), not yet started.
    Tables that share a Kinesis stream share a runner: reading it for one of them is reading it for all.

    Checks sinks, quarantine, claim check, streams and on-failure destination. Raises ``BatchError`` or
    ``Unavailable`` where one of them does not exist or may not be used, ``CheckpointBroken``, and
    ``BridgeError`` for a table that bridge.yaml does not have. ``state`` is the folder of the checkpoints.
    ``on_batch`` is called from the runners' threads.
    """
    tracer = build_tracer(configuration.settings)
    quarantine = build_quarantine(configuration.settings, client)  # one for all, as the sinks: checked once
    claim_check = build_claim_check(configuration.settings, client)
    ledger = build_ledger(configuration.settings, client)
    runners: dict[str, Runner] = {}
    executors: list[Executor] = []
    watch: TargetWatch | None = None  # one for all: they share their targets
    for feed in _feeds(configuration, client, tables):
        # One relay for each, because a breaker that trips is about the deployment of one table.
        relay = build_relay(
            configuration,
            sinks,
            telemetry,
            tracer=tracer,
            fetcher=build_fetcher(configuration, client),
            ledger=ledger,
            quarantine=quarantine,
            claim_check=claim_check,
            watch=watch,
        )
        watch = relay.watch
        if not runners:
            check_targets(relay)
        factor = feed.mapping.parallelization_factor
        executor = ThreadPoolExecutor(factor, thread_name_prefix=f"lane-{feed.name}") if factor > 1 else None
        if executor is not None:
            executors.append(executor)
        runners[feed.name] = Runner(
            feed.source,
            StreamHandler(relay, relay.clock, dialect=feed.dialect).handle,
            FileCheckpoints(state),
            feed.mapping,
            clock=relay.clock,
            rng=random.Random(),  # noqa: S311 - jitter and request ids
            destination=_destination(configuration.settings, feed.source.arn, client),
            executor=executor,
            telemetry=telemetry,
            pace=pace,
            dialect=feed.dialect,
            on_batch=lambda report, name=feed.name: on_batch(name, report),  # type: ignore[misc]
        )
    return Runners(runners, tuple(executors), watch=watch)


@dataclass(frozen=True, slots=True)
class _Feed:
    """What one runner reads."""

    name: str
    source: StreamSource
    dialect: Dialect
    mapping: MappingSettings


def _feeds(configuration: Configuration, client: ClientFactory, tables: Sequence[str]) -> list[_Feed]:
    """A feed for each table's own stream, and one for each Kinesis stream, named after all of its tables."""
    settings = configuration.settings
    feeds: list[_Feed] = []
    shared: set[str] = set()
    for name in choose_tables(settings, tables):
        table = settings.tables[name]
        mapping = mapping_settings(settings, name, configuration.tables[table.name])
        if table.kinesis is None:
            facts = find_stream(client("dynamodb"), table.name)
            require_whole_key(configuration.tables[table.name], facts.key)
            own = StreamReader(client("dynamodbstreams"), facts.stream_arn)
            feeds.append(_Feed(name, own, STREAM, mapping))
        elif table.kinesis not in shared:
            shared.add(table.kinesis)
            names = [each for each, other in settings.tables.items() if other.kinesis == table.kinesis]
            reader = KinesisReader(client("kinesis"), table.kinesis)
            reader.shards()  # raises where the stream does not exist or may not be read
            # Filters belong to a table, so the pipeline applies them: it knows the table of a record.
            feeds.append(_Feed("+".join(names), reader, KINESIS, replace(mapping, filters=())))
    return feeds


def choose_tables(settings: Settings, tables: Sequence[str]) -> list[str]:
    """The names in bridge.yaml of ``tables``, each once; of all where none is given."""
    by_name = {table.name: name for name, table in settings.tables.items()}
    by_name |= {name: name for name in settings.tables}
    unknown = [table for table in tables if table not in by_name]
    if unknown:
        raise TargetMissing(
            f"{settings.file} has no table {', '.join(unknown)}",
            hint=f"its tables are {', '.join(settings.tables)}",
            stage="configure",
        )
    return list(dict.fromkeys(by_name[table] for table in tables)) or list(settings.tables)


def mapping_settings(settings: Settings, name: str, table: Table) -> MappingSettings:
    """The block ``mapping`` of bridge.yaml and the table's filter, as the runner takes them: the filter that
    `infra render` writes for Lambda."""
    given = settings.mapping.model_dump(exclude={"on_failure"})
    accepts, found = table.accepts, mapping_filter(settings, name)
    if found.derived:
        accepts = compile_filters(found.patterns)
    return MappingSettings(**given, filters=() if accepts is None else (accepts,))


def _destination(settings: Settings, stream_arn: str, client: ClientFactory) -> FailureDestination | None:
    # In place of the mapping's UUID: a stream keeps the same folder at every start.
    mapping_id = str(uuid.uuid5(uuid.NAMESPACE_URL, stream_arn))
    match settings.mapping.on_failure:
        case DirectoryDestination(path=path):
            return DirectoryFailureDestination(path, mapping_id)
        case QueueDestination(queue=queue):
            sqs = SqsFailureDestination(client("sqs"), queue)
            sqs.check()
            return sqs
        case BucketDestination(bucket=bucket):
            s3 = S3FailureDestination(client("s3"), bucket, mapping_id)
            s3.check()
            return s3
        case _:
            return None
