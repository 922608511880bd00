"""Which parts of a run go through the product's entry points, instead of the objects behind them."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final, Literal

_SHARE: Final = 1 / 15
"""Of the runs, how many have each: they take several times as long as others."""

LagBy = Literal["function", "checkpoints", "stated"]


@dataclass(frozen=True, slots=True)
class AccountOptions:
    """``functions``: the mapping calls Lambda's handler. ``verbs``: what was given up is redriven, what was
    quarantined is retried and the table is reconciled by verbs of the command line; ``lag_by``: how they
    learn the lag. ``looks``: at the end somebody looks at everything with the verbs that only read.
    ``billing_v2``: the sink ``billing`` is one of EventBridge's new buses; ``raw``: it takes events without
    the envelope. ``seed``: of what these draw themselves.
    """

    functions: bool = False
    verbs: bool = False
    looks: bool = False
    lag_by: LagBy = "function"
    billing_v2: bool = False
    raw: bool = False
    seed: int = 0

    @property
    def any(self) -> bool:
        return self.functions or self.verbs or self.looks

    @property
    def billing(self) -> Literal["classic", "v2", "raw"]:
        if not self.billing_v2:
            return "classic"
        return "raw" if self.raw else "v2"

    @property
    def rng(self) -> Random:
        return Random(f"entry points {self.seed}")


def draw_account(seed: int) -> AccountOptions:
    """From a random generator of its own, so that the runs of known seeds keep what they draw."""
    rng = Random(f"account {seed}")
    return AccountOptions(
        functions=rng.random() < _SHARE,
        verbs=rng.random() < _SHARE,
        looks=rng.random() < _SHARE,
        lag_by=rng.choice(("function", "function", "checkpoints", "stated")),
        billing_v2=rng.random() < 0.4,
        raw=rng.random() < 0.5,
        seed=seed,
    )
