"""Which broken variants there are, and under what trouble each must be caught."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.core.records.dialect import STREAM, Dialect
from tests.simulation.broken import (
    ComparesText,
    ForgetsGapNames,
    ForgetsLabels,
    ForgetsQuarantineFailures,
    ForgetsRemoves,
    HoldsAllTypesBack,
    HoldsNothingBack,
    KeepsNoOrder,
    NeverAnnounces,
    NeverTrips,
    ReadsNoAnswers,
    RetriesAllEntries,
    SavesBeforeDone,
    SettlesBeforePublishing,
    SettlesBeforeReemitting,
    TakesTimeoutsForSuccess,
    TrustsTheFirstPass,
    WritesUnconditionally,
)
from tests.simulation.options import Parts
from tests.simulation.shapes import LOSSY, PLAIN


@dataclass(frozen=True, slots=True)
class Variant:
    """``shape`` makes what the variant breaks happen often, so that ``within`` seeds from 1 on are many more
    than it takes."""

    parts: Parts
    shape: Mapping[str, Any] = field(default_factory=dict)
    within: int = 100


def _dialect(kind: type[Dialect]) -> Dialect:
    return kind(**{name: getattr(STREAM, name) for name in Dialect.__slots__})


VARIANTS: Mapping[str, Variant] = {
    "settle before publish": Variant(Parts(relay=SettlesBeforePublishing)),
    "no hold-back in the relay": Variant(
        Parts(relay=HoldsNothingBack), {**PLAIN, "fault_share": 0.1, "stuck_share": 0.3}
    ),
    "no hold-back in the sink": Variant(
        Parts(sink=KeepsNoOrder), {**PLAIN, "fault_share": 0.1, "stuck_share": 0.3}
    ),
    "quarantine failures forgotten": Variant(
        Parts(relay=ForgetsQuarantineFailures),
        {**PLAIN, "fault_share": 0.25, "poison_share": 0.06, "breaker_at_least": 10},
    ),
    "retry all entries": Variant(Parts(sink=RetriesAllEntries)),
    "per-entry answers unread": Variant(Parts(sink=ReadsNoAnswers)),
    "timeouts taken for success": Variant(Parts(sink=TakesTimeoutsForSuccess)),
    "positions compared as text": Variant(Parts(dialect=_dialect(ComparesText))),
    "stream label forgotten": Variant(Parts(dialect=_dialect(ForgetsLabels)), {**PLAIN, "gap_share": 0.5}),
    "checkpoint before done": Variant(Parts(runner=SavesBeforeDone)),
    "no confirmation": Variant(
        Parts(reconciler=TrustsTheFirstPass), {**PLAIN, "keys": 20, "live_share": 0.5, "stuck_share": 0.3}
    ),
    "missing conditional write": Variant(
        Parts(reconciler=WritesUnconditionally),
        {**LOSSY, "ledger": "last", "keys": 2, "live_share": 1.0, "live_at": "ledger.settle"},
    ),
    "reconciliation settles before it re-emits": Variant(
        Parts(reconciler=SettlesBeforeReemitting),
        {**LOSSY, "crash_share": 0.03, "fault_share": 0.1},
    ),
    "missed removes forgotten": Variant(Parts(reconciler=ForgetsRemoves), LOSSY),
    "no breaker": Variant(Parts(breaker=NeverTrips), {**PLAIN, "deploy_share": 0.5, "breaker_at_least": 3}),
    "publications not announced": Variant(
        Parts(relay=NeverAnnounces),
        {**PLAIN, "keys": 6, "gap_share": 0.5, "stuck_share": 0.3, "crash_share": 0.03},
    ),
    "gap names forgotten": Variant(
        Parts(reconciler=ForgetsGapNames), {**LOSSY, "keys": 6, "rounds": 12, "gap_share": 0.0}
    ),
    "one undecided type blocks all": Variant(
        Parts(reconciler=HoldsAllTypesBack), {**LOSSY, "keep": "fingerprint"}
    ),
}
