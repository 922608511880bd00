"""Gaps: what was lost is told, loss by loss, and nothing else is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from tests.simulation.checking.facts import by_key, quarantined_places, sequence_of
from tests.simulation.configuration import CHANGED
from tests.simulation.kinds import OTHER, Kinds, key_of, visible
from tests.simulation.simulation import Simulation
from tests.simulation.world import Image, Place, Written

Event = Mapping[str, Any]


def gaps_are_told(simulation: Simulation) -> None:
    """Where a change was lost after one that was settled, and the images show it, the first event of the next
    change says so, or a missing step is published just before it. No other event does."""
    judge, options = simulation.judge, simulation.options
    if options.ledger == "none" or options.heal == "off":
        return
    domain = [one.event for one in simulation.buses["domain"].received]
    first: dict[str, Event] = {}
    steps: dict[str, list[Event]] = defaultdict(list)
    for one in domain:
        first.setdefault(one["id"], one)
        if one.get("reconciled"):
            steps[key_of(one["subject"])].append(one)
    quarantined = quarantined_places(simulation)
    for key, changes in by_key(simulation.world.log).items():
        told_of: set[str] = set()
        known: Written | None = None
        lost: list[Written] = []
        for written in changes:
            place = written.place
            if place in quarantined and place not in simulation.world.excused and _is_hashed(written):
                known, lost = written, []  # it was settled: the row knows what it left
                continue
            if place is None or place in simulation.world.excused or place in quarantined:
                lost.append(written)
                continue
            event = _first_of(first, simulation.kinds, written)
            own = _steps_before(steps[key], known, place)
            told_of.update(step["id"] for step in own)
            told = bool(own) or (event is not None and bool(event.get("gap")))
            if told and not lost:
                judge.violated(f"an event says that a change of {key} before {place} was lost: none was")
            elif event is not None and not told and _shows(simulation.kinds, known, lost, written):
                heard = any(_first_of(first, simulation.kinds, each) is not None for each in lost)
                # Its checkpoint was lost with the process, and then the stream forgot it.
                twice = any(each.place in quarantined for each in lost)
                if not (
                    judge.excused("gaps: what was lost was published", heard)
                    or judge.excused("gaps: what was lost was quarantined before", twice)
                ):
                    judge.violated(
                        f"{len(lost)} changes of {key} before {place} were lost, and nothing says so"
                    )
            known, lost = written, []
        for step in steps[key]:
            if step["id"] not in told_of and not judge.excused("gaps: a step before a lost change", True):
                judge.violated(f"{step['id']} is a missing step of {key} before no change")


def _first_of(first: Mapping[str, Event], kinds: Kinds, written: Written) -> Event | None:
    """The first event of a change; where the item changed its kind, that of its end."""
    events = (first.get(f"{part.id}:{CHANGED}.v1") for part in kinds.parts_of(written))
    return next((event for event in events if event is not None), None)


def _shows(kinds: Kinds, known: Written | None, lost: Sequence[Written], written: Written) -> bool:
    """Whether the images show a loss: without a settled change before it there is nothing to compare with."""
    if not lost or known is None:
        return False
    before, after = (_seen(kinds, written.key, image) for image in (known.after, written.before))
    return bool(before != after)


def _seen(kinds: Kinds, key: str, image: Image | None) -> Any:
    """What subscribers can know of a state."""
    if image is None or (kind := kinds.of(key, image)) == OTHER:
        return None
    return kind, visible(image, kind)


def _is_hashed(written: Written) -> bool:
    """Whether a row can know the item after the change."""
    return "nan" not in (written.after or {})


def _steps_before(steps: Sequence[Event], known: Written | None, place: Place) -> list[Event]:
    after = "" if known is None or known.place is None else sequence_of(known.place)
    return [step for step in steps if after < step["sequence"] < sequence_of(place)]
