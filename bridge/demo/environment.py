"""The demonstration as it runs: scenery, bridge and subscribers on one endpoint, and the workload between.

The bridge here is what ``stream-bridge run`` builds from a bridge.yaml; only the client that publishes to the
bus answers one entry as throttled. A loss, and its mending: :mod:`bridge.demo.recovery`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from bridge.demo.checks import Check, check_all
from bridge.demo.expectation import SUBJECTS, Expected, expect, read_tables
from bridge.demo.faults import ThrottleOnce
from bridge.demo.resources import TABLES, Clients, Scenery, build
from bridge.demo.subscribers import AppliesChanges, CloudEvent, NewestWins, Subscriber
from bridge.demo.writer import Step
from bridge.edges.cloudwatch.telemetry import LineTelemetry
from bridge.edges.dynamodb.stream_reader import StreamReader
from bridge.edges.local.quarantine import DirectoryQuarantine
from bridge.errors import BridgeError
from bridge.ports.clock import Clock
from bridge.ports.quarantine import Quarantined
from bridge.ports.sink import Sink
from bridge.relay.accounts import Account
from bridge.stream.mapping.settings import Pace
from bridge.stream.runners import Runners
from bridge.wiring.bridge import Configuration, build_sinks, load_configuration
from bridge.wiring.clients import ClientFactory
from bridge.wiring.run import build_runners

CONFIGURATION = Path(__file__).with_name("configuration") / "bridge.yaml"
_SOURCE = "com.example.demo"
_PACE = Pace(poll_s=0.05, function_timeout_s=30.0)
_LOOK_S = 0.05
_PATIENCE_S = 20.0
"""How long nothing may move before the demonstration is given up."""


class Audience(Protocol):
    """Hears what happens, from several threads."""

    def wrote(self, step: Step) -> None: ...

    def lost(self, step: Step) -> None: ...

    def received(self, subscriber: str, event: CloudEvent) -> None: ...

    def throttled(self, entries: int) -> None: ...


class Stage:
    """Everything that runs; a context manager that ends it again.

    ``folder`` takes checkpoints, quarantine and the runs of reconciliations. ``clients`` gives factories of
    the endpoint's clients.
    """

    def __init__(
        self,
        clients: Callable[[], ClientFactory],
        folder: Path,
        audience: Audience,
        telemetry: LineTelemetry,
        clock: Clock,
        *,
        throttled_call: int,
    ) -> None:
        self.new_client_factory = clients
        self._client = client = clients()
        self.folder = folder
        self._audience = audience
        self._telemetry = telemetry
        self._clock = clock
        self.quarantine = DirectoryQuarantine(folder / "quarantine")
        self.clients = Clients(*(client(name) for name in ("dynamodb", "events", "sns", "sqs")))
        self.scenery: Scenery = build(self.clients, source=_SOURCE)
        self.configuration: Configuration = self._configure()
        self._sinks = self._build_sinks(throttled_call)
        self.runners = self._build_runners(self.configuration, "checkpoints")
        sqs = self.clients.sqs
        self.bus = Subscriber("bus", sqs, self.scenery.bus_queue, NewestWins(), audience.received)
        self.feed = Subscriber("feed", sqs, self.scenery.topic_queue, AppliesChanges(), audience.received)
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="subscriber")
        self._listening: list[Future[None]] = []

    def _configure(self) -> Configuration:
        names = {
            "DEMO_BUS": self.scenery.bus,
            "DEMO_TOPIC": self.scenery.topic_arn,
            "DEMO_LEDGER": self.scenery.ledger,
            "DEMO_HASH_KEY": secrets.token_hex(16),
            "DEMO_QUARANTINE": str(self.quarantine.path),
        }
        return load_configuration(CONFIGURATION, names)

    def _build_sinks(self, throttled_call: int) -> Mapping[str, Sink]:
        throttling = ThrottleOnce(
            self._client("events"), call=throttled_call, published=self._audience.throttled
        )
        return build_sinks(
            self.configuration.settings,
            lambda service: throttling if service == "events" else self._client(service),
        )

    def _build_runners(self, configuration: Configuration, checkpoints: str) -> Runners:
        state = self.folder / checkpoints
        return build_runners(
            configuration, self._sinks, self._client, self._telemetry, state=state, pace=_PACE
        )

    def __enter__(self) -> Self:
        self._listening = [self._pool.submit(each.listen) for each in (self.bus, self.feed)]
        self.runners.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.runners.close()
        for each in (self.bus, self.feed):
            each.end()
        self._pool.shutdown()

    @property
    def account(self) -> Account:
        return Account.of(self._telemetry.counts)

    def play(self, steps: Iterable[Step], *, pause_s: float) -> None:
        """Write the workload, while the bridge and the subscribers are at work."""
        for step in steps:
            self._audience.wrote(step)
            step.play(self.clients.dynamodb)
            if pause_s:
                self._clock.sleep(pause_s)

    def lose(self, steps: Iterable[Step]) -> None:
        """Write while nobody reads, and begin again behind it: what a mapping does that is deleted and made
        anew with LATEST."""
        self.runners.close()
        for step in steps:
            self._audience.lost(step)
            step.play(self.clients.dynamodb)
        settings = self.configuration.settings
        latest = settings.mapping.model_copy(update={"starting_position": "LATEST"})
        anew = replace(self.configuration, settings=settings.model_copy(update={"mapping": latest}))
        self.runners = self._build_runners(anew, "checkpoints-made-anew")
        self.runners.start()

    def settle(self, changes: int) -> None:
        """Return when the bridge is done with so many changes and the subscribers have what they must have;
        or when nothing has moved for a while: the checks then say what is missing."""
        self.wait_while(lambda: self.account.settled < changes, lambda: self.account)
        expected = self.expected()
        self.wait_while(
            lambda: len(self.bus.events) < len(expected.bus) or len(self.feed.events) < len(expected.feed),
            lambda: (len(self.bus.events), len(self.feed.events)),
        )
        for each in (self.bus, self.feed):
            each.end()
        for listening in self._listening:
            listening.result()

    def expected(self) -> Expected:
        streams = {
            table: StreamReader(self._client("dynamodbstreams"), arn)
            for table, arn in self.scenery.streams.items()
        }
        return expect(streams)

    def quarantined(self) -> list[Quarantined]:
        return list(self.quarantine.entries())

    def check(self, changes: int) -> list[Check]:
        quarantined = self.quarantined()
        return check_all(
            account=self.account,
            changes=changes,
            expected=self.expected(),
            quarantined=quarantined,
            bus=self.bus,
            feed=self.feed,
            tables=self.tables(),
        )

    def tables(self) -> dict[str, dict[str, Any]]:
        """The items by subject, without those that no event could tell of."""
        return read_tables(self.clients.dynamodb, without=self.not_reemitted())

    def not_reemitted(self) -> frozenset[str]:
        """The subjects of what is in quarantine."""
        return frozenset(_subject(entry) for entry in self.quarantined())

    def wait_while(self, missing: Callable[[], bool], progress: Callable[[], Any]) -> None:
        last, since_s = progress(), self._clock.monotonic()
        while missing():
            if self.runners.wait(_LOOK_S):
                self.runners.stats()  # raises what ended them
                raise BridgeError("the bridge ended before the demonstration did", stage="read")
            for listening in self._listening:
                if listening.done():
                    listening.result()
            now = progress()
            if now != last:
                last, since_s = now, self._clock.monotonic()
            elif self._clock.monotonic() - since_s > _PATIENCE_S:
                return


def _subject(entry: Quarantined) -> str:
    key = entry.record["dynamodb"]["Keys"][TABLES[entry.table]]["S"]
    return f"{SUBJECTS[entry.table]}/{key}"
