"""The composition root of redriving: where batches are taken from, and the relay that they go through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from bridge.core.records.dialect import Dialect
from bridge.core.records.kinesis import KINESIS
from bridge.edges.dynamodb.stream_reader import StreamReader
from bridge.edges.kinesis.reader import KinesisReader
from bridge.edges.local.failures import DirectoryFailureSource
from bridge.edges.local.ledgers import NoLedger
from bridge.edges.s3.failures import S3FailureSource
from bridge.edges.sqs.failures import SqsFailureSource
from bridge.errors import TargetMissing
from bridge.ports.clock import Deadline
from bridge.ports.failures import FailureSource
from bridge.ports.ledger import Ledger, Row
from bridge.ports.quarantine import Quarantine
from bridge.ports.stream import StreamSource
from bridge.ports.telemetry import Telemetry
from bridge.reconcile.reader import Pace
from bridge.redrive import KeptEntry, Redriver, Retry
from bridge.redrive.redriver import CHUNK_RECORDS, CHUNK_TIME_S, OpenStream
from bridge.relay.breaker import Breaker
from bridge.relay.relay import Relay
from bridge.settings import Settings
from bridge.settings.mapping import BucketDestination, DirectoryDestination, QueueDestination
from bridge.wiring.bridge import (
    Configuration,
    build_fetcher,
    build_ledger,
    build_quarantine,
    build_relay,
    build_sinks,
    build_tracer,
    check_targets,
    memory_claim_check,
    memory_sinks,
    nowhere,
)
from bridge.wiring.clients import ClientFactory


class ReadOnlyLedger(NoLedger):
    """Reads what is settled, and settles nothing: for dry runs."""

    def __init__(self, ledger: Ledger) -> None:
        self.scoped = ledger.scoped
        self.keep = ledger.keep
        self._ledger = ledger

    def check(self) -> None:
        self._ledger.check()

    def read(self, keys: Iterable[str], deadline: Deadline | None = None) -> Mapping[str, Row]:
        return self._ledger.read(keys, deadline)


def build_redriver(
    configuration: Configuration,
    client: ClientFactory,
    telemetry: Telemetry,
    *,
    rate: float | None = None,
    dry: bool = False,
) -> Redriver:
    """``rate`` is in records per second. With ``dry`` events are built but not published; ledger and streams
    are only read. Checks all targets: raises ``BatchError`` or ``Unavailable``."""
    relay = _relay(configuration, client, telemetry, dry=dry, quarantine=nowhere() if dry else None)
    return Redriver(
        relay,
        stream_opener(client),
        lambda: Deadline.after(relay.clock, CHUNK_TIME_S),
        _pace(relay, rate),
        CHUNK_RECORDS if rate is None else max(1, min(CHUNK_RECORDS, int(rate))),
    )


def build_retry(
    configuration: Configuration,
    client: ClientFactory,
    telemetry: Telemetry,
    *,
    rate: float | None = None,
    dry: bool = False,
) -> Retry:
    """As :func:`build_redriver`, for what is in quarantine."""
    kept = KeptEntry()
    relay = _relay(configuration, client, telemetry, dry=dry, quarantine=kept, breaker=Breaker(share=1.0))
    return Retry(
        relay,
        kept,
        build_quarantine(configuration.settings, client),
        lambda: Deadline.after(relay.clock, CHUNK_TIME_S),
        _pace(relay, rate),
        dry,
    )


def build_source(
    settings: Settings,
    client: ClientFactory,
    *,
    queue: str = "",
    bucket: str = "",
    folder: Path | None = None,
) -> FailureSource:
    """The store that is given, else ``mapping.on_failure`` of bridge.yaml. ``TargetMissing`` without both."""
    if queue:
        return SqsFailureSource(client("sqs"), queue)
    if bucket:
        return S3FailureSource(client("s3"), bucket)
    if folder is not None:
        if not folder.is_dir():  # `run` makes its folder with the first batch, a folder that is named exists
            raise TargetMissing(
                f"folder {folder} does not exist",
                hint="name the folder that mapping.on_failure names, where `run` runs",
                stage="read",
            )
        return DirectoryFailureSource(folder)
    match settings.mapping.on_failure:
        case QueueDestination(queue=configured):
            return SqsFailureSource(client("sqs"), configured)
        case BucketDestination(bucket=configured):
            return S3FailureSource(client("s3"), configured)
        case DirectoryDestination(path=path):
            return DirectoryFailureSource(path)
        case _:
            raise TargetMissing(
                f"{settings.file} names no on-failure destination",
                hint="give one under mapping.on_failure, or name it: --queue, --bucket or --folder",
                stage="configure",
            )


def stream_opener(client: ClientFactory) -> OpenStream:
    """Each stream is opened once."""
    opened: dict[str, StreamSource] = {}

    def open_stream(arn: str, dialect: Dialect) -> StreamSource:
        if arn not in opened:
            opened[arn] = (
                KinesisReader(client("kinesis"), arn)
                if dialect is KINESIS
                else StreamReader(client("dynamodbstreams"), arn)
            )
        return opened[arn]

    return open_stream


def _relay(
    configuration: Configuration,
    client: ClientFactory,
    telemetry: Telemetry,
    *,
    dry: bool,
    quarantine: Quarantine | None,
    breaker: Breaker | None = None,
) -> Relay:
    settings = configuration.settings
    ledger = build_ledger(settings, client)
    relay = build_relay(
        configuration,
        memory_sinks(settings) if dry else build_sinks(settings, client, telemetry),
        telemetry,
        ledger=ReadOnlyLedger(ledger) if dry else ledger,
        quarantine=quarantine,
        claim_check=memory_claim_check(settings) if dry else None,
        breaker=breaker,
        tracer=build_tracer(settings),
        fetcher=build_fetcher(configuration, client),
        client=client,
    )
    check_targets(relay)
    return relay


def _pace(relay: Relay, rate: float | None) -> Pace | None:
    return None if rate is None else Pace(relay.clock, rate)
