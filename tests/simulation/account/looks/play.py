"""Which looks a run has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from tests.simulation.account.looks import first, records, registries, schemas, sources, stores
from tests.simulation.account.looks.look import Look, looking
from tests.simulation.simulation import Simulation

EACH: Final[Sequence[Callable[[Look], None]]] = (
    stores.quarantine,
    stores.exported,
    stores.runs,
    stores.without_ledger,
    stores.doctor,
    records.rendered,
    records.invoked,
    records.read_again,
    records.deployed,
    records.checked,
    schemas.tried,
    schemas.matched,
    schemas.evolved,
    schemas.shown,
    registries.published,
    first.proposed,
    sources.piped,
    sources.over_kinesis,
)
_LOOKS: Final = 5


def look_around(simulation: Simulation) -> None:
    """In calm, at the end. Tells the judge every violation."""
    if not simulation.options.account.looks:
        return
    simulation.faults.on = False
    with looking(simulation) as look:
        # In their order: what came over Kinesis is quarantined beside the rest.
        for each in (EACH[at] for at in sorted(look.rng.sample(range(len(EACH)), _LOOKS))):
            simulation.world.note(f"look: {each.__name__}")
            each(look)
