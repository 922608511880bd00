"""The simulation catches code that breaks a promise: each variant within a fixed number of seeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.simulation.options import SOUND
from tests.simulation.run import first_violation
from tests.simulation.variants import VARIANTS


@pytest.mark.parametrize("name", VARIANTS)
def test_a_broken_variant_is_caught(name: str) -> None:
    variant = VARIANTS[name]
    found = first_violation(range(1, 1 + variant.within), variant.parts, variant.shape)
    assert found is not None, f"{name} was not noticed in {variant.within} seeds"


@pytest.mark.parametrize("shape", {repr(each.shape): each.shape for each in VARIANTS.values()}.values())
def test_where_they_are_caught_sound_code_is_not(shape: Mapping[str, Any]) -> None:
    assert first_violation(range(1, 11), SOUND, shape) is None
