"""What must hold once everything was redriven, retried and reconciled.

What a check forgives has a name (:mod:`tests.simulation.judge`); ``test_recovery_excuses.py`` shows each is
needed.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.simulation.checking.facts import sequence_of
from tests.simulation.checks import copies_agree, every_record_ended, order_is_kept, quarantine_is_just
from tests.simulation.configuration import CHANGED
from tests.simulation.kinds import OTHER, is_poison, key_of, kind_of, visible
from tests.simulation.recovery.sink_checks import (
    every_sink_knows_the_plans,
    plans_are_published,
    sinks_of,
    was_passed_over,
)
from tests.simulation.simulation import Simulation
from tests.simulation.subscriber import Subscriber
from tests.simulation.world import Place


@dataclass(frozen=True, slots=True)
class Recovered:
    """``redriven``: the places that were walked again to their end."""

    redriven: frozenset[Place]


def check_recovery(simulation: Simulation, recovered: Recovered) -> None:
    """After redrive and reconciliation. The judge collects what is broken."""
    for check in (
        partial(every_record_ended, simulation, recovered.redriven, reconciled=True),
        partial(order_is_kept, simulation),
        partial(quarantine_is_just, simulation),
        partial(_copies_are_the_table, simulation, recovered.redriven),
        partial(_nothing_is_invented, simulation),
        partial(_only_what_was_lost_is_published, simulation),
        partial(plans_are_published, simulation, recovered.redriven),
        partial(every_sink_knows_the_plans, simulation, recovered.redriven),
    ):
        simulation.judge.hold(check)


def check_redrive(simulation: Simulation, redriven: Collection[Place]) -> None:
    """After redrive alone, as without a ledger. The judge collects what is broken."""
    for check in (
        partial(every_record_ended, simulation, redriven),
        partial(order_is_kept, simulation),
        partial(copies_agree, simulation, redriven),
        partial(quarantine_is_just, simulation),
    ):
        simulation.judge.hold(check)


def _copies_are_the_table(simulation: Simulation, redriven: Collection[Place]) -> None:
    """(2) To the item, on every sink that gets every change."""
    judge, items = simulation.judge, simulation.world.items
    for name in sinks_of(CHANGED):
        subscriber = Subscriber(simulation.parts.supersedes)
        subscriber.apply_all(one.event for one in simulation.buses[name].received)
        there = {simulation.kinds.subject(key, item): item for key, item in items.items()}
        for subject in sorted(subscriber.subjects | there.keys()):
            key, kind = key_of(subject), kind_of(subject)
            item = visible(there.get(subject), kind)
            if kind == OTHER or subscriber.item(subject) == item:
                continue
            if judge.excused("copies: filtered", key[0] == "f"):
                continue
            if judge.excused("copies: the item can never become an event", is_poison(items.get(key))):
                continue
            if item is None and judge.excused(
                "copies: an unsettled start was passed over",
                simulation.options.entities != "none"
                and was_passed_over(simulation, key, subscriber.held(subject), redriven),
            ):
                continue
            judge.violated(
                f"after recovery the copy of {subject} on {name} is {subscriber.item(subject)}, not {item}"
            )


def _nothing_is_invented(simulation: Simulation) -> None:
    """A reconciliation publishes states that the item had, whatever it was told."""
    had: dict[str, list[Any]] = {}
    for part in simulation.kinds.parts(simulation.world.log):
        had.setdefault(part.subject, []).append(visible(part.after, part.kind))
    for name, bus in simulation.buses.items():
        for one in bus.received:
            subject, state = one.event["subject"], one.event["data"].get("after")
            if state is None and simulation.options.entities != "none":
                continue  # where it is not known what subscribers have, an item ends in each of its entities
            if "reconcilerun" in one.event and visible(state, kind_of(subject)) not in had.get(subject, ()):
                text = f"{name}: {one.event['reconcilerun']} says that {subject} was {state}"
                simulation.judge.violated(text)


def _only_what_was_lost_is_published(simulation: Simulation) -> None:
    """What was not lost is not published again."""
    judge = simulation.judge
    quarantined = {put.entry.sequence for put in simulation.quarantined}
    lost = {
        written.key
        for written in simulation.world.log
        if written.place is None
        or written.place in simulation.world.excused
        or sequence_of(written.place) in quarantined
    }
    # A bus that does not exist accepts events, too: what was settled since the last check may be lost.
    given_back = any(f"{name}.check " in line for name in simulation.buses for line in simulation.world.trace)
    for name, bus in simulation.buses.items():
        for one in bus.received:
            key = key_of(one.event["subject"])
            if "reconcilerun" not in one.event or key in lost:
                continue
            if judge.excused("only lost: a check of the sinks failed, and rows were given back", given_back):
                continue
            if judge.excused("only lost: the lag was said to be smaller than it was", simulation.lag_lied):
                continue
            run = one.event["reconcilerun"]
            judge.violated(f"{run} published {key} to {name} again, and none of its changes was lost")
