"""Reconciliation: what the stream lost is found, confirmed and told again - that, and nothing else.

First every item is held against its ledger row, and every live row against its item (``looks``). What
disagrees waits until nothing can be in flight any more, and is asked again, consistently (``confirm``). What
holds then was missed: it is told by the table's own rules (``restate``, ``emit``), and the ledger is written
on the condition that no live change came first.
"""

from bridge.reconcile.comparer import Comparer
from bridge.reconcile.distributed import Steps
from bridge.reconcile.distributed_ticket import Ticket
from bridge.reconcile.options import Mode, Options, Price, Progress
from bridge.reconcile.reconciler import Reconciler, Spread, take_turns, until
from bridge.reconcile.segment import Seen, SegmentWorker
from bridge.reconcile.state import RunState

__all__ = [
    "Comparer",
    "Mode",
    "Options",
    "Price",
    "Progress",
    "Reconciler",
    "RunState",
    "Seen",
    "SegmentWorker",
    "Spread",
    "Steps",
    "Ticket",
    "take_turns",
    "until",
]
