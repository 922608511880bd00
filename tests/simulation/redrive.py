"""Redriving: what was given up is read back from its shard or taken whole, what was quarantined is retried.

With the product's own redriver and retry, over peers that fail, and processes that die between any two steps.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from typing import Any, cast

import orjson

from bridge.errors import BridgeError, DestinationUnavailable, QuarantineUnavailable, TargetMissing
from bridge.ports.clock import Deadline
from bridge.ports.failures import StoredBatch, with_payload
from bridge.ports.quarantine import EVERYTHING, Found, Quarantined, Selection
from bridge.ports.stream import StreamSource
from bridge.redrive import KeptEntry, Redriver, Retry, redrive
from bridge.relay.breaker import Breaker
from bridge.relay.relay import Relay
from tests.simulation.edges import SimulatedQuarantine, SimulatedSource
from tests.simulation.faults import Crash, Faults
from tests.simulation.judge import Violation
from tests.simulation.simulation import Simulation, places_of
from tests.simulation.world import Place

_TROUBLED_TRIES = 12
_TRIES = 16
_CHUNK_S = 60.0


class SimulatedBox:
    """What the on-failure destination has received and nobody has redriven: a queue, which keeps positions
    only, or a bucket, which keeps the payload too."""

    def __init__(self, faults: Faults, *, whole: bool) -> None:
        self.stored: dict[str, bytes] = {}
        self.places: dict[str, list[Place]] = {}
        self._faults = faults
        self._whole = whole
        self._taken = 0

    def fill(self, sent: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> None:
        """``sent`` is everything that ever came; what was filled in before is left out."""
        for info, payload in list(sent)[self._taken :]:
            self._taken += 1
            name = f"batch-{self._taken:04d}"
            self.stored[name] = with_payload(info, payload) if self._whole else orjson.dumps(info)
            self.places[name] = places_of(info, payload)

    def batches(self) -> Generator[StoredBatch]:
        self._call("box.receive")
        for name, content in list(self.stored.items()):
            yield StoredBatch(name, content)

    def hold(self, stored: StoredBatch) -> None:
        self._call("box.hold")

    def remove(self, stored: StoredBatch) -> None:
        self._call("box.remove", lambda: self.stored.pop(stored.name, None))

    def _call(self, edge: str, work: Callable[[], object] = lambda: None) -> None:
        fault = self._faults.before(edge)
        if fault not in ("none", "unheard"):
            raise DestinationUnavailable("the queue did not answer")
        work()
        self._faults.after(edge)
        if fault == "unheard":
            raise DestinationUnavailable("the queue did not answer")


class SimulatedShelf:
    """The reading side of the quarantine."""

    def __init__(self, quarantine: SimulatedQuarantine, faults: Faults) -> None:
        self._kept = quarantine.kept
        self._faults = faults

    def scan(self, selection: Selection = EVERYTHING) -> Generator[Found]:
        self._fail("quarantine.scan")
        yield from self._kept.scan(selection)

    def hold(self) -> None:
        """Everybody can read an entry."""

    def entries(self, selection: Selection = EVERYTHING) -> Iterable[Quarantined]:
        return self._kept.entries(selection)

    def load(self, name: str) -> Quarantined:
        self._fail("quarantine.load")
        return self._kept.load(name)

    def remove(self, name: str) -> None:
        fault = self._fail("quarantine.remove")
        self._kept.remove(name)
        self._faults.after("quarantine.remove")
        if fault == "unheard":
            raise QuarantineUnavailable("the quarantine did not answer")

    def _fail(self, edge: str) -> str:
        fault = self._faults.before(edge)
        if fault not in ("none", "unheard"):
            raise QuarantineUnavailable("the quarantine did not answer")
        return fault


class Redrive:
    """``redriven``: the places that were walked again to their end."""

    def __init__(self, simulation: Simulation) -> None:
        self.redriven: set[Place] = set()
        self._simulation = simulation
        self._box = SimulatedBox(simulation.faults, whole=simulation.options.payload_kept)
        self._shelf = SimulatedShelf(simulation.quarantine, simulation.faults)

    def run(self) -> None:
        """Until every batch is settled, or is of those that cannot be: trimmed, poison beyond the breaker."""
        self._box.fill(self._simulation.destination.sent)
        self._until_done("redrive", self._batches)
        if self._simulation.options.retries_quarantine:
            self._until_done("retry", self._entries)

    def _until_done(self, what: str, work: Callable[[], bool]) -> None:
        """Whoever dies or fails is started again; nothing is remembered but what is durable."""
        simulation = self._simulation
        for tries in range(_TRIES):
            simulation.faults.on = tries < _TROUBLED_TRIES
            try:
                if work():
                    return
            except (Crash, BridgeError) as error:
                simulation.world.note(f"{what} stopped: {type(error).__name__} {error}")
                simulation.world.clock.advance(5)
        raise Violation(f"the {what} does not come to its end")

    # --- what was given up -------------------------------------------------------------------------

    def _batches(self) -> bool:
        simulation = self._simulation
        relay = cast(Relay, simulation.watched(simulation.new_relay()))
        chunk = simulation.rng.choice((1, 2, 100))
        redriver = Redriver(relay, self._open_stream, self._deadline, chunk_records=chunk)
        left = False
        for done in redrive(self._box, redriver):
            simulation.world.note(f"redriven {done.name}: {done.state} {done.why} {dict(done.counts)}")
            if done.state == "settled":
                self.redriven.update(self._box.places[done.name])
            elif done.state == "trimmed":
                kept = self._still_in_stream(self._box.places[done.name])
                self.redriven.update(kept)
            elif simulation.faults.on:
                left = True
        return not left

    def _open_stream(self, arn: str, dialect: object) -> StreamSource:
        simulation = self._simulation
        for stream in simulation.world.streams:
            if stream.arn == arn:
                stream.trim_expired(simulation.world.clock.now())
                return SimulatedSource(stream, simulation.faults)
        raise TargetMissing(f"stream {arn} does not exist", stage="read")

    def _still_in_stream(self, places: Iterable[Place]) -> set[Place]:
        kept = {
            Place(stream.label, number)
            for stream in self._simulation.world.streams
            for numbers in stream.numbers.values()
            for number in numbers
        }
        return kept & set(places)

    # --- what was quarantined ------------------------------------------------------------------------

    def _entries(self) -> bool:
        simulation = self._simulation
        kept = KeptEntry()
        relay = simulation.new_relay(quarantine=kept, breaker=Breaker(share=1.0))
        watched = cast(Relay, simulation.watched(relay))
        retry = Retry(watched, kept, self._shelf, self._deadline)
        again = False
        for done in retry.selected(EVERYTHING):
            simulation.world.note(f"retried {done.record_id}: {done.end} {done.why}")
            again = again or done.end == "returned"
        return not (again and simulation.faults.on)

    def _deadline(self) -> Deadline:
        return Deadline.after(self._simulation.world.clock, _CHUNK_S)
