"""Every excuse of the checks is needed: there is a seed that would be a violation without it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.mutation.pipeline.shapes import LOSSY
from tests.simulation.run import simulate

NEEDED_IN = {
    "copies: filtered": 287444804,
    "copies: the item can never become an event": 287444804,
    "copy: given up": 207391461,
    "copy: no stream recorded it": 287444804,
    "copy: quarantined": 207391461,
    "copy: skipped by the mapping": 287444804,
    "copy: the stream was switched off": 287444804,
    "copy: trimmed": 418432486,
    "ended: a reconciliation published the state": 287444804,
    "ended: given up": 207391461,
    "ended: in flight, and the lag was said to be smaller": 287444804,
    "ended: no stream recorded it": 287444804,
    "ended: quarantined": 207391461,
    "ended: skipped by the mapping": 287444804,
    "ended: the stream was switched off": 287444804,
    "ended: trimmed": 418432486,
    "gaps: what was lost was published": 418432486,
    "gaps: what was lost was quarantined before": 418432486,
    "order: in flight, and the lag was said to be smaller": 209451758,
    "order: quarantined before, without a ledger": 287444734,
    "order: reconciled": 287444804,
    "order: redriven": 748804627,
    "plans: the insert itself was overtaken": 207391461,
    "plans: the item can never become an event": 45991205,
    "plans: the ledger keeps no attributes": 151474774,
    "quarantine: a deployment that refuses some": 159620411,
    "quarantine: returned for retry all the same": 45988551,
    "quarantine: the bus refuses the event": 207391461,
    "quarantine: what the breaker needs to see": 748804627,
    "sinks: a change was quarantined": 748804627,
}
"""In plain worlds."""
NEEDED_AS_DRAWN = {
    "copies: an unsettled start was passed over": 151476384,
    "gaps: a step before a lost change": 807579618,
    "only lost: a check of the sinks failed, and rows were given back": 151477299,
    "order: quarantined before, and an older row was written over": 45990116,
    "sinks: a re-emission has this state": 45990424,
    "sinks: an unsettled change was passed over": 807579699,
}
_POISON: Mapping[str, Any] = {
    "entities": "quarantine",
    "keep": "fingerprint",
    "heal": "emit",
    "poison_share": 0.06,
    "skip_share": 0.05,
    "fault_share": 0.1,
    "breaker_at_least": 10,
}
_TROUBLE: Mapping[str, Any] = {
    "gap_share": 0.2,
    "skip_share": 0.05,
    "fault_share": 0.25,
    "stuck_share": 0.3,
    "crash_share": 0.06,
    "overlap_share": 0.2,
    "refused_share": 0.03,
    "keep": "fields",
    "heal": "report",
}
_LOSSY: Mapping[str, Any] = {**LOSSY, "fault_share": 0.25, "stuck_share": 0.3}
NEEDED_IN_SHAPES: Mapping[str, tuple[int, Mapping[str, Any]]] = {
    "order: given up, and comes again": (305462276, _TROUBLE),
    "plans: a change was quarantined": (305462312, _TROUBLE),
    # Not decisive in 3,600 drawn runs; the shapes of the mutants lose more.
    "plans: a gap without names": (1, _LOSSY),
    "plans: gaps are not looked for": (1, {**_LOSSY, "heal": "off", "keep": "fields"}),
    "plans: an unsettled change was passed over": (214376226, {**_LOSSY, "keep": "fields"}),
    "sinks: the item can never become an event": (358085057, _POISON),
}
UNPROVEN = {
    "only lost: the lag was said to be smaller than it was",
    "sinks: a later re-emission stands for the item",
    "sinks: the plan never changed",
}
"""No seed is known; ``make simulate`` prints one where it meets it. What 2,000 runs do not need goes."""


@pytest.mark.parametrize("seed", sorted(set(NEEDED_IN.values())))
def test_without_its_excuses_a_seed_is_a_violation(seed: int) -> None:
    names: dict[int, set[str]] = defaultdict(set)
    for name, each in NEEDED_IN.items():
        names[each].add(name)
    assert names[seed] - simulate(seed, shape={"entities": "none"}, weighs=True).decisive == set()


@pytest.mark.parametrize("name", sorted(NEEDED_AS_DRAWN))
def test_without_its_excuse_a_drawn_seed_is_a_violation(name: str) -> None:
    assert name in simulate(NEEDED_AS_DRAWN[name], weighs=True).decisive


@pytest.mark.parametrize("name", sorted(NEEDED_IN_SHAPES))
def test_without_its_excuse_a_world_made_for_it_is_a_violation(name: str) -> None:
    seed, shape = NEEDED_IN_SHAPES[name]
    assert name in simulate(seed, shape=shape, weighs=True).decisive


def test_every_excuse_is_listed() -> None:
    folder = Path(__file__).parent
    texts = [path.read_text() for path in folder.rglob("*.py") if not path.name.startswith("test_")]
    calls = [name for text in texts for name in re.findall(r'excused\(\s*"([^"]+)"', text)]
    known = {*NEEDED_IN, *NEEDED_AS_DRAWN, *NEEDED_IN_SHAPES, *UNPROVEN}
    assert {name for name in calls if ":" in name} - known == set()
