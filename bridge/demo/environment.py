"""The running demonstration: resources, bridge and subscribers on one endpoint, and the workload.

The bridge is the one that ``stream-bridge run`` builds from a bridge.yaml, except that its client for the bus
answers one entry as throttled. :mod:`bridge.demo.recovery` loses changes and reconciles them.
"""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from bridge.demo import shop
from bridge.demo.checks import Check, check_all
from bridge.demo.expectation import Expected, expect, read_tables, subject_of
from bridge.demo.resources import Clients, Resources, build
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
_POLL_S = 0.05
_STALLED_S = 20.0
"""The demonstration stops waiting when there was no progress for so long."""


class Observer(Protocol):
    """Is called for everything that happens, from several threads."""

    def wrote(self, step: Step) -> None: ...

    def lost(self, step: Step) -> None: ...

    def received(self, subscriber: str, event: CloudEvent) -> None: ...

    def throttled(self, entries: int) -> None: ...


class DemoEnvironment:
    """Everything that runs, as a context manager that stops it at the end.

    ``folder`` takes checkpoints, quarantine and the runs of reconciliations. ``clients`` returns factories
    for clients of the endpoint.
    """

    def __init__(
        self,
        clients: Callable[[], ClientFactory],
        folder: Path,
        observer: Observer,
        telemetry: LineTelemetry,
        clock: Clock,
        *,
        throttled_call: int,
    ) -> None:
        self.new_client_factory = clients
        self._client = client = clients()
        self.folder = folder
        self._observer = observer
        self._telemetry = telemetry
        self._clock = clock
        self.quarantine = DirectoryQuarantine(folder / "quarantine")
        self.clients = Clients(*(client(name) for name in ("dynamodb", "events", "sns", "sqs")))
        self.resources: Resources = build(self.clients, source=_SOURCE)
        self.configuration: Configuration = self._configure()
        self._sinks = self._build_sinks(throttled_call)
        self.runners = self._build_runners(self.configuration, "checkpoints")
        sqs = self.clients.sqs
        self.bus = Subscriber("bus", sqs, self.resources.bus_queue, NewestWins(), observer.received)
        self.feed = Subscriber("feed", sqs, self.resources.topic_queue, AppliesChanges(), observer.received)
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="subscriber")
        self._listening: list[Future[None]] = []

    def _configure(self) -> Configuration:
        self.variables = {
            "DEMO_BUS": self.resources.bus,
            "DEMO_TOPIC": self.resources.topic_arn,
            "DEMO_LEDGER": self.resources.ledger,
            "DEMO_HASH_KEY": secrets.token_hex(16),
            "DEMO_QUARANTINE": str(self.quarantine.path),
        }
        return load_configuration(CONFIGURATION, self.variables)

    def _build_sinks(self, throttled_call: int) -> Mapping[str, Sink]:
        throttling = ThrottleOnce(
            self._client("events"), call=throttled_call, throttled=self._observer.throttled
        )
        return build_sinks(
            self.configuration.settings,
            lambda service: throttling if service == "events" else self._client(service),
        )

    def _build_runners(self, configuration: Configuration, checkpoints: str) -> Runners:
        self.state = self.folder / checkpoints
        return build_runners(
            configuration, self._sinks, self._client, self._telemetry, state=self.state, pace=_PACE
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

    @property
    def unselected(self) -> int:
        """How many records of items that no entity selects the bridge counted. The filter of the mapping is
        derived from the entities and drops those that it recognises by their key; it drops nothing else."""
        counts = self._telemetry.counts
        return int(counts.get("RecordsWithoutEntity", 0) + counts.get("runner_filtered", 0))

    def write(self, steps: Iterable[Step], *, pause_s: float) -> None:
        """Make the calls of the workload while the bridge and the subscribers are running."""
        for step in steps:
            self._observer.wrote(step)
            step.run(self.clients.dynamodb)
            if pause_s:
                self._clock.sleep(pause_s)

    def lose(self, steps: Iterable[Step]) -> None:
        """Make calls while nothing reads the streams, and start reading after them, as a mapping does that is
        deleted and created again with LATEST."""
        self.runners.close()
        for step in steps:
            self._observer.lost(step)
            step.run(self.clients.dynamodb)
        settings = self.configuration.settings
        latest = settings.mapping.model_copy(update={"starting_position": "LATEST"})
        recreated = replace(self.configuration, settings=settings.model_copy(update={"mapping": latest}))
        self.runners = self._build_runners(recreated, "checkpoints-recreated")
        self.runners.start()

    def settle(self, changes: int) -> None:
        """Return when the bridge has settled that many changes and the subscribers have all expected events,
        or when there is no more progress. The checks then show what is missing."""
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
            for table, arn in self.resources.streams.items()
        }
        return expect(streams)

    def quarantined(self) -> list[Quarantined]:
        return list(self.quarantine.entries())

    def check(self, changes: int) -> list[Check]:
        quarantined = self.quarantined()
        return check_all(
            account=self.account,
            unselected=self.unselected,
            changes=changes,
            expected=self.expected(),
            quarantined=quarantined,
            bus=self.bus,
            feed=self.feed,
            tables=self.tables(),
        )

    def items(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """Subject and item by table and key, without the quarantined items, for which no event can be
        published, and without those that no entity selects."""
        return read_tables(self.clients.dynamodb, without=self.quarantined_subjects())

    def tables(self) -> dict[str, dict[str, Any]]:
        """The same items by subject."""
        return dict(self.items().values())

    def quarantined_subjects(self) -> frozenset[str]:
        """The subjects of the changes in quarantine."""
        return frozenset(_subject(entry) for entry in self.quarantined())

    def wait_while(self, missing: Callable[[], bool], progress: Callable[[], Any]) -> None:
        """Wait until nothing is ``missing``, or ``progress`` has returned the same value for too long."""
        last, since_s = progress(), self._clock.monotonic()
        while missing():
            if self.runners.wait(_POLL_S):
                self.runners.stats()  # raises the error that ended them
                raise BridgeError("the bridge ended before the demonstration did", stage="read")
            for listening in self._listening:
                if listening.done():
                    listening.result()
            now = progress()
            if now != last:
                last, since_s = now, self._clock.monotonic()
            elif self._clock.monotonic() - since_s > _STALLED_S:
                return


def single_table(environment: DemoEnvironment) -> dict[str, Any]:
    """For programs: what the events of the table with several kinds of items are, and how many came to the
    bus for each kind."""
    events = Counter(str(event["subject"]).partition("/")[0] for event in environment.bus.events)
    return {
        "table": shop.TABLE,
        "meaning": shop.MEANING,
        "events_by_entity": {entity: events[entity] for entity in shop.ENTITIES},
        "changed_entity": sum("-start:" in str(event["id"]) for event in environment.bus.events),
        "records_without_entity": environment.unselected,
    }


class ThrottleOnce:
    """boto3's ``events`` client, which throttles the first entry of PutEvents call number ``call``.

    MiniStack never throttles. As with EventBridge, the call succeeds and the entry fails. ``throttled`` is
    then called with the number of entries in that call.
    """

    def __init__(self, client: Any, *, call: int, throttled: Callable[[int], None]) -> None:
        self._client = client
        self._call = call
        self._throttled = throttled
        self._calls = 0
        self._lock = threading.Lock()

    def put_events(self, *, Entries: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        with self._lock:
            self._calls += 1
            throttles = self._calls == self._call
        if not throttles:
            answer: Mapping[str, Any] = self._client.put_events(Entries=Entries)
            return answer
        self._throttled(len(Entries))
        others = self._client.put_events(Entries=Entries[1:])["Entries"] if len(Entries) > 1 else []
        refused = {"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"}
        return {
            "FailedEntryCount": 1 + sum("ErrorCode" in entry for entry in others),
            "Entries": [refused, *others],
        }

    def describe_event_bus(self, *, Name: str) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self._client.describe_event_bus(Name=Name)
        return answer


def _subject(entry: Quarantined) -> str:
    record = entry.record["dynamodb"]
    return subject_of(entry.table, record.get("NewImage") or record.get("OldImage") or record["Keys"])
