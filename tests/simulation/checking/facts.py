"""What a run did, as checks ask for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from tests.simulation.kinds import Part
from tests.simulation.simulation import Simulation
from tests.simulation.world import Place, Written, places_of


def given_up(simulation: Simulation) -> set[Place]:
    """The records that the on-failure destination ever got."""
    return {place for info, payload in simulation.destination.sent for place in places_of(info, payload)}


def may_be_redriven(simulation: Simulation) -> set[Place]:
    """The records that a redrive of what was given up may process. Where only the positions of a batch were
    kept, these are all records of its shard from the first one to the last: several batches of a shard are at
    work side by side, and the positions do not say which record was in which."""
    if simulation.options.payloads_redriven:
        return given_up(simulation)
    places = set()
    streams = {stream.arn: stream for stream in simulation.world.streams}
    for info, _ in simulation.destination.sent:
        batch = info["DDBStreamBatchInfo"]
        stream, shard = streams[batch["streamArn"]], batch["shardId"]
        numbers = range(int(batch["startSequenceNumber"]), int(batch["endSequenceNumber"]) + 1)
        places |= {
            Place(stream.label, str(number))
            for number, owner in stream.shard_of.items()
            if owner == shard and number in numbers
        }
    return places


def quarantined_places(simulation: Simulation) -> set[Place]:
    places = set()
    for entry in simulation.quarantine.kept.entries():
        label, _, number = entry.sequence.partition("/")
        places.add(Place(label, str(int(number))))
    return places


def by_key(log: list[Written]) -> Mapping[str, list[Written]]:
    keys: dict[str, list[Written]] = defaultdict(list)
    for written in log:
        keys[written.key].append(written)
    return keys


def sequence_of(place: Place) -> str:
    return f"{place.label}/{place.number:0>40}"


def by_subject(parts: Iterable[Part]) -> Mapping[str, list[Part]]:
    subjects: dict[str, list[Part]] = defaultdict(list)
    for part in parts:
        subjects[part.subject].append(part)
    return subjects


def name_of(part: Part) -> str:
    return f"{part.op} {part.subject} at {part.place}"
