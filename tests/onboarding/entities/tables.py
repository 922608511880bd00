"""Samples of tables for the inference, from plain items."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bridge.onboarding.entities.observed import Observed
from bridge.onboarding.entities.proposal import Proposal, propose
from bridge.onboarding.examples import typed


def observed(items: Iterable[dict[str, Any]], key: Sequence[str] = ("PK", "SK")) -> Observed:
    items = list(items)
    first = typed(items[0])["M"]
    sample = Observed({name: next(iter(first[name])) for name in key})
    for item in items:
        sample.add(typed(item)["M"])
    return sample


def proposed(items: Iterable[dict[str, Any]], key: Sequence[str] = ("PK", "SK"), **named: Any) -> Proposal:
    found = propose(observed(items, key), **named)
    assert found is not None, "the table looks like one with one kind of items"
    return found


def shown(proposal: Proposal) -> dict[str, tuple[dict[str, str], Any]]:
    """For each entity, its key templates and its ``where``."""
    return {entity.name: (dict(entity.key), entity.where) for entity in proposal.entities}
