"""What the proofs are made of stays the same, see :mod:`tests.schemas.compatibility.proving.recorded`."""

from __future__ import annotations

import pytest

from tests.schemas.compatibility.proving.recorded import (
    aims,
    inclusions,
    patterns_of,
    read,
    samples,
    smaller,
    values,
)

LINES = read()
PATTERNS = patterns_of(LINES)


@pytest.mark.parametrize("number", [number for number, line in enumerate(LINES) if "schema" in line])
def test_the_values_that_stand_for_a_schema_are_the_same_in_the_same_order(number: int) -> None:
    assert values(LINES[number]["schema"]) == LINES[number]["values"]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_texts_that_stand_for_a_pattern_are_the_same(pattern: str) -> None:
    (line,) = [line for line in LINES if line.get("pattern") == pattern]
    assert samples(pattern) == line["samples"]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_takes_the_same_patterns_and_the_same_texts_escape(pattern: str) -> None:
    (line,) = [line for line in LINES if line.get("pattern") == pattern]
    assert inclusions(pattern, PATTERNS) == line["takes"]


@pytest.mark.parametrize("number", [number for number, line in enumerate(LINES) if "consumer" in line])
def test_a_refused_value_is_sought_with_the_same_schemas(number: int) -> None:
    line = LINES[number]
    assert aims(line["consumer"], line["keyword"], line["detail"]) == line["aims"]


@pytest.mark.parametrize("number", [number for number, line in enumerate(LINES) if "value" in line])
def test_an_example_is_made_smaller_by_the_same_steps(number: int) -> None:
    assert smaller(LINES[number]["value"]) == LINES[number]["smaller"]
