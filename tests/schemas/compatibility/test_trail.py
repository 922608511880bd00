"""The recorded comparisons are decided by the same steps, see :mod:`tests.schemas.compatibility.trail`."""

from __future__ import annotations

import pytest

from tests.schemas.compatibility.corpus import read
from tests.schemas.compatibility.trail import STEPS, recorded, short, steps_of

PAIRS = list(enumerate(read()))
TRAIL = recorded()
GROUPS = 20


@pytest.mark.parametrize("group", range(GROUPS))
def test_a_recorded_comparison_is_decided_by_the_same_steps(group: int) -> None:
    for number, pair in PAIRS[group::GROUPS]:
        found = {name: short(step) for name, step in steps_of(pair).items()}
        assert found == dict(zip(STEPS, TRAIL[number], strict=False)), f"pair {number}: {pair}"


def test_nearly_every_recorded_comparison_has_all_steps() -> None:
    assert len(TRAIL) == len(PAIRS)
    assert sum(len(each) == len(STEPS) for each in TRAIL) > 0.95 * len(PAIRS)
