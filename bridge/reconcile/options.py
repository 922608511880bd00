"""The options of a reconciliation: how fast, how careful, how much, and which part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bridge.core.change import TypedItem

Mode = Literal["plan", "run", "seed", "backfill"]


@dataclass(frozen=True, slots=True)
class Options:
    """``grace_s``: how long a differing item may still be in flight. ``max_emit`` counts events,
    ``max_removes`` re-emitted removes. ``only_types``: with or without their major. ``keys``: only these
    items. ``entities``: only items of these entities. ``since`` (ISO 8601): only what was certainly lost
    after it, that is, items whose last settled change is not older. ``stream_stopped``: the operator confirms
    that nothing is in flight. ``trust_ledger``: an item without a row was missed, however many there are.
    ``refresh``: a seed also writes rows again that were settled under another fingerprint version.
    ``max_snapshots``: the most events that a backfill sends in all; None: no limit.
    """

    segments: int = 4
    max_rcu: float = 200.0
    grace_s: float = 900.0
    max_emit: int = 10_000
    max_removes: int = 1_000
    only_types: tuple[str, ...] = ()
    keys: tuple[TypedItem, ...] = ()
    entities: tuple[str, ...] = ()
    since: str = ""
    stream_stopped: bool = False
    trust_ledger: bool = False
    refresh: bool = False
    max_snapshots: int | None = None

    def selects(self, type_name: str) -> bool:
        """``type_name`` with its major."""
        if not self.only_types:
            return True
        return type_name in self.only_types or type_name.rpartition(".v")[0] in self.only_types


@dataclass(frozen=True, slots=True)
class Price:
    """DynamoDB's price per million on-demand request units, in ``currency``. Defaults: us-east-1, standard
    table class (docs: DynamoDB pricing, on-demand, since November 2024). Replace them with your own."""

    read_per_million: float = 0.125
    write_per_million: float = 0.625
    currency: str = "USD"

    def cost(self, read_units: float, write_units: float) -> float:
        return (read_units * self.read_per_million + write_units * self.write_per_million) / 1_000_000


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the run is after a step. ``done`` and ``about`` count items, differing items or events of the
    phase; ``about`` 0: not known. ``notice`` is text for people, given before anything is sent."""

    phase: str
    done: int = 0
    about: int = 0
    units: float = 0.0
    found: Mapping[str, int] = field(default_factory=dict)
    notice: str = ""
