"""Reconciliation: finds changes that the stream lost, confirms them, and re-emits them and nothing else.

First every item is compared with its ledger row, and every live row with its item (``first_pass``). What
differs waits until nothing can be in flight any more, and is read again, consistently (``confirm``). What
still differs was missed: it is published by the table's own rules (``reemission``, ``emit``), and the ledger
is written on the condition that no live change came first.
"""

from bridge.reconcile.comparer import Comparer
from bridge.reconcile.distributed import Steps
from bridge.reconcile.distributed_ticket import Ticket
from bridge.reconcile.options import Mode, Options, Price, Progress
from bridge.reconcile.reconciler import Reconciler, Spread, take_turns
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
]
