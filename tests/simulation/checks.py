"""What every run must hold, whatever went wrong in it.

What a check forgives has a name (:mod:`tests.simulation.judge`); ``test_excuses.py`` shows each is needed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from bridge.limits import LEDGER_RECENT_MAX
from tests.simulation.checking.facts import (
    by_subject,
    given_up,
    may_be_redriven,
    name_of,
    quarantined_places,
    sequence_of,
)
from tests.simulation.checking.gaps import gaps_are_told
from tests.simulation.configuration import CHANGED, event_ids
from tests.simulation.kinds import OTHER, Part, key_of, kind_of, sequence_in, visible
from tests.simulation.ledgers import ledger_rows
from tests.simulation.simulation import Simulation
from tests.simulation.subscriber import Subscriber
from tests.simulation.world import Image, Place


def every_record_ended(
    simulation: Simulation, redriven: Collection[Place] = (), *, reconciled: bool = False
) -> None:
    """(1) Published to every sink, without an event, quarantined, or known to be lost before it came.
    ``reconciled``: a reconciliation has looked at every item."""
    judge = simulation.judge
    received = {name: {one.id for one in bus.received} for name, bus in simulation.buses.items()}
    quarantined = quarantined_places(simulation)
    re_emitted = _published_by_reconciliation(simulation)
    newest = _newest_reconciled(simulation)
    for part in simulation.kinds.parts(simulation.world.log):
        place = part.place
        if judge.excused("ended: quarantined", place in quarantined):
            continue
        if judge.excused(
            "ended: a reconciliation published the state",
            (part.subject, _as_text(part.after, part.kind)) in re_emitted,
        ):
            continue
        if _lost(simulation, "ended", place, redriven):
            continue
        overtaken = (
            simulation.lag_lied and place is not None and sequence_of(place) < newest.get(part.key, "")
        )
        if judge.excused("ended: in flight, and the lag was said to be smaller", overtaken):
            continue
        if reconciled and part.kind == OTHER:
            continue  # nobody publishes it, so a reconciliation that saw the item settled it
        if part.fate == "poison":
            judge.violated(f"{name_of(part)} can never succeed, and is not in quarantine")
        elif part.fate == "events":
            for name, ids in event_ids(part).items():
                if missing := ids - received[name]:
                    judge.violated(f"{name_of(part)} is settled, but {name} never received {missing}")
        elif any(f"{part.id}:{CHANGED}.v1" in ids for ids in received.values()):
            judge.violated(f"{name_of(part)} has nothing to publish, and was published")


def _lost(simulation: Simulation, check: str, place: Place | None, redriven: Collection[Place]) -> bool:
    """Whether nobody can be expected to publish a change."""
    if place is None:
        return simulation.judge.excused(f"{check}: no stream recorded it", True)
    why = simulation.world.excused.get(place)
    return simulation.judge.excused(f"{check}: {why}", why is not None and place not in redriven)


def _published_by_reconciliation(simulation: Simulation) -> set[tuple[str, str]]:
    """Subjects and states: a later record with the same state has nothing left to publish."""
    events = [one.event for one in simulation.buses["domain"].received if "reconcilerun" in one.event]
    return {
        (event["subject"], _as_text(event["data"].get("after"), kind_of(event["subject"])))
        for event in events
    }


def _newest_reconciled(simulation: Simulation) -> Mapping[str, str]:
    """By key, the newest sequence under which a reconciliation published its state."""
    newest: dict[str, str] = {}
    for one in simulation.buses["domain"].received:
        if "reconcilerun" in one.event:
            key = key_of(one.event["subject"])
            newest[key] = max(newest.get(key, ""), one.event["sequence"])
    return newest


def _as_text(image: Image | None, kind: str) -> str:
    return repr(sorted((visible(image, kind) or {}).items()))


def order_is_kept(simulation: Simulation) -> None:
    """(3) An older change after a newer one only when it was received before, or says what it is; and one id
    always says the same. Documented exceptions: a batch that was given up and comes again all the same,
    because the checkpoint behind it was lost, is not known for that; and an invocation that runs beside
    another one writes its older row over the row that remembers a quarantined change."""
    judge = simulation.judge
    gone = {sequence_of(place) for place in given_up(simulation)}
    redrivable = {sequence_of(place) for place in may_be_redriven(simulation)}
    quarantined = {put.entry.sequence for put in simulation.quarantined}
    no_ledger = simulation.options.ledger == "none"
    for name, bus in simulation.buses.items():
        newest: dict[str, str] = {}
        published: dict[str, Any] = {}
        for one in bus.received:
            # Of an item that changed its entity, too: the end is before the start.
            event, key, sequence = one.event, key_of(one.event["subject"]), one.event["sequence"]
            change = sequence_in(sequence)
            if one.id in published:
                if published[one.id] != _content(event):
                    judge.violated(f"{name}: {one.id} was sent twice with different data")
                continue
            published[one.id] = _content(event)
            if event.get("redriven"):
                if one.invocation or change not in redrivable | quarantined:
                    judge.violated(f"{name}: {one.id} is marked as redriven, and was never given up")
            elif not one.invocation and not event.get("reconciled"):
                judge.violated(f"{name}: {one.id} was redriven, and is not marked so")
            if sequence < newest.get(key, ""):
                # Without a ledger nothing remembers that this deployment's predecessor refused the change.
                forgotten = no_ledger and change in quarantined
                lied = simulation.lag_lied and "~" in newest[key]
                overwritten = change in quarantined and any(
                    key == item and older < change <= newer
                    for item, older, newer in simulation.outside.forgotten
                )
                if not (
                    judge.excused("order: reconciled", event.get("reconciled") is True)
                    or judge.excused("order: redriven", event.get("redriven") is True)
                    or judge.excused("order: given up, and comes again", change in gone)
                    or judge.excused("order: quarantined before, without a ledger", forgotten)
                    or judge.excused("order: in flight, and the lag was said to be smaller", lied)
                    or judge.excused(
                        "order: quarantined before, and an older row was written over", overwritten
                    )
                ):
                    newer = newest[key]
                    judge.violated(f"{name}: {one.id} came after a newer change of {key}, {newer}")
            else:
                newest[key] = sequence


def _content(event: Mapping[str, Any]) -> Any:
    """Of a state that no record published, everything; a record may be marked as redriven the second time."""
    return event if event.get("reconciled") else event["data"]


def copies_agree(simulation: Simulation, redriven: Collection[Place] = ()) -> None:
    """(2) On every sink, for every type there: the copy is the table's content as of each item's last event
    that was not lost on the way; of what came after that, something may have been published anyway."""
    parts = list(simulation.kinds.parts(simulation.world.log))
    for name, bus in simulation.buses.items():
        ids = [one for part in parts for one in event_ids(part)[name]]
        for event_type in sorted({one.rpartition(":")[2] for one in ids}):
            subscriber = Subscriber(simulation.parts.supersedes, event_type)
            subscriber.apply_all(one.event for one in bus.received)
            for subject, own in by_subject(parts).items():
                allowed = _allowed(simulation, own, name, event_type, redriven)
                if (copy := subscriber.item(subject)) not in allowed:
                    simulation.judge.violated(
                        f"{name}: by {event_type} the copy of {subject} is {copy}, the table had {allowed} "
                        "(newest first)"
                    )


def _allowed(
    simulation: Simulation, changes: list[Part], sink: str, event_type: str, redriven: Collection[Place]
) -> list[Image | None]:
    """What a copy may hold of an item."""
    judge = simulation.judge
    quarantined = quarantined_places(simulation)
    allowed: list[Image | None] = []
    for part in reversed(changes):
        lost = judge.excused("copy: quarantined", part.place in quarantined)
        lost = lost or _lost(simulation, "copy", part.place, redriven)
        publishes = f"{part.id}:{event_type}" in event_ids(part)[sink]
        if lost or publishes:
            allowed.append(visible(part.after, part.kind))
        if publishes and not lost and part.fate == "events":
            return allowed
    before = visible(changes[0].before, changes[0].kind)
    return [*allowed, None] if before is None else [*allowed, None, before]


def quarantine_is_just(simulation: Simulation) -> None:
    """(5) Nothing healthy in quarantine; in a bad deploy no more than the breaker needs to see it."""
    judge = simulation.judge
    kinds = simulation.kinds
    fates = {sequence_of(w.place): kinds.fate_of(w) for w in simulation.world.log if w.place is not None}
    in_bad_deploy: set[str] = set()
    for entry, bad_deploy, invocation in simulation.quarantined:
        if fates[entry.sequence] == "poison":
            continue
        if judge.excused("quarantine: the bus refuses the event", entry.reason == "event_refused"):
            continue
        # Fewer than the breaker's share are refused: it cannot know that they are not to blame.
        partial_deploy = bad_deploy and simulation.options.partial_deploys
        if judge.excused("quarantine: a deployment that refuses some", partial_deploy):
            continue
        # The breaker counts a record when it has ended: it was not heard to be stored, or it was not settled.
        number = entry.sequence.rpartition("/")[2].lstrip("0")
        returned = bad_deploy and number in simulation.returned.get(invocation, ())
        if judge.excused("quarantine: returned for retry all the same", returned):
            continue
        if judge.excused("quarantine: what the breaker needs to see", bad_deploy):
            in_bad_deploy.add(entry.sequence)
        else:
            judge.violated(f"the healthy record {entry.sequence} was quarantined: {entry.message}")
    most = (simulation.options.breaker_at_least - 1) * simulation.bad_lives * len(kinds.names)
    if len(in_bad_deploy) > most:
        judge.violated(f"a bad deploy quarantined {len(in_bad_deploy)} healthy records, {most} at most")


def nothing_is_sent_again(simulation: Simulation) -> None:
    """(2) What a sink is known to have is not sent again."""
    for name, bus in simulation.buses.items():
        for event_id in bus.sent_again:
            simulation.judge.violated(f"{name}: {event_id} was sent again although it was known to be there")


def nothing_settled_comes_again(simulation: Simulation) -> None:
    """(2) What the ledger has settled is not published again, by a redrive neither."""
    simulation.watch.nothing_settled_came_again()


def calls_are_needed(simulation: Simulation) -> None:
    """(6) No call is made without need."""
    simulation.watch.calls_were_needed()


def retries_are_counted(simulation: Simulation) -> None:
    """(4) A record that is alone in its batch is given up after exactly the retries that are allowed."""
    settings = simulation.options.mapping
    for info, _ in simulation.destination.sent:
        context, batch = info["requestContext"], info["DDBStreamBatchInfo"]
        if context["condition"] == "RetryAttemptsExhausted" and settings.batch_size == 1:
            tries, allowed = context["approximateInvokeCount"], 1 + (settings.max_retries or 0)
            if tries != allowed:
                first = batch["startSequenceNumber"]
                simulation.judge.violated(f"{first} was given up after {tries} tries, {allowed} are due")


def rows_are_bounded(simulation: Simulation) -> None:
    """(6) What is kept grows with the keys, not with the trouble."""
    rows = ledger_rows(simulation.ledger)
    if len(rows) > len({written.key for written in simulation.world.log}):
        simulation.judge.violated(f"the ledger has {len(rows)} rows, more than there are keys")
    if any(len(row.recent) > LEDGER_RECENT_MAX for row in rows.values()):
        simulation.judge.violated("a ledger row remembers more than it may")


def check_live_path(simulation: Simulation) -> None:
    """After the bridge came to rest. The judge collects what is broken."""
    for check in (
        every_record_ended,
        order_is_kept,
        copies_agree,
        quarantine_is_just,
        gaps_are_told,
        nothing_is_sent_again,
        calls_are_needed,
        retries_are_counted,
        rows_are_bounded,
    ):
        simulation.judge.hold(partial(check, simulation))
