"""What must hold once everything was redriven, retried and reconciled."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from bridge.core.change import Position
from bridge.core.keys import key_hash, key_token
from tests.simulation.checking.facts import by_key, sequence_of
from tests.simulation.checks import copies_agree, every_record_ended, order_is_kept, quarantine_is_just
from tests.simulation.configuration import BILLING, DOMAIN, PLAN, SECRET, is_poison, visible
from tests.simulation.ledgers import ledger_rows
from tests.simulation.simulation import Simulation
from tests.simulation.subscriber import PlanSubscriber, Subscriber
from tests.simulation.world import TABLE, Place


def check_recovery(simulation: Simulation, redriven: Collection[Place], blocked: Collection[str]) -> None:
    """After redrive and reconciliation; ``blocked`` are hashed keys of items of which a type could not be
    published. The judge collects what is broken."""
    for check in (
        partial(every_record_ended, simulation, redriven),
        partial(order_is_kept, simulation),
        partial(quarantine_is_just, simulation),
        partial(_copy_is_the_table, simulation),
        partial(_nothing_is_invented, simulation),
        partial(_plans_are_published, simulation, redriven, blocked),
        partial(_billing_knows_what_domain_knows, simulation, redriven, blocked),
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


def _copy_is_the_table(simulation: Simulation) -> None:
    """(2) To the item. The exception: an item that can never become an event."""
    subscriber = Subscriber(simulation.parts.supersedes)
    subscriber.apply_all(one.event for one in simulation.buses["domain"].received)
    items = simulation.world.items
    for key in sorted(subscriber.keys | items.keys()):
        item = visible(items.get(key))
        if key[0] == "f" or is_poison(item):
            continue
        if subscriber.item(key) != item:
            simulation.judge.violated(
                f"after reconciliation the copy of {key} is {subscriber.item(key)}, not {item}"
            )


def _plans_are_published(
    simulation: Simulation, redriven: Collection[Place], blocked: Collection[str]
) -> None:
    """(2) For a type on one attribute, too. The exceptions: where it was reported as blocked or quarantined;
    where gaps are not looked for; where one was noted without the names of what was lost (reported); and what
    :func:`_was_passed_over`."""
    options = simulation.options
    if options.heal == "off" or options.keep not in ("fields", "image") or simulation.overlaps:
        return
    subscriber = PlanSubscriber(simulation.parts.supersedes)
    subscriber.apply_all(one.event for one in simulation.buses["domain"].received)
    quarantined = {entry.sequence for entry, _ in simulation.quarantined}
    changes = by_key(simulation.world.log)
    for key, item in simulation.world.items.items():
        history, held = changes[key], subscriber.held(key)
        if key[0] == "f" or is_poison(item) or _token(key) in simulation.unnamed_gaps:
            continue
        if key_hash(_token(key), SECRET) in blocked or _was_passed_over(simulation, key, held, redriven):
            continue
        if any(is_poison(w.after) or (w.place and sequence_of(w.place) in quarantined) for w in history):
            continue
        published = None if held is None else (held["data"].get("after") or {}).get("plan")
        if published is not None and published != item["plan"]:  # None: the insert itself was overtaken
            simulation.judge.violated(
                f"of {key} the plan {published} was published last, and it is {item['plan']}"
            )


def _was_passed_over(
    simulation: Simulation, key: str, held: Mapping[str, Any] | None, redriven: Collection[Place]
) -> bool:
    """A documented limit: the event was accepted and never settled, its record is lost for good, and the row
    that announces it gave way to a later change that the stream brought. That change's types were decided on
    its own two images, and item and row match."""
    if held is None or held.get("reconciled") or held["sequence"] in simulation.settled:
        return False
    position = Position.of(held["sequence"])
    place = Place(position.label, str(position.number))
    row = ledger_rows(simulation.ledger).get(_token(key))
    passed_over = row is not None and row.settled_by == "stream" and row.position.sequence > held["sequence"]
    return passed_over and place in simulation.world.excused and place not in redriven


def _billing_knows_what_domain_knows(
    simulation: Simulation, redriven: Collection[Place], blocked: Collection[str]
) -> None:
    """(2) On every sink: where the newest that is known of an item is a change of its plan, both buses have
    it. The exceptions: a change of the item is in quarantine; its types were reported as blocked; it
    :func:`_was_passed_over`; or a later re-emission stands for the item, whose plan it may not be able to
    decide. (An insert or a remove goes to one bus only.)"""
    quarantined = {entry.sequence for entry, _ in simulation.quarantined}
    domain = PlanSubscriber(simulation.parts.supersedes)
    domain.apply_all(one.event for one in simulation.buses[DOMAIN].received)
    billing = PlanSubscriber(simulation.parts.supersedes)
    billing.apply_all(one.event for one in simulation.buses[BILLING].received)
    changes = by_key(simulation.world.log)
    whole = Subscriber(simulation.parts.supersedes)
    whole.apply_all(one.event for one in simulation.buses[DOMAIN].received)
    for key in domain.keys | billing.keys:
        there, here = domain.held(key), billing.held(key)
        if there is None or there["type"] != f"{PLAN}.v1" or key_hash(_token(key), SECRET) in blocked:
            continue
        if any(is_poison(w.after) or (w.place and sequence_of(w.place) in quarantined) for w in changes[key]):
            continue
        if _was_passed_over(simulation, key, there, redriven):
            continue
        newest = whole.held(key)
        if newest is not None and newest.get("reconciled") and newest["sequence"] > there["sequence"]:
            continue
        if here is None or here["sequence"] != there["sequence"]:
            known = here and here["sequence"]
            simulation.judge.violated(
                f"the newest plan of {key} is {there['sequence']} on domain, {known} on billing"
            )


def _token(key: str) -> str:
    return key_token(TABLE, {"id": {"S": key}})


def _nothing_is_invented(simulation: Simulation) -> None:
    """Only what was lost is published again. Overlapping invocations may put an older row over a newer one;
    then a state may be published once more."""
    if simulation.options.ledger in ("last", "dynamodb") and simulation.overlaps:
        return
    quarantined = {entry.sequence for entry, _ in simulation.quarantined}
    lost = {
        written.key
        for written in simulation.world.log
        if written.place is None
        or written.place in simulation.world.excused
        or sequence_of(written.place) in quarantined
    }
    for one in simulation.buses["domain"].received:
        key = one.event["subject"].removeprefix("item/")
        if "reconcilerun" in one.event and key not in lost:
            simulation.judge.violated(
                f"{one.event['reconcilerun']} published {key} again, and none of its changes was lost"
            )
