"""What every run must hold, whatever went wrong in it.

What a check forgives has a name (:mod:`tests.simulation.judge`); ``test_excuses.py`` shows each is needed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from bridge.limits import LEDGER_RECENT_MAX
from tests.simulation.configuration import CHANGED, event_ids, fate_of, visible
from tests.simulation.edges import SimulatedLedger
from tests.simulation.ledgers import ledger_rows
from tests.simulation.simulation import Simulation, places_of
from tests.simulation.subscriber import Subscriber
from tests.simulation.world import Image, Place, Written

_CALLS_PER_ENTRY = 40


def every_record_ended(simulation: Simulation, redriven: Collection[Place] = ()) -> None:
    """(1) Published to every sink, without an event, quarantined, or known to be lost before it came."""
    judge = simulation.judge
    received = {name: {one.id for one in bus.received} for name, bus in simulation.buses.items()}
    quarantined = quarantined_places(simulation)
    reconciled = _published_by_reconciliation(simulation)
    for written in simulation.world.log:
        place = written.place
        if judge.excused("ended: quarantined", place in quarantined):
            continue
        if judge.excused(
            "ended: a reconciliation published the state",
            (written.key, _as_text(written.after)) in reconciled,
        ):
            continue
        if _lost(simulation, "ended", place, redriven):
            continue
        fate = fate_of(written)
        if fate == "poison":
            judge.violated(f"{_name(written)} can never succeed, and is not in quarantine")
        elif fate == "events":
            for name, ids in event_ids(written).items():
                if missing := ids - received[name]:
                    judge.violated(f"{_name(written)} is settled, but {name} never received {missing}")
        elif any(f"{written.record_id}:{CHANGED}.v1" in ids for ids in received.values()):
            judge.violated(f"{_name(written)} has nothing to publish, and was published")


def _lost(simulation: Simulation, check: str, place: Place | None, redriven: Collection[Place]) -> bool:
    """Whether nobody can be expected to publish a change."""
    if place is None:
        return simulation.judge.excused(f"{check}: no stream recorded it", True)
    why = simulation.world.excused.get(place)
    return simulation.judge.excused(f"{check}: {why}", why is not None and place not in redriven)


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
    judge = simulation.judge
    given_up = {
        sequence_of(place)
        for info, payload in simulation.destination.sent
        for place in places_of(info, payload)
    }
    quarantined = {entry.sequence for entry, _ in simulation.quarantined}
    no_ledger = simulation.options.ledger == "none"
    for name, bus in simulation.buses.items():
        newest: dict[str, str] = {}
        published: dict[str, Any] = {}
        for one in bus.received:
            event, subject, sequence = one.event, one.event["subject"], one.event["sequence"]
            if one.id in published:
                if published[one.id] != _content(event):
                    judge.violated(f"{name}: {one.id} was sent twice with different data")
                continue
            published[one.id] = _content(event)
            if event.get("redriven") and sequence not in given_up | quarantined:
                judge.violated(f"{name}: {one.id} is marked as redriven, and was never given up")
            if sequence < newest.get(subject, ""):
                # Without a ledger nothing remembers that this deployment's predecessor refused the change.
                forgotten = no_ledger and sequence in quarantined
                if not (
                    judge.excused("order: reconciled", event.get("reconciled") is True)
                    or judge.excused("order: redriven", event.get("redriven") is True)
                    or judge.excused("order: given up, and comes again", sequence in given_up)
                    or judge.excused("order: quarantined before, without a ledger", forgotten)
                ):
                    newer = newest[subject]
                    judge.violated(f"{name}: {one.id} came after a newer change of {subject}, {newer}")
            else:
                newest[subject] = sequence


def _content(event: Mapping[str, Any]) -> Any:
    """Of a state that no record published, everything; a record may be marked as redriven the second time."""
    return event if event.get("reconciled") else event["data"]


def copy_agrees(simulation: Simulation, redriven: Collection[Place] = ()) -> None:
    """(2) The copy is the table's content as of each key's last change that was not lost on the way; of what
    came after that, something may have been published anyway."""
    judge = simulation.judge
    subscriber = Subscriber(simulation.parts.supersedes)
    subscriber.apply_all(one.event for one in simulation.buses["domain"].received)
    quarantined = quarantined_places(simulation)
    for key, changes in by_key(simulation.world.log).items():
        allowed: list[Image | None] = []
        certain = False
        for written in reversed(changes):
            allowed.append(visible(written.after))
            lost = judge.excused("copy: quarantined", written.place in quarantined)
            lost = lost or _lost(simulation, "copy", written.place, redriven)
            if not lost and fate_of(written) == "events":
                certain = True
                break
        if not certain:
            allowed.append(None)
            if changes[0].before is not None:
                allowed.append(visible(changes[0].before))
        if subscriber.item(key) not in allowed:
            judge.violated(
                f"the copy of {key} is {subscriber.item(key)}, the table had {allowed} (newest first)"
            )


def quarantine_is_just(simulation: Simulation) -> None:
    """(5) Nothing healthy in quarantine; in a bad deploy no more than the breaker needs to see it."""
    judge = simulation.judge
    fates = {sequence_of(w.place): fate_of(w) for w in simulation.world.log if w.place is not None}
    in_bad_deploy = 0
    for entry, bad_deploy in simulation.quarantined:
        if fates[entry.sequence] == "poison":
            continue
        if judge.excused("quarantine: the bus refuses the event", entry.reason == "event_refused"):
            continue
        # Fewer than the breaker's share are refused: it cannot know that they are not to blame.
        partial_deploy = bad_deploy and simulation.options.partial_deploys
        if judge.excused("quarantine: a deployment that refuses some", partial_deploy):
            continue
        if judge.excused("quarantine: what the breaker needs to see", bad_deploy):
            in_bad_deploy += 1
        else:
            judge.violated(f"the healthy record {entry.sequence} was quarantined: {entry.message}")
    most = 2 * simulation.options.breaker_at_least * simulation.bad_lives
    if in_bad_deploy > most:
        judge.violated(f"a bad deploy quarantined {in_bad_deploy} healthy records, {most} at most")


def _bounds_hold(simulation: Simulation) -> None:
    """(6) No call is made without need; what is kept grows with the keys, not with the trouble."""
    judge = simulation.judge
    for name, bus in simulation.buses.items():
        if bus.sent_again:
            judge.violated(f"{name}: {bus.sent_again[0]} was sent again although it was known to be there")
        if bus.calls > _CALLS_PER_ENTRY * max(10, len(simulation.world.log) * simulation.invocations):
            judge.violated(f"{name}: {bus.calls} calls")
    ledger = simulation.ledger
    if isinstance(ledger, SimulatedLedger):
        # A quarantined change with a later one of its key is settled before that is published.
        most = simulation.invocations + len(simulation.quarantined)
        if ledger.reads > simulation.invocations or ledger.settles > most:
            judge.violated(f"{ledger.reads} ledger reads, {ledger.settles} writes: more than one a batch")
    rows = ledger_rows(ledger)
    if len(rows) > len({written.key for written in simulation.world.log}):
        judge.violated(f"the ledger has {len(rows)} rows, more than there are keys")
    if any(len(row.recent) > LEDGER_RECENT_MAX for row in rows.values()):
        judge.violated("a ledger row remembers more than it may")


def _gaps_are_published(simulation: Simulation) -> None:
    """A change that was lost is noticed at the next change of its key, and nothing else is taken for a gap.
    Overlapping invocations may overwrite a newer row, which looks like a gap."""
    judge = simulation.judge
    if simulation.options.ledger == "none" or simulation.options.heal == "off":
        return
    if judge.excused("gaps: invocations overlap", simulation.overlaps > 0):
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
            judge.violated(f"a change of {key} was lost, and no later event says so")
        if published and not may_publish:
            judge.violated(f"an event says that a change of {key} was lost, and none was")


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
    """After the bridge came to rest. The judge collects what is broken."""
    for check in (
        every_record_ended,
        order_is_kept,
        copy_agrees,
        quarantine_is_just,
        _gaps_are_published,
        _bounds_hold,
    ):
        simulation.judge.hold(partial(check, simulation))
