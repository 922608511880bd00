"""The simulation catches code that breaks a promise: each variant within a fixed number of seeds."""

from __future__ import annotations

import pytest

from tests.simulation.broken import VARIANTS
from tests.simulation.run import first_violation


@pytest.mark.parametrize("name", VARIANTS)
def test_a_broken_variant_is_caught(name: str) -> None:
    variant = VARIANTS[name]
    found = first_violation(range(variant.first, variant.first + variant.within), variant.parts)
    assert found is not None, f"{name} was not noticed in {variant.within} seeds from {variant.first} on"
