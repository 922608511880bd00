"""What a verb says, held against what the simulation knows."""

from __future__ import annotations

from collections.abc import Iterator

from tests.simulation.account.shell import Done
from tests.simulation.configuration import CHANGED
from tests.simulation.kinds import OTHER, key_of, kind_of, visible
from tests.simulation.recovery.sink_checks import sinks_of
from tests.simulation.simulation import Simulation
from tests.simulation.subscriber import Subscriber


def all_clear_is_true(simulation: Simulation, done: Done) -> None:
    """(8) Nobody hears that table and events agree while a subscriber's copy is another than the table."""
    if done.code == 0:
        for name, subject in differing(simulation):
            simulation.judge.violated(f"{done}, and the copy of {subject} on {name} is not the table's item")


def differing(simulation: Simulation) -> Iterator[tuple[str, str]]:
    """The sinks and subjects of which a subscriber's copy is not the item."""
    items = simulation.world.items
    for name in sinks_of(CHANGED):
        subscriber = Subscriber(simulation.parts.supersedes)
        subscriber.apply_all(one.event for one in simulation.buses[name].received)
        there = {simulation.kinds.subject(key, item): item for key, item in items.items()}
        for subject in sorted(subscriber.subjects | there.keys()):
            kind = kind_of(subject)
            if kind == OTHER or key_of(subject)[0] == "f":
                continue  # no rule makes events of these
            if subscriber.item(subject) != visible(there.get(subject), kind):
                yield name, subject
