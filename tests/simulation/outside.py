"""What outlives every process of a run: sinks, ledger, quarantine, checkpoints, destination, claims; and how
a process is built over them, by the product's own wiring.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from random import Random
from typing import Any, cast

from bridge.edges.eventbridge.classic import EventBridgeSink
from bridge.edges.local.ledgers import NoLedger
from bridge.ports.ledger import Ledger, Row
from bridge.ports.quarantine import Quarantine, Quarantined
from bridge.ports.sink import Sink
from bridge.ports.stream import StreamSource
from bridge.relay.breaker import Breaker
from bridge.relay.relay import Relay
from bridge.stream.mapping.invocation import InlineExecutor
from bridge.wiring.bridge import Configuration, build_relay, build_sinks, check_targets
from bridge.wiring.clients import ClientFactory
from tests.fakes.telemetry import KeptTelemetry
from tests.simulation.configuration import BILLING, DOMAIN, PLAIN, TOPIC, configuration
from tests.simulation.edges import (
    SimulatedCheckpoints,
    SimulatedDestination,
    SimulatedLedger,
    SimulatedQuarantine,
    SimulatedSource,
)
from tests.simulation.faults import Faults
from tests.simulation.kinds import Part
from tests.simulation.ledgers import SimulatedDynamoDb, SimulatedDynamoDbLedger
from tests.simulation.options import Options, Parts
from tests.simulation.peers.receivers import Receiver, SimulatedBus, SimulatedBusV2, SimulatedTopic
from tests.simulation.peers.stores import Claims, EdgeCheckpoints, EdgeDestination, EdgeQuarantine
from tests.simulation.peers.streams import stream_reader
from tests.simulation.schemas import DeployKind
from tests.simulation.world import SimulatedStream


class Outside:
    """``invocation`` numbers who calls; ``on_put`` hears of every entry that the quarantine took.

    ``leaks`` names where a value was seen that redaction must keep in. ``unnamed_gaps``: keys of rows that
    ever noted a gap without the names of what was lost. ``settled``: sequences that were settled.
    """

    def __init__(
        self,
        options: Options,
        parts: Parts,
        faults: Faults,
        rng: Random,
        invocation: Callable[[], int],
        on_put: Callable[[Quarantined], None],
    ) -> None:
        self.unnamed_gaps: set[str] = set()
        self.leaks: list[str] = []
        self.settled: set[str] = set()
        self.forgotten: list[tuple[str, str, str]] = []
        """Where an invocation that had read the ledger before wrote an older row over a newer one: the item's
        key, the older row's sequence and the newer one's."""
        self._newest_rows: dict[str, Row] = {}
        self.telemetry = KeptTelemetry()
        self._options, self._parts, self._faults, self._rng = options, parts, faults, rng
        self.claims = Claims(faults)
        told = (faults, invocation, self.claims.fetch, self.saw_text)
        self.topic = SimulatedTopic(TOPIC, *told)
        self.sinks: dict[str, Receiver] = {
            DOMAIN: SimulatedBus(DOMAIN, *told),
            BILLING: (SimulatedBusV2 if options.account.billing_v2 else SimulatedBus)(BILLING, *told),
            TOPIC: self.topic,
        }
        self.ledger = self._new_ledger()
        self.quarantine = SimulatedQuarantine(faults, on_put)
        if options.quarantine != "peer":
            self.quarantine = EdgeQuarantine(options.quarantine, faults, on_put)
        self.destination = SimulatedDestination(faults)
        if options.destination != "peer":
            self.destination = EdgeDestination(options.destination, faults)
        self.checkpoints = SimulatedCheckpoints(faults)
        if options.checkpoints != "peer":
            self.checkpoints = EdgeCheckpoints(faults)

    def saw_text(self, where: str, text: str) -> None:
        if PLAIN in text:
            self.leaks.append(where)

    def _new_ledger(self) -> Ledger:
        options, faults = self._options, self._faults
        if options.ledger == "dynamodb":
            peer = SimulatedDynamoDb(faults, self._note_row)
            return SimulatedDynamoDbLedger(peer, faults, self._rng, keep=options.keep)
        if options.ledger != "none":
            return SimulatedLedger(faults, self._note_row, keep=options.keep, writes=options.ledger)
        return NoLedger()

    def _note_row(self, row: Row) -> None:
        self.saw_text(f"ledger row {row.key}", repr(row))
        if row.gap and row.gap_names is None:
            self.unnamed_gaps.add(row.key)
        self.settled.update(row.recent)
        newest = self._newest_rows.setdefault(row.key, row)
        if row.position < newest.position:
            (key,) = (value for typed in row.item_key.values() for value in typed.values())
            self.forgotten.append((key, row.position.sequence, newest.position.sequence))
        else:
            self._newest_rows[row.key] = row

    def refuses(self, parts: Iterable[Part]) -> bool:
        """Whether one of the sinks refuses the events of a record for good."""
        return any(self._faults.refused(f"{name} {part.id}") for part in parts for name in self.sinks)

    # --- a process ----------------------------------------------------------------------------------

    def source(self, stream: SimulatedStream) -> StreamSource:
        if self._options.stream == "api":
            return stream_reader(stream, self._faults)
        return SimulatedSource(stream, self._faults)

    def relay(
        self, deploy: DeployKind, breaker: Breaker, *, quarantine: Quarantine | None, starts: bool
    ) -> Relay:
        """``starts``: a new function asks first whether its targets exist."""
        deployed = self._configuration(deploy)
        relay = build_relay(
            deployed,
            self._new_sinks(deployed),
            self.telemetry,
            clock=self._faults.world.clock,
            ledger=self.ledger,
            quarantine=quarantine or self.quarantine,
            claim_check=self.claims.store if self._options.claim_check else None,
            breaker=breaker,
        )
        if starts and self._options.checks_targets:
            check_targets(relay)
        if self._parts.relay is Relay:
            return relay
        return self._parts.relay(**{field.name: getattr(relay, field.name) for field in fields(relay)})

    def _configuration(self, deploy: DeployKind) -> Configuration:
        options = self._options
        kind = options.ledger if options.ledger in ("none", "dynamodb") else "memory"
        return configuration(
            deploy,
            ledger=kind,
            keep=options.keep,
            heal=options.heal,
            claim_check=options.claim_check,
            entities=options.entities,
            billing=options.account.billing,
        )

    def _new_sinks(self, deployed: Configuration) -> dict[str, Sink]:
        clients: Mapping[str, ClientFactory] = {name: _only(peer) for name, peer in self.sinks.items()}
        made: dict[str, Any] = {}
        for name, client in clients.items():  # each has a client of its own, where AWS has one for a service
            settings = deployed.settings
            only = settings.model_copy(update={"sinks": {name: settings.sinks[name]}})
            made |= build_sinks(only, client, self.telemetry, executor=InlineExecutor(), rng=self._rng)
        if self._parts.sink is not EventBridgeSink:
            for sink in made.values():
                if isinstance(sink, EventBridgeSink):
                    sink.__class__ = cast(type[EventBridgeSink], self._parts.sink)  # a broken variant
        return made


def _only(peer: Receiver) -> ClientFactory:
    return lambda service: peer
