"""How many entities of a layout the inference finds: ``python -m tests.onboarding.entities.score``.

The inference sees half of the items. An entity is found if one proposed entity takes exactly its items,
of all that were made.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from bridge.onboarding.entities.proposal import Proposal, propose
from bridge.onboarding.examples import typed
from tests.onboarding.entities.defeats import DEFEATS, WITHOUT_KIND
from tests.onboarding.entities.layouts import LAYOUTS, Layout
from tests.onboarding.entities.tables import observed

SIZE = 1_000


class Score(NamedTuple):
    layout: str
    items: int
    entities: int
    proposed: int
    found: int
    named_alike: int
    """Entities whose proposed name is the one in the layout."""

    @property
    def precision(self) -> float:
        return self.found / self.proposed

    @property
    def recall(self) -> float:
        return self.found / self.entities


def score(layout: Layout, size: int = SIZE, seed: int = 1) -> Score:
    made = layout.made(size, seed)
    proposal = propose(observed((item for _, item in made[::2]), layout.key))
    truth: dict[str, set[int]] = defaultdict(set)
    taken: dict[str, set[int]] = defaultdict(set)
    for index, (entity, item) in enumerate(made):
        truth[entity].add(index)
        name = "" if proposal is None else _entity(proposal, layout, item)
        if name is not None:
            taken[name].add(index)
    found = {name: entity for name, its in taken.items() for entity, all_ in truth.items() if its == all_}
    alike = sum(name == entity for name, entity in found.items())
    proposed = 1 if proposal is None else len(proposal.entities)
    return Score(layout.name, len(made), len(truth), proposed, len(found), alike)


def _entity(proposal: Proposal, layout: Layout, item: dict[str, object]) -> str | None:
    key = typed({name: item[name] for name in layout.key})["M"]
    return proposal.entity_of(key, item)


def table() -> str:
    names = ("items", "entities", "proposed", "found", "precision", "recall")
    lines = ["layout".ljust(36) + "".join(name.rjust(10) for name in names)]
    for group in (LAYOUTS, WITHOUT_KIND, DEFEATS):
        for each in map(score, group):
            numbers = f"{each.items:>10}{each.entities:>10}{each.proposed:>10}{each.found:>10}"
            lines.append(f"{each.layout:36}{numbers}{each.precision:>10.0%}{each.recall:>10.0%}")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
