"""Draft 4 has a boolean ``exclusiveMinimum`` beside ``minimum``: true refuses the bound itself."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.schemas.compatibility.compare import Comparer
from bridge.schemas.compatibility.verdict import Mode, Policy, Verdict

DRAFT_4 = "http://json-schema.org/draft-04/schema#"
BOUNDS = [("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")]
each_bound = pytest.mark.parametrize(("bound", "exclusive"), BOUNDS)


def schema(**rules: Any) -> dict[str, Any]:
    return {
        "$schema": DRAFT_4,
        "type": "object",
        "properties": {"n": {"type": "integer", **rules}},
        "required": ["n"],
    }


def verdict(old: dict[str, Any], new: dict[str, Any]) -> Verdict:
    return Comparer().compare(schema(**old), schema(**new), mode=Mode.BACKWARD, policy=Policy.LENIENT).verdict


@each_bound
def test_excluding_a_bound_refuses_what_was_taken(bound: str, exclusive: str) -> None:
    taken, refused = {bound: 5, exclusive: False}, {bound: 5, exclusive: True}
    assert verdict(taken, refused) is Verdict.INCOMPATIBLE
    assert verdict({bound: 5}, refused) is Verdict.INCOMPATIBLE
    assert verdict(refused, taken) is Verdict.COMPATIBLE


@each_bound
def test_false_says_what_its_absence_says(bound: str, exclusive: str) -> None:
    said = {bound: 5, exclusive: False}
    assert verdict({bound: 5}, said) is Verdict.COMPATIBLE
    assert verdict(said, {bound: 5}) is Verdict.COMPATIBLE
