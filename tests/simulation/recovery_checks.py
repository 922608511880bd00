"""What must hold once everything was redriven, retried and reconciled."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from bridge.core.keys import key_hash, key_token
from tests.simulation.checks import (
    by_key,
    copy_agrees,
    every_record_ended,
    order_is_kept,
    quarantine_is_just,
    sequence_of,
)
from tests.simulation.configuration import SECRET, is_poison, visible
from tests.simulation.ledgers import ledger_rows
from tests.simulation.simulation import Simulation, Violation
from tests.simulation.subscriber import PlanSubscriber, Subscriber
from tests.simulation.world import TABLE, Place


def check_recovery(simulation: Simulation, redriven: Collection[Place], blocked: Collection[str]) -> None:
    """After redrive and reconciliation; ``blocked`` are hashed keys of items of which a type could not be
    published. Raises :class:`Violation`."""
    every_record_ended(simulation, redriven)
    order_is_kept(simulation)
    quarantine_is_just(simulation)
    _copy_is_the_table(simulation, redriven)
    _nothing_is_invented(simulation)
    _plans_are_published(simulation, redriven, blocked)


def check_redrive(simulation: Simulation, redriven: Collection[Place]) -> None:
    """After redrive alone, as without a ledger. Raises :class:`Violation`."""
    every_record_ended(simulation, redriven)
    order_is_kept(simulation)
    copy_agrees(simulation, redriven)
    quarantine_is_just(simulation)


def _copy_is_the_table(simulation: Simulation, redriven: Collection[Place]) -> None:
    """(2) To the item. The exceptions: an item that can never become an event, and what nobody knows."""
    subscriber = Subscriber(simulation.parts.supersedes)
    subscriber.apply_all(one.event for one in simulation.buses["domain"].received)
    items = simulation.world.items
    for key in sorted(subscriber.keys | items.keys()):
        item = visible(items.get(key))
        if key[0] == "f" or is_poison(item):
            continue
        if subscriber.item(key) != item and not _nobody_knows(
            simulation, key, subscriber.held(key), redriven
        ):
            raise Violation(f"after reconciliation the copy of {key} is {subscriber.item(key)}, not {item}")


def _nobody_knows(
    simulation: Simulation, key: str, held: Mapping[str, Any] | None, redriven: Collection[Place]
) -> bool:
    """A documented limit: the event was accepted and never settled, its record is lost for good, and since
    then the item returned to the state that the ledger has as published. Then item and row match."""
    if not _was_never_settled(simulation, held, redriven) or held is None:
        return False
    row = ledger_rows(simulation.ledger).get(_token(key))
    if row is None:
        return key not in simulation.world.items
    published_since = row.settled_by == "reconcile" and row.as_of > held["time"]
    return row.position.sequence < held["sequence"] and not published_since


def _was_never_settled(
    simulation: Simulation, held: Mapping[str, Any] | None, redriven: Collection[Place]
) -> bool:
    """Whether an event's record is lost for good, and the ledger never heard of it."""
    if held is None or held.get("reconciled") or held["sequence"] in simulation.settled:
        return False
    label, _, number = held["sequence"].partition("/")
    place = Place(label, str(int(number)))
    return place in simulation.world.excused and place not in redriven


def _plans_are_published(
    simulation: Simulation, redriven: Collection[Place], blocked: Collection[str]
) -> None:
    """(2) For a type on one attribute, too. The exceptions: where it was reported as blocked or quarantined;
    where gaps are not looked for; where one was noted without the names of what was lost (it is reported);
    and what nobody knows."""
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
        if key_hash(_token(key), SECRET) in blocked or _was_never_settled(simulation, held, redriven):
            continue
        if any(is_poison(w.after) or (w.place and sequence_of(w.place) in quarantined) for w in history):
            continue
        published = None if held is None else (held["data"].get("after") or {}).get("plan")
        if published is not None and published != item["plan"]:  # None: the insert itself was overtaken
            raise Violation(f"of {key} the plan {published} was published last, and it is {item['plan']}")


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
            raise Violation(
                f"{one.event['reconcilerun']} published {key} again, and none of its changes was lost"
            )
