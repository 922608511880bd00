"""The composition root of redriving: where batches are taken from, and the relay that they go through."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bridge.core.records.dialect import Dialect
from bridge.core.records.kinesis import KINESIS
from bridge.edges.dynamodb.stream_reader import StreamReader
from bridge.edges.kinesis.reader import KinesisReader
from bridge.edges.local.failures import DirectoryFailureSource
from bridge.edges.local.ledgers import NoLedger
from bridge.edges.s3.failures import S3FailureSource
from bridge.edges.sqs.failures import SqsFailureSource
from bridge.edges.sts.identity import account_of
from bridge.errors import TargetMissing
from bridge.ports.clock import Deadline
from bridge.ports.failures import FailureSource
from bridge.ports.ledger import Ledger, Row
from bridge.ports.quarantine import Quarantine
from bridge.ports.stream import StreamSource
from bridge.ports.telemetry import Telemetry
from bridge.reconcile.reader import Pace
from bridge.redrive import KeptEntry, Redriver, Retry
from bridge.redrive.given_up import Home
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


@dataclass(frozen=True, slots=True)
class Redriving:
    """Builds what processes records again. ``rate`` is in records per second. With ``dry`` events are built
    but not published; ledger and streams are only read. Building checks all targets: raises ``BatchError`` or
    ``Unavailable``."""

    configuration: Configuration
    client: ClientFactory
    telemetry: Telemetry
    rate: float | None = None
    dry: bool = False

    def redriver(self, home: Home | None = None) -> Redriver:
        """For batches that were given up. ``home`` is where the bridge's tables are."""
        relay = self._relay(nowhere() if self.dry else None)
        chunk = CHUNK_RECORDS if self.rate is None else max(1, min(CHUNK_RECORDS, int(self.rate)))
        return Redriver(relay, stream_opener(self.client), *self._time(relay), chunk, home)

    def retry(self) -> Retry:
        """For what is in quarantine."""
        kept = KeptEntry()
        relay = self._relay(kept, Breaker(share=1.0))
        store = build_quarantine(self.configuration.settings, self.client)
        return Retry(relay, kept, store, *self._time(relay), self.dry)

    def _relay(self, quarantine: Quarantine | None, breaker: Breaker | None = None) -> Relay:
        settings, client, dry = self.configuration.settings, self.client, self.dry
        ledger = build_ledger(settings, client)
        relay = build_relay(
            self.configuration,
            memory_sinks(settings) if dry else build_sinks(settings, client, self.telemetry),
            self.telemetry,
            ledger=ReadOnlyLedger(ledger) if dry else ledger,
            quarantine=quarantine,
            claim_check=memory_claim_check(settings) if dry else None,
            breaker=breaker,
            tracer=build_tracer(settings),
            fetcher=build_fetcher(self.configuration, client),
            client=client,
        )
        check_targets(relay)
        return relay

    def _time(self, relay: Relay) -> tuple[Callable[[], Deadline], Pace | None]:
        """The deadline of each chunk, and the pace."""
        pace = None if self.rate is None else Pace(relay.clock, self.rate)
        return lambda: Deadline.after(relay.clock, CHUNK_TIME_S), pace


def find_home(settings: Settings, client: ClientFactory, *, local: bool) -> Home | None:
    """Where the credentials belong to. None where nothing is in AWS: what is redriven is on this machine
    (``local``), and so is all that is written."""
    in_aws = settings.ledger.kind == "dynamodb" or any(
        sink.kind not in ("stdout", "memory") for sink in settings.sinks.values()
    )
    if local and not in_aws:
        return None
    return Home(str(client("sts").meta.region_name), account_of(client("sts")))


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
