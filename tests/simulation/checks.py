"""What every run must hold, whatever went wrong in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from bridge.limits import LEDGER_RECENT_MAX
from tests.simulation.configuration import CHANGED, event_ids, fate_of, visible
from tests.simulation.edges import SimulatedLedger
from tests.simulation.ledgers import ledger_rows
from tests.simulation.simulation import Simulation, Violation, places_of
from tests.simulation.subscriber import Subscriber
from tests.simulation.world import Image, Place, Written

_CALLS_PER_ENTRY = 40


def every_record_ended(simulation: Simulation, redriven: Collection[Place] = ()) -> None:
    """(1) Published to every sink, without an event, quarantined, or known to be lost before it came."""
    received = {name: {one.id for one in bus.received} for name, bus in simulation.buses.items()}
    quarantined = quarantined_places(simulation)
    reconciled = _published_by_reconciliation(simulation)
    for written in simulation.world.log:
        place = written.place
        if place is None or place in quarantined or (written.key, _as_text(written.after)) in reconciled:
            continue
        if place in simulation.world.excused and place not in redriven:
            continue
        fate = fate_of(written)
        if fate == "poison":
            raise Violation(f"{_name(written)} can never succeed, and is not in quarantine")
        if fate == "events":
            for name, ids in event_ids(written).items():
                if missing := ids - received[name]:
                    raise Violation(f"{_name(written)} is settled, but {name} never received {missing}")
        elif any(f"{written.record_id}:{CHANGED}.v1" in ids for ids in received.values()):
            raise Violation(f"{_name(written)} has nothing to publish, and was published")


def _published_by_reconciliation(simulation: Simulation) -> set[tuple[str, str]]:
    """Keys and states: a later record with the same state has nothing left to publish."""
    events = [one.event for one in simulation.buses["domain"].received if "reconcilerun" in one.event]
    return {
        (event["subject"].removeprefix("item/"), _as_text(event["data"].get("after"))) for event in events
    }


def _as_text(image: Image | None) -> str:
    return repr(sorted((visible(image) or {}).items()))


def order_is_kept(simulation: Simulation) -> None:
    """(3) An older change after a newer one only when it was received before, or says what it is; and one id
    always says the same. A documented exception: a batch that was given up and comes again all the same,
    because the checkpoint behind it was lost, is not known for that."""
    given_up = {
        sequence_of(place)
        for info, payload in simulation.destination.sent
        for place in places_of(info, payload)
    }
    quarantined = {entry.sequence for entry, _ in simulation.quarantined}
    for name, bus in simulation.buses.items():
        newest: dict[str, str] = {}
        published: dict[str, Any] = {}
        for one in bus.received:
            event, subject = one.event, one.event["subject"]
            if one.id in published:
                if published[one.id] != _content(event):
                    raise Violation(f"{name}: {one.id} was sent twice with different data")
                continue
            published[one.id] = _content(event)
            if event.get("redriven") and event["sequence"] not in given_up | quarantined:
                raise Violation(f"{name}: {one.id} is marked as redriven, and was never given up")
            if event.get("reconciled") or event.get("redriven") or event["sequence"] in given_up:
                continue
            if simulation.options.ledger == "none" and event["sequence"] in quarantined:
                continue  # documented: nothing remembers that this deployment's predecessor refused it
            if event["sequence"] < newest.get(subject, ""):
                raise Violation(f"{name}: {one.id} came after a newer change of {subject}, {newest[subject]}")
            newest[subject] = event["sequence"]


def _content(event: Mapping[str, Any]) -> Any:
    """Of a state that no record published, everything; a record may be marked as redriven the second time."""
    return event if event.get("reconciled") else event["data"]


def copy_agrees(simulation: Simulation, redriven: Collection[Place] = ()) -> None:
    """(2) The copy is the table's content as of each key's last change that was not lost on the way; of what
    came after that, something may have been published anyway."""
    subscriber = Subscriber(simulation.parts.supersedes)
    subscriber.apply_all(one.event for one in simulation.buses["domain"].received)
    quarantined = quarantined_places(simulation)
    for key, changes in by_key(simulation.world.log).items():
        allowed: list[Image | None] = []
        certain = False
        for written in reversed(changes):
            allowed.append(visible(written.after))
            place = written.place
            lost = place is None or place in quarantined
            lost = lost or (place in simulation.world.excused and place not in redriven)
            if not lost and fate_of(written) == "events":
                certain = True
                break
        if not certain:
            allowed.append(None)
            if changes[0].before is not None:
                allowed.append(visible(changes[0].before))
        if subscriber.item(key) not in allowed:
            raise Violation(
                f"the copy of {key} is {subscriber.item(key)}, the table had {allowed} (newest first)"
            )


def quarantine_is_just(simulation: Simulation) -> None:
    """(5) Nothing healthy in quarantine; in a bad deploy no more than the breaker needs to see it."""
    fates = {sequence_of(w.place): fate_of(w) for w in simulation.world.log if w.place is not None}
    in_bad_deploy = 0
    for entry, bad_deploy in simulation.quarantined:
        if fates[entry.sequence] == "poison" or entry.reason == "event_refused":
            continue
        if bad_deploy and simulation.options.partial_deploys:
            continue  # fewer than the breaker's share are refused: it cannot know that they are not to blame
        if not bad_deploy:
            raise Violation(f"the healthy record {entry.sequence} was quarantined: {entry.message}")
        in_bad_deploy += 1
    most = 2 * simulation.options.breaker_at_least * simulation.bad_lives
    if in_bad_deploy > most:
        raise Violation(f"a bad deploy quarantined {in_bad_deploy} healthy records, {most} at most")


def _bounds_hold(simulation: Simulation) -> None:
    """(6) No call is made without need; what is kept grows with the keys, not with the trouble."""
    for name, bus in simulation.buses.items():
        if bus.sent_again:
            raise Violation(f"{name}: {bus.sent_again[0]} was sent again although it was known to be there")
        if bus.calls > _CALLS_PER_ENTRY * max(10, len(simulation.world.log) * simulation.invocations):
            raise Violation(f"{name}: {bus.calls} calls")
    ledger = simulation.ledger
    if isinstance(ledger, SimulatedLedger):
        # A quarantined change with a later one of its key is settled before that is published.
        most = simulation.invocations + len(simulation.quarantined)
        if ledger.reads > simulation.invocations or ledger.settles > most:
            raise Violation(f"{ledger.reads} ledger reads, {ledger.settles} writes: more than one a batch")
    rows = ledger_rows(ledger)
    if len(rows) > len({written.key for written in simulation.world.log}):
        raise Violation(f"the ledger has {len(rows)} rows, more than there are keys")
    if any(len(row.recent) > LEDGER_RECENT_MAX for row in rows.values()):
        raise Violation("a ledger row remembers more than it may")


def _gaps_are_published(simulation: Simulation) -> None:
    """A change that was lost is noticed at the next change of its key, and nothing else is taken for a gap.
    Overlapping invocations may overwrite a newer row, which looks like a gap."""
    if simulation.options.ledger == "none" or simulation.options.heal == "off" or simulation.overlaps:
        return
    gaps: set[str] = set()
    ids: set[str] = set()
    for one in simulation.buses["domain"].received:
        ids.add(one.id)
        if one.event.get("gap") or one.event.get("reconciled"):
            gaps.add(one.event["partitionkey"])
    quarantined = quarantined_places(simulation)
    for key, changes in by_key(simulation.world.log).items():
        known: Written | None = None
        lost: list[Written] = []
        must_publish = may_publish = False
        for written in changes:
            place = written.place
            if place in quarantined or fate_of(written) == "poison":
                known, lost, may_publish = None, [], True
            elif place is None or place in simulation.world.excused:
                lost.append(written)
                may_publish = True
            else:
                if known is not None and lost and fate_of(written) == "events" and key[0] != "f":
                    heard = any(f"{w.record_id}:{CHANGED}.v1" in ids for w in lost)
                    same = visible(known.after) == visible(written.before)
                    must_publish = must_publish or not (heard or same)
                known, lost = written, []
        published = any(partition.endswith(key) for partition in gaps)
        if must_publish and not published:
            raise Violation(f"a change of {key} was lost, and no later event says so")
        if published and not may_publish:
            raise Violation(f"an event says that a change of {key} was lost, and none was")


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


def _name(written: Written) -> str:
    return f"{written.op} {written.key} at {written.place}"


def check_live_path(simulation: Simulation) -> None:
    """After the bridge came to rest. Raises :class:`Violation`."""
    for check in (
        every_record_ended,
        order_is_kept,
        copy_agrees,
        quarantine_is_just,
        _gaps_are_published,
        _bounds_hold,
    ):
        check(simulation)
