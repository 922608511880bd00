"""What every sink must know of the type on one attribute, once everything was recovered."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from bridge.core.keys import key_token
from tests.simulation.checking.facts import by_key, sequence_of
from tests.simulation.configuration import CHANGED, DOMAIN, PLAN, compiled_table
from tests.simulation.kinds import OTHER, is_poison, key_of, kind_of, sequence_in
from tests.simulation.simulation import Simulation
from tests.simulation.subscriber import PlanSubscriber, Subscriber
from tests.simulation.world import TABLE, Place, Written


@cache
def sinks_of(type_name: str) -> tuple[str, ...]:
    """Where events of a type go, by the bridge's own configuration."""
    rules = compiled_table("none").rules
    return tuple(name for rule in rules if rule.type == type_name for name in rule.versions[0].envelope.sinks)


def plans_are_published(simulation: Simulation, redriven: Collection[Place]) -> None:
    """(2) For a type on one attribute, too: what was published of it last is what it is."""
    judge, options = simulation.judge, simulation.options
    if judge.excused("plans: gaps are not looked for", options.heal == "off"):
        return
    if judge.excused("plans: the ledger keeps no attributes", options.keep not in ("fields", "image")):
        return
    subscriber = _subscriber(simulation, DOMAIN)
    changes = by_key(simulation.world.log)
    for key, item in simulation.world.items.items():
        subject = simulation.kinds.subject(key, item)
        held = subscriber.held(subject)
        published = None if held is None else (held["data"].get("after") or {}).get("plan")
        if kind_of(subject) == OTHER:
            continue
        if (
            published == item["plan"]
            or judge.excused("plans: the item can never become an event", is_poison(item))
            or judge.excused("plans: the insert itself was overtaken", published is None)
            or judge.excused(
                "plans: an unsettled change was passed over", was_passed_over(simulation, key, held, redriven)
            )
            or judge.excused("plans: a gap without names", token(key) in simulation.outside.unnamed_gaps)
            or judge.excused("plans: a change was quarantined", quarantined(simulation, changes[key]))
        ):
            continue
        judge.violated(f"of {key} the plan {published} was published last, and it is {item['plan']}")


def every_sink_knows_the_plans(simulation: Simulation, redriven: Collection[Place]) -> None:
    """(2) On every sink: where the newest that is known of an item is a change of its plan, each of the
    type's sinks has it. (An insert or a remove goes to one bus only.)"""
    judge = simulation.judge
    domain, changes = _subscriber(simulation, DOMAIN), by_key(simulation.world.log)
    whole = Subscriber(simulation.parts.supersedes)
    whole.apply_all(one.event for one in simulation.buses[DOMAIN].received)
    for name in sinks_of(PLAN):
        other = _subscriber(simulation, name)
        for subject in sorted(domain.subjects | other.subjects):
            key, there, here = key_of(subject), domain.held(subject), other.held(subject)
            if there is None or there["type"] != f"{PLAN}.v1":
                continue
            # The same plan, whatever said it: one bus took a re-emission, or the event of a missing step, and
            # another did not; then the change itself was redriven, and there was nothing more to publish.
            if here is not None and _plan(here) == _plan(there):
                continue
            newest = whole.held(subject)
            stands = newest is not None and newest.get("reconciled") is True
            later = stands and newest is not None and newest["sequence"] > there["sequence"]
            refused = quarantined(simulation, changes[key])
            passed_over = was_passed_over(simulation, key, there, redriven)
            # Each excuse is for what the ones before it do not cover.
            never = is_poison(simulation.world.items.get(key))  # so a reconciliation cannot publish it
            covered = later or refused or passed_over or never
            reemitted = not covered and _reemitted(simulation, subject, there)
            unchanged = not covered and not _changed_plan(there, changes[key])
            if (
                judge.excused("sinks: a later re-emission stands for the item", later)
                or judge.excused("sinks: a change was quarantined", refused)
                or judge.excused("sinks: an unsettled change was passed over", passed_over)
                or judge.excused("sinks: the item can never become an event", never)
                or judge.excused("sinks: a re-emission has this state", reemitted)
                or judge.excused("sinks: the plan never changed", unchanged)
            ):
                continue
            known = here and here["sequence"]
            newest_plan = there["sequence"]
            judge.violated(f"the newest plan of {subject} is {newest_plan} on domain, {known} on {name}")


def _reemitted(simulation: Simulation, subject: str, live: Mapping[str, Any]) -> bool:
    """One bus took a live change, and its record came again after a reconciliation had published the state:
    several changes are one event then, and a rule on one attribute has none."""
    events = [one.event for one in simulation.buses[DOMAIN].received if one.event["type"] == f"{CHANGED}.v1"]
    return not live.get("reconciled") and any(
        event.get("reconciled") and event["subject"] == subject and _plan(event) == _plan(live)
        for event in events
    )


def _changed_plan(event: Mapping[str, Any], history: Collection[Written]) -> bool:
    """Whether the plan ever changed. After an unsettled change a reconciliation publishes every attribute as
    changed, and a bus that misses this event misses nothing."""
    return not event.get("reconciled") or any(
        each.before is not None and each.after is not None and each.before["plan"] != each.after["plan"]
        for each in history
    )


def _plan(event: Mapping[str, Any]) -> Any:
    return (event["data"].get("after") or {}).get("plan")


def was_passed_over(
    simulation: Simulation, key: str, held: Mapping[str, Any] | None, redriven: Collection[Place]
) -> bool:
    """A documented limit: the event was accepted and never settled, its record is lost for good, and the row
    that announces it gave way to a later change that the stream brought. The event of a missing step is
    settled with the change that it was published before."""
    if held is None or "reconcilerun" in held:
        return False
    excused, settled = simulation.world.excused, simulation.outside.settled
    places = {
        sequence_of(written.place): written.place
        for written in by_key(simulation.world.log)[key]
        if written.place is not None
    }
    later = sorted(each for each in places if each > held["sequence"] and each in settled)
    if not later:
        return False
    if held.get("reconciled"):
        unsettled = [each for each in places if held["sequence"] < each < later[0]]
    else:
        unsettled = [each for each in places if each == sequence_in(held["sequence"])]
    return bool(unsettled) and all(
        places[each] in excused and places[each] not in redriven and each not in settled for each in unsettled
    )


def quarantined(simulation: Simulation, history: Collection[Written]) -> bool:
    ever = {put.entry.sequence for put in simulation.quarantined}
    return any(written.place is not None and sequence_of(written.place) in ever for written in history)


def token(key: str) -> str:
    return key_token(TABLE, {"id": {"S": key}})


def _subscriber(simulation: Simulation, name: str) -> PlanSubscriber:
    subscriber = PlanSubscriber(simulation.parts.supersedes)
    subscriber.apply_all(one.event for one in simulation.buses[name].received)
    return subscriber
