"""What every sink must know of the type on one attribute, once everything was recovered."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from bridge.core.change import Position
from bridge.core.keys import key_hash, key_token
from tests.simulation.checking.facts import by_key, sequence_of
from tests.simulation.configuration import DOMAIN, PLAN, SECRET, compiled_table, is_poison
from tests.simulation.ledgers import ledger_rows
from tests.simulation.simulation import Simulation
from tests.simulation.subscriber import PlanSubscriber, Subscriber
from tests.simulation.world import TABLE, Place, Written


@cache
def sinks_of(type_name: str) -> tuple[str, ...]:
    """Where events of a type go, by the bridge's own configuration."""
    rules = compiled_table(bad_deploy=False).rules
    return tuple(name for rule in rules if rule.type == type_name for name in rule.versions[0].envelope.sinks)


def plans_are_published(
    simulation: Simulation, redriven: Collection[Place], blocked: Collection[str]
) -> None:
    """(2) For a type on one attribute, too: what was published of it last is what it is."""
    judge, options = simulation.judge, simulation.options
    if judge.excused("plans: gaps are not looked for", options.heal == "off"):
        return
    if judge.excused("plans: the ledger keeps no attributes", options.keep not in ("fields", "image")):
        return
    if judge.excused("plans: invocations overlap", simulation.overlaps > 0):
        return
    subscriber = _subscriber(simulation, DOMAIN)
    changes = by_key(simulation.world.log)
    for key, item in simulation.world.items.items():
        held = subscriber.held(key)
        published = None if held is None else (held["data"].get("after") or {}).get("plan")
        if published == item["plan"] or judge.excused("plans: filtered", key[0] == "f"):
            continue
        if (
            judge.excused("plans: the insert itself was overtaken", published is None)
            or judge.excused("plans: a gap without names", token(key) in simulation.unnamed_gaps)
            or judge.excused("plans: reported as blocked", is_blocked(key, blocked))
            or judge.excused("plans: passed over", was_passed_over(simulation, key, held, redriven))
            or judge.excused("plans: a change can never succeed", hopeless(changes[key]))
            or judge.excused("plans: a change was quarantined", quarantined(simulation, changes[key]))
        ):
            continue
        judge.violated(f"of {key} the plan {published} was published last, and it is {item['plan']}")


def every_sink_knows_the_plans(
    simulation: Simulation, redriven: Collection[Place], blocked: Collection[str]
) -> None:
    """(2) On every sink: where the newest that is known of an item is a change of its plan, each of the
    type's sinks has it. (An insert or a remove goes to one bus only.)"""
    judge = simulation.judge
    domain, changes = _subscriber(simulation, DOMAIN), by_key(simulation.world.log)
    whole = Subscriber(simulation.parts.supersedes)
    whole.apply_all(one.event for one in simulation.buses[DOMAIN].received)
    for name in sinks_of(PLAN):
        other = _subscriber(simulation, name)
        for key in sorted(domain.keys | other.keys):
            there, here = domain.held(key), other.held(key)
            if there is None or there["type"] != f"{PLAN}.v1":
                continue
            # The same plan, whatever said it: one bus took a re-emission, or the event of a missing step, and
            # another did not; then the change itself was redriven, and there was nothing more to publish.
            if here is not None and _plan(here) == _plan(there):
                continue
            newest = whole.held(key)
            # Its plan may not be decidable; then it is reported as blocked.
            stands = newest is not None and newest.get("reconciled") is True
            later = stands and newest is not None and newest["sequence"] > there["sequence"]
            if (
                judge.excused("sinks: reported as blocked", is_blocked(key, blocked))
                or judge.excused("sinks: passed over", was_passed_over(simulation, key, there, redriven))
                or judge.excused("sinks: a later re-emission stands for the item", later)
                or judge.excused("sinks: a change can never succeed", hopeless(changes[key]))
                or judge.excused("sinks: a change was quarantined", quarantined(simulation, changes[key]))
            ):
                continue
            known = here and here["sequence"]
            judge.violated(f"the newest plan of {key} is {there['sequence']} on domain, {known} on {name}")


def _plan(event: Mapping[str, Any]) -> Any:
    return (event["data"].get("after") or {}).get("plan")


def was_passed_over(
    simulation: Simulation, key: str, held: Mapping[str, Any] | None, redriven: Collection[Place]
) -> bool:
    """A documented limit: the event was accepted and never settled, its record is lost for good, and the row
    that announces it gave way to a later change that the stream brought. That change's types were decided on
    its own two images, and item and row match."""
    if held is None or held.get("reconciled") or held["sequence"] in simulation.settled:
        return False
    position = Position.of(held["sequence"])
    place = Place(position.label, str(position.number))
    row = ledger_rows(simulation.ledger).get(token(key))
    passed_over = row is not None and row.settled_by == "stream" and row.position.sequence > held["sequence"]
    return passed_over and place in simulation.world.excused and place not in redriven


def is_blocked(key: str, blocked: Collection[str]) -> bool:
    return key_hash(token(key), SECRET) in blocked


def hopeless(history: Collection[Written]) -> bool:
    return any(is_poison(written.after) for written in history)


def quarantined(simulation: Simulation, history: Collection[Written]) -> bool:
    ever = {entry.sequence for entry, _ in simulation.quarantined}
    return any(written.place is not None and sequence_of(written.place) in ever for written in history)


def token(key: str) -> str:
    return key_token(TABLE, {"id": {"S": key}})


def _subscriber(simulation: Simulation, name: str) -> PlanSubscriber:
    subscriber = PlanSubscriber(simulation.parts.supersedes)
    subscriber.apply_all(one.event for one in simulation.buses[name].received)
    return subscriber
