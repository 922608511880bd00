"""The search for a counterexample beside the proof: for a pair of readings, and for one gap."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, Final

from bridge.schemas.compatibility.proving.gaps import Gap, alone
from bridge.schemas.compatibility.proving.prover import Prover
from bridge.schemas.compatibility.proving.witness import lift
from bridge.schemas.compatibility.reading.complexity import Patience, TooComplex
from bridge.schemas.compatibility.reading.normal import Normal, Schema
from bridge.schemas.compatibility.solving.signed import UNKNOWN, Found
from bridge.schemas.compatibility.solving.solver import Solver

WHOLE: Final = 6
LOCAL: Final = 4
"""How many values are asked for: the validators choose among them."""


class Search:
    """``share_s``: how long each answer may take."""

    def __init__(self, sent: Normal, accepted: Normal, share_s: float) -> None:
        self._sent = sent
        self._accepted = accepted
        self._share_s = share_s

    @cached_property
    def _solver(self) -> Solver:
        return Solver({**self._sent.defs, **self._accepted.defs}, Patience(self._share_s))

    def whole(self) -> Found:
        """Events that one side may send and the other does not accept."""
        return self._find((self._sent.root,), self._accepted.root, WHOLE)

    def sent(self, schema: Normal) -> Found:
        """Some values of a schema that has the definitions of either side."""
        return self._find((schema.root,), False, WHOLE)

    def at(self, gap: Gap, prover: Prover, share_s: float) -> Iterator[Any]:
        """Events that may show a gap."""
        wanted = gap.consumer
        if isinstance(wanted, dict) and gap.keyword in wanted:
            wanted = alone(wanted, gap)
        for value in self._find(gap.producer, wanted, LOCAL, share_s).values:
            yield from lift(value, gap.path, prover)

    def _find(
        self, wanted: tuple[Schema, ...], refused: Schema, count: int, share_s: float | None = None
    ) -> Found:
        self._solver.patience = Patience(self._share_s if share_s is None else share_s)
        try:
            return self._solver.counterexamples(wanted, refused, count)
        except (TooComplex, RecursionError):
            return UNKNOWN
