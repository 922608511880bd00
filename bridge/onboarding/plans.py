"""The plans of all tables: one for each entity, with names that no two of them share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bridge.errors import BridgeError
from bridge.onboarding.documents import TablePlan, plan_table
from bridge.onboarding.entities.proposal import Proposal
from bridge.onboarding.names import collection, domain, subject, things
from bridge.onboarding.sample import TableSample

Sampled = tuple[TableSample, Proposal | None, Mapping[str, TableSample]]
"""The sample of a table, its entities if it has several kinds of items, and the sample of each."""


def plans_of(tables: Sequence[Sampled], prefix: str, base: str) -> list[TablePlan]:
    """``prefix`` begins every type, ``base`` every ``$id``. Raises ``BridgeError`` where a subject cannot
    name the key."""
    chosen = things([sample.table for sample, proposal, _ in tables if proposal is None])
    taken = set(chosen.values())
    plans = []
    for sample, proposal, entities in tables:
        if proposal is None:
            thing = chosen[sample.table]
            plans.append(plan_table(sample, thing, _subject(sample, thing), prefix, base))
            continue
        for entity in proposal.entities:
            thing = _unique(entity.name, sample.table, taken)
            template = "/".join([thing, *(f"{{{part}}}" for part in entity.parts)])
            plans.append(plan_table(entities[entity.name], thing, template, prefix, base, entity))
    return plans


def source_of(plans: Sequence[TablePlan], prefix: str) -> str:
    """``com.example.users`` for a table Users, ``com.example`` for several tables."""
    tables = {plan.sample.table for plan in plans}
    if len(tables) > 1:
        return prefix
    (table,) = tables
    about = collection(table) if plans[0].entity is None else domain(table)
    return f"{prefix}.{about}" if about else prefix


def _subject(sample: TableSample, thing: str) -> str:
    template = subject(thing, list(sample.key))
    if template is None:
        names = ", ".join(sample.key)
        raise BridgeError(
            f"no subject can be built from the key of {sample.table}: {names!r}",
            hint="write bridge.yaml by hand",
        )
    return template


def _unique(name: str, table: str, taken: set[str]) -> str:
    owner = domain(table)
    number = 2
    chosen = name
    while chosen in taken:
        chosen = f"{owner}_{name}" if owner and f"{owner}_{name}" not in taken else f"{name}_{number}"
        number += 1
    taken.add(chosen)
    return chosen
