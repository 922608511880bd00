"""Redriving: what was given up is read back from its shard or taken whole, what was quarantined is retried.

With the product's own redriver and retry, over peers that fail, and processes that die between any two steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import cast

from bridge.errors import BridgeError, TargetMissing
from bridge.ports.clock import Deadline
from bridge.ports.quarantine import EVERYTHING
from bridge.ports.stream import StreamSource
from bridge.redrive import KeptEntry, Redriven, Redriver, Retry, redrive
from bridge.relay.breaker import Breaker
from bridge.relay.relay import Relay
from tests.simulation.checking.facts import sequence_of
from tests.simulation.faults import Crash
from tests.simulation.judge import Violation
from tests.simulation.recovery.boxes import GIVEN_UP_BUCKET, GIVEN_UP_QUEUE, AwsBox, new_box
from tests.simulation.recovery.shelves import new_shelf
from tests.simulation.simulation import Simulation
from tests.simulation.world import Place

_TROUBLED_TRIES = 12
_TRIES = 16
_CHUNK_S = 60.0


class Redrive:
    """``redriven``: the places that were walked again to their end."""

    def __init__(self, simulation: Simulation) -> None:
        self.redriven: set[Place] = set()
        self._simulation = simulation
        options, faults = simulation.options.recovery, simulation.faults
        whole, share = simulation.options.payload_kept, options.nonsense_share
        self._box = new_box(options.boxes, faults, whole=whole, nonsense_share=share)
        if isinstance(self._box, AwsBox):
            simulation.account.buckets[GIVEN_UP_BUCKET] = self._box.client
            simulation.account.queues[GIVEN_UP_QUEUE] = self._box.client
        self._shelf = new_shelf(options.shelf, simulation.quarantine, faults, share)

    def run(self) -> None:
        """Until nothing is left that could be done: in calm, what stays in the box is trimmed, and what stays
        in quarantine can never succeed."""
        self._box.fill(self._simulation.destination.sent)
        self._until_done("redrive", self._batches, self._box.hidden_s)
        if self._simulation.options.retries_quarantine:
            self._shelf.fill()
            self._until_done("retry", self._entries, self._shelf.hidden_s)
            self._only_the_hopeless_stay()

    def _until_done(self, what: str, work: Callable[[], bool], hidden_s: float) -> None:
        """Whoever dies or fails is started again; nothing is remembered but what is durable. What it had
        taken is hidden for a while."""
        simulation = self._simulation
        for tries in range(_TRIES):
            simulation.faults.on = tries < _TROUBLED_TRIES
            try:
                if work():
                    return
            except (Crash, BridgeError) as error:
                simulation.world.note(f"{what} stopped: {type(error).__name__} {error}")
            simulation.world.clock.advance(hidden_s + 5)
        raise Violation(f"the {what} does not come to its end")

    # --- what was given up -------------------------------------------------------------------------

    def _batches(self) -> bool:
        simulation, box = self._simulation, self._box
        relay = cast(Relay, simulation.watched(simulation.new_relay()))
        chunk = simulation.rng.choice((1, 2, 100))
        redriver = Redriver(relay, self._open_stream, self._deadline, chunk_records=chunk)
        trimmed: set[str] = set()
        for done in redrive(box.source(), redriver):
            simulation.world.note(f"redriven {done.name}: {done.state} {done.why} {dict(done.counts)}")
            places = box.places[done.name]
            if done.state == "settled":
                self.redriven.update(places)
            elif done.state == "trimmed":
                self._is_trimmed(done)
                self.redriven.update(self._still_in_stream(places))
                trimmed.add(done.name)
            elif not simulation.faults.on:
                raise Violation(f"in calm the redrive leaves {done.name}: {done.why}")
            if done.state != "settled" and done.name not in box.names():
                raise Violation(f"{done.name} was {done.state}, and is gone: {done.why}")
        return box.names() <= trimmed

    def _is_trimmed(self, done: Redriven) -> None:
        """What is reported as trimmed is gone from the stream, to the record."""
        places = self._box.places[done.name]
        gone = len(places) - len(self._still_in_stream(places))
        if done.hole is None or not gone or done.hole.records != gone:
            raise Violation(f"{done.name} is reported as trimmed ({done.hole}), and {gone} records are gone")

    def _open_stream(self, arn: str, dialect: object) -> StreamSource:
        simulation = self._simulation
        for stream in simulation.world.streams:
            if stream.arn == arn:
                stream.trim_expired(simulation.world.clock.now())
                return simulation.outside.source(stream)
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
        retry = Retry(watched, kept, self._shelf.reader(), self._deadline)
        again = False
        stay: set[str] = set()
        try:
            for done in retry.selected(EVERYTHING):
                simulation.world.note(f"retried {done.record_id}: {done.end} {done.why}")
                if done.end in (None, "returned") and not simulation.faults.on:
                    raise Violation(f"in calm a retry leaves {done.record_id}: {done.why}")
                again = again or done.end in (None, "returned")
                if done.end not in ("published", "without_event"):
                    stay.add(done.record_id)
        finally:
            self._shelf.settle()
        if gone := stay - {entry.record_id for entry in simulation.quarantine.kept.entries()}:
            raise Violation(f"{sorted(gone)} were returned or failed again, and their entries are gone")
        return not again and not self._hopeful()

    def _only_the_hopeless_stay(self) -> None:
        if left := self._hopeful():
            raise Violation(f"the retry leaves {left}, which could be published")

    def _hopeful(self) -> list[str]:
        """The entries that a repaired deployment publishes."""
        simulation = self._simulation
        log = {sequence_of(w.place): w for w in simulation.world.log if w.place is not None}
        entries = simulation.quarantine.kept.entries()
        return [
            entry.sequence
            for entry in entries
            if simulation.kinds.fate_of(log[entry.sequence]) != "poison"
            and not simulation.outside.refuses(simulation.kinds.parts_of(log[entry.sequence]))
        ]

    def _deadline(self) -> Deadline:
        return Deadline.after(self._simulation.world.clock, _CHUNK_S)
